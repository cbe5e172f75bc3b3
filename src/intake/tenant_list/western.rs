//! Owns whether bytes that are no UTF-8 can be Windows-1252, in which Excel on a Dutch PC writes: each
//! character beyond ASCII must stand where such a character stands in names. Other encodings have
//! other letters in its place: the é of DOS comes out as a low quote in the middle of a word, that of
//! a Macintosh as a capital at its end, the ğ of a Turkish PC as an eth. Refuses to weigh what is
//! likely: one character that does not fit, and it is another encoding.

/// How a character fits where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// As in no other encoding.
    Surely,
    /// It says nothing.
    Neutral,
    /// It does, but other encodings have a letter in its place.
    Perhaps,
    Not,
}

/// Where the first character begins that does not fit; none: the text is as it was meant.
pub(super) fn misfit(text: &str) -> Option<usize> {
    let (mut is_sure, mut unsure) = (false, None);
    for (at, fit) in letters(text).chain(signs(text)) {
        match fit {
            Fit::Surely => is_sure = true,
            Fit::Neutral => {}
            Fit::Perhaps => unsure = unsure.or(Some(at)),
            Fit::Not => return Some(at),
        }
    }
    unsure.filter(|_| !is_sure)
}

/// The letters beyond ASCII, each with its place.
fn letters(text: &str) -> impl Iterator<Item = (usize, Fit)> {
    words(text).flat_map(|(start, word)| {
        let word_fits = Word::new(word);
        let letters = word.char_indices().filter(|(_, c)| !c.is_ascii());
        letters.map(move |(at, c)| (start + at, word_fits.fit(at == 0, c)))
    })
}

/// The words that have a letter beyond ASCII, each with its place.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_apart = |c: char| !c.is_alphabetic();
    let mut behind = 0;
    let pieces = text.split_inclusive(is_apart);
    let placed = pieces.map(move |piece| {
        let start = behind;
        behind += piece.len();
        (start, piece.trim_end_matches(is_apart))
    });
    placed.filter(|(_, word)| !word.is_ascii())
}

/// What is asked of a word as a whole.
#[derive(Clone, Copy)]
struct Word {
    has_small: bool,
    /// At least two ASCII letters, and all of them capitals.
    is_shouted: bool,
    /// Three letters beyond ASCII in a row: no language of Western Europe has them.
    is_foreign: bool,
    is_single: bool,
}

impl Word {
    fn new(word: &str) -> Self {
        let ascii = || word.bytes().filter(u8::is_ascii);
        let mut in_a_row = 0;
        let is_foreign = word.chars().any(|c| {
            in_a_row = if c.is_ascii() { 0 } else { in_a_row + 1 };
            in_a_row > 2
        });
        Self {
            has_small: word.chars().any(char::is_lowercase),
            is_shouted: ascii().count() > 1 && ascii().all(|b| b.is_ascii_uppercase()),
            is_foreign,
            is_single: word.chars().nth(1).is_none(),
        }
    }

    fn fit(self, is_first: bool, c: char) -> Fit {
        match c {
            'ª' | 'º' => Fit::Neutral,
            'ƒ' | 'µ' if self.is_single => Fit::Neutral,
            'ƒ' | 'µ' | 'ˆ' | 'Ð' | 'ð' | 'Þ' | 'þ' => Fit::Not,
            _ if self.is_foreign => Fit::Not,
            _ if c.is_uppercase() && !is_first && self.has_small => Fit::Not,
            _ if c.is_lowercase() && self.is_shouted && c != 'ß' => Fit::Not,
            'Š' | 'š' | 'Ž' | 'ž' | 'Œ' | 'œ' | 'Ÿ' => Fit::Perhaps,
            _ => Fit::Surely,
        }
    }
}

/// Everything else beyond ASCII, each with its place.
fn signs(text: &str) -> impl Iterator<Item = (usize, Fit)> {
    let mut before = ' ';
    let mut two_before = ' ';
    text.char_indices().filter_map(move |(at, c)| {
        let left = std::mem::replace(&mut before, c);
        let far_left = std::mem::replace(&mut two_before, left);
        if c.is_ascii() || c.is_alphabetic() {
            return None;
        }
        let mut behind = text[at + c.len_utf8()..].chars();
        let right = [behind.next().unwrap_or(' '), behind.next().unwrap_or(' ')];
        Some((at, sign([far_left, left], c, right)))
    })
}

