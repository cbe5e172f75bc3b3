//! What can happen to a file: which files there are, and each kind of damage at several places of
//! each. Refuses chance: the same places at each run.

use std::fs;
use std::path::{Path, PathBuf};

use super::subject::Subject;

/// A kind of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Flipped,
    Zeroed,
    Cut,
    Emptied,
    Removed,
    Appended,
    Swapped,
    Foreign,
}

pub(super) const KINDS: [Kind; 8] = [
    Kind::Flipped,
    Kind::Zeroed,
    Kind::Cut,
    Kind::Emptied,
    Kind::Removed,
    Kind::Appended,
    Kind::Swapped,
    Kind::Foreign,
];

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Flipped => "a bit flipped",
            Self::Zeroed => "a range zeroed",
            Self::Cut => "cut short",
            Self::Emptied => "emptied",
            Self::Removed => "removed",
            Self::Appended => "doubled, junk behind",
            Self::Swapped => "swapped",
            Self::Foreign => "another's",
        }
    }
}

type Deed = Box<dyn Fn(&Path) + Send + Sync>;

/// One damage to one file.
pub(super) struct Damage {
    pub(super) row: String,
    pub(super) kind: Kind,
    pub(super) path: PathBuf,
    deed: Deed,
}

impl Damage {
    pub(super) fn none() -> Self {
        Self {
            row: "nothing".into(),
            kind: Kind::Flipped,
            path: PathBuf::new(),
            deed: Box::new(|_| ()),
        }
    }

    /// Does it to a directory.
    pub(super) fn strike(&self, dir: &Path) {
        (self.deed)(dir);
    }
}

