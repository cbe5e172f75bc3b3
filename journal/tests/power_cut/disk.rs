//! What a disk may hold after the power went out in the middle of a trace. Owns the model of the
//! disk:
//!
//! * File content. What was written before the last completed `fsync` or `fdatasync` of that file
//!   is there, and so is the length it needs. Of what came later every sector (512 B or 4 KiB, by
//!   the seed) is on its own: it holds any version between the synced one and the newest; the drive
//!   may reorder sectors, but never shows an older version of one sector after a newer. So writes
//!   are dropped, torn and reordered. A sector that was never written reads as zeros. The length is
//!   anything that holds the kept sectors.
//! * A truncation that was not synced did or did not happen.
//! * Names. A create, rename or unlink is certain only after an `fsync` of its directory. Until
//!   then it did or did not happen: in the order of the calls (ext4, XFS), or, harsher than those,
//!   each on its own, except that what touches the same name keeps its order. A rename is never
//!   half done. Syncing a file does not make its name certain, and syncing a directory does not
//!   make its own name certain.
//! * `sync_file_range` promises nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::rng::Rng;
use super::trace::{Node, Op, ROOT};

/// The files and directories after a cut.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    dirs: Vec<PathBuf>,
    files: Vec<(PathBuf, Vec<u8>)>,
}

/// How cruel a cut is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cruelty {
    sector: usize,
    /// How likely a sector or an operation that was not synced stays as it was, in percent.
    loss: usize,
    /// A write is kept or lost as a whole.
    whole_writes: bool,
    names_in_order: bool,
}

impl Cruelty {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        Self {
            sector: rng.pick(&[512, 4096]),
            loss: rng.pick(&[100, 95, 70, 50, 50, 20, 5]),
            whole_writes: rng.chance(25),
            names_in_order: rng.chance(50),
        }
    }

    /// No cut at all: what a killed process leaves to the next one.
    pub(crate) const NONE: Self = Self {
        sector: 4096,
        loss: 0,
        whole_writes: true,
        names_in_order: true,
    };
}

#[derive(Default)]
struct Content {
    synced: Vec<u8>,
    /// Indices of the trace's later writes and truncations.
    pending: Vec<usize>,
}

#[derive(Default)]
struct Disk {
    contents: BTreeMap<Node, Content>,
    /// Synced names of each directory.
    names: BTreeMap<Node, BTreeMap<String, Node>>,
    /// Operations on names that are not synced, in order.
    pending: Vec<usize>,
    dirs: BTreeSet<Node>,
}

/// The image after the first `ops`, as `cruelty` and the generator have it.
pub(crate) fn cut(ops: &[Op], cruelty: Cruelty, rng: &mut Rng) -> Image {
    let mut disk = Disk::default();
    disk.dirs.insert(ROOT);
    for (index, op) in ops.iter().enumerate() {
        disk.take(ops, index, op);
    }
    disk.lose_names(ops, cruelty, rng);
    let mut image = Image::default();
    disk.collect(ops, ROOT, Path::new(""), cruelty, rng, &mut image);
    image
}

impl Disk {
    fn take(&mut self, ops: &[Op], index: usize, op: &Op) {
        match op {
            Op::Create { node, is_dir, .. } => {
                if *is_dir {
                    self.dirs.insert(*node);
                }
                self.pending.push(index);
            }
            Op::Rename { .. } | Op::Remove { .. } => self.pending.push(index),
            Op::Write { node, .. } | Op::Truncate { node, .. } => {
                self.contents.entry(*node).or_default().pending.push(index);
            }
            Op::SyncFile { node } => self.contents.entry(*node).or_default().sync(ops),
            Op::SyncDir { node } => {
                let (synced, open) = self
                    .pending
                    .iter()
                    .partition(|index| dir_of(&ops[**index]) == *node);
                self.pending = open;
                self.apply_names(ops, synced);
            }
            Op::SyncRange | Op::Mark(_) => {}
        }
    }

