//! What is known of the log in another place than the log: which generations were made and by which
//! salt, how far the newest is certainly durable, whether the last stop was a clean one, and what
//! may be forgotten. A start holds the log against it, so that a generation that is gone, a log
//! that is shorter and a stop that was clean cannot be taken for something else. Refuses to be
//! written on the way of an acknowledgement, but once per generation.
//!
//! The order makes it true at every moment: a generation stands in it before anything is
//! acknowledged there, and is taken out before its directory goes; what it says of lengths was
//! synced before.
//!
//! The file: version, identity, shards, clean, begun, generation, end and groups of the floor,
//! number of generations (8 bytes each), number of definitions; number, salt and length of each
//! generation; per shard the trim mark and what its checkpoint covers; the hash of each definition
//! (16); a CRC-32C.

use std::io::Write;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::files;
use super::options::Barrier;
use crate::{JournalError, Shard};

const NAME: &str = "manifest";
const VERSION: u64 = 1;
const HEAD: usize = 10;
const PER_GENERATION: usize = 3;
const PER_SHARD: usize = 2;
const PER_DEFINITION: usize = 2;

/// A generation whose files were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) number: u64,
    pub(super) salt: u64,
    /// What its log is long at least while it is the newest.
    pub(super) length: u64,
}

/// Up to where a log is durable: what is not there any more was damaged, not torn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Floor {
    pub(super) generation: u64,
    pub(super) end: u64,
    pub(super) groups: u64,
}

/// What the manifest file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    /// The number that this data directory was given when it was made.
    pub(super) id: u64,
    /// Oldest first.
    pub(super) made: Vec<Made>,
    /// The newest generation that has a durable group.
    pub(super) begun: u64,
    pub(super) floor: Floor,
    /// Whether the log ended at the floor with a clean stop.
    pub(super) clean: bool,
    /// Per shard the oldest sequence that is kept.
    pub(super) marks: Vec<u64>,
    /// Per shard what its newest checkpoint covers; 0 for none.
    pub(super) checkpoints: Vec<u64>,
    /// The hashes of all definitions, sorted.
    pub(super) definitions: Vec<[u8; 16]>,
}

impl Manifest {
    pub(super) fn path(dir: &Path) -> PathBuf {
        dir.join(NAME)
    }

    /// The manifest of a directory; `None` when there is none.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, JournalError> {
        let path = Self::path(dir);
        let Some(bytes) = files::read_checked(&path)? else {
            return Ok(None);
        };
        let (numbers, rest) = bytes.as_chunks::<8>();
        let numbers: Vec<u64> = numbers
            .iter()
            .map(|number| u64::from_le_bytes(*number))
            .collect();
        // A newer one is not damaged: it must not be made again by a program that cannot read it.
        if let Some(version) = numbers.first().filter(|version| **version > VERSION) {
            return Err(JournalError::Format {
                path,
                found: u16::try_from(*version).unwrap_or(u16::MAX),
                expected: VERSION as u16,
            });
        }
        let manifest = if rest.is_empty() {
            Self::decode(&numbers)
        } else {
            None
        };
        manifest.map(Some).ok_or(JournalError::DamagedFile { path })
    }

    fn decode(numbers: &[u64]) -> Option<Self> {
        let (head, rest) = numbers.split_first_chunk::<HEAD>()?;
        let [
            version,
            id,
            shards,
            clean,
            begun,
            generation,
            end,
            groups,
            count,
            definitions,
        ] = *head;
        let [shards, count, definitions] = [shards, count, definitions]
            .map(|number| usize::try_from(number).unwrap_or(usize::MAX));
        let parts = [
            (count, PER_GENERATION),
            (shards, PER_SHARD),
            (definitions, PER_DEFINITION),
        ];
        let expected = parts.iter().try_fold(0_usize, |sum, (count, each)| {
            sum.checked_add(count.checked_mul(*each)?)
        })?;
        if version != VERSION || rest.len() != expected {
            return None;
        }
        let (made, per_shard) = rest.split_at(count * PER_GENERATION);
        let (per_shard, definitions) = per_shard.split_at(shards * PER_SHARD);
        let (marks, checkpoints) = per_shard.split_at(shards);
        let made = made.as_chunks::<PER_GENERATION>().0.iter();
        Some(Self {
            id,
            made: made
                .map(|[number, salt, length]| Made {
                    number: *number,
                    salt: *salt,
                    length: *length,
                })
                .collect(),
            begun,
            floor: Floor {
                generation,
                end,
                groups,
            },
            clean: clean != 0,
            marks: marks.to_vec(),
            checkpoints: checkpoints.to_vec(),
            definitions: definitions
                .as_chunks::<PER_DEFINITION>()
                .0
                .iter()
                .map(|[high, low]| hash_of(*high, *low))
                .collect(),
        })
    }

    fn encode(&self) -> Vec<u8> {
        let Floor {
            generation,
            end,
            groups,
        } = self.floor;
        let (shards, count) = (self.marks.len() as u64, self.made.len() as u64);
        let head = [
            VERSION,
            self.id,
            shards,
            u64::from(self.clean),
            self.begun,
            generation,
            end,
            groups,
            count,
            self.definitions.len() as u64,
        ];
        let definitions = self.definitions.iter().flat_map(|hash| halves_of(*hash));
        let made = self
            .made
            .iter()
            .flat_map(|made| [made.number, made.salt, made.length]);
        let per_shard = self.marks.iter().chain(&self.checkpoints).copied();
        let all = head
            .into_iter()
            .chain(made)
            .chain(per_shard)
            .chain(definitions);
        files::with_checksum(&all.flat_map(u64::to_le_bytes).collect::<Vec<u8>>())
    }

    pub(super) fn of(&self, number: u64) -> Option<&Made> {
        self.made.iter().find(|made| made.number == number)
    }

    /// Whether everything in a generation that was ever acknowledged is in its log, of which it
    /// knows this.
    pub(super) fn floor_of(&self, number: u64) -> Option<Floor> {
        Some(self.floor).filter(|floor| floor.generation == number)
    }

    fn set_made(&mut self, made: Made) {
        self.made.retain(|other| other.number != made.number);
        self.made.push(made);
        self.made.sort_unstable_by_key(|made| made.number);
    }
}

