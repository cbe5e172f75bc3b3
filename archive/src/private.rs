//! Owns the line of one entry in a text that is sealed: what neither its body nor the entry before says.
//! Refuses to leave out what it could not make again byte for byte: that is tried first.

use bytes::Bytes;
use memchr::memmem;
use serde::{Deserialize, Serialize};
use sluis_model::Record;
use sluis_model::codec::{self, FrameKind};

use crate::entry::{Attempted, Entry, Head, Kind, Topic};
use crate::hash::Hash;

/// Bytes of a hash.
const HASH: usize = size_of::<Hash>();
/// Where the version of a record stands in its frame.
const VERSION: usize = 2;

/// The line.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Private {
    /// None: that of the entry before. So are the ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ids: Option<Vec<Box<str>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Topic>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    events: Vec<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output: Option<Attempted>,
    /// The version of the frame around a record: its payload alone is stored, and the record says all
    /// that stands above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    frame: Option<u8>,
    /// Where the hash of this body stands in the body before, which has zeros there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash_at: Option<usize>,
    /// Bytes of the body that is stored.
    length: u32,
}

/// Whose the entry before is, and which notifications it is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Before {
    tenant: Box<str>,
    ids: Vec<Box<str>>,
}

impl Before {
    /// The next one follows an entry with this line.
    pub(crate) fn is(&mut self, head: &Head) {
        self.tenant.clone_from(&head.tenant);
        self.ids.clone_from(&head.ids);
    }
}

impl Private {
    /// The line and the body that are stored of an entry. `body`: the one before as it is stored; a
    /// hash of this one is taken out of it.
    pub(crate) fn of<'a>(entry: &'a Entry, before: &Before, body: &mut [u8]) -> (Self, &'a [u8]) {
        if let Some((version, payload)) = payload(entry) {
            let record = Self {
                frame: Some(version),
                length: payload.len() as u32,
                ..Self::default()
            };
            return (record, payload);
        }
        let head = &entry.head;
        let (output, hash_at) = without_hash(entry, body);
        let line = Self {
            tenant: (before.tenant != head.tenant).then(|| head.tenant.clone()),
            ids: (before.ids != head.ids).then(|| head.ids.clone()),
            subject: head.subject.clone(),
            input: head.input.clone(),
            events: head.events.clone(),
            output,
            frame: None,
            hash_at,
            length: entry.body.len() as u32,
        };
        (line, &entry.body)
    }

    pub(crate) const fn length(&self) -> usize {
        self.length as usize
    }

    /// Puts the hash of `body` back into the one before, as both are stored.
    ///
    /// # Errors
    /// There is no room for it.
    pub(crate) fn fill(&self, before: Option<&mut Bytes>, body: &Bytes) -> Result<(), String> {
        let Some(at) = self.hash_at else {
            return Ok(());
        };
        let nowhere =
            || "a sealed line names a place that the body before does not have".to_owned();
        let before = before.ok_or_else(nowhere)?;
        let mut filled = before.to_vec();
        let place = filled.get_mut(at..at.saturating_add(HASH));
        place
            .ok_or_else(nowhere)?
            .copy_from_slice(&Hash::of(body).0);
        *before = filled.into();
        Ok(())
    }

    /// The entry, whose line in the clear is `head`, and whose stored body this is.
    ///
    /// # Errors
    /// It is no record.
    pub(crate) fn made(
        self,
        head: Head,
        body: Bytes,
        before: &mut Before,
    ) -> Result<(Head, Bytes), String> {
        let (head, body) = match self.frame {
            Some(version) => of_payload(&head, version, &body)?,
            None => (self.head(head, &body, before), body),
        };
        before.is(&head);
        Ok((head, body))
    }

    fn head(self, head: Head, body: &Bytes, before: &Before) -> Head {
        Head {
            tenant: self.tenant.unwrap_or_else(|| before.tenant.clone()),
            ids: self.ids.unwrap_or_else(|| before.ids.clone()),
            subject: self.subject,
            input: self.input,
            events: self.events,
            output: self.output.map(|output| with_hash(output, body)),
            key: 0,
            length: self.length,
            ..head
        }
    }
}

/// The version and the payload of a record from which the entry can be made again.
fn payload(entry: &Entry) -> Option<(u8, &[u8])> {
    if entry.head.kind != Kind::Record {
        return None;
    }
    let version = *entry.body.get(VERSION)?;
    let payload = entry.body.get(codec::HEADER..)?;
    let made = of_payload(&entry.head, version, payload).ok()?;
    (made.0 == entry.head && made.1 == entry.body).then_some((version, payload))
}

/// The line and the body of a record with that payload.
fn of_payload(head: &Head, version: u8, payload: &[u8]) -> Result<(Head, Bytes), String> {
    let mut frame = Vec::with_capacity(codec::HEADER + payload.len());
    let put = |bytes: &mut Vec<u8>| {
        bytes.extend_from_slice(payload);
        true
    };
    let text = |error: codec::CodecError| format!("a sealed record: {error}");
    codec::put_frame(FrameKind::Record, version, 0, &mut frame, put).map_err(text)?;
    let Record::Tenant(record) = Record::decode(&frame).map_err(text)? else {
        return Err("a sealed record is about no tenant".to_owned());
    };
    let made = Entry::of_record(head.shard, head.sequence, &record, frame.into());
    Ok((made.head, made.body))
}

/// What is said of an output, and where its hash stood in the body before. A hash that is that of the
/// bytes beside it needs no room.
fn without_hash(entry: &Entry, before: &mut [u8]) -> (Option<Attempted>, Option<usize>) {
    let Some(output) = entry.head.output.clone() else {
        return (None, None);
    };
    let hash = Hash::of(&entry.body);
    if output.hash != hash {
        return (Some(output), None);
    }
    let at = memmem::find(before, &hash.0);
    if let Some(at) = at {
        before[at..at + HASH].fill(0);
    }
    let hash = Hash::NONE;
    (Some(Attempted { hash, ..output }), at)
}

fn with_hash(output: Attempted, body: &Bytes) -> Attempted {
    let is_left_out = output.hash == Hash::NONE;
    let hash = if is_left_out {
        Hash::of(body)
    } else {
        output.hash
    };
    Attempted { hash, ..output }
}
