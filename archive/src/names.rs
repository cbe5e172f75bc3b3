//! Owns the names of the archive's objects. Refuses anything about a tenant in a name.

use object_store::path::Path;

/// Everything of volumes is below this.
pub(crate) const VOLUMES: &str = "volumes";
/// Digits of a volume's number, so that names sort as numbers do.
const DIGITS: usize = 10;
/// The object that makes a volume one.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The object that finds entries by key.
pub(crate) const INDEX: &str = "index";

/// The time stamp of a volume: the answer of an authority, as it came (RFC 3161).
pub(crate) const STAMP: &str = "stamp.tsr";

/// What the name of a tombstone begins and ends with.
const REMOVAL: &str = "removed-";
const JSON: &str = ".json";

/// `volumes/0000000042/<object>`.
pub(crate) fn object(volume: u64, object: &str) -> Path {
    Path::from(format!("{VOLUMES}/{volume:0DIGITS$}/{object}"))
}

/// The name of a segment within its volume.
pub(crate) fn segment(number: usize) -> String {
    format!("{number:04}.blocks")
}

/// The name of a tombstone in the folder of its volume.
pub(crate) fn removal(volume: u64, number: u64) -> Path {
    object(volume, &format!("{REMOVAL}{number:0DIGITS$}{JSON}"))
}

/// The number of the tombstone that an object of a volume is.
pub(crate) fn removal_number(object: &str) -> Option<u64> {
    let digits = object.strip_prefix(REMOVAL)?.strip_suffix(JSON)?;
    let is_ours = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_ours.then(|| digits.parse().ok())?
}

/// The volume and the object within it, of a name that is one of ours.
pub(crate) fn parts(path: &Path) -> Option<(u64, String)> {
    let mut parts = path.parts();
    let (folder, volume, object) = (parts.next()?, parts.next()?, parts.next()?);
    let is_ours = folder.as_ref() == VOLUMES && volume.as_ref().len() == DIGITS;
    if !is_ours || parts.next().is_some() {
        return None;
    }
    Some((volume.as_ref().parse().ok()?, object.as_ref().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_numbers_do_and_come_back() {
        assert!(object(9, MANIFEST) < object(10, MANIFEST));
        assert_eq!(parts(&object(42, INDEX)), Some((42, INDEX.to_owned())));
        for foreign in [
            "volumes/42/index",
            "other/0000000042/index",
            "volumes/0000000042",
        ] {
            assert_eq!(parts(&Path::from(foreign)), None, "{foreign}");
        }
    }
}
