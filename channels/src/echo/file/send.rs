//! Owns the provider that writes files: whole or not at all, the same attempt to the same name.
//! Refuses more files than the directory may hold.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::future::BoxFuture;
use serde::Serialize;
use sluis_model::{Channel, OnDoubt, Refusal, Verdict, Why};

use super::config::FileConfig;
use crate::outgoing::{Content, Outgoing};
use crate::output::Output;
use crate::problem::Problem;
use crate::provider::Provider;

/// Most attempts at once: each takes a thread of the runtime's while it writes.
const CONCURRENCY: usize = 64;
/// When a message is tried again while the directory is full, in milliseconds.
const WHEN_FULL_MS: u64 = 60_000;

/// What stands in a file.
const MEDIA_TYPE: &str = "application/json";

/// Writes each message to a file.
#[derive(Debug)]
pub(super) struct FileProvider {
    name: String,
    directory: PathBuf,
    most: u64,
    /// Files in the directory, as far as is known: counted anew when it seems full.
    files: AtomicU64,
}

/// What stands in a file.
#[derive(Serialize)]
struct Message<'a> {
    notification: String,
    step: u8,
    attempt: u16,
    corporation: u16,
    reference: &'a str,
    to: &'a str,
    text: &'a str,
    /// When the attempt started, in milliseconds since 1970.
    at_ms: i64,
}

impl FileProvider {
    pub(super) fn new(name: &str, path: &str, config: &FileConfig) -> Result<Self, Vec<Problem>> {
        let shown = config.directory.display();
        let files = count(&config.directory).map_err(|error| {
            let expected = "a directory that can be read";
            vec![Problem::new(
                path,
                "directory",
                shown,
                expected,
                error.to_string(),
            )]
        })?;
        Ok(Self {
            name: name.to_owned(),
            directory: config.directory.clone(),
            most: config.most_files.into(),
            files: AtomicU64::new(files),
        })
    }

    fn send_one(&self, outgoing: &Outgoing) -> Verdict {
        let text = match one_text(&outgoing.content) {
            Ok(text) => text,
            Err(why) => {
                let class = Refusal::Unsendable;
                return Verdict::Refused { class, why };
            }
        };
        let attempt = outgoing.attempt;
        let name = format!("{}-{}.json", attempt.id, attempt.attempt);
        let message = message(outgoing, text);
        outgoing.output.put(MEDIA_TYPE, &message);
        match self.keep(&name, &message) {
            Ok(true) => Verdict::Delivered {
                provider_id: name.into(),
            },
            Ok(false) => Verdict::Retry {
                after_ms: Some(WHEN_FULL_MS),
                why: Why::new("full", "the directory holds as many files as it may"),
            },
            // Nothing is there under its name: it can be tried again.
            Err(error) => Verdict::Withdrawn {
                why: Why::new("file", &error.kind().to_string()),
            },
        }
    }

    /// Writes the file beside its name and puts it there; `false` when there is no room for one
    /// more.
    fn keep(&self, name: &str, message: &[u8]) -> io::Result<bool> {
        let place = self.directory.join(name);
        let is_new = !place.exists();
        if is_new && !self.has_room()? {
            return Ok(false);
        }
        let beside = self.directory.join(format!(".{name}"));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(message)?;
        file.sync_data()?;
        fs::rename(&beside, &place)?;
        if is_new {
            self.files.fetch_add(1, Ordering::Relaxed);
        }
        Ok(true)
    }

    fn has_room(&self) -> io::Result<bool> {
        if self.files.load(Ordering::Relaxed) < self.most {
            return Ok(true);
        }
        let files = count(&self.directory)?;
        self.files.store(files, Ordering::Relaxed);
        Ok(files < self.most)
    }
}

fn one_text(content: &Content) -> Result<&str, Why> {
    match content {
        Content::Text(text) => Ok(text),
        Content::Email { .. } | Content::Null => {
            Err(Why::new("render", "the content is not one text"))
        }
    }
}

/// What stands in the file of this message.
fn message(outgoing: &Outgoing, text: &str) -> Bytes {
    let attempt = outgoing.attempt;
    let message = Message {
        notification: attempt.id.to_string(),
        step: attempt.step,
        attempt: attempt.attempt,
        corporation: outgoing.corporation.0,
        reference: &outgoing.reference,
        to: &outgoing.to,
        text,
        at_ms: outgoing.at.0,
    };
    // Numbers and texts are always JSON.
    serde_json::to_vec(&message).unwrap_or_default().into()
}

/// Entries of a directory.
fn count(directory: &Path) -> io::Result<u64> {
    Ok(fs::read_dir(directory)?.count() as u64)
}

impl Provider for FileProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn channel(&self) -> Channel {
        Channel::Echo
    }

    /// The same attempt has the same name: a second time changes nothing.
    fn on_doubt(&self) -> OnDoubt {
        OnDoubt::Resend
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn fits(&self, outgoing: &Outgoing) -> Result<(), Why> {
        one_text(&outgoing.content).map(drop)
    }

    fn output(&self, outgoing: &Outgoing) -> Option<Output> {
        let text = one_text(&outgoing.content).ok()?;
        Some(Output {
            media_type: MEDIA_TYPE,
            bytes: message(outgoing, text),
        })
    }

    fn send(self: Arc<Self>, outgoing: Outgoing) -> BoxFuture<'static, Verdict> {
        Box::pin(async move {
            let written = tokio::task::spawn_blocking(move || self.send_one(&outgoing));
            written.await.unwrap_or_else(|_| Verdict::InDoubt {
                why: Why::new("panic", "the writing broke off inside the engine"),
            })
        })
    }
}
