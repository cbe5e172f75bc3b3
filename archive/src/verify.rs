//! Owns the check of a whole archive: every manifest, every object, every block, every output, the
//! index, the chain and the tombstones. Names each fault with its place and goes on. Refuses to repair.

mod removals;

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::archive::block_place;
use crate::block::{Laid, Opened};
use crate::chain;
use crate::entry::{Head, Kept, Kind};
use crate::error::ArchiveError;
use crate::fault::Fault;
use crate::hash::Hash;
use crate::index;
use crate::manifest::{self, Manifest, SegmentOf, Tip};
use crate::names;
use crate::stamp;
use crate::store::Store;
use removals::Tombstones;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Volumes looked at.
    pub volumes: u64,
    /// Entries looked at.
    pub entries: u64,
    /// Outputs whose bytes have the hash that the journal has.
    pub proven: u64,
    /// Outputs that were made again, with another hash or without one in the journal, or not at all.
    pub unproven: u64,
    /// Entries that are sealed for their tenants: their bytes were checked, not what stands in them.
    pub sealed: u64,
    /// Objects that were removed after their period, with their tombstone.
    pub removed: u64,
    /// Entries of those.
    pub removed_entries: u64,
    /// Those of them that are there all the same: the store has not let them go yet.
    pub undeleted: u64,
    /// Tombstones that no manifest names yet: the next one that is sealed will.
    pub unnamed: u64,
    /// Bytes read.
    pub bytes: u64,
    /// The volumes that have a time stamp of their manifest, with the time that it names, in milliseconds
    /// since 1970. Its signature was not looked at.
    pub stamps: Vec<(u64, i64)>,
    /// The end of the chain, as it was found.
    pub tip: Option<Tip>,
    /// What is wrong, in the order of the volumes.
    pub faults: Vec<Fault>,
}

/// Checks everything. `known`: the end of the chain as it was published, so that a newest volume that
/// was taken away or sealed again is noticed as well. `progress` is called with each volume's number
/// and the number of the newest.
///
/// # Errors
/// The store fails. What is wrong with the archive is no error: it stands in the report.
pub fn verify(
    store: &Store,
    known: Option<Tip>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, ArchiveError> {
    let volumes = listed(store)?;
    let newest = volumes.keys().next_back().copied().unwrap_or(0);
    let newest = newest.max(known.map_or(0, |tip| tip.volume));
    let mut report = Report::default();
    let found = volumes.iter().flat_map(|(volume, objects)| {
        let objects = objects.iter();
        objects.map(|object| (*volume, object.clone()))
    });
    let numbered = chain::numbered(&found.collect::<Vec<_>>());
    let tombstones = Tombstones::read(store, &numbered, &mut report.faults)?;
    let mut check = Check {
        store,
        report,
        tombstones,
        chain: Chain {
            before: Some(Tip::EMPTY),
            reached: Vec::new(),
        },
        known,
    };
    let mut next = 1;
    for (volume, objects) in volumes {
        progress(volume, newest);
        check.missing(next, volume - 1);
        check.volume(volume, &objects, volume == newest)?;
        next = volume + 1;
    }
    check.missing(next, newest);
    check.report.faults.extend(check.tombstones.forged());
    check.report.unnamed = check.tombstones.unnamed();
    Ok(check.report)
}

/// The names of the objects of each volume.
fn listed(store: &Store) -> Result<BTreeMap<u64, Vec<String>>, ArchiveError> {
    let mut volumes: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for object in store.list(names::VOLUMES)? {
        if let Some((volume, name)) =
            names::parts(&object.location).filter(|(volume, _)| *volume > 0)
        {
            volumes.entry(volume).or_default().push(name);
        }
    }
    Ok(volumes)
}

/// The chain as far as it was followed.
struct Chain {
    /// The volume before; none when it is missing or cannot be read.
    before: Option<Tip>,
    /// How far that one follows the shards.
    reached: Vec<u64>,
}

struct Check<'a> {
    store: &'a Store,
    report: Report,
    tombstones: Tombstones,
    chain: Chain,
    known: Option<Tip>,
}

