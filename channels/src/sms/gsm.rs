//! Owns the alphabet of text messages and the counting of segments: 3GPP TS 23.038 6.2.1 (GSM 7 bit
//! default alphabet and its extension table), TS 23.040 9.2.3.24.1 (concatenation), and an optional
//! transliteration into that alphabet. Refuses national language tables: no provider we know of
//! sends them.

use serde::Serialize;

/// How a message is written on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// GSM 7 bit: 160 septets, or 153 in each of several segments.
    Gsm7,
    /// UCS-2: 70 UTF-16 units, or 67 in each of several segments.
    Ucs2,
}

impl Encoding {
    /// Units in a message of one segment, and in each of several.
    const fn room(self) -> (usize, usize) {
        match self {
            Encoding::Gsm7 => (160, 153),
            Encoding::Ucs2 => (70, 67),
        }
    }

    /// Units that a character takes. An extension character (ESC and another) and a surrogate pair
    /// take two, and are never divided between segments.
    fn units(self, c: char) -> usize {
        match self {
            Encoding::Gsm7 => septets(c).unwrap_or(1),
            Encoding::Ucs2 => c.len_utf16(),
        }
    }
}

/// What a text costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Segments {
    /// Its encoding.
    pub encoding: Encoding,
    /// Septets or UTF-16 units in all.
    pub units: usize,
    /// Segments, at least one.
    pub count: usize,
}

/// Counts the segments of a text.
#[must_use]
pub fn count(text: &str) -> Segments {
    let (encoding, units) = measure(text);
    let (single, several) = encoding.room();
    let count = if units <= single {
        1
    } else if encoding == Encoding::Gsm7 && units == text.chars().count() {
        // A septet for each character: there is no pair to keep together.
        units.div_ceil(several)
    } else {
        split(text).len()
    };
    Segments {
        encoding,
        units,
        count,
    }
}

/// The encoding of a text, and its septets or UTF-16 units in all.
fn measure(text: &str) -> (Encoding, usize) {
    if let Some(units) = plain_septets(text.as_bytes()) {
        return (Encoding::Gsm7, units);
    }
    match text
        .chars()
        .try_fold(0, |sum, c| septets(c).map(|septets| sum + septets))
    {
        Some(units) => (Encoding::Gsm7, units),
        None => (Encoding::Ucs2, text.encode_utf16().count()),
    }
}

/// The septets of a text that has only ASCII characters of the alphabet, as nearly every one has; none
/// for another. Many bytes at a time: each text is measured twice on its way.
fn plain_septets(text: &[u8]) -> Option<usize> {
    /// So few that their septets fit a byte, which the compiler adds up many at once.
    const AT_ONCE: usize = 64;
    let mut sum = 0;
    for bytes in text.chunks(AT_ONCE) {
        let is_plain = bytes.iter().fold(true, |all, byte| all & is_plain(*byte));
        if !is_plain {
            return None;
        }
        let twice = bytes
            .iter()
            .fold(0_u8, |sum, byte| sum + u8::from(is_twice(*byte)));
        sum += bytes.len() + usize::from(twice);
    }
    Some(sum)
}

/// Whether it is an ASCII character of the alphabet: all that can be seen but the grave accent, and
/// three controls.
const fn is_plain(byte: u8) -> bool {
    let is_seen = byte.wrapping_sub(b' ') <= b'~' - b' ';
    (is_seen & (byte != b'`')) | (byte == b'\n') | (byte == b'\r') | (byte == 0x0c)
}

/// Whether an ASCII character of the alphabet is of its extension table.
const fn is_twice(byte: u8) -> bool {
    let is_bracket = byte.wrapping_sub(b'[') <= b'^' - b'[';
    let is_brace = byte.wrapping_sub(b'{') <= b'~' - b'{';
    is_bracket | is_brace | (byte == 0x0c)
}

/// Divides a text into its segments, as a phone would receive them: for the count and for a
/// preview.
#[must_use]
pub fn split(text: &str) -> Vec<&str> {
    let (encoding, all) = measure(text);
    let (single, several) = encoding.room();
    if all <= single {
        return vec![text];
    }
    let mut segments = Vec::new();
    let (mut from, mut used) = (0, 0);
    for (at, c) in text.char_indices() {
        let units = encoding.units(c);
        if used + units > several {
            segments.push(&text[from..at]);
            (from, used) = (at, 0);
        }
        used += units;
    }
    segments.push(&text[from..]);
    segments
}

/// GSM-7 when every character is in its alphabet.
#[must_use]
pub fn encoding_of(text: &str) -> Encoding {
    measure(text).0
}

/// The text with characters outside GSM-7 replaced by their nearest inside it; the text itself
/// where that would still not make it GSM-7, because then nothing is won by the loss.
#[must_use]
pub fn transliterate(text: &str) -> String {
    if encoding_of(text) == Encoding::Gsm7 {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match nearest(c) {
            Some(near) if !is_basic(c) && !is_extension(c) => out.push_str(near),
            _ => out.push(c),
        }
    }
    if encoding_of(&out) == Encoding::Gsm7 {
        out
    } else {
        text.to_owned()
    }
}