/// All files and directories under one, by their paths in it.
fn walk(dir: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut files, mut dirs, mut open) = (Vec::new(), vec![PathBuf::new()], vec![PathBuf::new()]);
    while let Some(inside) = open.pop() {
        for entry in fs::read_dir(dir.join(&inside)).expect("listed") {
            let path = inside.join(entry.expect("listed").file_name());
            if dir.join(&path).is_dir() {
                dirs.push(path.clone());
                open.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    dirs.sort();
    (files, dirs)
}

/// Everything that is done to a subject.
pub(super) fn all(subject: &Subject, other: &Subject) -> Vec<Damage> {
    let (files, dirs) = walk(subject.dir());
    let mut damages = Vec::new();
    for file in &files {
        let mut add = |kind, deed: Deed| {
            damages.push(Damage {
                row: row(subject, file),
                kind,
                path: file.clone(),
                deed,
            })
        };
        let bytes = fs::read(subject.dir().join(file)).expect("read");
        in_place(&bytes, file, &mut add);
        let at = file.clone();
        add(
            Kind::Removed,
            Box::new(move |dir| fs::remove_file(dir.join(&at)).expect("removed")),
        );
        if let Some(sibling) = sibling(file, &files) {
            let at = file.clone();
            add(
                Kind::Swapped,
                Box::new(move |dir| swap(&dir.join(&at), &dir.join(&sibling))),
            );
        }
        if let Some(foreign) = same_in(other, file) {
            let at = file.clone();
            add(
                Kind::Foreign,
                Box::new(move |dir| assert!(fs::copy(&foreign, dir.join(&at)).is_ok())),
            );
        }
    }
    for dir in dirs {
        let mut add = |kind, deed: Deed| {
            damages.push(Damage {
                row: row(subject, &dir),
                kind,
                path: dir.clone(),
                deed,
            })
        };
        let at = dir.clone();
        add(
            Kind::Removed,
            Box::new(move |root| fs::remove_dir_all(root.join(&at)).expect("removed")),
        );
        let (at, foreign) = (dir.clone(), other.dir().join(&dir));
        if foreign.is_dir() && !dir.as_os_str().is_empty() {
            let deed = move |root: &Path| {
                fs::remove_dir_all(root.join(&at)).expect("removed");
                crate::support::copy(&foreign, &root.join(&at));
            };
            add(Kind::Foreign, Box::new(deed));
        }
    }
    damages
}

/// One damage of any kind to any file or directory, as a seed has it.
pub(super) fn random(subject: &Subject, other: &Subject, seed: u64) -> Damage {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = move |most: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % most.max(1)
    };
    let (files, dirs) = walk(subject.dir());
    let file = files[below(files.len())].clone();
    let bytes = fs::read(subject.dir().join(&file)).expect("read");
    let used = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    let (place, at) = (below(used), file.clone());
    let kind = KINDS[below(KINDS.len())];
    let new_bytes = match kind {
        Kind::Flipped if used > 0 => {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << below(8);
            flipped
        }
        Kind::Zeroed => {
            let mut zeroed = bytes.clone();
            let length = [1, 40, 512, 4_096, 100_000][below(5)];
            zeroed[place..(place + length).min(used)].fill(0);
            zeroed
        }
        Kind::Cut => bytes[..below(bytes.len())].to_vec(),
        Kind::Appended => [&bytes[..], &bytes[place..]].concat(),
        Kind::Flipped | Kind::Emptied | Kind::Removed | Kind::Swapped | Kind::Foreign => Vec::new(),
    };
    let sibling = sibling(&file, &files).expect("there is more than one file");
    let (foreign, dir) = (same_in(other, &file), dirs[below(dirs.len())].clone());
    let of_dir = kind == Kind::Removed && below(2) == 0;
    let deed: Deed = match (kind, foreign) {
        (Kind::Removed, _) if of_dir => {
            let dir = dir.clone();
            Box::new(move |root| fs::remove_dir_all(root.join(&dir)).expect("removed"))
        }
        (Kind::Removed, _) => {
            Box::new(move |root| fs::remove_file(root.join(&at)).expect("removed"))
        }
        (Kind::Swapped, _) => Box::new(move |root| swap(&root.join(&at), &root.join(&sibling))),
        (Kind::Foreign, Some(foreign)) => {
            Box::new(move |root| assert!(fs::copy(&foreign, root.join(&at)).is_ok()))
        }
        (_, _) => Box::new(move |root| fs::write(root.join(&at), &new_bytes).expect("written")),
    };
    let path = if of_dir { dir } else { file };
    Damage {
        row: format!("seed {seed}, place {place}"),
        kind,
        path,
        deed,
    }
}

/// What is done to the bytes of a file.
fn in_place(bytes: &[u8], file: &Path, add: &mut dyn FnMut(Kind, Deed)) {
    let used = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    let mut becomes = |kind, bytes: Vec<u8>| {
        let file = file.to_owned();
        add(
            kind,
            Box::new(move |dir| fs::write(dir.join(&file), &bytes).expect("written")),
        );
    };
    if used > 0 {
        for place in [0, used / 7, used / 2, used * 9 / 10, used - 1] {
            let mut flipped = bytes.to_vec();
            flipped[place] ^= 1 << (place % 8);
            becomes(Kind::Flipped, flipped);
        }
        for (from, length) in [
            (0, 40),
            (used / 3, 5_000),
            (used - used.min(30), 30),
            (0, used),
        ] {
            let mut zeroed = bytes.to_vec();
            zeroed[from..(from + length).min(used)].fill(0);
            if zeroed != bytes {
                becomes(Kind::Zeroed, zeroed);
            }
        }
        for length in [used / 3, used - 1, used, (used + bytes.len()) / 2] {
            if length < bytes.len() {
                becomes(Kind::Cut, bytes[..length].to_vec());
            }
        }
        becomes(Kind::Emptied, Vec::new());
    }
    becomes(Kind::Appended, [bytes, bytes].concat());
    becomes(
        Kind::Appended,
        [bytes, b"something that nobody wrote"].concat(),
    );
}

fn swap(one: &Path, other: &Path) {
    let bytes = [one, other].map(|path| fs::read(path).expect("read"));
    fs::write(one, &bytes[1]).expect("written");
    fs::write(other, &bytes[0]).expect("written");
}

/// The next file of the same name or in the same directory; else any.
fn sibling(file: &Path, files: &[PathBuf]) -> Option<PathBuf> {
    let others = || files.iter().filter(|other| *other != file);
    let same_name = others().find(|other| other.file_name() == file.file_name());
    let same_dir =
        || others().find(|other| other.parent() == file.parent() && !other.ends_with("lock"));
    same_name
        .or_else(same_dir)
        .or_else(|| others().next())
        .cloned()
}

/// The file of another journal that stands where this one does.
fn same_in(other: &Subject, file: &Path) -> Option<PathBuf> {
    let exact = other.dir().join(file);
    if exact.exists() {
        return Some(exact);
    }
    let prefix = file.file_name()?.to_str()?.get(..5)?.to_owned();
    let entries = fs::read_dir(exact.parent()?).ok()?;
    entries
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path())
}

/// What the page calls it.
fn row(subject: &Subject, path: &Path) -> String {
    let text = path.to_string_lossy().into_owned();
    if let Some((number, rest)) = text
        .strip_prefix("gen-")
        .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
    {
        let newest = subject.newest();
        let which = match number.parse::<u64>().expect("a number").cmp(&newest) {
            std::cmp::Ordering::Less => "full",
            std::cmp::Ordering::Equal => "newest",
            std::cmp::Ordering::Greater => "ready, not begun",
        };
        return format!("`gen-*/{rest}`, {which}");
    }
    match text.split_once('/') {
        None if text.is_empty() => "the whole directory".into(),
        None if subject.dir().join(path).is_dir() => format!("`{text}/`"),
        None => format!("`{text}`"),
        Some(("definitions", name)) if name.starts_with("01") => "`definitions/*`, current".into(),
        Some(("definitions", _)) => "`definitions/*`, older".into(),
        Some((dir @ ("checkpoints" | "kept"), _)) => format!("`{dir}/*`"),
        Some(("table", name)) if name.starts_with("snap.") => "`table/snap.*`".into(),
        Some(_) => format!("`{text}`"),
    }
}
