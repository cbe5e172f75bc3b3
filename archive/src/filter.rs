//! Owns a filter over the tenants of a volume: which it certainly has nothing of. It stands in the
//! manifest, so it is in memory: whoever looks for a tenant over years asks the index of few volumes. It
//! is a Bloom filter. Refuses to say that a tenant is there: the index does.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bits for each tenant. With these, one volume in fifty is asked for nothing.
const BITS_EACH: usize = 8;
/// Bits that one tenant sets.
const SET_EACH: u64 = 5;
/// What makes 64 bits of 40: the golden ratio.
const WIDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// The least bytes, so that a small volume has no filter full of ones.
const LEAST_BYTES: usize = 8;

/// The filter.
#[derive(Clone, PartialEq, Eq)]
pub struct Filter(Box<[u8]>);

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Filter({} bytes)", self.0.len())
    }
}

impl Filter {
    /// Of tenants with these hashes, of 40 bits each.
    pub(crate) fn of(hashes: impl ExactSizeIterator<Item = u64>) -> Self {
        let bytes = (hashes.len() * BITS_EACH).div_ceil(8).max(LEAST_BYTES);
        let mut filter = Self(vec![0; bytes].into());
        for hash in hashes {
            for bit in bits(hash, filter.0.len()) {
                filter.0[bit / 8] |= 1 << (bit % 8);
            }
        }
        filter
    }

    /// Whether there may be something of a tenant with this hash.
    pub(crate) fn may_have(&self, hash: u64) -> bool {
        bits(hash, self.0.len()).all(|bit| self.0[bit / 8] & (1 << (bit % 8)) != 0)
    }
}

/// The bits of a hash. It is made wider first, so that a large filter is filled evenly too.
fn bits(hash: u64, bytes: usize) -> impl Iterator<Item = usize> {
    let wide = hash.wrapping_mul(WIDEN);
    let (first, step) = (wide >> 32, (wide & 0xffff_ffff) | 1);
    let all = 8 * bytes as u64;
    (0..SET_EACH).map(move |number| ((first + number * step) % all) as usize)
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD
            .decode(&*text)
            .map_err(serde::de::Error::custom)?;
        match bytes.is_empty() {
            true => Err(serde::de::Error::custom("a filter has at least one byte")),
            false => Ok(Self(bytes.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u64) -> u64 {
        let hash = blake3::hash(&number.to_be_bytes());
        let first = hash.as_bytes()[..5].iter();
        first.fold(0, |bits, byte| (bits << 8) | u64::from(*byte))
    }

    #[test]
    fn every_tenant_that_is_there_may_be_and_few_others() {
        for count in [0, 1, 7, 600, 20_000_u64] {
            let hashes: Vec<u64> = (0..count).map(hash).collect();
            let filter = Filter::of(hashes.iter().copied());
            assert!(hashes.iter().all(|hash| filter.may_have(*hash)), "{count}");
            let others = (count..count + 10_000).map(hash);
            let wrong = others.filter(|hash| filter.may_have(*hash)).count();
            assert!(wrong < 400, "{wrong} of 10,000 with {count}");
        }
    }

    #[test]
    fn it_comes_back_as_it_was_stored_and_an_empty_one_does_not() {
        let filter = Filter::of((0..100).map(hash).collect::<Vec<_>>().into_iter());
        let text = serde_json::to_string(&filter).unwrap();
        assert_eq!(serde_json::from_str::<Filter>(&text).unwrap(), filter);
        assert!(serde_json::from_str::<Filter>("\"\"").is_err());
        assert!(serde_json::from_str::<Filter>("\"?\"").is_err());
    }
}
