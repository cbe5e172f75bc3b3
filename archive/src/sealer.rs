//! Owns how an entry is sealed for its tenant and opened again: what stays in the clear, what is
//! compressed and sealed, and under which marks it is found. Refuses to hold keys: whoever implements
//! [`Veil`] does.
//!
//! What is sealed of an entry: one zstd frame with the rest of its line (one JSON object), a line
//! feed, and its body. Sealed bytes do not compress, so each entry is compressed by itself, with a
//! dictionary that has nothing of anybody: `dictionary.txt`.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sluis_model::{CorporationId, TenantKey};
use zstd::bulk::{Compressor, Decompressor};

use crate::entry::{Attempted, Entry, Head, Kind, Topic};
use crate::error::ArchiveError;
use crate::flows;
use crate::index;
use crate::veil::{Cover, Lifted, Veil, VeilError};

/// What every sealed entry is compressed with. A part of the format: it never changes.
const DICTIONARY: &[u8] = include_bytes!("dictionary.txt");
/// How hard zstd tries. An entry is small, so that a higher level costs little.
const LEVEL: i32 = 6;
/// The longest rest of a line, in bytes: a record is about some notifications, and each has an id of
/// 32 digits and events.
const MOST_LINE: usize = 8 << 20;

/// The part of a line that is sealed.
#[derive(Serialize, Deserialize)]
struct Private {
    tenant: Box<str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ids: Vec<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Topic>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    events: Vec<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output: Option<Attempted>,
}

/// What seals entries and opens them.
pub(crate) struct Sealer {
    veil: Arc<dyn Veil>,
    compressor: Mutex<Compressor<'static>>,
    decompressor: Mutex<Decompressor<'static>>,
}

impl Sealer {
    pub(crate) fn new(veil: Arc<dyn Veil>) -> Result<Self, ArchiveError> {
        let compressor = Compressor::with_dictionary(LEVEL, DICTIONARY).map_err(no_room)?;
        let decompressor = Decompressor::with_dictionary(DICTIONARY).map_err(no_room)?;
        Ok(Self {
            veil,
            compressor: Mutex::new(compressor),
            decompressor: Mutex::new(decompressor),
        })
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        self.veil.secret()
    }

    /// What was sealed is about to be durable.
    pub(crate) fn sync(&self) -> Result<(), ArchiveError> {
        self.veil.sync().map_err(sealing("the file of keys"))
    }

    /// The entry as it is kept, when what is about its corporation's tenants is sealed.
    pub(crate) fn seal(&self, entry: &Entry) -> Result<Option<Entry>, ArchiveError> {
        let head = &entry.head;
        let corporation = CorporationId(head.corporation);
        if !self.veil.seals(corporation) {
            return Ok(None);
        }
        let mut bytes = self.compress(entry)?;
        let tenant = TenantKey::new(corporation, &*head.tenant);
        let key = self
            .veil
            .seal(&tenant, &context(head), &mut bytes)
            .map_err(sealing("an entry in memory"))?;
        let marks = index::keys_of(head, Some(self.secret()));
        let head = Head {
            key,
            marks: marks.map(index::mark).collect(),
            length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            ..in_the_clear(head)
        };
        let (body, flows) = (bytes.into(), flows::kept(&entry.flows, &entry.head.ids));
        Ok(Some(Entry { head, body, flows }))
    }

    fn compress(&self, entry: &Entry) -> Result<Vec<u8>, ArchiveError> {
        let head = entry.head.clone();
        let private = Private {
            tenant: head.tenant,
            ids: head.ids,
            subject: head.subject,
            input: head.input,
            events: head.events,
            output: head.output,
        };
        // Texts, numbers and lists are always JSON.
        let mut plain = serde_json::to_vec(&private).unwrap_or_default();
        plain.push(b'\n');
        plain.extend_from_slice(&entry.body);
        self.compressor.lock().compress(&plain).map_err(no_room)
    }

