//! Owns words and texts that look like those of a housing corporation. Refuses chance: the same number
//! gives the same text.

/// One of many words, by its number.
pub(crate) fn word(number: u64) -> &'static str {
    const WORDS: [&str; 64] = [
        "jansen",
        "devries",
        "bakker",
        "visser",
        "smit",
        "meijer",
        "mulder",
        "bos",
        "vos",
        "peters",
        "hendriks",
        "dekker",
        "brouwer",
        "dewit",
        "dijkstra",
        "smits",
        "degraaf",
        "vanderlinden",
        "kok",
        "jacobs",
        "vermeulen",
        "schouten",
        "willems",
        "hoekstra",
        "koster",
        "prins",
        "huisman",
        "peeters",
        "kuipers",
        "veenstra",
        "post",
        "kramer",
        "huis",
        "dak",
        "lekkage",
        "trap",
        "sleutel",
        "afspraak",
        "monteur",
        "ketel",
        "water",
        "stroom",
        "tuin",
        "schutting",
        "berging",
        "portiek",
        "lift",
        "galerij",
        "raam",
        "deur",
        "slot",
        "huur",
        "brief",
        "termijn",
        "regeling",
        "bedrag",
        "rekening",
        "factuur",
        "betaling",
        "datum",
        "week",
        "maand",
        "jaar",
        "kantoor",
    ];
    WORDS[(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize]
}

/// A text of its own.
pub(crate) fn letter(mail: u64, words: u64) -> String {
    let mut text = String::new();
    for at in 0..words {
        text.push_str(word(mail.wrapping_mul(words) + at));
        text.push(if at % 12 == 11 { '\n' } else { ' ' });
    }
    text
}
