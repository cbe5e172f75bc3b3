//! Owns infixes (*tussenvoegsels*): of which words they are made, and where one ends and the surname
//! begins. How an infix is written in a whole name is with the rules of names.

/// Words that an infix is made of.
const INFIXES: [&str; 42] = [
    "'s", "'t", "aan", "af", "al", "am", "auf", "aus", "bij", "bin", "boven", "d'", "da", "dal",
    "dalla", "de", "del", "della", "den", "der", "des", "di", "die", "do", "dos", "du", "el",
    "het", "in", "l'", "la", "le", "les", "onder", "op", "over", "te", "ten", "ter", "tot", "uit",
    "van",
];
/// Further words that stand only behind another: `van 't`, `von und zu`, `voor in 't`.
const INFIXES_TOO: [&str; 12] = [
    "ibn", "s", "t", "thoe", "toe", "und", "uijt", "v.", "vd", "von", "voor", "zu",
];
/// What is written as an apostrophe.
pub(super) const APOSTROPHES: [char; 5] = ['\'', '’', '‘', '´', '`'];

/// The infix column: lower case, one blank between words, an apostrophe where `'t` lost it.
pub(super) fn infix_of(text: &str) -> String {
    let words = tidy(text).to_lowercase();
    let mut infix = String::with_capacity(words.len() + 2);
    for word in words.split(' ') {
        let word = match word {
            "t" => "'t",
            "s" => "'s",
            "van't" => "van 't",
            "in't" => "in 't",
            "op't" => "op 't",
            "d" => "d'",
            other => other,
        };
        if !infix.is_empty() {
            infix.push(' ');
        }
        infix.push_str(word);
    }
    infix
}

/// Infix and surname, when the infix stands in the surname's column too, or only there: `de Vries`,
/// `Vries, de`.
pub(super) fn split(infix: &str, surname: &str) -> (String, String) {
    if let Some((name, behind)) = surname.rsplit_once(',')
        && infix.is_empty()
        && is_infix(&behind.trim().to_lowercase())
    {
        return (infix_of(behind), name.trim().to_owned());
    }
    let words: Vec<&str> = surname.split(' ').collect();
    let leading = words
        .iter()
        .take(words.len() - 1)
        .take_while(|word| is_infix_word(word))
        .count();
    let (head, rest) = (words[..leading].join(" "), words[leading..].join(" "));
    if infix.is_empty() && leading > 0 {
        return (head, rest);
    }
    match surname.get(..infix.len()) {
        Some(same)
            if !infix.is_empty()
                && same.to_lowercase() == infix
                && surname[infix.len()..].starts_with(' ') =>
        {
            (infix.to_owned(), surname[infix.len()..].trim().to_owned())
        }
        _ => (infix.to_owned(), surname.to_owned()),
    }
}

fn is_infix(text: &str) -> bool {
    !text.is_empty() && text.split(' ').all(is_infix_word)
}

/// Whether a word, in lower case as it is written, belongs to an infix.
pub(super) fn is_infix_word(word: &str) -> bool {
    let plain = word.replace(['’', '‘', '´', '`'], "'");
    INFIXES.contains(&&*plain) || INFIXES_TOO.contains(&&*plain)
}

/// Without blanks at the ends, and single ones inside.
pub(super) fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
