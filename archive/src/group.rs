//! Owns what is sealed together: the entries of one tenant in one block. What of them stands in the
//! clear is one line; all else is one text. Refuses to seal and to compress: [`crate::sealer`] does.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::entry::{Entry, Head, Kind};
use crate::index;
use crate::private::{Before, Private};

/// What the line of a group begins with, and that of a plain entry does not.
const BEGINS: &[u8] = b"{\"key\":";
/// What a line in the clear needs, about, in bytes.
pub(crate) const LINE_BYTES: usize = 160;

/// What stands in the clear of the entries of one tenant: one JSON object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Number of the key that they are sealed with.
    pub(crate) key: u32,
    pub(crate) corporation: u16,
    pub(crate) shard: u16,
    /// The hashes under which they are found, each as 10 hex digits, one behind the other.
    marks: String,
    /// Of each entry: its kind (1: a record, 2: an output), its sequence, when it was decided. The two
    /// numbers are the difference to the entry before.
    entries: Vec<(u8, i64, i64)>,
    /// Bytes of the body.
    length: u32,
}

impl Line {
    /// The line, when `text` is that of a group.
    pub(crate) fn read(text: &[u8]) -> Option<Result<Self, serde_json::Error>> {
        let is_group = text.starts_with(BEGINS);
        is_group.then(|| serde_json::from_slice(text))
    }

    /// How many entries it is about.
    pub(crate) fn count(&self) -> usize {
        self.entries.len()
    }

    /// The hashes under which they are found.
    pub(crate) fn marks(&self) -> impl Iterator<Item = u64> + '_ {
        index::marks(&self.marks)
    }

    /// What of each entry anybody may read.
    pub(crate) fn heads(&self) -> impl Iterator<Item = Head> + '_ {
        let (mut sequence, mut at) = (0_i64, 0_i64);
        self.entries.iter().map(move |(kind, behind, later)| {
            sequence = sequence.wrapping_add(*behind);
            at = at.wrapping_add(*later);
            self.head(*kind, sequence.cast_unsigned(), at)
        })
    }

    fn head(&self, kind: u8, sequence: u64, at: i64) -> Head {
        Head {
            kind: if kind == OUTPUT {
                Kind::Output
            } else {
                Kind::Record
            },
            shard: self.shard,
            sequence,
            at,
            corporation: self.corporation,
            tenant: Box::default(),
            ids: Vec::new(),
            subject: None,
            input: None,
            events: Vec::new(),
            output: None,
            key: self.key,
            length: 0,
        }
    }

    /// Binds what is sealed to what stands in the clear beside it, so that it opens nowhere else.
    pub(crate) fn context(&self) -> Vec<u8> {
        let mut context = Vec::with_capacity(4 + 17 * self.entries.len());
        context.extend_from_slice(&self.corporation.to_be_bytes());
        context.extend_from_slice(&self.shard.to_be_bytes());
        for head in self.heads() {
            context.push(number(head.kind));
            context.extend_from_slice(&head.sequence.to_be_bytes());
            context.extend_from_slice(&head.at.to_be_bytes());
        }
        context
    }

    /// Where it is, for people.
    pub(crate) fn place(&self, place: &str) -> String {
        let first = self.heads().next().map_or(0, |head| head.sequence);
        let (key, shard) = (self.key, self.shard);
        format!("{place}, what is sealed with key {key} of shard {shard} from sequence {first}")
    }
}

const RECORD: u8 = 1;
const OUTPUT: u8 = 2;

const fn number(kind: Kind) -> u8 {
    match kind {
        Kind::Record => RECORD,
        Kind::Output => OUTPUT,
    }
}

/// The entries of one tenant in a block that is being filled.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    key: u32,
    corporation: u16,
    shard: u16,
    marks: Vec<u64>,
    entries: Vec<(u8, i64, i64)>,
    /// Sequence and time of the newest.
    newest: (i64, i64),
    /// Whose it is, and about what.
    before: Before,
    /// Where its body begins.
    body: usize,
    lines: Vec<u8>,
    bodies: Vec<u8>,
}

impl Group {
    /// An empty one, for the entries that are sealed with this key.
    pub(crate) fn new(key: u32, head: &Head) -> Self {
        Self {
            key,
            corporation: head.corporation,
            shard: head.shard,
            marks: Vec::new(),
            entries: Vec::new(),
            newest: (0, 0),
            before: Before::default(),
            body: 0,
            lines: Vec::new(),
            bodies: Vec::new(),
        }
    }

    /// Takes an entry, which is found under these hashes.
    pub(crate) fn push(&mut self, entry: &Entry, marks: &[u64]) {
        let head = &entry.head;
        let (private, body) = Private::of(entry, &self.before, &mut self.bodies[self.body..]);
        // Texts, numbers and lists are always JSON, and writing into memory does not fail.
        let _ = serde_json::to_writer(&mut self.lines, &private);
        self.lines.push(b'\n');
        self.body = self.bodies.len();
        self.bodies.extend_from_slice(body);
        let (sequence, at) = (head.sequence.cast_signed(), head.at);
        let (before, earlier) = self.newest;
        let differences = (sequence.wrapping_sub(before), at.wrapping_sub(earlier));
        self.entries
            .push((number(head.kind), differences.0, differences.1));
        self.newest = (sequence, at);
        self.before.is(head);
        for mark in marks {
            if !self.marks.contains(mark) {
                self.marks.push(*mark);
            }
        }
    }

    pub(crate) const fn key(&self) -> u32 {
        self.key
    }

    /// Bytes of its text.
    pub(crate) const fn len(&self) -> usize {
        self.lines.len() + self.bodies.len()
    }

    /// What is to be sealed: the lines, then the bodies.
    pub(crate) fn text(&self) -> Vec<u8> {
        [&self.lines[..], &self.bodies[..]].concat()
    }

    /// Its line in the clear, with a body of that length.
    pub(crate) fn line(&self, length: usize) -> Line {
        Line {
            key: self.key,
            corporation: self.corporation,
            shard: self.shard,
            marks: self.marks.iter().map(|mark| index::mark(*mark)).collect(),
            entries: self.entries.clone(),
            length: u32::try_from(length).unwrap_or(u32::MAX),
        }
    }
}

/// The entries whose line in the clear and text these are.
///
/// # Errors
/// What is wrong with the text.
pub(crate) fn entries(line: &Line, text: &Bytes) -> Result<Vec<(Head, Bytes)>, String> {
    let mut rest = text.clone();
    let mut lines = Vec::with_capacity(line.count());
    for _ in 0..line.count() {
        let end = memchr::memchr(b'\n', &rest).ok_or("what was sealed has too few lines")?;
        let private: Private = serde_json::from_slice(&rest[..end])
            .map_err(|error| format!("a sealed line: {error}"))?;
        lines.push(private);
        rest = rest.slice(end + 1..);
    }
    let mut bodies: Vec<Bytes> = Vec::with_capacity(lines.len());
    for private in &lines {
        let length = private.length();
        if length > rest.len() {
            return Err("the sealed lines speak of more bodies than there are".to_owned());
        }
        let body = rest.split_to(length);
        private.fill(bodies.last_mut(), &body)?;
        bodies.push(body);
    }
    let mut before = Before::default();
    let made = line.heads().zip(lines).zip(bodies);
    made.map(|((head, private), body)| private.made(head, body, &mut before))
        .collect()
}
