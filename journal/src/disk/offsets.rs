//! Owns a growing list of offsets into a log, each behind the one before: in blocks of one size,
//! packed once they are full, so that a record costs some two bytes and growing never moves what
//! stands there. Refuses to be changed but at its end.

use std::sync::Arc;

/// Offsets in a block: unpacking one takes no longer than a read of the disk's cache.
const BLOCK: usize = 128;
/// Bits of a number in a byte of a packed block; the eighth says that more follow.
const BITS: u32 = 7;
const MORE: u8 = 1 << BITS;

/// Offsets into one log, in rising order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offsets {
    /// Full blocks: how far each offset is behind the one before, the first of a block behind zero;
    /// wrapping, low bits first.
    packed: Vec<Arc<[u8]>>,
    /// The block at the end, not full.
    last: Vec<u32>,
}

impl Offsets {
    pub(super) fn len(&self) -> usize {
        self.packed.len() * BLOCK + self.last.len()
    }

    pub(super) fn push(&mut self, offset: u32) {
        self.last.push(offset);
        if self.last.len() == BLOCK {
            self.packed.push(pack(&self.last));
            self.last.clear();
        }
    }

    /// Those from `place` on, `most` of them or a few more, shared as they are packed: who unpacks
    /// them need not hold up whoever adds more.
    pub(super) fn part(&self, place: usize, most: usize) -> Part {
        let first = (place / BLOCK).min(self.packed.len());
        let until = place.saturating_add(most).div_ceil(BLOCK);
        let shared = &self.packed[first..until.clamp(first, self.packed.len())];
        let last = match until > self.packed.len() {
            true => self.of_last(place, most),
            false => &[],
        };
        let skip = match shared {
            [] => 0,
            _ => place - first * BLOCK,
        };
        Part {
            packed: shared.to_vec(),
            last: last.to_vec(),
            skip,
        }
    }

    /// Those of the last block that are among `most` from `place` on. Nothing needs unpacking there.
    fn of_last(&self, place: usize, most: usize) -> &[u32] {
        let first = self.packed.len() * BLOCK;
        let within = |place: usize| place.saturating_sub(first).min(self.last.len());
        &self.last[within(place)..within(place.saturating_add(most))]
    }

    /// The offsets from a place on.
    pub(super) fn iter_from(&self, place: usize) -> impl Iterator<Item = u32> {
        self.part(place, self.len()).into_offsets()
    }
}

/// Some of the offsets, still packed.
pub(super) struct Part {
    packed: Vec<Arc<[u8]>>,
    last: Vec<u32>,
    /// How many stand before the first that was asked for.
    skip: usize,
}

impl Part {
    /// The offsets, one after the other.
    pub(super) fn into_offsets(self) -> impl Iterator<Item = u32> {
        let Self { packed, last, skip } = self;
        let skips = std::iter::once(skip).chain(std::iter::repeat(0));
        let blocks = packed.into_iter().zip(skips);
        let blocks = blocks.flat_map(|(block, skip)| unpack(block, skip));
        blocks.chain(last)
    }
}

fn pack(offsets: &[u32]) -> Arc<[u8]> {
    let mut bytes = Vec::with_capacity(2 * offsets.len());
    let mut before = 0;
    for offset in offsets {
        let mut apart = offset.wrapping_sub(before);
        while apart >= u32::from(MORE) {
            bytes.push(apart as u8 | MORE);
            apart >>= BITS;
        }
        bytes.push(apart as u8);
        before = *offset;
    }
    bytes.into()
}

/// The offsets of a block behind the first so many.
fn unpack(bytes: Arc<[u8]>, skip: usize) -> impl Iterator<Item = u32> {
    let mut at = At::default();
    // To find one record is to pass over half a block: a loop of its own, with little in it.
    for _ in 0..skip {
        if at.next(&bytes).is_none() {
            break;
        }
    }
    std::iter::from_fn(move || at.next(&bytes))
}

/// Where one is in a packed block.
#[derive(Default)]
struct At {
    byte: usize,
    offset: u32,
}

impl At {
    #[inline]
    fn next(&mut self, bytes: &[u8]) -> Option<u32> {
        let mut byte = *bytes.get(self.byte)?;
        self.byte += 1;
        let (mut apart, mut shift) = (u32::from(byte & !MORE), BITS);
        while byte & MORE != 0 {
            byte = *bytes.get(self.byte)?;
            self.byte += 1;
            apart |= u32::from(byte & !MORE) << shift;
            shift += BITS;
        }
        self.offset = self.offset.wrapping_add(apart);
        Some(self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(all: &[u32]) -> Offsets {
        let mut offsets = Offsets::default();
        all.iter().for_each(|offset| offsets.push(*offset));
        offsets
    }

    #[test]
    fn every_offset_is_found_from_every_place() {
        // Near each other, far apart, and at the ends of what an offset can be.
        let near = (0..1_000).map(|n| n * 300 + n % 7);
        let far = (0..200).map(|n| 400_000 + n * 20_000_000);
        let all: Vec<u32> = [0, 1, 127, 128, 16_383, 16_384]
            .into_iter()
            .chain(near)
            .chain(far)
            .chain([u32::MAX, 0, 5])
            .collect();
        for count in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, all.len()] {
            let offsets = filled(&all[..count]);
            assert_eq!(offsets.len(), count);
            for place in 0..count + 3 {
                let found: Vec<u32> = offsets.iter_from(place).collect();
                assert_eq!(
                    found,
                    all[place.min(count)..count],
                    "from {place} of {count}"
                );
            }
        }
    }

    #[test]
    fn a_record_costs_two_bytes() {
        let all: Vec<u32> = (0..100 * BLOCK as u32).map(|n| n * 4_000).collect();
        let bytes: usize = filled(&all).packed.iter().map(|block| block.len()).sum();
        assert!(
            bytes <= all.len() * 2 + 100 * 4,
            "{bytes} bytes for {}",
            all.len()
        );
    }
}