    fn apply_names(&mut self, ops: &[Op], indices: Vec<usize>) {
        for index in indices {
            match &ops[index] {
                Op::Create {
                    dir, name, node, ..
                } => {
                    self.names
                        .entry(*dir)
                        .or_default()
                        .insert(name.clone(), *node);
                }
                Op::Rename { dir, from, to } => {
                    let names = self.names.entry(*dir).or_default();
                    if let Some(node) = names.remove(from) {
                        names.insert(to.clone(), node);
                    }
                }
                Op::Remove { dir, name } => {
                    self.names.entry(*dir).or_default().remove(name);
                }
                other => panic!("{other:?} does not touch a name"),
            }
        }
    }

    /// Decides which unsynced operations on names happened.
    fn lose_names(&mut self, ops: &[Op], cruelty: Cruelty, rng: &mut Rng) {
        let pending = std::mem::take(&mut self.pending);
        let mut lost: BTreeSet<(Node, &str)> = BTreeSet::new();
        let mut kept = Vec::new();
        let cut = if cruelty.loss == 0 {
            pending.len()
        } else {
            rng.below(pending.len() + 1)
        };
        for (place, index) in pending.iter().enumerate() {
            let names = names_of(&ops[*index]);
            let dropped = if cruelty.names_in_order {
                place >= cut
            } else {
                rng.chance(cruelty.loss)
            };
            if dropped || names.iter().any(|name| lost.contains(name)) {
                lost.extend(names);
            } else {
                kept.push(*index);
            }
        }
        self.apply_names(ops, kept);
    }

    fn collect(
        &self,
        ops: &[Op],
        dir: Node,
        path: &Path,
        cruelty: Cruelty,
        rng: &mut Rng,
        image: &mut Image,
    ) {
        image.dirs.push(path.to_owned());
        let Some(names) = self.names.get(&dir) else {
            return;
        };
        for (name, node) in names {
            let path = path.join(name);
            if self.dirs.contains(node) {
                self.collect(ops, *node, &path, cruelty, rng, image);
                continue;
            }
            let content = self.contents.get(node);
            let bytes =
                content.map_or_else(Vec::new, |content| content.survivors(ops, cruelty, rng));
            image.files.push((path, bytes));
        }
    }
}

impl Content {
    fn sync(&mut self, ops: &[Op]) {
        for index in std::mem::take(&mut self.pending) {
            match &ops[index] {
                Op::Write { offset, bytes, .. } => overwrite(&mut self.synced, *offset, bytes),
                Op::Truncate { length, .. } => self.synced.resize(*length, 0),
                other => panic!("{other:?} does not touch content"),
            }
        }
    }

    fn survivors(&self, ops: &[Op], cruelty: Cruelty, rng: &mut Rng) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        // A sector that lost a write loses all later ones too: versions of one sector stay in
        // order.
        let mut stuck: BTreeSet<usize> = BTreeSet::new();
        for index in &self.pending {
            match &ops[*index] {
                Op::Truncate { length, .. } => {
                    if !rng.chance(cruelty.loss) {
                        bytes.resize(*length, 0);
                        stuck.clear();
                    }
                }
                Op::Write {
                    offset,
                    bytes: written,
                    ..
                } => {
                    let whole = cruelty.whole_writes.then(|| rng.chance(cruelty.loss));
                    for (at, piece) in sectors(*offset, written, cruelty.sector) {
                        let sector = at / cruelty.sector;
                        let lost = whole.unwrap_or_else(|| rng.chance(cruelty.loss));
                        if lost || stuck.contains(&sector) {
                            stuck.insert(sector);
                        } else {
                            overwrite(&mut bytes, at, piece);
                        }
                    }
                    // The length may be there without the bytes.
                    let end = offset + written.len();
                    if end > bytes.len() && rng.chance(20) {
                        bytes.resize(end, 0);
                    }
                }
                other => panic!("{other:?} does not touch content"),
            }
        }
        bytes
    }
}

fn overwrite(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

/// Cuts a write at the borders of sectors.
fn sectors(offset: usize, bytes: &[u8], sector: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at == bytes.len() {
            return None;
        }
        let length = (sector - (offset + at) % sector).min(bytes.len() - at);
        let piece = (offset + at, &bytes[at..at + length]);
        at += length;
        Some(piece)
    })
}

fn dir_of(op: &Op) -> Node {
    match op {
        Op::Create { dir, .. } | Op::Rename { dir, .. } | Op::Remove { dir, .. } => *dir,
        other => panic!("{other:?} does not touch a name"),
    }
}

