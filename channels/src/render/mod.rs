//! Owns templates: compiled once for a definition, rendered many times, in the tenant's language
//! where the template has it. Refuses a missing variable (an error that names it), HTML that is not
//! escaped, a subject of several lines, and a template that runs or writes without end, or asks for
//! more memory than a message may take.
//!
//! A template is a set of files: `storno-mail.subject.txt`, `storno-mail.txt` and, if wanted,
//! `storno-mail.html`; a text message is `storno-sms.txt`. A language goes before the ending:
//! `storno-mail.subject.en.txt`, `storno-mail.en.txt`.

mod bounds;
mod filters;
mod rehearse;
#[cfg(test)]
mod tests;
mod weigh;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::io;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, Template, UndefinedBehavior};
use serde::Serialize;
use sluis_model::Channel;

use self::weigh::{TooHeavy, weigh};
use crate::outgoing::Content;
use crate::problem::Problem;

/// The language of a file that names none, and of a tenant whose language has no file.
pub const DEFAULT_LANGUAGE: &str = "nl";
/// Steps a template may take; a loop over a few hundred lines stays far below.
const FUEL: u64 = 50_000;
const MAX_MAIL: usize = 256 * 1024;
const MAX_TEXT: usize = 8 * 1024;
const MAX_SUBJECT: usize = 1_000;

/// What a template may use.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Context<'a> {
    /// Who receives.
    pub tenant: TenantView<'a>,
    /// Who sends.
    pub corporation: CorporationView<'a>,
    /// The notification's own fields.
    pub data: &'a serde_json::Value,
    /// The engine's link for this notification, where the flow has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<&'a str>,
}

/// The tenant, as `tenant.name` and so on.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TenantView<'a> {
    /// The corporation's number for the tenant.
    pub id: &'a str,
    /// The name as it is written.
    pub name: &'a str,
    /// ISO 639-1, in any case, a region after it is left out: `nl`, `en-GB`.
    pub language: &'a str,
}

/// The corporation, as `corporation.name`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CorporationView<'a> {
    /// The name as it is written.
    pub name: &'a str,
}

/// Why nothing was rendered. All of them are ours: `Refusal::Unsendable`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// There is no such template.
    #[error("template {0:?} is not there: expected it among the definition's templates")]
    Unknown(String),
    /// The template names variables that this notification does not have.
    #[error("template {template:?}: {} not given: expected them in the notification's data", .variables.join(", "))]
    Missing {
        /// The file.
        template: String,
        /// The variables, such as `data.amount_cents`.
        variables: Vec<String>,
    },
    /// The subject came out with more than one line, or empty.
    #[error("template {0:?}: expected a subject of exactly one line")]
    Subject(String),
    /// It wrote too much.
    #[error("template {0:?}: expected a shorter result (mail 256 KiB, text message 8 KiB)")]
    TooLarge(String),
    /// It asked for more memory or time than a message may take.
    #[error(
        "template {0:?}: expected less work: values of at most 64 KiB, and loops that end soon"
    )]
    Costly(String),
    /// It uses what is not offered any more; it was stored by an older build.
    #[error("template {template:?} line {line}: {why}")]
    Refused {
        /// The file.
        template: String,
        /// Where, from 1.
        line: usize,
        /// What is not offered.
        why: String,
    },
    /// Anything else: a filter that did not like its value.
    #[error("template {template:?} line {line}: {detail}")]
    Failed {
        /// The file.
        template: String,
        /// Where, from 1; 0 when unknown.
        line: usize,
        /// What the engine says.
        detail: String,
    },
}

impl RenderError {
    /// Stable code for `Why`, metrics and the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            RenderError::Unknown(_) => "render_unknown",
            RenderError::Missing { .. } => "render_missing",
            RenderError::Subject(_) => "render_subject",
            RenderError::TooLarge(_) => "render_too_large",
            RenderError::Costly(_) => "render_costly",
            RenderError::Refused { .. } => "render_refused",
            RenderError::Failed { .. } => "render_failed",
        }
    }

    /// The file it is about.
    #[must_use]
    pub fn file(&self) -> &str {
        match self {
            RenderError::Unknown(file)
            | RenderError::Subject(file)
            | RenderError::TooLarge(file)
            | RenderError::Costly(file) => file,
            RenderError::Missing { template, .. }
            | RenderError::Refused { template, .. }
            | RenderError::Failed { template, .. } => template,
        }
    }
}

/// The templates of one definition, compiled. Immutable, shared between threads.
pub struct Templates {
    environment: Environment<'static>,
    /// The files of each template.
    sets: HashMap<Box<str>, Vec<File>>,
    /// Of templates that are stored: files that are not compiled, because they use what is not
    /// offered any more.
    refused: HashMap<Box<str>, TooHeavy>,
}

/// One file of a template.
struct File {
    kind: Kind,
    /// None for the file that names no language.
    language: Option<Box<str>>,
    /// As the environment knows it.
    name: Box<str>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(
                self.environment
                    .templates()
                    .map(|(name, _)| name.to_owned()),
            )
            .finish()
    }
}

