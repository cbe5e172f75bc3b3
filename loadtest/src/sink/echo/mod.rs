//! The echo sink: the directory to which a provider of kind `file` writes. It takes each message
//! away, so that the directory never fills, and writes down what it said. Owns the reading of the
//! files; refuses a file that is not whole yet.

mod arguments;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use tokio::task::JoinHandle;

pub use self::arguments::Arguments;
use super::book::{Kept, Kind, Row};
use super::channel::Channel;
use super::core::SinkCore;
use super::error::SinkError;
use crate::clock;

/// Between two looks, in milliseconds of real time.
const LOOK_MS: u64 = 50;
/// Most files that one look takes.
const MOST_AT_ONCE: usize = 1_000;

/// What is read of a file.
#[derive(Debug, Deserialize)]
struct Message {
    reference: String,
    to: String,
    text: String,
}

/// A running echo sink; dropping it ends it.
#[derive(Debug)]
pub struct EchoSink {
    directory: PathBuf,
    looking: JoinHandle<()>,
}

impl EchoSink {
    /// Takes from the directory on the current tokio runtime.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn start(core: Arc<SinkCore>, directory: &Path) -> Result<Self, SinkError> {
        let mut reader = Reader::new(core, directory);
        reader.look().map_err(|source| SinkError::File {
            path: directory.display().to_string(),
            source,
        })?;
        let looking = tokio::spawn(async move {
            loop {
                clock::wait_ms(LOOK_MS).await;
                // A directory that is gone may come back.
                drop(reader.look());
            }
        });
        Ok(Self {
            directory: directory.to_owned(),
            looking,
        })
    }

    /// Ends it; returns when it is gone.
    pub async fn stop(mut self) {
        self.looking.abort();
        let _ = (&mut self.looking).await;
    }
}

impl Drop for EchoSink {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

/// Takes files out of a directory.
struct Reader {
    core: Arc<SinkCore>,
    directory: PathBuf,
    /// Files that hold no message: counted once, and left alone.
    unreadable: HashSet<PathBuf>,
}

impl Reader {
    fn new(core: Arc<SinkCore>, directory: &Path) -> Self {
        Self {
            core,
            directory: directory.to_owned(),
            unreadable: HashSet::new(),
        }
    }

    fn look(&mut self) -> std::io::Result<()> {
        if self.core.is_down(Channel::Echo) {
            return Ok(());
        }
        for entry in std::fs::read_dir(&self.directory)?.take(MOST_AT_ONCE) {
            let path = entry?.path();
            if is_whole(&path) && !self.unreadable.contains(&path) {
                self.take(path);
            }
        }
        Ok(())
    }

    fn take(&mut self, path: PathBuf) {
        let read = std::fs::read(&path).ok();
        let message = read
            .as_deref()
            .and_then(|bytes| serde_json::from_slice(bytes).ok());
        let (Some(bytes), Some(message)) = (read, message) else {
            self.core.book().count(Channel::Echo, "unreadable");
            self.unreadable.insert(path);
            return;
        };
        // Not what it cannot take away: it would be counted at each look.
        if std::fs::remove_file(&path).is_ok() {
            self.enter(message, bytes);
        }
    }

    fn enter(&self, message: Message, raw: Vec<u8>) {
        let now = self.core.world.now_ms();
        if self.core.options.keep_bodies {
            let (channel, to) = (Channel::Echo, message.to.clone());
            self.core.book().keep(Kept { channel, to, raw });
        }
        self.core.book().enter(Row {
            channel: Channel::Echo,
            kind: Kind::Accepted,
            id: message.reference,
            to: message.to,
            from: String::new(),
            provider_id: String::new(),
            headers: BTreeMap::new(),
            size: u32::try_from(message.text.len()).unwrap_or(u32::MAX),
            seen: 1,
            first_ms: now,
            last_ms: now,
        });
    }
}

/// Whether a file has its name: while it is written, its name begins with a dot.
fn is_whole(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| !name.starts_with('.') && name.ends_with(".json"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sink::{CoreOptions, HeapWorld, Profile};

    #[test]
    fn messages_are_taken_away_once_and_written_down() {
        let directory = tempfile::tempdir().unwrap();
        let world = Arc::new(HeapWorld::new(|| 5));
        let options = CoreOptions {
            keep_bodies: true,
            ..CoreOptions::default()
        };
        let core = SinkCore::with_options(Profile::perfect(), world, options);
        let at = |name: &str| directory.path().join(name);
        let message = r#"{"reference": "r-1", "to": "H-1", "text": "Dag", "step": 1}"#;
        fs::write(at("n-1-1.json"), message).unwrap();
        fs::write(at(".n-2-1.json"), "{\"refer").unwrap();
        fs::write(at("notes.json"), "no message").unwrap();
        let mut reader = Reader::new(core.clone(), directory.path());
        for _ in 0..2 {
            reader.look().unwrap();
        }
        let rows = core.book().rows();
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(
            (&*rows[0].id, &*rows[0].to, rows[0].size),
            ("r-1", "H-1", 3)
        );
        assert_eq!(core.book().stats()["echo_unreadable"], 1);
        assert_eq!(core.book().kept()[0].raw, message.as_bytes());
        assert!(!at("n-1-1.json").exists() && at(".n-2-1.json").exists());
        // The same attempt sent again is a second copy of the same message.
        fs::write(at("n-1-1.json"), message).unwrap();
        reader.look().unwrap();
        assert_eq!(core.book().rows()[0].seen, 2);
    }
}