    /// What was sealed with this line and body; none when the key was destroyed, and when.
    fn open(
        &self,
        head: &Head,
        body: &Bytes,
        place: &str,
    ) -> Result<Result<(Head, Bytes), i64>, ArchiveError> {
        let place = || of_entry(head, place);
        let mut bytes = body.to_vec();
        let lifted = self.veil.open(head.key, &context(head), &mut bytes);
        if let Lifted::Erased(at) = lifted.map_err(sealing(&place()))? {
            return Ok(Err(at));
        }
        let damaged = |what: String| ArchiveError::damaged(place(), what);
        let plain = Bytes::from(self.decompress(&bytes).map_err(damaged)?);
        let end = memchr::memchr(b'\n', &plain);
        let end = end.ok_or_else(|| damaged("what was sealed has no line".to_owned()))?;
        let private: Private = serde_json::from_slice(&plain[..end])
            .map_err(|error| damaged(format!("the sealed line: {error}")))?;
        let body = plain.slice(end + 1..);
        let head = Head {
            tenant: private.tenant,
            ids: private.ids,
            subject: private.subject,
            input: private.input,
            events: private.events,
            output: private.output,
            length: u32::try_from(body.len()).unwrap_or(u32::MAX),
            ..in_the_clear(head)
        };
        Ok(Ok((head, body)))
    }

    fn decompress(&self, frame: &[u8]) -> Result<Vec<u8>, String> {
        let raw = zstd::zstd_safe::get_frame_content_size(frame);
        let raw = raw.ok().flatten().unwrap_or(u64::MAX);
        let most = (crate::MAX_BODY_BYTES + MOST_LINE) as u64;
        if raw > most {
            return Err(format!("it says that it holds {raw} bytes, at most {most}"));
        }
        let opened = self.decompressor.lock().decompress(frame, raw as usize);
        opened.map_err(|error| format!("no zstd frame: {error}"))
    }
}

/// What is known of an entry as it lies in a block.
pub(crate) fn lifted(
    sealer: Option<&Sealer>,
    (head, body): (Head, Bytes),
    place: &str,
) -> Result<(Head, Bytes, Cover), ArchiveError> {
    if head.key == 0 {
        return Ok((head, body, Cover::Bare));
    }
    let Some(sealer) = sealer else {
        return Ok((head, Bytes::new(), Cover::Closed));
    };
    Ok(match sealer.open(&head, &body, place)? {
        Ok((head, body)) => (head, body, Cover::Opened),
        Err(at) => (head, Bytes::new(), Cover::Erased(at)),
    })
}

/// What of a line anybody may read.
fn in_the_clear(head: &Head) -> Head {
    Head {
        kind: head.kind,
        shard: head.shard,
        sequence: head.sequence,
        at: head.at,
        corporation: head.corporation,
        tenant: Box::default(),
        ids: Vec::new(),
        subject: None,
        input: None,
        events: Vec::new(),
        output: None,
        key: 0,
        marks: Vec::new(),
        length: 0,
    }
}

/// Binds what is sealed to what stands in the clear beside it.
fn context(head: &Head) -> [u8; 21] {
    let mut context = [0; 21];
    context[0] = match head.kind {
        Kind::Record => 1,
        Kind::Output => 2,
    };
    context[1..3].copy_from_slice(&head.shard.to_be_bytes());
    context[3..11].copy_from_slice(&head.sequence.to_be_bytes());
    context[11..19].copy_from_slice(&head.at.to_be_bytes());
    context[19..].copy_from_slice(&head.corporation.to_be_bytes());
    context
}

fn of_entry(head: &Head, place: &str) -> String {
    let (kind, shard, sequence) = (head.kind, head.shard, head.sequence);
    format!("{place}, {kind:?} of shard {shard}, sequence {sequence}")
}

fn sealing(place: &str) -> impl FnOnce(VeilError) -> ArchiveError {
    let place = place.to_owned();
    move |source| ArchiveError::Sealed { place, source }
}

fn no_room(source: std::io::Error) -> ArchiveError {
    ArchiveError::Disk {
        object: "an entry in memory".to_owned(),
        source,
    }
}
