//! Owns which key is whose, in memory: a keyed hash of the tenant, and the number of its key.
//! Refuses to hold a tenant's number itself.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rustc_hash::FxBuildHasher;
use sluis_model::TenantKey;

use crate::id::KeyId;

pub(crate) const TAG_BYTES: usize = 16;

/// A keyed hash of a tenant. Without the secret of the file of keys it says nothing; a plain hash of a
/// tenant's number could be found by trying all numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(pub [u8; TAG_BYTES]);

impl Tag {
    pub(crate) fn of(secret: &[u8; 32], tenant: &TenantKey) -> Self {
        let corporation = tenant.corporation.0.to_be_bytes();
        let number = tenant.tenant.as_bytes();
        let mut bytes = [0; 2 + TenantKey::MAX_BYTES];
        let hash = match bytes.get_mut(..2 + number.len()) {
            // In one piece: a hasher that is fed piece by piece costs several times as much.
            Some(bytes) => {
                bytes[..2].copy_from_slice(&corporation);
                bytes[2..].copy_from_slice(number);
                blake3::keyed_hash(secret, bytes)
            }
            // Longer than any that is admitted.
            None => blake3::Hasher::new_keyed(secret)
                .update(&corporation)
                .update(number)
                .finalize(),
        };
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&hash.as_bytes()[..TAG_BYTES]);
        Self(tag)
    }
}

/// Which key is whose.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// A tag is a keyed hash already, so it is found by a quick one.
    of: HashMap<Tag, KeyId, FxBuildHasher>,
    /// Further keys of tenants that have several: a crash can leave one behind.
    more: Vec<(Tag, KeyId)>,
    /// One bit for each key: whether it is somebody's.
    owned: Vec<u64>,
    /// How many of them.
    count: u64,
}

impl Names {
    /// The key that a tenant's bytes are sealed with.
    pub(crate) fn find(&self, tag: &Tag) -> Option<KeyId> {
        self.of.get(tag).copied()
    }

    pub(crate) fn is_owned(&self, id: KeyId) -> bool {
        let word = self.owned.get(id.0 as usize / 64);
        word.is_some_and(|word| word >> (id.0 % 64) & 1 == 1)
    }

    /// A key is a tenant's from now on.
    pub(crate) fn add(&mut self, tag: Tag, id: KeyId) {
        let word = id.0 as usize / 64;
        if self.owned.len() <= word {
            self.owned.resize(word + 1, 0);
        }
        self.count += u64::from(!self.is_owned(id));
        self.owned[word] |= 1 << (id.0 % 64);
        match self.of.entry(tag) {
            Entry::Vacant(vacant) => {
                vacant.insert(id);
            }
            Entry::Occupied(found) if *found.get() == id => {}
            Entry::Occupied(_) => self.more.push((tag, id)),
        }
    }

    /// Every key of a tenant.
    pub(crate) fn all(&self, tag: &Tag) -> Vec<KeyId> {
        let more = self.more.iter().filter(|(of, _)| of == tag);
        let more = more.map(|(_, id)| *id);
        self.of.get(tag).copied().into_iter().chain(more).collect()
    }

    /// Every key of a tenant; it has none any more. They stay somebody's: none is given again.
    pub(crate) fn remove(&mut self, tag: &Tag) -> Vec<KeyId> {
        let first = self.of.remove(tag);
        let more = self.more.extract_if(.., |(of, _)| of == tag);
        first.into_iter().chain(more.map(|(_, id)| id)).collect()
    }

    /// How many keys are somebody's, or were since this was made.
    pub(crate) const fn owned(&self) -> u64 {
        self.count
    }

    /// How many tenants have a key.
    pub(crate) fn len(&self) -> usize {
        self.of.len()
    }
}

#[cfg(test)]
mod tests {
    use sluis_model::CorporationId;

    use super::*;

    #[test]
    fn a_tenant_has_every_key_that_was_ever_found_under_his_name() {
        let (one, two) = (Tag([1; TAG_BYTES]), Tag([2; TAG_BYTES]));
        let mut names = Names::default();
        names.add(one, KeyId(5));
        names.add(one, KeyId(5));
        names.add(one, KeyId(70));
        names.add(two, KeyId(6));
        assert_eq!(names.find(&one), Some(KeyId(5)));
        assert_eq!((names.len(), names.owned()), (2, 3));
        assert_eq!(names.remove(&one), [KeyId(5), KeyId(70)]);
        assert_eq!(names.remove(&one), []);
        assert_eq!(names.find(&one), None);
        let owned = [4, 5, 6, 70, 700].map(|id| names.is_owned(KeyId(id)));
        assert_eq!(owned, [false, true, true, true, false]);
        assert_eq!(names.owned(), 3, "they stay somebody's");
    }

    #[test]
    fn the_hash_depends_on_secret_corporation_and_number() {
        let tenant = |corporation, number: &str| TenantKey::new(CorporationId(corporation), number);
        let long = "x".repeat(TenantKey::MAX_BYTES + 1);
        let tags = [
            Tag::of(&[1; 32], &tenant(1, "H-1")),
            Tag::of(&[2; 32], &tenant(1, "H-1")),
            Tag::of(&[1; 32], &tenant(2, "H-1")),
            Tag::of(&[1; 32], &tenant(1, "H-2")),
            Tag::of(&[1; 32], &tenant(1, &long)),
        ];
        let different: std::collections::BTreeSet<_> = tags.iter().collect();
        assert_eq!(different.len(), tags.len());
    }
}
