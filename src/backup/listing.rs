//! Owns what a copy in objects consists of: a listing of its files, and of the pieces that each is made
//! of. A copy is whole when its listing is there, and never before. Refuses names that would leave the
//! directory that they are put back into.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use sluis_archive::{Hash, Shelf};

use super::Note;

/// The form of a listing.
const FORMAT: u32 = 1;
/// Listings are below this.
pub(super) const COPIES: &str = "copies";
/// Pieces are below this, each under its hash.
pub(super) const PIECES: &str = "pieces";
/// Digits of a listing's number, so that names sort as numbers do.
const DIGITS: usize = 10;

/// A whole copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listing {
    format: u32,
    /// What the copy says of itself.
    pub(super) note: Note,
    /// Everything in it, sorted by path.
    pub(super) files: Vec<Filed>,
}

/// A file of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Filed {
    /// Where it is in the data directory, its parts between slashes.
    pub(super) path: String,
    /// How long it is.
    pub(super) bytes: u64,
    /// What it is made of, in order.
    pub(super) pieces: Vec<Hash>,
}

impl Listing {
    pub(super) const fn new(note: Note, files: Vec<Filed>) -> Self {
        Self {
            format: FORMAT,
            note,
            files,
        }
    }

    /// The file at this path.
    pub(super) fn file(&self, path: &str) -> Option<&Filed> {
        self.files.iter().find(|filed| filed.path == path)
    }

    /// The newest one that is there, with its number.
    ///
    /// # Errors
    /// The store fails; the listing cannot be read.
    pub(super) fn newest(shelf: &Shelf) -> anyhow::Result<Option<(u64, Self)>> {
        let numbers = numbers(shelf)?;
        let Some(number) = numbers.keys().next_back().copied() else {
            return Ok(None);
        };
        let name = name(number);
        let place = || format!("{}/{name}", shelf.shown());
        let bytes = shelf.get(&name)?;
        let bytes = bytes.with_context(|| {
            format!(
                "{}: is gone: another backup ended meanwhile; try again",
                place()
            )
        })?;
        let listing: Self = serde_json::from_slice(&bytes)
            .with_context(|| {
            format!(
                "{}: is damaged: remove it, so that the copy before it counts again, or the next backup stores a whole one",
                place()
            )
        })?;
        ensure!(
            listing.format == FORMAT,
            "{}: has format {}, this version reads {FORMAT}: use a newer version",
            place(),
            listing.format
        );
        Ok(Some((number, listing)))
    }

    /// Puts it there under this number: from now on the copy is whole. Whether no other was there.
    ///
    /// # Errors
    /// The store fails.
    pub(super) fn publish(&self, shelf: &Shelf, number: u64) -> anyhow::Result<bool> {
        let bytes = serde_json::to_vec_pretty(self)?;
        Ok(shelf.put_once(&name(number), bytes.into())?)
    }
}

/// The listings that are there: number and name.
pub(super) fn numbers(shelf: &Shelf) -> anyhow::Result<BTreeMap<u64, String>> {
    let names = shelf.sizes(COPIES)?.into_keys();
    let number = |name: &String| -> Option<u64> {
        let digits = name.strip_prefix(COPIES)?.strip_prefix('/')?;
        digits.strip_suffix(".json")?.parse().ok()
    };
    Ok(names
        .filter_map(|name| Some((number(&name)?, name)))
        .collect())
}

fn name(number: u64) -> String {
    format!("{COPIES}/{number:0DIGITS$}.json")
}

/// The name of a piece.
pub(super) fn piece(hash: &Hash) -> String {
    format!("{PIECES}/{hash}")
}

/// Whether a path names something below the directory that it is put into.
pub(super) fn is_below(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}
