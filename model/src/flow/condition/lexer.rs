//! Owns the words and signs of a condition. Refuses what is none of them, and says where it stands.

use super::comparison::Compare;
use super::time;

/// One word or sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or path: `data.reason_code`, `has`, `in`, `true`.
    Word(String),
    /// `'text'`
    Text(String),
    /// A whole number.
    Number(i64),
    /// A comparison operator.
    Compare(Compare),
    And,
    Or,
    Not,
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    Plus,
    Minus,
}

impl Token {
    /// As people write it.
    pub(super) fn shown(&self) -> String {
        match self {
            Token::Word(word) => word.clone(),
            Token::Text(text) => format!("'{text}'"),
            Token::Number(number) => number.to_string(),
            Token::Compare(compare) => sign_of(*compare).to_owned(),
            Token::And => "&&".to_owned(),
            Token::Or => "||".to_owned(),
            Token::Not => "!".to_owned(),
            Token::Open => "(".to_owned(),
            Token::Close => ")".to_owned(),
            Token::OpenList => "[".to_owned(),
            Token::CloseList => "]".to_owned(),
            Token::Comma => ",".to_owned(),
            Token::Plus => "+".to_owned(),
            Token::Minus => "-".to_owned(),
        }
    }
}

/// A token and the column where it begins, from 1.
pub(super) type At = (Token, usize);

/// The longest stand first, so that `<=` is not read as `<`.
const COMPARES: [(&str, Compare); 6] = [
    ("==", Compare::Equal),
    ("!=", Compare::NotEqual),
    ("<=", Compare::LessOrEqual),
    (">=", Compare::GreaterOrEqual),
    ("<", Compare::Less),
    (">", Compare::Greater),
];

const SIGNS: [(&str, Token); 9] = [
    ("&&", Token::And),
    ("||", Token::Or),
    ("!", Token::Not),
    ("(", Token::Open),
    (")", Token::Close),
    ("[", Token::OpenList),
    ("]", Token::CloseList),
    (",", Token::Comma),
    ("+", Token::Plus),
];

/// Signs of other languages that begin as one of ours does.
const FOREIGN: [(&str, &str); 3] = [
    ("===", "three = : write == to compare"),
    ("!==", "two = behind ! : write != for \"not equal\""),
    ("<>", "write != for \"not equal\""),
];

fn sign_of(compare: Compare) -> &'static str {
    let known = COMPARES.into_iter().find(|(_, known)| *known == compare);
    known.map_or("==", |(sign, _)| sign)
}

/// The words and signs of a text.
///
/// # Errors
/// A sentence that says what cannot be read, and where.
pub(super) fn tokens(text: &str) -> Result<Vec<At>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let column = text[..text.len() - rest.len()].chars().count() + 1;
        let (token, length) =
            next(rest).map_err(|problem| format!("column {column}: {problem}"))?;
        tokens.push((token, column));
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// The first token, and how many bytes it takes.
fn next(rest: &str) -> Result<(Token, usize), String> {
    if rest.starts_with(['\'', '"']) {
        return quoted(rest);
    }
    if let Some(sign) = FOREIGN.into_iter().find(|(sign, _)| rest.starts_with(sign)) {
        return Err(sign.1.to_owned());
    }
    for (sign, compare) in COMPARES {
        if rest.starts_with(sign) {
            return Ok((Token::Compare(compare), sign.len()));
        }
    }
    for (sign, token) in SIGNS {
        if rest.starts_with(sign) {
            return Ok((token, sign.len()));
        }
    }
    let mut letters = rest.chars();
    match (letters.next(), letters.next()) {
        (Some('-'), Some(next)) if next.is_ascii_digit() => number(rest),
        (Some('-'), _) => Ok((Token::Minus, 1)),
        (Some(first), _) if first.is_ascii_digit() => number(rest),
        (_, _) => word(rest),
    }
}

/// A text in quotes. A backslash takes the quote or the backslash behind it as it is.
fn quoted(rest: &str) -> Result<(Token, usize), String> {
    let mut text = String::new();
    let mut letters = rest.char_indices();
    let quote = letters.next().map_or('\'', |(_, quote)| quote);
    while let Some((at, letter)) = letters.next() {
        let escaped = rest[at + letter.len_utf8()..].chars().next();
        match (letter, escaped) {
            ('\\', Some(next)) if next == quote || next == '\\' => {
                text.push(next);
                letters.next();
            }
            (letter, _) if letter == quote => {
                return Ok((Token::Text(text), at + letter.len_utf8()));
            }
            (letter, _) => text.push(letter),
        }
    }
    Err(format!("{rest} has no end: expected {quote} behind it"))
}

fn number(rest: &str) -> Result<(Token, usize), String> {
    let is_part =
        |(at, letter): &(usize, char)| letter.is_ascii_digit() || (*at == 0 && *letter == '-');
    let length = rest.char_indices().take_while(is_part).count();
    if let Some(day) = bare_day(rest) {
        return Err(format!("a day stands in quotes: '{day}'"));
    }
    let number = rest[..length].parse();
    let number = number.map_err(|_| {
        let (number, least, most) = (&rest[..length], i64::MIN, i64::MAX);
        format!("{number} is too large: expected a whole number from {least} to {most}")
    })?;
    if rest[length..].starts_with(['d', 'h', 'w', 'm']) {
        return Err(format!(
            "a number ends in a unit: expected words such as {number} days or {number} hours"
        ));
    }
    if rest[length..].starts_with(|next: char| next.is_alphanumeric() || next == '.') {
        return Err(format!(
            "a number ends in something else: expected a whole number such as {number}, money in cents"
        ));
    }
    Ok((Token::Number(number), length))
}

/// `2026-12-01` without quotes.
fn bare_day(rest: &str) -> Option<&str> {
    let is_part = |b: u8| b.is_ascii_digit() || b == b'-';
    let length = rest.bytes().take_while(|b| is_part(*b)).count();
    rest.get(..length).filter(|text| time::day(text).is_some())
}

fn word(rest: &str) -> Result<(Token, usize), String> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    if length > 0 {
        return Ok((Token::Word(rest[..length].to_owned()), length));
    }
    if rest.starts_with("=>") || rest.starts_with("=<") {
        return Err("the = comes last: write >= or <=".to_owned());
    }
    let sign: String = rest.chars().take(1).collect();
    Err(match sign.as_str() {
        "=" => "a single = : write == to compare".to_owned(),
        "&" => "a single & : write && for \"and\"".to_owned(),
        "|" => "a single | : write || for \"or\"".to_owned(),
        other => format!("{other:?} has no meaning in a condition"),
    })
}
