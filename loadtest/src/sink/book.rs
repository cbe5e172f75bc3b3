//! The sinks' own book: which message was taken, how often, when. One of the three books of a
//! reconciliation, so it counts only what came over the wire. Refuses to keep bodies unless asked.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::SinkError;
use super::channel::Channel;

/// What became of it at the sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Taken and answered.
    Accepted,
    /// Taken, but the connection was closed before the answer.
    InDoubt,
    /// Refused for good.
    Refused,
}

/// One message for one recipient, however often it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Which sink.
    pub channel: Channel,
    /// What became of it.
    pub kind: Kind,
    /// Mail: the Message-ID without `<>`. SMS: the `reference`. Empty when refused before it was
    /// known.
    pub id: String,
    /// Mail: envelope recipient. SMS: the number, digits only.
    pub to: String,
    /// Mail: envelope sender (the VERP address). SMS: originator.
    pub from: String,
    /// Mail: ENVID. SMS: the provider's id of the first copy.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    /// The captured headers, names in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Bytes of the message (mail) or of its text (SMS).
    pub size: u32,
    /// How many times it came.
    pub seen: u32,
    /// First time, world clock.
    pub first_ms: i64,
    /// Last time, world clock.
    pub last_ms: i64,
}

/// A kept message, when the book was asked to keep bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Which sink.
    pub channel: Channel,
    /// The recipient.
    pub to: String,
    /// The raw message (mail, unstuffed) or the request's JSON (SMS).
    pub raw: Vec<u8>,
}

/// Counts per event name, such as `email_accepted` or `sms_throttled`.
pub type Stats = BTreeMap<String, u64>;

/// The book. Cheap to share behind an `Arc`.
#[derive(Debug, Default)]
pub struct Book {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    rows: Vec<Row>,
    index: HashMap<u64, Vec<u32>>,
    stats: HashMap<(Channel, &'static str), u64>,
    kept: Vec<Kept>,
}

impl Book {
    /// Counts an event that leaves no row, such as a connection or a temporary refusal.
    pub fn count(&self, channel: Channel, event: &'static str) {
        *self.inner.lock().stats.entry((channel, event)).or_default() += 1;
    }

    /// Writes a message down, merged with earlier copies of the same (channel, kind, to, id).
    /// Without an id every copy is its own row, merged by sender only when refused.
    pub fn enter(&self, row: Row) {
        let event = match row.kind {
            Kind::Accepted => "accepted",
            Kind::InDoubt => "in_doubt",
            Kind::Refused => "refused",
        };
        let key = row_key(&row);
        let mut inner = self.inner.lock();
        let Inner {
            rows, index, stats, ..
        } = &mut *inner;
        *stats.entry((row.channel, event)).or_default() += 1;
        let places = index.entry(key).or_default();
        let same = places
            .iter()
            .copied()
            .find(|&at| is_same(&rows[at as usize], &row));
        if let Some(at) = same {
            let known = &mut rows[at as usize];
            known.seen += row.seen;
            known.last_ms = row.last_ms;
            return;
        }
        places.push(u32::try_from(rows.len()).expect("fewer than four billion rows"));
        rows.push(row);
    }

    /// Keeps a whole message; only called when bodies are wanted.
    pub fn keep(&self, kept: Kept) {
        self.inner.lock().kept.push(kept);
    }

    /// A copy of every row, in the order first seen.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.inner.lock().rows.clone()
    }

    /// A copy of every kept message, in order of arrival.
    #[must_use]
    pub fn kept(&self) -> Vec<Kept> {
        self.inner.lock().kept.clone()
    }

    /// Copies taken over the wire on a channel, accepted and in doubt together.
    #[must_use]
    pub fn taken(&self, channel: Channel) -> u64 {
        let inner = self.inner.lock();
        let of = |event| inner.stats.get(&(channel, event)).copied().unwrap_or(0);
        of("accepted") + of("in_doubt")
    }

    /// Every count.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let inner = self.inner.lock();
        inner
            .stats
            .iter()
            .map(|((channel, event), n)| (format!("{}_{event}", channel.name()), *n))
            .collect()
    }

    /// The rows as NDJSON.
    #[must_use]
    pub fn to_ndjson(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for row in &self.inner.lock().rows {
            serde_json::to_writer(&mut out, row).expect("a row is plain strings and numbers");
            out.push(b'\n');
        }
        out
    }

    /// Writes the rows as NDJSON to a file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), SinkError> {
        let fail = |source| SinkError::File {
            path: path.display().to_string(),
            source,
        };
        let mut file = std::fs::File::create(path).map_err(fail)?;
        file.write_all(&self.to_ndjson())
            .and_then(|()| file.sync_data())
            .map_err(fail)
    }
}

fn row_key(row: &Row) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (row.channel, row.kind, &row.id, &row.to).hash(&mut hasher);
    hasher.finish()
}

fn is_same(a: &Row, b: &Row) -> bool {
    let named = !a.id.is_empty() || (a.kind == Kind::Refused && a.from == b.from);
    named && (a.channel, a.kind, &a.id, &a.to) == (b.channel, b.kind, &b.id, &b.to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: Kind, id: &str, to: &str, at: i64) -> Row {
        Row {
            channel: Channel::Email,
            kind,
            id: id.into(),
            to: to.into(),
            from: "b+1@bounce.example.nl".into(),
            provider_id: String::new(),
            headers: BTreeMap::new(),
            size: 10,
            seen: 1,
            first_ms: at,
            last_ms: at,
        }
    }

    #[test]
    fn copies_are_merged_and_counted() {
        let book = Book::default();
        for (kind, id, to, at) in [
            (Kind::InDoubt, "m1", "a@x.nl", 1),
            (Kind::Accepted, "m1", "a@x.nl", 2),
            (Kind::Accepted, "m1", "a@x.nl", 9),
            (Kind::Accepted, "m1", "b@x.nl", 3),
            (Kind::Accepted, "", "c@x.nl", 4),
            (Kind::Accepted, "", "c@x.nl", 5),
        ] {
            book.enter(row(kind, id, to, at));
        }
        let rows = book.rows();
        assert_eq!(rows.len(), 5);
        assert_eq!((rows[1].seen, rows[1].first_ms, rows[1].last_ms), (2, 2, 9));
        assert_eq!(book.taken(Channel::Email), 6);
        assert_eq!(book.stats()["email_accepted"], 5);
        let text = String::from_utf8(book.to_ndjson()).unwrap();
        let read: Vec<Row> = text
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        assert_eq!(read, rows);
    }
}
