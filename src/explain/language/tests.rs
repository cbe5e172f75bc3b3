//! Every sentence is there in both languages and says the same things in both.

use std::collections::BTreeSet;

use sluis_model::{DAY, HOUR, MINUTE, SECOND, Timestamp};

use super::{Language, causes, channels, course, heads, rows};

/// What is filled in where a sentence has braces.
fn filled(text: &str) -> BTreeSet<&str> {
    let parts = text.split('{').skip(1);
    parts
        .filter_map(|part| Some(part.split_once('}')?.0))
        .collect()
}

fn every() -> impl Iterator<
    Item = (
        &'static str,
        &'static [&'static str],
        &'static str,
        &'static str,
    ),
> {
    let parts = [
        causes::SENTENCES,
        channels::SENTENCES,
        course::SENTENCES,
        heads::SENTENCES,
        rows::SENTENCES,
    ];
    parts.into_iter().flatten().copied()
}

#[test]
fn every_sentence_has_both_languages_and_the_same_parts_in_both() {
    let mut count = 0;
    for (name, parts, english, dutch) in every() {
        count += 1;
        assert!(
            !english.trim().is_empty() && !dutch.trim().is_empty(),
            "{name}"
        );
        let parts: BTreeSet<&str> = parts.iter().copied().collect();
        assert_eq!(filled(english), parts, "{name} in English");
        assert_eq!(filled(dutch), parts, "{name} in Dutch");
        assert_eq!(
            english.starts_with([' ', ',', ';']),
            dutch.starts_with([' ', ',', ';']),
            "{name} stands at another place in Dutch"
        );
    }
    assert!(count > 200, "{count}");
}

#[test]
fn no_dutch_sentence_has_english_in_it() {
    const ENGLISH: [&str; 9] = [
        "the", "was", "which", "because", "it", "and", "for", "of", "not",
    ];
    // Dutch words too.
    let also_dutch = ["was", "of"];
    for (name, _, _, dutch) in every() {
        // What is filled in has English names.
        let said: String = dutch
            .split('{')
            .map(|part| part.split_once('}').map_or(part, |(_, said)| said))
            .collect();
        let mut words = said.split(|c: char| !c.is_alphabetic());
        let english = words.find(|word| ENGLISH.contains(word) && !also_dutch.contains(word));
        assert_eq!(english, None, "{name}: {dutch}");
    }
}

#[test]
fn no_english_sentence_has_dutch_in_it() {
    const DUTCH: [&str; 10] = [
        "het", "een", "niet", "want", "wordt", "naar", "bij", "zijn", "huurder", "zonder",
    ];
    for (name, _, english, _) in every() {
        let said: String = english
            .split('{')
            .map(|part| part.split_once('}').map_or(part, |(_, said)| said))
            .collect();
        let mut words = said.split(|c: char| !c.is_alphabetic());
        let dutch = words.find(|word| DUTCH.contains(word));
        assert_eq!(dutch, None, "{name}: {english}");
    }
}

#[test]
fn money_is_as_people_write_it() {
    let [english, dutch] =
        Language::ALL.map(|language| [0, 5, 61_250, -1_001].map(|cents| language.money(cents)));
    assert_eq!(english, ["€0.00", "€0.05", "€612.50", "-€10.01"]);
    assert_eq!(dutch, ["€ 0,00", "€ 0,05", "€ 612,50", "-€ 10,01"]);
}

#[test]
fn no_two_sentences_have_one_name() {
    let mut names = BTreeSet::new();
    for (name, ..) in every() {
        assert!(names.insert(name), "{name}");
    }
}

#[test]
fn times_are_as_people_say_them() {
    let [english, dutch] = Language::ALL;
    let spans = [
        DAY,
        2 * DAY,
        HOUR,
        36 * HOUR,
        90 * MINUTE,
        MINUTE,
        SECOND,
        1,
    ];
    assert_eq!(
        spans.map(|span| english.duration(span)),
        [
            "1 day",
            "2 days",
            "1 hour",
            "36 hours",
            "90 minutes",
            "1 minute",
            "1 second",
            "1 ms"
        ]
    );
    assert_eq!(
        spans.map(|span| dutch.duration(span)),
        [
            "1 dag",
            "2 dagen",
            "1 uur",
            "36 uur",
            "90 minuten",
            "1 minuut",
            "1 seconde",
            "1 ms"
        ]
    );
    // Summer and winter.
    assert_eq!(
        dutch.instant(Timestamp(1_770_019_200_000)),
        "02-02-2026 09:00"
    );
    assert_eq!(
        dutch.instant(Timestamp(1_783_065_605_000)),
        "03-07-2026 10:00:05"
    );
    assert_eq!(
        english.instant(Timestamp(1_770_019_200_000)),
        "2026-02-02T08:00:00Z"
    );
    let never = Language::ALL.map(|language| language.instant(Timestamp::NEVER));
    assert_eq!(never, ["never", "nooit"]);
}

#[test]
fn a_header_names_the_language_that_is_liked_best() {
    use Language::{Dutch, English};
    for (header, expected) in [
        ("nl", Some(Dutch)),
        ("nl-NL,nl;q=0.9,en;q=0.8", Some(Dutch)),
        ("en-GB, nl;q=0.5", Some(English)),
        ("de, nl;q=0.4, en;q=0.6", Some(English)),
        ("NL-be", Some(Dutch)),
        ("nl;q=0, en;q=0.1", Some(English)),
        ("nl;q=0", None),
        ("de-DE", None),
        ("*", Some(English)),
        ("*;q=0.8, en;q=0", Some(Dutch)),
        ("nl;q=0.3, *;q=0.5", Some(English)),
        ("en-GB, en-us;q=0,8, nl;q=0,9", Some(English)),
        ("de;q=0.2, nl ;q=0.9", Some(Dutch)),
        ("nl;charset=utf-8;q=0.1, en;q=0.9", Some(English)),
        ("nl;q=2, en;q=0.1", Some(English)),
        ("nl;q=nan", None),
        ("NL;Q=1.0", Some(Dutch)),
        ("nl_NL", Some(Dutch)),
        ("en;q=0.8, nl;q=0.8", Some(English)),
        ("nl;q=0.8, en;q=0.8", Some(Dutch)),
        ("", None),
        ("nl;q=x", None),
    ] {
        assert_eq!(Language::liked(header), expected, "{header}");
    }
}
