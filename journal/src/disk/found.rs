//! Opens the generations of a directory, changing nothing, and misses those that are gone. Refuses to
//! begin one.

use std::path::Path;
use std::sync::Arc;

use super::frame;
use super::generation::{Generation, Newest, Tail};
use super::identity::{self, Identity};
use super::manifest::Manifest;
use super::options::Options;
use super::prepared::Prepared;
use super::report::Repairs;
use crate::{Damage, JournalError};

/// What the generations of a directory are, before anything is changed.
#[derive(Default)]
pub(super) struct Found {
    pub(super) list: Vec<Arc<Generation>>,
    pub(super) tail: Option<Tail>,
    /// A newest one in which nothing was ever acknowledged, and whether its log holds nothing but
    /// zeros.
    pub(super) unbegun: Option<(u64, bool)>,
}

impl Found {
    /// There is one once a start went well.
    pub(super) fn newest(&self) -> &Arc<Generation> {
        &self.list[self.list.len() - 1]
    }
}

/// Opens the generations, the newest one first: each says where the one before it has to end. Every
/// one that the manifest knows must be there.
pub(super) fn open_all(
    dir: &Path,
    options: &Options,
    identity: &Identity,
    repairs: &mut Repairs,
) -> Result<Found, JournalError> {
    let known = identity.manifest.as_ref();
    let numbers = identity::generations(dir)?;
    check_complete(dir, &numbers, known)?;
    let mut found = Found::default();
    for number in numbers.into_iter().rev() {
        if let Some(later) = found.list.last() {
            let ends: Vec<u64> = later.starts.iter().map(|start| start - 1).collect();
            let made = known.and_then(|manifest| manifest.of(number));
            let salt = made.map(|made| made.salt);
            let sealed = Generation::open_sealed(dir, number, salt, &ends, options, repairs)?;
            found.list.push(Arc::new(sealed));
            continue;
        }
        match Generation::open_newest(dir, number, known, options, repairs)? {
            Newest::Begun(newest, tail) => {
                found.list.push(Arc::from(newest));
                found.tail = tail;
            }
            Newest::Unbegun { .. } if found.unbegun.is_some() => {
                return Err(JournalError::missing(dir, number));
            }
            Newest::Unbegun { is_blank } => {
                if !is_blank && known.is_none() && !is_first_try(dir, number, options)? {
                    return Err(unreadable(dir, number));
                }
                found.unbegun = Some((number, is_blank));
            }
        }
    }
    found.list.reverse();
    Ok(found)
}

/// Every generation that the manifest knows is there, and none between two is gone.
fn check_complete(
    dir: &Path,
    numbers: &[u64],
    known: Option<&Manifest>,
) -> Result<(), JournalError> {
    let made = known
        .map(|manifest| manifest.made.as_slice())
        .unwrap_or_default();
    if let Some(made) = made.iter().find(|made| !numbers.contains(&made.number)) {
        return Err(JournalError::missing(dir, made.number));
    }
    match numbers.windows(2).find(|pair| pair[1] != pair[0] + 1) {
        Some(pair) => Err(JournalError::missing(dir, pair[0] + 1)),
        None => Ok(()),
    }
}

/// A log that holds something, none of which can be read.
fn unreadable(dir: &Path, number: u64) -> JournalError {
    JournalError::Damaged {
        path: Prepared::path(dir, number).join("log"),
        place: crate::Place {
            offset: 0,
            record: None,
        },
        damage: Damage::Malformed,
    }
}

/// Whether a log without a good group may be what is left of the first start of all: as long as its
/// opening at most.
fn is_first_try(dir: &Path, number: u64, options: &Options) -> Result<bool, JournalError> {
    let path = Prepared::path(dir, number).join("log");
    let length = std::fs::metadata(&path)
        .map_err(JournalError::io("look at", &path))?
        .len();
    Ok(number == 1
        && !options.existing
        && length <= frame::opening_bytes(usize::from(options.shards)) as u64)
}
