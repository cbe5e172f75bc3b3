//! Owns where a corporation's key comes from: a file, a variable of the environment, or a program,
//! such as the client of a key vault. Refuses to keep it, and to show it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};

use crate::data_key::KEY_BYTES;

/// What the name of a key is derived in.
const FINGERPRINT: &str = "sluis 2026 fingerprint of a corporation's key";
/// Most bytes of a source: a key has 64 at most, and a line end.
const MOST_BYTES: u64 = 4_096;
/// How long a program may take to say something, and then to end. A start waits for it.
const LONGEST: Duration = Duration::from_secs(30);

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

    /// A name of the key that says nothing of it. The file of keys has it beside what the key wraps.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let hash = blake3::derive_key(FINGERPRINT, &self.0);
        let (first, _) = hash.split_first_chunk().unwrap_or((&[0; 8], &[]));
        u64::from_be_bytes(*first)
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
    /// The program did not end.
    #[error("{program}: gave no key within {} s: look what it waits for", .longest.as_secs_f32())]
    Slow {
        /// The program.
        program: String,
        /// How long it had.
        longest: Duration,
    },
    /// More came than any key has.
    #[error("{from}: gives more than {MOST_BYTES} bytes: expected a key alone")]
    TooLong {
        /// The source.
        from: String,
    },
    /// A key in the place of which something else stands.
    #[error(
        "{from}: all bytes of the key are the same: expected 32 random ones (openssl rand -hex 32)"
    )]
    NotRandom {
        /// The source.
        from: String,
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
    /// Fetches the key. `variable` reads the environment. Blocks for as long as the program runs, and
    /// half a minute at most.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub fn fetch(
        &self,
        variable: impl FnOnce(&str) -> Option<String>,
    ) -> Result<Secret, SourceError> {
        self.fetch_within(LONGEST, variable)
    }

    fn fetch_within(
        &self,
        longest: Duration,
        variable: impl FnOnce(&str) -> Option<String>,
    ) -> Result<Secret, SourceError> {
        let bytes = match self {
            Self::File(path) => {
                let read = File::open(path).and_then(first_bytes);
                read.map_err(|source| SourceError::File {
                    path: path.clone(),
                    source,
                })?
            }
            Self::Environment(name) => variable(name)
                .ok_or_else(|| SourceError::Environment(name.clone()))?
                .into_bytes(),
            Self::Command(words) => run(words, longest)?,
        };
        let from = self.to_string();
        if bytes.len() as u64 > MOST_BYTES {
            return Err(SourceError::TooLong { from });
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim();
        let Some(key) = parse(text) else {
            let length = text.chars().count();
            return Err(SourceError::NoKey { from, length });
        };
        // As nobody's dice give it: a text that stands for a key that was to come.
        match key.bytes().iter().all(|byte| *byte == key.bytes()[0]) {
            true => Err(SourceError::NotRandom { from }),
            false => Ok(key),
        }
    }
}

/// What is there, and one byte more than there may be.
fn first_bytes(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a program says. One that says nothing in time, or too much, is killed.
fn run(words: &[String], longest: Duration) -> Result<Vec<u8>, SourceError> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(SourceError::Form("command:".to_owned()));
    };
    let failed = |source| SourceError::Run {
        program: program.clone(),
        source,
    };
    let slow = || SourceError::Slow {
        program: program.clone(),
        longest,
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(failed)?;
    let output = child.stdout.take();
    let read = move || output.map_or_else(|| Ok(Vec::new()), first_bytes);
    let said = within(longest, read).map_err(failed)?;
    let is_whole = said
        .as_ref()
        .is_some_and(|said| said.len() as u64 <= MOST_BYTES);
    if !is_whole {
        // It may have ended by itself.
        drop(child.kill());
        drop(child.wait());
    }
    let said = said.ok_or_else(slow)?;
    if !is_whole {
        return Ok(said);
    }
    let ended = within(longest, move || child.wait()).map_err(failed)?;
    match ended.ok_or_else(slow)? {
        status if status.success() => Ok(said),
        status => Err(SourceError::Failed {
            program: program.clone(),
            status,
        }),
    }
}

/// What something that may block comes to; none: it has come to nothing in time, and goes on by itself.
fn within<T: Send + 'static>(
    longest: Duration,
    blocks: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<Option<T>> {
    let (to, from) = mpsc::channel();
    let thread = thread::Builder::new().name("key-command".to_owned());
    thread.spawn(move || to.send(blocks()))?;
    from.recv_timeout(longest).ok().transpose()
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
            ("file:/dev/null", "0 characters"),
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

    #[test]
    fn what_never_ends_is_ended_and_what_is_endless_is_not_read() {
        let fetch = |source: &str, longest| {
            let source: KeySource = source.parse().expect(source);
            let fetched = source.fetch_within(longest, |_| None);
            fetched.expect_err("no key").to_string()
        };
        // Nothing comes, and no end.
        let at_once = Duration::from_millis(1);
        for waits in [
            "command:/bin/sleep 1000",
            "command:/usr/bin/tail -f /dev/null",
        ] {
            let said = fetch(waits, at_once);
            assert!(said.contains("gave no key within"), "{said}");
        }
        for endless in ["command:/usr/bin/yes", "file:/dev/zero"] {
            let said = fetch(endless, LONGEST);
            assert!(said.contains("more than 4096 bytes"), "{said}");
        }
    }

    #[test]
    fn what_stands_in_the_place_of_a_key_is_none() {
        for same in ["00", "ff", "Aa"] {
            let source: KeySource = "env:KEY".parse().expect("a source");
            let error = source.fetch(|_| Some(same.repeat(32)));
            let said = error.expect_err("no key").to_string();
            assert!(said.contains("all bytes of the key are the same"), "{said}");
        }
    }
}