impl Check<'_> {
    fn fault(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.report.faults.push(Fault {
            place: place.into(),
            what: what.into(),
        });
    }

    /// Notes what is damaged; what the store refuses ends the check.
    fn note<T>(&mut self, result: Result<T, ArchiveError>) -> Result<Option<T>, ArchiveError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(ArchiveError::Damaged { place, what }) => {
                self.fault(place, what);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Nothing is there of the volumes of these numbers. One fault for all of them: there may be
    /// thousands of millions.
    fn missing(&mut self, from: u64, last: u64) {
        if last < from {
            return;
        }
        let what = match last == from {
            true => "the volume is missing: it was removed".to_owned(),
            false => format!("the volumes up to {last} are missing: they were removed"),
        };
        self.fault(manifest::place(from), what);
        self.chain.before = None;
    }

    fn volume(
        &mut self,
        volume: u64,
        objects: &[String],
        is_newest: bool,
    ) -> Result<(), ArchiveError> {
        let place = manifest::place(volume);
        let Some(bytes) = self.store.get(&names::object(volume, names::MANIFEST))? else {
            if !is_newest || self.known.is_some_and(|tip| tip.volume >= volume) {
                self.fault(place, "the manifest is missing: it was removed");
            }
            // Else a crash left it, or it is being sealed at this moment.
            self.chain.before = None;
            return Ok(());
        };
        self.report.volumes += 1;
        self.report.bytes += bytes.len() as u64;
        let tip = Tip {
            volume,
            hash: Hash::of(&bytes),
        };
        self.report.tip = Some(tip);
        self.compare(tip);
        let read = self.note(Manifest::read(volume, &bytes))?;
        if let Some(manifest) = &read {
            self.link(manifest);
            let named = self.tombstones.named_by(manifest);
            let wrong = self.tombstones.contradict(manifest, tip.hash);
            self.report.faults.extend(named.into_iter().chain(wrong));
            self.objects(manifest, objects)?;
            self.stamp(manifest.volume, &bytes, objects)?;
            self.chain.reached = manifest.shards.iter().map(|reached| reached.upto).collect();
        }
        self.chain.before = read.map(|_| tip);
        Ok(())
    }

    /// Whether the volume is the one that was published under its number.
    fn compare(&mut self, found: Tip) {
        let published = self.known.filter(|known| known.volume == found.volume);
        if let Some(known) = published.filter(|known| known.hash != found.hash) {
            let what = format!(
                "its hash is {}, and {} was published: the volume was changed or sealed again",
                found.hash, known.hash
            );
            self.fault(manifest::place(found.volume), what);
        }
    }

    /// Whether the volume follows the one before it.
    fn link(&mut self, manifest: &Manifest) {
        let Some(before) = self.chain.before else {
            return;
        };
        if before.hash != manifest.previous {
            let what = format!(
                "its hash is {}, and volume {} was sealed behind {}: it was changed or sealed again",
                before.hash, manifest.volume, manifest.previous
            );
            self.fault(manifest::place(before.volume.max(1)), what);
        }
        for (shard, reached) in manifest.shards.iter().enumerate() {
            let ended = self.chain.reached.get(shard).copied().unwrap_or(0);
            if ended != reached.after || reached.upto < reached.after {
                let what = format!(
                    "it follows shard {shard} from {} to {}, and the volume before it ends at {ended}",
                    reached.after, reached.upto
                );
                self.fault(manifest::place(manifest.volume), what);
            }
        }
    }

    /// Every object that the manifest names, and those that it does not.
    fn objects(&mut self, manifest: &Manifest, objects: &[String]) -> Result<(), ArchiveError> {
        let mut keys = Vec::new();
        let mut entries = 0;
        let mut whole = true;
        for segment in &manifest.segments {
            match self.segment(manifest, segment, &mut keys)? {
                Some(found) => entries += found,
                None => whole = false,
            }
        }
        self.report.entries += entries;
        if whole && entries != manifest.entries {
            let what = format!("it names {} entries, {entries} are there", manifest.entries);
            self.fault(manifest::place(manifest.volume), what);
        }
        self.index(manifest, whole.then_some(&keys))?;
        let named = |object: &str| {
            let is_tombstone = names::removal_number(object).is_some();
            let mut segments = manifest.segments.iter();
            is_tombstone
                || object == names::MANIFEST
                || object == names::STAMP
                || object == manifest.index.object
                || segments.any(|segment| segment.object == object)
        };
        for object in objects.iter().filter(|object| !named(object)) {
            let place = names::object(manifest.volume, object).to_string();
            self.fault(place, "no manifest names it: it was put there afterwards");
        }
        Ok(())
    }

    /// The time stamp of a volume, if it has one.
    fn stamp(
        &mut self,
        volume: u64,
        manifest: &[u8],
        objects: &[String],
    ) -> Result<(), ArchiveError> {
        if !objects.iter().any(|object| object == names::STAMP) {
            return Ok(());
        }
        let path = names::object(volume, names::STAMP);
        let bytes = self.store.get(&path)?.unwrap_or_default();
        self.report.bytes += bytes.len() as u64;
        match stamp::check(&bytes, &stamp::imprint(manifest), None) {
            Ok(stamp) => self.report.stamps.push((volume, stamp.at)),
            Err(error) => self.fault(path.to_string(), error.to_string()),
        }
        Ok(())
    }

    /// One segment; how many entries it has, when all of it is as it should be.
    fn segment(
        &mut self,
        manifest: &Manifest,
        segment: &SegmentOf,
        keys: &mut Vec<Vec<u64>>,
    ) -> Result<Option<u64>, ArchiveError> {
        let path = names::object(manifest.volume, &segment.object);
        let got = self.store.get(&path)?;
        if let Some(removed) = self.tombstones.object(manifest.volume, &segment.object) {
            self.report.removed += 1;
            self.report.removed_entries += removed.entries;
            self.report.undeleted += u64::from(got.is_some());
            return Ok(None);
        }
        let Some(bytes) = got else {
            let what = "it is missing: it was removed, and no tombstone says so";
            self.fault(path.to_string(), what);
            return Ok(None);
        };
        self.report.bytes += bytes.len() as u64;
        if bytes.len() as u64 != segment.length {
            let what = format!(
                "it has {} bytes, the manifest says {}",
                bytes.len(),
                segment.length
            );
            self.fault(path.to_string(), what);
        }
        let (mut entries, mut at, mut whole) = (0, 0, true);
        for block in &segment.blocks {
            let place = block_place(&path, at, block);
            let end = at + block.length();
            let found = match bytes.get(at as usize..end as usize) {
                Some(bytes) => self.note(Opened::read(block, bytes, &place))?,
                None => {
                    self.fault(place.clone(), "it was cut off");
                    None
                }
            };
            at = end;
            match found {
                Some(opened) => {
                    let found = self.entries((manifest, segment), &opened, &place, keys)?;
                    if found != u64::from(block.entries) {
                        let what = format!("it names {} entries, {found} are there", block.entries);
                        self.fault(place, what);
                    }
                    entries += found;
                }
                None => whole = false,
            }
        }
        if whole && Hash::of(&bytes) != segment.hash {
            let what = "its blocks are as they should be, and it is not: something was added";
            self.fault(path.to_string(), what);
        }
        Ok(whole.then_some(entries))
    }

    /// The entries of one block.
    fn entries(
        &mut self,
        (manifest, segment): (&Manifest, &SegmentOf),
        block: &Opened,
        place: &str,
        keys: &mut Vec<Vec<u64>>,
    ) -> Result<u64, ArchiveError> {
        let (mut of_block, mut tenants) = (Vec::new(), Vec::new());
        let mut count = 0;
        for laid in block.all(place) {
            match self.note(laid)? {
                Some(Laid::Plain(head, body)) => {
                    count += 1;
                    of_block.extend(index::keys_of(&head, None));
                    tenants.extend(index::keys_of(&head, None).next());
                    self.entry(segment, &head, &body, place);
                }
                Some(Laid::Group(line, _)) => {
                    count += line.count() as u64;
                    self.report.sealed += line.count() as u64;
                    of_block.extend(line.marks());
                    tenants.extend(line.marks().next());
                    if line.corporation != segment.corporation {
                        let what = format!("it is of corporation {}", line.corporation);
                        self.fault(line.place(place), what);
                    }
                }
                None => {}
            }
        }
        of_block.sort_unstable();
        of_block.dedup();
        keys.push(of_block);
        let filter = manifest.index.tenants.as_ref();
        let is_passed_over = |tenant: &u64| filter.is_some_and(|filter| !filter.may_have(*tenant));
        if tenants.iter().any(is_passed_over) {
            self.fault(
                place,
                "it has entries of a tenant that the manifest's filter does not have",
            );
        }
        Ok(count)
    }

    fn entry(&mut self, segment: &SegmentOf, head: &Head, body: &Bytes, place: &str) {
        let of = || {
            let (kind, shard, sequence) = (head.kind, head.shard, head.sequence);
            format!("{place}, {kind:?} of shard {shard}, sequence {sequence}")
        };
        if head.corporation != segment.corporation {
            let what = format!("it is of corporation {}", head.corporation);
            self.fault(of(), what);
        }
        let Some(output) = head.output.as_ref().filter(|_| head.kind == Kind::Output) else {
            return;
        };
        match output.kept {
            Kept::AsSent | Kept::MadeAgain if Hash::of(body) == output.hash => {
                self.report.proven += 1;
            }
            Kept::AsSent | Kept::MadeAgain => {
                self.fault(of(), "its bytes do not have the hash that the journal has");
            }
            Kept::Unproven | Kept::Differs | Kept::Missing => self.report.unproven += 1,
        }
    }

    /// The index: its hash, and with the keys of all blocks whether it names them all.
    fn index(
        &mut self,
        manifest: &Manifest,
        keys: Option<&Vec<Vec<u64>>>,
    ) -> Result<(), ArchiveError> {
        let path = names::object(manifest.volume, &manifest.index.object);
        let Some(bytes) = self.store.get(&path)? else {
            if !self.tombstones.index(manifest) {
                let what = "it is missing: it was removed, and no tombstone says so";
                self.fault(path.to_string(), what);
            }
            return Ok(());
        };
        self.report.bytes += bytes.len() as u64;
        let actual = Hash::of(&bytes);
        if actual != manifest.index.hash {
            let what = format!(
                "its hash is {actual}, the manifest says {}",
                manifest.index.hash
            );
            self.fault(path.to_string(), what);
        } else if keys.is_some_and(|keys| index::write(keys.iter().map(Vec::as_slice)) != bytes) {
            self.fault(path.to_string(), "it does not name what the blocks hold");
        }
        Ok(())
    }
}