impl Templates {
    /// Compiles every file (name and source).
    ///
    /// # Errors
    /// All problems, each with the file's name and line.
    pub fn compile(files: &BTreeMap<String, String>) -> Result<Self, Vec<Problem>> {
        let (templates, mut problems) = Self::compiled(files);
        problems.extend(templates.refused.iter().map(|(name, heavy)| {
            let expected = "a template that asks for no more than a message may take";
            Problem::new(
                "templates",
                name,
                format!("line {}", heavy.line),
                expected,
                &*heavy.why,
            )
        }));
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        if problems.is_empty() {
            Ok(templates)
        } else {
            Err(problems)
        }
    }

    /// Compiles what was stored when it was current. A file that would not be taken today is left
    /// out, and whoever asks for it is told: the start must not fail for it, and the message goes
    /// another way.
    ///
    /// # Errors
    /// All problems but those.
    pub fn compile_stored(files: &BTreeMap<String, String>) -> Result<Self, Vec<Problem>> {
        let (templates, problems) = Self::compiled(files);
        if problems.is_empty() {
            Ok(templates)
        } else {
            Err(problems)
        }
    }

    fn compiled(files: &BTreeMap<String, String>) -> (Self, Vec<Problem>) {
        let mut environment = bounds::environment();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(|name| {
            if name.ends_with(".html") {
                AutoEscape::Html
            } else {
                AutoEscape::None
            }
        });
        filters::add_to(&mut environment);
        let mut problems = Vec::new();
        let mut sets: HashMap<Box<str>, Vec<File>> = HashMap::new();
        let mut refused = HashMap::new();
        for (name, source) in files {
            let Some((template, kind, language)) = parts_of(name) else {
                let hint = "storno-mail.subject.txt, storno-mail.en.txt, storno-mail.html";
                problems.push(Problem::new(
                    "templates",
                    name,
                    name,
                    "<name>[.subject][.<language>].txt or .html",
                    hint,
                ));
                continue;
            };
            // Before it is compiled: the compiler works out what stands in it.
            if let Err(heavy) = weigh(files, name) {
                refused.insert(name.as_str().into(), heavy);
            } else if let Err(error) = environment.add_template_owned(name.clone(), source.clone())
            {
                let line = error.line().unwrap_or_default();
                let detail = error.detail().unwrap_or("syntax").to_owned();
                problems.push(Problem::new(
                    "templates",
                    name,
                    format!("line {line}"),
                    "a template that compiles",
                    detail,
                ));
            }
            let file = File {
                kind,
                language: language.map(Into::into),
                name: name.as_str().into(),
            };
            sets.entry(template.into()).or_default().push(file);
        }
        (
            Self {
                environment,
                sets,
                refused,
            },
            problems,
        )
    }

