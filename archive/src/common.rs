//! Owns finding what the texts of many tenants have in common: the template of a letter, the headers of
//! a mail, the layout of a record. It stands in the clear in a block, so that what is sealed beside it
//! need not repeat it. Refuses what stands in the texts of few.

/// Tenants whose texts are looked at.
const MOST_TENANTS: usize = 128;
/// Of how many tenants every piece of what is given back stands in the texts, at least. That is an
/// eighth of those looked at: no surname is so frequent.
const LEAST_TENANTS: u16 = 16;
/// Bytes of a piece.
const PIECE: usize = 12;
/// Bytes of one tenant's text that are looked at.
const MOST_OF_ONE: usize = 16 << 10;
/// Bytes of all texts that are looked at.
const MOST_OF_ALL: usize = 1 << 20;
/// The fewest new pieces for which a run is worth its room.
const LEAST_NEW: usize = 4;
/// Most bytes that are given back.
const MOST_COMMON: usize = 32 << 10;

/// What stands in the texts of at least [`LEAST_TENANTS`] tenants; nothing when there are fewer. One
/// text is that of one tenant.
pub(crate) fn common(texts: &[Vec<u8>]) -> Vec<u8> {
    let texts = sample(texts);
    if texts.len() < usize::from(LEAST_TENANTS) {
        return Vec::new();
    }
    let mut pieces = Pieces::of(&texts);
    let mut common = Vec::new();
    for text in &texts {
        let mut at = 0;
        while let Some((start, end)) = pieces.next_run(text, at) {
            at = end - PIECE + 1;
            let run = &text[start..end];
            if pieces.new_in(run) < LEAST_NEW {
                continue;
            }
            if common.len() + run.len() > MOST_COMMON {
                return common;
            }
            common.extend_from_slice(run);
            pieces.take(run);
        }
    }
    common
}

/// The beginnings of some texts, spread over all.
fn sample(texts: &[Vec<u8>]) -> Vec<&[u8]> {
    let step = texts.len().div_ceil(MOST_TENANTS).max(1);
    let mut room = MOST_OF_ALL;
    let mut sample = Vec::new();
    for text in texts.iter().step_by(step) {
        let text = &text[..text.len().min(MOST_OF_ONE).min(room)];
        room -= text.len();
        sample.push(text);
    }
    sample
}

/// In how many texts each piece stands.
struct Pieces {
    /// By hash; a place has the rest of the hash.
    places: Vec<Place>,
}

#[derive(Clone, Copy, Default)]
struct Place {
    hash: u32,
    /// How many texts have it; 0 for a free place.
    texts: u16,
    /// The last of them, counted from 1; [`TAKEN`].
    last: u16,
}

/// What stands in place of the last text of a piece that is given back already.
const TAKEN: u16 = u16::MAX;

impl Pieces {
    fn of(texts: &[&[u8]]) -> Self {
        let pieces: usize = texts.iter().map(|text| text.len()).sum();
        let places = (2 * pieces).next_power_of_two();
        let mut all = Self {
            places: vec![Place::default(); places],
        };
        for (text, number) in texts.iter().zip(1..) {
            for piece in text.windows(PIECE) {
                let place = all.place(piece);
                if place.last != number {
                    place.last = number;
                    place.texts += 1;
                }
            }
        }
        all
    }

    /// The place of a piece. Half of all are free at least, so one is found.
    fn place(&mut self, piece: &[u8]) -> &mut Place {
        let hash = hash(piece);
        let rest = (hash >> 32) as u32;
        let mask = self.places.len() - 1;
        let mut at = hash as usize & mask;
        while self.places[at].texts != 0 && self.places[at].hash != rest {
            at = (at + 1) & mask;
        }
        self.places[at].hash = rest;
        &mut self.places[at]
    }

    fn is_common(&mut self, piece: &[u8]) -> bool {
        self.place(piece).texts >= LEAST_TENANTS
    }

    /// Where the next run of common pieces begins and ends, at `from` or behind.
    fn next_run(&mut self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        let mut pieces = text.windows(PIECE).enumerate().skip(from);
        let (start, _) = pieces.find(|(_, piece)| self.is_common(piece))?;
        let behind = pieces.find(|(_, piece)| !self.is_common(piece));
        let last = behind.map_or(text.len() - PIECE, |(at, _)| at - 1);
        Some((start, last + PIECE))
    }

    /// How many pieces of a run are not given back yet.
    fn new_in(&mut self, run: &[u8]) -> usize {
        let is_new = |piece: &&[u8]| self.place(piece).last != TAKEN;
        run.windows(PIECE).filter(is_new).count()
    }

    fn take(&mut self, run: &[u8]) {
        for piece in run.windows(PIECE) {
            self.place(piece).last = TAKEN;
        }
    }
}

/// Two pieces have the same one so seldom that it does not matter: 64 bits.
fn hash(piece: &[u8]) -> u64 {
    let (first, rest) = piece.split_at(PIECE - 4);
    let first = first
        .iter()
        .fold(0, |word, byte| (word << 8) | u64::from(*byte));
    let rest = rest
        .iter()
        .fold(0, |word, byte| (word << 8) | u64::from(*byte));
    let mixed = first.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31) ^ rest;
    let mixed = mixed.wrapping_mul(0xd134_2543_de82_ef95);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(count: usize) -> Vec<Vec<u8>> {
        let letter = |number: usize| {
            let name = if number == 7 {
                "Speldenkussen"
            } else {
                "Jansen"
            };
            format!(
                "Geachte heer {name}, uw betaling van {number}{number:09} euro is niet ontvangen.\n"
            )
        };
        (0..count)
            .map(|number| letter(number).into_bytes())
            .collect()
    }

    fn text_of(texts: &[Vec<u8>]) -> String {
        String::from_utf8(common(texts)).unwrap()
    }

    #[test]
    fn what_all_have_in_common_is_found_once_and_what_one_has_is_not() {
        let common = text_of(&letters(100));
        assert_eq!(common.matches("uw betaling van ").count(), 1, "{common}");
        assert_eq!(
            common.matches(" euro is niet ontvangen").count(),
            1,
            "{common}"
        );
        assert!(!common.contains("Spelden"), "{common}");
        assert!(!common.contains("000000050"), "{common}");
    }

    #[test]
    fn what_fewer_than_sixteen_tenants_have_is_not_told() {
        assert_eq!(text_of(&letters(15)), "");
        assert!(!text_of(&letters(17)).is_empty(), "the control");
        let mut texts: Vec<Vec<u8>> = (0..100_u32)
            .map(|number| Vec::from(blake3::hash(&number.to_be_bytes()).to_hex().as_bytes()))
            .collect();
        assert_eq!(text_of(&texts), "");
        for text in &mut texts[..15] {
            text.extend_from_slice(b"a secret that fifteen tenants have");
        }
        assert_eq!(text_of(&texts), "");
        texts[15].extend_from_slice(b"a secret that fifteen tenants have");
        assert_eq!(
            text_of(&texts),
            "a secret that fifteen tenants have",
            "the control"
        );
    }

    #[test]
    fn it_is_bounded() {
        let long: Vec<u8> = (0..40_000_u32).flat_map(u32::to_be_bytes).collect();
        let common = common(&vec![long; 200]);
        assert!(
            !common.is_empty() && common.len() <= MOST_COMMON,
            "{}",
            common.len()
        );
    }
}
