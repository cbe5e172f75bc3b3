//! Owns one block: entries of one corporation and category, as zstd frames. The first has their lines,
//! the second their bodies, one behind the other. Where entries are sealed, those of one tenant have one
//! line and one body, and a third frame has what the bodies have in common. Refuses to give back what
//! does not have the hash that its manifest says.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;
use memchr::memmem::Finder;

use crate::entry::{Entry, Head};
use crate::error::ArchiveError;
use crate::group::{self, Group, Line};
use crate::hash::Hash;
use crate::manifest::BlockOf;
use crate::sealer::{Mark, Sealed, Sealer};

/// Bytes of bodies and lines from which a block is full. A larger one compresses a little better,
/// and takes longer to find something in.
pub(crate) const FULL_BYTES: usize = 256 << 10;
/// The same of a block whose entries are sealed: the more of a tenant's entries are in it together, the
/// less they need. Nothing is decompressed but what is looked for.
pub(crate) const FULL_SEALED_BYTES: usize = 2 << 20;
/// The largest block that is read, in bytes: what a full one and the longest entry amount to.
const MOST_RAW: u32 = (FULL_SEALED_BYTES + 2 * crate::MAX_BODY_BYTES) as u32;
/// How hard zstd tries. Measured on mails with their records: level 6 needs four times as long, and
/// saves 1 % of bulk mail and 6 % of single ones.
const LEVEL: i32 = 3;

/// What compresses blocks, one after the other: its tables are made once.
pub(crate) struct Press(zstd::bulk::Compressor<'static>);

impl Press {
    pub(crate) fn new() -> Result<Self, ArchiveError> {
        let compressor = zstd::bulk::Compressor::new(LEVEL).map_err(in_memory)?;
        Ok(Self(compressor))
    }

    fn compress(&mut self, bytes: &[u8]) -> Result<Vec<u8>, ArchiveError> {
        self.0.compress(bytes).map_err(in_memory)
    }

    /// Makes a block of what was filled. Without a sealer, there is nothing to seal.
    pub(crate) fn finish(
        &mut self,
        filling: &Filling,
        sealer: Option<&Sealer>,
    ) -> Result<Block, ArchiveError> {
        let groups = sealer.map(|sealer| sealer.seal(filling.groups.values()));
        let Sealed {
            heads,
            bodies,
            common,
        } = groups.transpose()?.unwrap_or_default();
        let raw_heads = joined(&filling.heads, heads);
        let raw_bodies = joined(&filling.bodies, bodies);
        let mut bytes = self.compress(&raw_heads)?;
        let heads_length = bytes.len();
        bytes.extend_from_slice(&self.compress(&raw_bodies)?);
        let bodies_length = bytes.len() - heads_length;
        if !common.is_empty() {
            bytes.extend_from_slice(&self.compress(&common)?);
        }
        let mut keys = filling.keys.clone();
        keys.sort_unstable();
        keys.dedup();
        let (first_at, last_at) = filling.span.unwrap_or_default();
        let of = BlockOf {
            heads: heads_length as u32,
            bodies: bodies_length as u32,
            common: (bytes.len() - heads_length - bodies_length) as u32,
            raw_heads: raw_heads.len() as u32,
            raw_bodies: raw_bodies.len() as u32,
            raw_common: common.len() as u32,
            entries: filling.entries,
            first_at,
            last_at,
            hash: Hash::of(&bytes),
        };
        let bytes = bytes.into();
        Ok(Block { bytes, of, keys })
    }
}

/// One behind the other; nothing is copied where there is nothing sealed.
fn joined(plain: &[u8], sealed: Vec<u8>) -> Cow<'_, [u8]> {
    match (plain, sealed) {
        (plain, sealed) if sealed.is_empty() => plain.into(),
        ([], sealed) => sealed.into(),
        (plain, sealed) => [plain, &sealed].concat().into(),
    }
}

fn in_memory(source: std::io::Error) -> ArchiveError {
    ArchiveError::Disk {
        object: "a block in memory".to_owned(),
        source,
    }
}