    /// Whether every template that flows refer to is complete for its channel: the files in the
    /// default language, and in every other language either none or subject and text together.
    #[must_use]
    pub fn check<'a>(&self, used: impl IntoIterator<Item = (Channel, &'a str)>) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (channel, name) in used {
            let kinds: &[Kind] = match channel {
                Channel::Email => &[Kind::Subject, Kind::Text],
                Channel::Null => &[],
                _ => &[Kind::Text],
            };
            if self.refusal(name).is_some() {
                // Stored, and not to be sent: there is nobody to complete it.
                continue;
            }
            for kind in kinds
                .iter()
                .filter(|kind| self.find(name, **kind, DEFAULT_LANGUAGE).is_none())
            {
                let (expected, file) = (
                    format!("a template for channel {channel}"),
                    kind.file(name, None),
                );
                problems.push(Problem::new(
                    "templates",
                    &file,
                    name,
                    expected,
                    format!("add the file {file}"),
                ));
            }
            for language in self.languages(name) {
                for kind in kinds
                    .iter()
                    .filter(|kind| self.get(name, **kind, Some(&language)).is_none())
                {
                    let (expected, file) = (
                        format!("complete in language {language}"),
                        kind.file(name, Some(&language)),
                    );
                    problems.push(Problem::new(
                        "templates",
                        &file,
                        name,
                        expected,
                        format!("add the file {file}"),
                    ));
                }
            }
        }
        problems
    }

    /// Renders the template for a channel.
    ///
    /// # Errors
    /// [`RenderError`].
    pub fn render(
        &self,
        channel: Channel,
        name: &str,
        context: &Context<'_>,
    ) -> Result<Content, RenderError> {
        if let Some(refusal) = self.refusal(name).filter(|_| channel != Channel::Null) {
            return Err(refusal);
        }
        match channel {
            Channel::Null => Ok(Content::Null),
            Channel::Email => self.mail(name, context),
            _ => self.text(name, context).map(Content::Text),
        }
    }

    fn mail(&self, name: &str, context: &Context<'_>) -> Result<Content, RenderError> {
        // One language for the whole mail: that of the text.
        let language = language_of(context);
        let own = self.get(name, Kind::Text, Some(&language)).is_some();
        let language = if own {
            language.as_str()
        } else {
            DEFAULT_LANGUAGE
        };
        let subject = self.required(name, Kind::Subject, language)?;
        let text = self.required(name, Kind::Text, language)?;
        let values = Value::from(Serde(context));
        let line = run(&subject, &values, MAX_SUBJECT)?.trim().to_owned();
        if line.is_empty() || line.chars().any(char::is_control) {
            return Err(RenderError::Subject(subject.name().to_owned()));
        }
        let html = self
            .find(name, Kind::Html, language)
            .map(|html| run(&html, &values, MAX_MAIL))
            .transpose()?;
        let text = run(&text, &values, MAX_MAIL)?;
        Ok(Content::Email {
            subject: line,
            text,
            html,
            headers: Vec::new(),
        })
    }

    fn text(&self, name: &str, context: &Context<'_>) -> Result<String, RenderError> {
        let text = self.required(name, Kind::Text, &language_of(context))?;
        Ok(run(&text, &Value::from(Serde(context)), MAX_TEXT)?
            .trim()
            .to_owned())
    }

    /// Why nothing of this template is rendered, if one of its files, or one that may be included,
    /// is not offered any more.
    fn refusal(&self, name: &str) -> Option<RenderError> {
        if self.refused.is_empty() {
            return None;
        }
        let (template, heavy) = self
            .sets
            .get(name)?
            .iter()
            .find_map(|file| self.refused.get_key_value(&file.name))?;
        Some(RenderError::Refused {
            template: template.to_string(),
            line: heavy.line,
            why: heavy.why.clone(),
        })
    }

    fn required(
        &self,
        name: &str,
        kind: Kind,
        language: &str,
    ) -> Result<Template<'_, '_>, RenderError> {
        self.find(name, kind, language)
            .ok_or_else(|| RenderError::Unknown(kind.file(name, None)))
    }

    /// The file in that language; in the default one, the file without a language will do; text in
    /// no other does, but HTML must speak the language of the text beside it.
    fn find(&self, name: &str, kind: Kind, language: &str) -> Option<Template<'_, '_>> {
        let plain = || {
            self.get(name, kind, Some(DEFAULT_LANGUAGE))
                .or_else(|| self.get(name, kind, None))
        };
        match self.get(name, kind, Some(language)) {
            Some(template) => Some(template),
            None if kind == Kind::Html && language != DEFAULT_LANGUAGE => None,
            None => plain(),
        }
    }

    fn get(&self, name: &str, kind: Kind, language: Option<&str>) -> Option<Template<'_, '_>> {
        let file = self
            .sets
            .get(name)?
            .iter()
            .find(|file| file.kind == kind && file.language.as_deref() == language)?;
        self.environment.get_template(&file.name).ok()
    }

    /// The languages, other than the default, in which any file of this template exists.
    fn languages(&self, name: &str) -> Vec<String> {
        let files = self.sets.get(name).into_iter().flatten();
        let languages = files
            .filter_map(|file| file.language.as_deref())
            .filter(|language| *language != DEFAULT_LANGUAGE);
        let languages: BTreeSet<&str> = languages.collect();
        languages.into_iter().map(str::to_owned).collect()
    }
}

/// The files of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Subject,
    Text,
    Html,
}

impl Kind {
    fn file(self, name: &str, language: Option<&str>) -> String {
        let subject = if self == Kind::Subject {
            ".subject"
        } else {
            ""
        };
        let ending = if self == Kind::Html { "html" } else { "txt" };
        match language {
            Some(language) => format!("{name}{subject}.{language}.{ending}"),
            None => format!("{name}{subject}.{ending}"),
        }
    }
}

fn is_language(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_lowercase())
}

/// The template, the kind and the language that a file's name says; none when it is no such name.
fn parts_of(file: &str) -> Option<(&str, Kind, Option<&str>)> {
    let (rest, html) = match (file.strip_suffix(".txt"), file.strip_suffix(".html")) {
        (Some(rest), _) => (rest, false),
        (None, rest) => (rest?, true),
    };
    let spoken = rest.rsplit_once('.').filter(|(_, last)| is_language(last));
    let (rest, language) = spoken.map_or((rest, None), |(rest, language)| (rest, Some(language)));
    let (name, kind) = match rest.strip_suffix(".subject") {
        _ if html => (rest, Kind::Html),
        Some(name) => (name, Kind::Subject),
        None => (rest, Kind::Text),
    };
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (!name.is_empty() && name.bytes().all(plain)).then_some((name, kind, language))
}

/// `en-GB` is `en`; what is no language is the default.
fn language_of(context: &Context<'_>) -> String {
    let language: String = context
        .tenant
        .language
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    let language = language.to_ascii_lowercase();
    if is_language(&language) {
        language
    } else {
        DEFAULT_LANGUAGE.to_owned()
    }
}

fn run(template: &Template<'_, '_>, values: &Value, limit: usize) -> Result<String, RenderError> {
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
    let known = ["tenant", "corporation", "data", "link"];
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