/// The manifest of an open journal.
#[derive(Debug)]
pub(super) struct Ledger {
    path: PathBuf,
    barrier: Barrier,
    manifest: Mutex<Manifest>,
}

impl Ledger {
    /// Writes the manifest with which a start goes on.
    pub(super) fn start(
        dir: &Path,
        manifest: Manifest,
        barrier: Barrier,
    ) -> Result<Self, JournalError> {
        let ledger = Self {
            path: Manifest::path(dir),
            barrier,
            manifest: Mutex::new(manifest),
        };
        ledger.write(&ledger.manifest.lock(), Name::Synced)?;
        Ok(ledger)
    }

    /// A generation's files are durable.
    pub(super) fn made(&self, made: Made) -> Result<(), JournalError> {
        self.change(Name::Synced, |manifest| manifest.set_made(made))
    }

    /// A generation's first group is durable: nothing of it was told yet.
    pub(super) fn begun(&self, floor: Floor) -> Result<(), JournalError> {
        self.change(Name::Synced, |manifest| {
            manifest.begun = floor.generation;
            manifest.floor = floor;
        })
    }

    /// The log of a generation is durable up to here and that long. Not needed to be right: a cut
    /// may bring back what stood here before.
    pub(super) fn reached(&self, floor: Floor, length: u64) -> Result<(), JournalError> {
        self.change(Name::Left, |manifest| {
            if manifest.clean || manifest.begun != floor.generation {
                return;
            }
            manifest.floor = floor;
            let is_it = |made: &&mut Made| made.number == floor.generation;
            if let Some(made) = manifest.made.iter_mut().find(is_it) {
                made.length = length;
            }
        })
    }

    /// The log ended here, and cleanly.
    pub(super) fn closed(&self, end: Floor) -> Result<(), JournalError> {
        self.change(Name::Synced, |manifest| {
            manifest.floor = end;
            manifest.clean = true;
        })
    }

    /// What is forgotten, before anything of it goes.
    pub(super) fn trimmed(&self, marks: &[u64]) -> Result<(), JournalError> {
        self.change(Name::Synced, |manifest| manifest.marks = marks.to_vec())
    }

    /// A generation's directory is about to go.
    pub(super) fn dropped(&self, number: u64) -> Result<(), JournalError> {
        self.change(Name::Synced, |manifest| {
            manifest.made.retain(|made| made.number != number)
        })
    }

    /// A checkpoint is durable.
    pub(super) fn checkpointed(&self, shard: Shard, upto: u64) -> Result<(), JournalError> {
        self.change(Name::Synced, |manifest| {
            let covered = &mut manifest.checkpoints[usize::from(shard.0)];
            *covered = upto.max(*covered);
        })
    }