/// A block that is being filled.
#[derive(Default)]
pub(crate) struct Filling {
    heads: Vec<u8>,
    bodies: Vec<u8>,
    /// What is to be sealed, by the number of its key.
    groups: BTreeMap<u32, Group>,
    /// Bytes of that.
    grouped: usize,
    entries: u32,
    keys: Vec<u64>,
    /// When its oldest and its newest entry were decided.
    span: Option<(i64, i64)>,
}

/// A block that is full.
pub(crate) struct Block {
    pub(crate) bytes: Bytes,
    pub(crate) of: BlockOf,
    /// Hashes of the keys under which its entries are found, sorted, each once.
    pub(crate) keys: Vec<u64>,
}

impl Filling {
    /// Takes an entry that is found under the hashes of the mark, and sealed with its key unless that
    /// is 0.
    pub(crate) fn push(&mut self, entry: &Entry, mark: &Mark) {
        let head = &entry.head;
        if mark.key == 0 {
            // Writing into memory does not fail, and a head has no map with keys that are no text.
            let _ = serde_json::to_writer(&mut self.heads, head);
            self.heads.push(b'\n');
            self.bodies.extend_from_slice(&entry.body);
        } else {
            self.group(entry, mark);
        }
        self.entries += 1;
        self.keys.extend(&mark.hashes);
        let (first, last) = self.span.unwrap_or((head.at, head.at));
        self.span = Some((first.min(head.at), last.max(head.at)));
    }

    fn group(&mut self, entry: &Entry, mark: &Mark) {
        let group = self.groups.entry(mark.key);
        let group = group.or_insert_with(|| {
            self.grouped += group::LINE_BYTES;
            Group::new(mark.key, &entry.head)
        });
        let before = group.len();
        group.push(entry, &mark.hashes);
        self.grouped += group.len() - before;
    }

    pub(crate) const fn len(&self) -> usize {
        self.heads.len() + self.bodies.len() + self.grouped
    }

    /// Whether it takes no more.
    pub(crate) fn is_full(&self) -> bool {
        let most = match self.groups.is_empty() {
            true => FULL_BYTES,
            false => FULL_SEALED_BYTES,
        };
        self.len() >= most
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// What it holds now, to be read before it is full.
    pub(crate) fn opened(&self) -> Opened {
        let (mut heads, mut bodies) = (self.heads.clone(), self.bodies.clone());
        for group in self.groups.values() {
            let _ = serde_json::to_writer(&mut heads, &group.line(group.len()));
            heads.push(b'\n');
            bodies.extend_from_slice(&group.text());
        }
        Opened {
            heads: heads.into(),
            bodies: bodies.into(),
            common: None,
        }
    }

    /// Whether an entry with one of these keys is in it; by their hashes, so seldom wrongly.
    pub(crate) fn may_hold(&self, keys: &[u64]) -> bool {
        self.keys.iter().any(|key| keys.contains(key))
    }
}

/// A block whose frames were opened.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    heads: Bytes,
    bodies: Bytes,
    /// What its sealed bodies have in common; none while they are not sealed.
    common: Option<Bytes>,
}

/// What one line of a block is about, with its body.
pub(crate) enum Laid {
    /// An entry that is not sealed.
    Plain(Box<Head>, Bytes),
    /// Entries that are sealed together.
    Group(Line, Bytes),
}

impl Opened {
    /// Opens the block that is stored as `bytes`.
    ///
    /// # Errors
    /// They are not the bytes that the manifest speaks of, or no block.
    pub(crate) fn read(of: &BlockOf, bytes: &[u8], place: &str) -> Result<Self, ArchiveError> {
        let actual = Hash::of(bytes);
        if actual != of.hash {
            let what = format!("its hash is {actual}, the manifest says {}", of.hash);
            return Err(ArchiveError::damaged(place, what));
        }
        let short = || ArchiveError::damaged(place, "it is shorter than its lines");
        let frames = bytes.split_at_checked(of.heads as usize);
        let (heads, rest) = frames.ok_or_else(short)?;
        let frames = rest.split_at_checked(of.bodies as usize);
        let (bodies, common) = frames.ok_or_else(short)?;
        let common = match of.common {
            0 => Bytes::new(),
            _ => decompress(common, of.raw_common, place)?,
        };
        Ok(Self {
            heads: decompress(heads, of.raw_heads, place)?,
            bodies: decompress(bodies, of.raw_bodies, place)?,
            common: Some(common),
        })
    }