/// The septets that a character takes in GSM-7; none when it is not in the alphabet.
fn septets(c: char) -> Option<usize> {
    /// The answer for ASCII, 0 for none: nearly every character of nearly every text.
    const ASCII: [u8; 128] = {
        let (mut table, mut code) = ([0; 128], 0);
        while code < 128 {
            let c = code as u8 as char;
            table[code] = if is_basic(c) {
                1
            } else {
                is_extension(c) as u8 * 2
            };
            code += 1;
        }
        table
    };
    let septets = match ASCII.get(c as usize) {
        Some(septets) => usize::from(*septets),
        None => usize::from(is_basic(c)) + 2 * usize::from(is_extension(c)),
    };
    (septets > 0).then_some(septets)
}

/// The default alphabet, without ESC.
const fn is_basic(c: char) -> bool {
    matches!(c,
        ' '..='#' | '%'..='?' | 'A'..='Z' | 'a'..='z' | '@' | '$' | '_' | '\n' | '\r'
        | '£' | '¥' | 'è' | 'é' | 'ù' | 'ì' | 'ò' | 'Ç' | 'Ø' | 'ø' | 'Å' | 'å'
        | 'Δ' | 'Φ' | 'Γ' | 'Λ' | 'Ω' | 'Π' | 'Ψ' | 'Σ' | 'Θ' | 'Ξ'
        | 'Æ' | 'æ' | 'ß' | 'É' | '¤' | '¡' | 'Ä' | 'Ö' | 'Ñ' | 'Ü' | '§' | '¿' | 'ä' | 'ö' | 'ñ' | 'ü' | 'à')
}

/// The extension table: an ESC and another septet.
const fn is_extension(c: char) -> bool {
    matches!(
        c,
        '\u{c}' | '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€'
    )
}

/// The nearest text in GSM-7 for the characters Dutch texts and names meet.
const fn nearest(c: char) -> Option<&'static str> {
    Some(match c {
        'ë' | 'ê' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'Ë' | 'Ê' | 'È' | 'Ē' | 'Ė' | 'Ę' | 'Ě' => "E",
        'ï' | 'î' | 'í' | 'ī' | 'ı' => "i",
        'Ï' | 'Î' | 'Í' | 'Ì' | 'Ī' | 'İ' => "I",
        'á' | 'â' | 'ã' | 'ā' | 'ă' | 'ą' => "a",
        'Á' | 'À' | 'Â' | 'Ã' | 'Ā' | 'Ă' | 'Ą' => "A",
        'ó' | 'ô' | 'õ' | 'ō' | 'ő' => "o",
        'Ó' | 'Ò' | 'Ô' | 'Õ' | 'Ō' | 'Ő' => "O",
        'ú' | 'û' | 'ū' | 'ů' | 'ű' => "u",
        'Ú' | 'Ù' | 'Û' | 'Ū' | 'Ů' | 'Ű' => "U",
        'ç' | 'ć' | 'č' => "c",
        'Ć' | 'Č' => "C",
        'ş' | 'ș' | 'ś' | 'š' => "s",
        'Ş' | 'Ș' | 'Ś' | 'Š' => "S",
        'ğ' => "g",
        'Ğ' => "G",
        'ń' | 'ň' => "n",
        'Ń' | 'Ň' => "N",
        'ł' => "l",
        'Ł' => "L",
        'ž' | 'ź' | 'ż' => "z",
        'Ž' | 'Ź' | 'Ż' => "Z",
        'ý' | 'ÿ' => "y",
        'Ý' | 'Ÿ' => "Y",
        'ț' | 'ţ' => "t",
        'Ț' | 'Ţ' => "T",
        'đ' | 'ď' | 'ð' => "d",
        'Đ' | 'Ď' | 'Ð' => "D",
        'ř' => "r",
        'Ř' => "R",
        'œ' => "oe",
        'Œ' => "OE",
        'ĳ' => "ij",
        'Ĳ' => "IJ",
        '’' | '‘' | '‚' | '‛' | '´' | '`' | '′' => "'",
        '“' | '”' | '„' | '«' | '»' | '″' => "\"",
        '–' | '—' | '‐' | '‑' | '−' => "-",
        '…' => "...",
        '•' | '·' => "-",
        '\u{a0}' | '\u{202f}' | '\u{2009}' | '\t' => " ",
        '\u{ad}' | '\u{200b}' | '\u{200d}' | '\u{feff}' => "",
        '×' => "x",
        '°' => " gr.",
        '½' => "1/2",
        '¼' => "1/4",
        '²' => "2",
        '³' => "3",
        _ => return None,
    })
}
