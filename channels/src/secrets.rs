//! Owns how secrets are found: by environment variable or by file. Refuses secrets in the
//! configuration itself, and to show one.

use std::path::{Path, PathBuf};

use crate::problem::Problem;

/// Where secrets come from. Injected, so that a test needs no environment.
pub trait SecretSource {
    /// The value of an environment variable.
    fn env(&self, name: &str) -> Option<String>;

    /// The content of a file.
    ///
    /// # Errors
    /// As the file system says.
    fn file(&self, path: &Path) -> std::io::Result<String>;
}

/// Finds the secret `field`, named by `<field>_env` or `<field>_file`.
pub(crate) fn secret(
    path: &str,
    field: &str,
    env: Option<&String>,
    file: Option<&PathBuf>,
    secrets: &dyn SecretSource,
) -> Result<String, Problem> {
    let (found, key, value) = match (env, file) {
        (Some(name), None) => {
            let found = secrets.env(name);
            let found = found.ok_or("the variable is not set".to_owned());
            (found, "env", name.clone())
        }
        (None, Some(file)) => {
            let found = secrets.file(file).map_err(|e| e.to_string());
            (found, "file", file.display().to_string())
        }
        (None, None) | (Some(_), Some(_)) => {
            let expected = format!("one of {field}_env and {field}_file");
            let hint = "the configuration never holds a secret itself";
            return Err(Problem::new(path, field, "", expected, hint));
        }
    };
    let wrong = |expected: &str, hint: String| {
        Problem::new(path, &format!("{field}_{key}"), &value, expected, hint)
    };
    let text = found.map_err(|hint| wrong("a readable secret", hint))?;
    one_line(&text).ok_or_else(|| {
        let hint = "it is empty or has control characters".to_owned();
        wrong("a secret on one line", hint)
    })
}

/// The one line of a secret, without its end.
fn one_line(text: &str) -> Option<String> {
    let line = text.trim_end_matches(['\r', '\n']);
    let is_line = !line.is_empty() && !line.chars().any(char::is_control);
    is_line.then(|| line.to_owned())
}
