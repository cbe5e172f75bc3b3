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
        (Some(name), None) => (
            secrets
                .env(name)
                .ok_or("the variable is not set".to_owned()),
            "env",
            name.clone(),
        ),
        (None, Some(file)) => (
            secrets.file(file).map_err(|e| e.to_string()),
            "file",
            file.display().to_string(),
        ),
        _ => {
            let expected = format!("one of {field}_env and {field}_file");
            return Err(Problem::new(
                path,
                field,
                "",
                expected,
                "the configuration never holds a secret itself",
            ));
        }
    };
    let at = format!("{field}_{key}");
    let secret =
        found.map_err(|hint| Problem::new(path, &at, &value, "a readable secret", hint))?;
    let secret = secret.trim_end_matches(['\r', '\n']).to_owned();
    let fits = !secret.is_empty() && !secret.chars().any(char::is_control);
    if fits {
        Ok(secret)
    } else {
        Err(Problem::new(
            path,
            &at,
            &value,
            "a secret on one line",
            "it is empty or has control characters",
        ))
    }
}