    /// A definition is durable.
    pub(super) fn defined(&self, hash: [u8; 16]) -> Result<(), JournalError> {
        self.change(Name::Synced, |manifest| {
            if let Err(place) = manifest.definitions.binary_search(&hash) {
                manifest.definitions.insert(place, hash);
            }
        })
    }

    /// A definition is about to go.
    pub(super) fn undefined(&self, hash: [u8; 16]) -> Result<(), JournalError> {
        self.change(Name::Synced, |manifest| {
            manifest.definitions.retain(|known| *known != hash)
        })
    }

    /// The hashes of all definitions, sorted.
    pub(super) fn definitions(&self) -> Vec<[u8; 16]> {
        self.manifest.lock().definitions.clone()
    }

    fn change(&self, name: Name, change: impl FnOnce(&mut Manifest)) -> Result<(), JournalError> {
        let mut manifest = self.manifest.lock();
        let mut changed = manifest.clone();
        change(&mut changed);
        if changed != *manifest {
            self.write(&changed, name)?;
            *manifest = changed;
        }
        Ok(())
    }

    fn write(&self, manifest: &Manifest, name: Name) -> Result<(), JournalError> {
        let bytes = manifest.encode();
        match name {
            Name::Synced if self.barrier.syncs_creation() => {
                files::replace(&self.path, |file| file.write_all(&bytes))
            }
            Name::Synced => files::replace_unsynced(&self.path, |file| file.write_all(&bytes)),
            Name::Left => files::replace_name_unsynced(&self.path, |file| file.write_all(&bytes)),
        }
    }
}

fn hash_of(high: u64, low: u64) -> [u8; 16] {
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}

fn halves_of(hash: [u8; 16]) -> [u64; PER_DEFINITION] {
    let number = u128::from_be_bytes(hash);
    [(number >> 64) as u64, number as u64]
}

/// Whether the new file's name is durable before the call returns.
#[derive(Clone, Copy)]
enum Name {
    Synced,
    Left,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let made = |number| Made {
            number,
            salt: number * 7,
            length: number << 20,
        };
        Manifest {
            id: 9,
            made: vec![made(3), made(4)],
            begun: 3,
            floor: Floor {
                generation: 3,
                end: 4_000,
                groups: 12,
            },
            clean: true,
            marks: vec![1, 5],
            checkpoints: vec![0, 4],
            definitions: vec![[1; 16], [2; 16]],
        }
    }

    #[test]
    fn a_manifest_comes_back_and_every_flipped_bit_and_every_cut_is_noticed() {
        let dir = tempfile::tempdir().expect("a directory");
        assert_eq!(Manifest::read(dir.path()).expect("none is fine"), None);
        drop(Ledger::start(dir.path(), manifest(), Barrier::Full).expect("written"));
        assert_eq!(Manifest::read(dir.path()).expect("read"), Some(manifest()));
        let path = Manifest::path(dir.path());
        let bytes = std::fs::read(&path).expect("read");
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, bad).expect("written");
            assert!(
                matches!(
                    Manifest::read(dir.path()),
                    Err(JournalError::DamagedFile { .. })
                ),
                "bit {bit}"
            );
        }
        for length in 0..bytes.len() {
            std::fs::write(&path, &bytes[..length]).expect("written");
            assert!(
                matches!(
                    Manifest::read(dir.path()),
                    Err(JournalError::DamagedFile { .. })
                ),
                "cut at {length}"
            );
        }
    }

    #[test]
    fn what_a_ledger_is_told_stands_in_the_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let ledger = Ledger::start(dir.path(), manifest(), Barrier::Full).expect("written");
        ledger
            .made(Made {
                number: 5,
                salt: 1,
                length: 2,
            })
            .expect("written");
        ledger.dropped(3).expect("written");
        ledger.trimmed(&[2, 6]).expect("written");
        ledger.checkpointed(Shard(0), 8).expect("written");
        ledger
            .checkpointed(Shard(0), 7)
            .expect("an older one changes nothing");
        ledger.defined([1; 16]).expect("known already");
        ledger.defined([0; 16]).expect("written");
        ledger.undefined([2; 16]).expect("written");
        let found = Manifest::read(dir.path()).expect("read").expect("there");
        assert_eq!(
            found
                .made
                .iter()
                .map(|made| made.number)
                .collect::<Vec<_>>(),
            [4, 5]
        );
        assert_eq!(found.definitions, [[0; 16], [1; 16]]);
        assert_eq!((found.marks, found.checkpoints), (vec![2, 6], vec![8, 4]));
    }
}
