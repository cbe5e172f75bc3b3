//! Owns where a corporation's key comes from: a file, a variable of the environment, or a program,
//! such as the client of a key vault. Refuses to keep it, and to show it.

use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};

use crate::data_key::KEY_BYTES;

/// A key of a corporation.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; KEY_BYTES]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

/// Where a key comes from, as it is written in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// `file:/etc/sluis/demo.key`: the file holds the key.
    File(PathBuf),
    /// `env:SLUIS_DEMO_KEY`: the variable holds the key.
    Environment(String),
    /// `command:/usr/bin/vault read demo`: the program prints the key. Words are parted by blanks, and
    /// no shell reads them.
    Command(Vec<String>),
}

/// What is wrong with a source, or with what it gave. It never shows a key.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is written in no known form.
    #[error(
        "{0:?} is no source of a key: expected file:PATH, env:NAME or command:PROGRAM ARGUMENTS"
    )]
    Form(String),
    /// The file cannot be read.
    #[error("{path}: cannot read the key: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no such variable.
    #[error("{0}: the variable is not set")]
    Environment(String),
    /// The program cannot be run.
    #[error("{program}: cannot be run: {source}")]
    Run {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// The program failed.
    #[error("{program}: ended with {status}, expected success and the key on its output")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// What came is no key.
    #[error(
        "{from}: {length} characters are no key: expected 32 random bytes as 64 hexadecimal digits or as base64 (openssl rand -hex 32)"
    )]
    NoKey {
        /// The source.
        from: String,
        /// How long it was, without blanks around it.
        length: usize,
    },
}

impl FromStr for KeySource {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let form = || SourceError::Form(text.to_owned());
        let (kind, rest) = text.split_once(':').ok_or_else(form)?;
        if rest.trim().is_empty() {
            return Err(form());
        }
        match kind {
            "file" => Ok(Self::File(rest.into())),
            "env" => Ok(Self::Environment(rest.to_owned())),
            "command" => Ok(Self::Command(
                rest.split_whitespace().map(str::to_owned).collect(),
            )),
            _ => Err(form()),
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::Command(words) => write!(f, "command:{}", words.join(" ")),
        }
    }
}

impl KeySource {
    /// Fetches the key. `variable` reads the environment. Blocks for as long as the program runs.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub fn fetch(
        &self,
        variable: impl FnOnce(&str) -> Option<String>,
    ) -> Result<Secret, SourceError> {
        let text = match self {
            Self::File(path) => {
                std::fs::read_to_string(path).map_err(|source| SourceError::File {
                    path: path.clone(),
                    source,
                })?
            }
            Self::Environment(name) => {
                variable(name).ok_or_else(|| SourceError::Environment(name.clone()))?
            }
            Self::Command(words) => run(words)?,
        };
        parse(text.trim()).ok_or_else(|| SourceError::NoKey {
            from: self.to_string(),
            length: text.trim().len(),
        })
    }
}

fn run(words: &[String]) -> Result<String, SourceError> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(SourceError::Form("command:".to_owned()));
    };
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| SourceError::Run {
            program: program.clone(),
            source,
        })?;
    if !output.status.success() {
        return Err(SourceError::Failed {
            program: program.clone(),
            status: output.status,
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// 64 hexadecimal digits, or base64 of 32 bytes.
fn parse(text: &str) -> Option<Secret> {
    let bytes = HEXLOWER_PERMISSIVE
        .decode(text.as_bytes())
        .or_else(|_| BASE64.decode(text.as_bytes()))
        .ok()?;
    bytes.try_into().ok().map(Secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";

    fn fetch(source: &str) -> Result<Secret, SourceError> {
        let source: KeySource = source.parse()?;
        source.fetch(|name| (name == "KEY").then(|| format!(" {HEX}\n")))
    }

    fn expected() -> Secret {
        Secret::new(std::array::from_fn(|at| at as u8))
    }

    #[test]
    fn a_key_comes_from_a_file_a_variable_and_a_program() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("demo key");
        std::fs::write(&path, BASE64.encode(expected().bytes())).expect("written");
        let file = format!("file:{}", path.display());
        let command = format!("command:/bin/echo {HEX}");
        for source in [file.as_str(), "env:KEY", command.as_str()] {
            assert_eq!(fetch(source).expect(source), expected(), "{source}");
            let parsed: KeySource = source.parse().expect(source);
            assert_eq!(parsed.to_string(), source);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_never_shown() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("short");
        std::fs::write(&path, &HEX[..62]).expect("written");
        let short = format!("file:{}", path.display());
        let cases = [
            ("", "no source"),
            ("file:", "no source"),
            ("vault:demo", "no source"),
            ("env:OTHER", "not set"),
            ("file:/nowhere/at/all", "cannot read"),
            ("command:/bin/false", "expected success"),
            ("command:/nowhere/at/all", "cannot be run"),
            (short.as_str(), "62 characters"),
        ];
        for (source, words) in cases {
            let error = fetch(source).expect_err(source).to_string();
            assert!(error.contains(words), "{error}");
            assert!(!error.contains(&HEX[..8]), "{error}");
        }
        assert_eq!(format!("{:?}", expected()), "Secret");
    }
}