fn names_of(op: &Op) -> Vec<(Node, &str)> {
    match op {
        Op::Create { dir, name, .. } | Op::Remove { dir, name } => vec![(*dir, name)],
        Op::Rename { dir, from, to } => vec![(*dir, from), (*dir, to)],
        other => panic!("{other:?} does not touch a name"),
    }
}

impl Image {
    /// Puts the image into an empty directory.
    pub(crate) fn write_to(&self, root: &Path) {
        for dir in &self.dirs {
            std::fs::create_dir_all(root.join(dir)).expect("a directory");
        }
        for (path, bytes) in &self.files {
            std::fs::write(root.join(path), bytes).expect("a file");
        }
    }

    /// The same files as a trace in which everything is synced.
    pub(crate) fn as_trace(&self) -> super::trace::Trace {
        let mut trace = super::trace::Trace::new();
        for dir in self.dirs.iter().filter(|dir| !dir.as_os_str().is_empty()) {
            trace.create(dir, true);
        }
        for (path, bytes) in &self.files {
            trace.create(path, false);
            let node = trace.node(path).expect("just created");
            trace.push(Op::Write {
                node,
                offset: 0,
                bytes: bytes.clone(),
            });
            trace.push(Op::SyncFile { node });
        }
        for dir in &self.dirs {
            let node = trace.node(dir).expect("just created");
            trace.push(Op::SyncDir { node });
        }
        trace
    }
}

#[cfg(test)]
mod tests {
    use super::super::trace::Trace;
    use super::*;

    fn file_trace(synced: &[u8], later: &[u8]) -> Vec<Op> {
        let mut trace = Trace::new();
        trace.create(Path::new("f"), false);
        let node = trace.node(Path::new("f")).expect("there");
        trace.push(Op::SyncDir { node: ROOT });
        trace.push(Op::Write {
            node,
            offset: 0,
            bytes: synced.to_vec(),
        });
        trace.push(Op::SyncFile { node });
        trace.push(Op::Write {
            node,
            offset: 0,
            bytes: later.to_vec(),
        });
        trace.ops
    }

    #[test]
    fn synced_bytes_stay_and_later_ones_are_torn_by_sector() {
        let ops = file_trace(&[1; 2048], &[2; 2048]);
        let mut seen = BTreeSet::new();
        for seed in 0..200 {
            let mut rng = Rng::new(seed);
            let cruelty = Cruelty {
                sector: 512,
                loss: 50,
                whole_writes: false,
                names_in_order: false,
            };
            let image = cut(&ops, cruelty, &mut rng);
            let bytes = &image.files[0].1;
            let versions: Vec<u8> = bytes.chunks(512).map(|sector| sector[0]).collect();
            assert!(
                bytes
                    .chunks(512)
                    .all(|sector| sector.iter().all(|byte| *byte == sector[0]))
            );
            seen.insert(versions);
        }
        assert_eq!(seen.len(), 16, "four sectors, each old or new");
    }

    #[test]
    fn a_name_is_certain_only_after_its_directory_was_synced() {
        let mut trace = Trace::new();
        trace.create(Path::new("a"), false);
        trace.push(Op::SyncDir { node: ROOT });
        trace.rename(Path::new("a"), Path::new("b"));
        let mut seen = BTreeSet::new();
        for seed in 0..50 {
            let mut rng = Rng::new(seed);
            let cruelty = Cruelty {
                loss: 50,
                ..Cruelty::draw(&mut rng)
            };
            let image = cut(&trace.ops, cruelty, &mut rng);
            seen.insert(
                image
                    .files
                    .iter()
                    .map(|(path, _)| path.clone())
                    .collect::<Vec<_>>(),
            );
        }
        assert_eq!(
            seen,
            BTreeSet::from([vec![PathBuf::from("a")], vec![PathBuf::from("b")]])
        );
    }

    #[test]
    fn without_loss_everything_is_there() {
        let image = cut(
            &file_trace(&[1; 100], &[2; 900]),
            Cruelty::NONE,
            &mut Rng::new(1),
        );
        assert_eq!(image.files, [(PathBuf::from("f"), vec![2; 900])]);
    }
}