    /// Whether what is grouped in it is sealed already.
    pub(crate) const fn is_sealed(&self) -> bool {
        self.common.is_some()
    }

    /// What its sealed bodies have in common.
    pub(crate) fn common(&self) -> &[u8] {
        self.common.as_deref().unwrap_or_default()
    }

    /// What lies in it, in order. Those whose line cannot be read are errors.
    pub(crate) fn all<'a>(
        &'a self,
        place: &'a str,
    ) -> impl Iterator<Item = Result<Laid, ArchiveError>> + 'a {
        self.lines().map(move |line| self.laid(&line, place))
    }

    /// That whose line has one of `texts` in it.
    pub(crate) fn all_with<'a>(
        &'a self,
        texts: &'a [String],
        place: &'a str,
    ) -> impl Iterator<Item = Result<Laid, ArchiveError>> + 'a {
        let finders: Vec<Finder<'_>> = texts.iter().map(Finder::new).collect();
        let has = move |line: &Text<'a>| {
            let mut finders = finders.iter();
            finders.any(|finder| finder.find(line.text).is_some())
        };
        self.lines()
            .filter(has)
            .map(move |line| self.laid(&line, place))
    }

    fn laid(&self, line: &Text<'_>, place: &str) -> Result<Laid, ArchiveError> {
        if line.body.end > self.bodies.len() {
            let what = "its lines speak of more bodies than it has";
            return Err(ArchiveError::damaged(place, what));
        }
        let body = self.bodies.slice(line.body.clone());
        let laid = match Line::read(line.text) {
            Some(group) => group.map(|group| Laid::Group(group, body)),
            None => serde_json::from_slice(line.text).map(|head| Laid::Plain(head, body)),
        };
        laid.map_err(|error| ArchiveError::damaged(place, format!("a line: {error}")))
    }

    fn lines(&self) -> impl Iterator<Item = Text<'_>> {
        let lines = self.heads.split(|byte| *byte == b'\n');
        let full = lines.filter(|text| !text.is_empty());
        full.scan(0, |at, text| {
            let end = *at + length_of(text);
            let body = std::mem::replace(at, end)..end;
            Some(Text { text, body })
        })
    }
}

/// One line and where its body is.
struct Text<'a> {
    text: &'a [u8],
    body: Range<usize>,
}

/// The length of the body: the number at the end of the line. To read it so is what makes it cheap to
/// pass over the lines of others.
fn length_of(line: &[u8]) -> usize {
    let digits = line.strip_suffix(b"}").unwrap_or(line);
    let start = digits.iter().rposition(|byte| !byte.is_ascii_digit());
    let digits = &digits[start.map_or(0, |at| at + 1)..];
    digits.iter().fold(0usize, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(usize::from(digit - b'0'))
    })
}

fn decompress(frame: &[u8], raw: u32, place: &str) -> Result<Bytes, ArchiveError> {
    if raw > MOST_RAW {
        let what = format!("it says that it holds {raw} bytes, at most {MOST_RAW}");
        return Err(ArchiveError::damaged(place, what));
    }
    let bytes = zstd::bulk::decompress(frame, raw as usize)
        .map_err(|error| ArchiveError::damaged(place, format!("no zstd frame: {error}")))?;
    if bytes.len() != raw as usize {
        let what = format!("it holds {} bytes, the manifest says {raw}", bytes.len());
        return Err(ArchiveError::damaged(place, what));
    }
    Ok(bytes.into())
}
