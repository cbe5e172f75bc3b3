//! Owns one file's rendering within its bounds, and what went wrong when it did not come to an end.

use std::io;

use minijinja::value::Value;
use minijinja::{ErrorKind, Template};

use super::bounds;
use super::error::RenderError;

/// Renders one file, at most `limit` bytes of it.
///
/// # Errors
/// [`RenderError`].
pub(super) fn run(
    template: &Template<'_, '_>,
    values: &Value,
    limit: usize,
) -> Result<String, RenderError> {
    let mut out = Bounded {
        bytes: Vec::with_capacity(1024),
        limit,
    };
    bounds::begin();
    match template.render_captured_to(values, &mut out) {
        Ok(_) => {}
        Err(error) => return Err(explain(template, values, &error)),
    }
    String::from_utf8(out.bytes).map_err(|_| RenderError::TooLarge(template.name().to_owned()))
}

fn explain(template: &Template<'_, '_>, values: &Value, error: &minijinja::Error) -> RenderError {
    let file = error.name().unwrap_or_else(|| template.name()).to_owned();
    match error.kind() {
        _ if bounds::exceeded() => RenderError::Costly(file),
        ErrorKind::OutOfFuel => RenderError::Costly(file),
        ErrorKind::WriteFailure => RenderError::TooLarge(file),
        ErrorKind::UndefinedError => match missing(template, values) {
            variables if variables.is_empty() => failed(file, error, &variables),
            variables => RenderError::Missing {
                template: file,
                line: error.line().unwrap_or_default(),
                variables,
            },
        },
        _ => failed(file, error, &missing(template, values)),
    }
}

/// A filter of minijinja's own that meets a missing variable says only that it has the wrong type:
/// so they are named.
fn failed(template: String, error: &minijinja::Error, missing: &[String]) -> RenderError {
    let mut detail = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    if !missing.is_empty() {
        detail.push_str(&format!(" (not given: {})", missing.join(", ")));
    }
    RenderError::Failed {
        template,
        line: error.line().unwrap_or_default(),
        detail,
    }
}

/// The variables a template names that the context does not have; minijinja's error does not name
/// them.
fn missing(template: &Template<'_, '_>, values: &Value) -> Vec<String> {
    let absent = |path: &str| {
        path.split('.')
            .try_fold(values.clone(), |value, step| {
                value.get_attr(step).ok().filter(|v| !v.is_undefined())
            })
            .is_none()
    };
    let known = ["tenant", "corporation", "data", "task", "link"];
    let ours = |path: &str| known.contains(&path.split('.').next().unwrap_or_default());
    let (mut named, mut other): (Vec<String>, Vec<String>) = template
        .undeclared_variables(true)
        .into_iter()
        .filter(|path| absent(path))
        .partition(|path| ours(path));
    if named.is_empty() {
        std::mem::swap(&mut named, &mut other)
    }
    named.sort_unstable();
    named
}

/// A writer that stops at its limit.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