/// How a sign fits between what stands before it and behind it, two characters of each.
fn sign(left: [char; 2], c: char, right: [char; 2]) -> Fit {
    let after_letter = left[1].is_alphabetic();
    let before_letter = right[0].is_alphabetic();
    match c {
        '\u{80}'..='\u{9f}' => Fit::Not,
        '°' | '²' | '\u{ad}' => Fit::Neutral,
        '’' | '\u{a0}' if after_letter && before_letter => between(left, right),
        '–' | '—' if after_letter => Fit::Perhaps,
        '…' | '”' | '™' if after_letter && !before_letter => Fit::Perhaps,
        '‚' if before_letter && !after_letter => Fit::Perhaps,
        '‘' | '“' | '„' | '«' | '§' | '¿' | '¡' | '’' | '–' | '—' | '\u{a0}' if !after_letter => {
            Fit::Neutral
        }
        '’' | '»' | '®' | '©' | '³' | '´' | '\u{a0}' | '€' if !before_letter => {
            Fit::Neutral
        }
        _ if after_letter || before_letter => Fit::Not,
        _ => Fit::Neutral,
    }
}

/// An apostrophe or a blank between letters. `D’Ancona`, `auto’s`, `van Dijk`: one letter before it,
/// a capital behind it, or an s at the end.
fn between(left: [char; 2], right: [char; 2]) -> Fit {
    let is_short = !left[0].is_alphabetic();
    let ends = right[0] == 's' && !right[1].is_alphabetic();
    if is_short || right[0].is_uppercase() || ends {
        Fit::Neutral
    } else {
        Fit::Perhaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(bytes: &[u8]) -> bool {
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
        misfit(&text).is_none()
    }

    #[test]
    fn names_as_excel_writes_them_fit() {
        for name in [
            "René",
            "Müller",
            "NOËL",
            "GROß",
            "Wÿnen",
            "d’Ancona",
            "‘t Hooft",
            "Anna’s",
            "zeeëend",
            "Conceição",
            "Élise",
            "JOÃO",
            "Smit – Kok",
            "€ 12",
            "12 m²",
            "nº 4",
            "Žižek en René",
            "“Café ’t Dak”",
            "Café «De Hoek»",
            "5 °C",
            "Señor Muñoz–Díaz",
            "van\u{a0}Dijk",
        ] {
            let (bytes, _, lost) = encoding_rs::WINDOWS_1252.encode(name);
            assert!(!lost && fits(&bytes), "{name}");
        }
    }

    #[test]
    fn letters_of_other_encodings_do_not() {
        for (bytes, what) in [
            (&b"Ren\x82"[..], "DOS: René"),
            (b"M\x81ller", "DOS: Müller"),
            (b"K\x94hler", "DOS: Köhler"),
            (b"Jo\x89l", "DOS: Joël"),
            (b"Jo\xc6o", "DOS: João"),
            (b"Zo\x89", "DOS: Zoë"),
            (b"\x80elik", "DOS: Çelik"),
            (b"Ren\x8e", "Macintosh: René"),
            (b"M\x9fller", "Macintosh: Müller"),
            (b"Zo\x91", "Macintosh: Zoë"),
            (b"K\x9ahler", "Macintosh: Köhler"),
            (b"Garc\x92a", "Macintosh: García"),
            (b"D\xd5Ancona", "Macintosh: D’Ancona"),
            (b"NO\xe8L", "Macintosh: NOËL"),
            (b"Do\xf0an", "Turkish: Doğan"),
            (b"\xdeahin", "Turkish: Şahin"),
            (b"Ko\xb3odziej", "Polish: Kołodziej"),
            (b"\xc8\xe2\xe0\xed\xee\xe2", "Cyrillic: Иванов"),
            (
                b"Ren\xc3\xa9 en Ren\xe9",
                "UTF-8 and Windows-1252 in one file",
            ),
        ] {
            assert!(!fits(bytes), "{what}");
        }
    }
}
