//! Segments and transliteration.

use proptest::prelude::*;

use super::gsm::{Encoding, count, encoding_of, split, transliterate};

#[test]
fn limits_are_those_of_the_standard() {
    let cases: [(&str, usize, Encoding, usize); 10] = [
        ("a", 160, Encoding::Gsm7, 1),
        ("a", 161, Encoding::Gsm7, 2),
        ("a", 306, Encoding::Gsm7, 2),
        ("a", 307, Encoding::Gsm7, 3),
        ("€", 80, Encoding::Gsm7, 1),
        ("€", 81, Encoding::Gsm7, 2),
        ("ï", 70, Encoding::Ucs2, 1),
        ("ï", 71, Encoding::Ucs2, 2),
        ("ï", 134, Encoding::Ucs2, 2),
        ("\u{1F600}", 35, Encoding::Ucs2, 1),
    ];
    for (character, times, encoding, segments) in cases {
        let counted = count(&character.repeat(times));
        assert_eq!(
            (counted.encoding, counted.count),
            (encoding, segments),
            "{character} × {times}"
        );
    }
    assert_eq!(count("").count, 1);
}

#[test]
fn an_escape_pair_moves_to_the_next_segment_whole() {
    let text = format!("{}€{}", "a".repeat(152), "b".repeat(20));
    let segments = split(&text);
    assert_eq!(segments[0].len(), 152);
    assert!(segments[1].starts_with('€'));
    let text = format!("{}\u{1F600}{}", "ï".repeat(66), "b".repeat(10));
    assert_eq!(split(&text)[0].chars().count(), 66);
}

#[test]
fn the_alphabet_is_the_default_one() {
    let all = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    assert_eq!(all.chars().count(), 127, "128 without ESC");
    assert_eq!(encoding_of(all), Encoding::Gsm7);
    assert_eq!(count(all).units, 127);
    for c in "ëïêîáóíúâôçý`’–\t".chars() {
        assert_eq!(encoding_of(&c.to_string()), Encoding::Ucs2, "{c:?}");
    }
}

#[test]
fn dutch_text_is_transliterated_only_where_it_helps() {
    assert_eq!(
        transliterate("geïnformeerd – ’s avonds, één café"),
        "geinformeerd - 's avonds, één café"
    );
    assert_eq!(transliterate("reeds goed: é à ö"), "reeds goed: é à ö");
    assert_eq!(transliterate("ï и \u{1F600}"), "ï и \u{1F600}");
}

proptest! {
    #[test]
    fn segments_are_the_text_whole_and_within_their_room(text in "[a-zé€ï\u{1F600}\\[{}]{0,700}") {
        let counted = count(&text);
        let segments = split(&text);
        prop_assert_eq!(segments.concat(), text.clone());
        prop_assert_eq!(segments.len(), counted.count);
        let room = match (counted.encoding, counted.count) {
            (Encoding::Gsm7, 1) => 160,
            (Encoding::Gsm7, _) => 153,
            (Encoding::Ucs2, 1) => 70,
            (Encoding::Ucs2, _) => 67,
        };
        for segment in segments {
            let units: usize = match counted.encoding {
                Encoding::Gsm7 => segment.chars().map(|c| if "[{}€".contains(c) { 2 } else { 1 }).sum(),
                Encoding::Ucs2 => segment.encode_utf16().count(),
            };
            prop_assert!(units <= room);
        }
    }

    #[test]
    fn transliteration_never_makes_a_message_dearer(text in "\\PC{0,300}") {
        prop_assert!(count(&transliterate(&text)).count <= count(&text).count);
    }
}

proptest! {
    /// A text of ASCII only is measured many bytes at a time; behind a letter that is not ASCII, one by
    /// one.
    #[test]
    fn plain_text_costs_what_it_costs_behind_an_accent(text in "[\\x00-\\x7f]{0,200}") {
        let (plain, behind) = (count(&text), count(&format!("é{text}")));
        prop_assert_eq!(plain.encoding, behind.encoding);
        prop_assert_eq!(plain.units + 1, behind.units);
    }
}

#[test]
fn every_plain_character_costs_what_it_costs_behind_an_accent() {
    for code in 0..128_u8 {
        let c = char::from(code);
        let (plain, behind) = (count(&c.to_string()), count(&format!("é{c}")));
        assert_eq!(plain.encoding, behind.encoding, "{c:?}");
        assert_eq!(plain.units + 1, behind.units, "{c:?}");
    }
}
