//! Owns the reading of a form that a tenant filled in, by the fields that an answer asks for. What people
//! type and a program would not is put right: `12,50`, `3-12-2026`, blanks around. Refuses to judge: what
//! comes of it is judged as an answer of a person is.

use serde_json::{Map, Value};
use sluis_model::FactField;
use sluis_model::flow::FieldKind;

/// Most pairs that are read: an answer has fewer fields.
const MOST_PAIRS: usize = 64;
/// What the name of a field begins with.
const FIELD: &str = "f.";

/// What a form says: names and values, in their order.
#[derive(Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`. What is no UTF-8 is read as far as it goes: browsers
    /// send UTF-8.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        let pairs = body.split(|byte| *byte == b'&').take(MOST_PAIRS);
        let pairs = pairs.filter(|pair| !pair.is_empty()).map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = at.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
            (decoded(name), decoded(value))
        });
        Self(pairs.collect())
    }

    /// Whether it says nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What stands under a name, the first time.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What was typed for a field of the answer.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter();
        let found = found.find(|(known, _)| known.strip_prefix(FIELD) == Some(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The fields that were filled in, as a JSON object. What cannot be put right stays a text.
    #[must_use]
    pub fn fields(&self, asked: &[FactField]) -> Value {
        let given = asked.iter().filter_map(|known| {
            let name = &*known.field.name;
            let typed = self.field(name)?.trim();
            (!typed.is_empty()).then(|| (name.to_owned(), meant(known.field.kind, typed)))
        });
        Value::Object(given.collect::<Map<_, _>>())
    }
}

/// The name of a field in a form.
#[must_use]
pub fn name(field: &str) -> String {
    format!("{FIELD}{field}")
}

/// What is meant by what somebody typed.
fn meant(kind: FieldKind, typed: &str) -> Value {
    let as_typed = || Value::String(typed.to_owned());
    match kind {
        FieldKind::Line | FieldKind::Url => as_typed(),
        FieldKind::Text => Value::String(typed.replace("\r\n", "\n")),
        FieldKind::Integer => typed
            .parse::<i64>()
            .map_or_else(|_| as_typed(), Value::from),
        FieldKind::Money => cents(typed).map_or_else(as_typed, Value::from),
        FieldKind::Boolean => match typed {
            "true" => true.into(),
            "false" => false.into(),
            _ => as_typed(),
        },
        FieldKind::Date => day(typed).map_or_else(as_typed, Value::String),
    }
}

/// `€ 1.234,50`, `1234,5`, `12.50`, `12`: cents. A point before three digits separates thousands, as
/// it does in Dutch.
fn cents(typed: &str) -> Option<i64> {
    let bare = typed.trim_start_matches('€').trim();
    let bare = bare.strip_suffix(",-").unwrap_or(bare);
    let (whole, part) = match bare.split_once(',') {
        Some((whole, part)) => (without_points(whole)?, part.to_owned()),
        None => match bare.rsplit_once('.') {
            Some((whole, part)) if part.len() < 3 => (without_points(whole)?, part.to_owned()),
            _ => (without_points(bare)?, String::new()),
        },
    };
    let part = match part.len() {
        0 => 0,
        1 => digits(&part)?.checked_mul(10)?,
        2 => digits(&part)?,
        _ => return None,
    };
    digits(&whole)?.checked_mul(100)?.checked_add(part)
}

/// `1.234` as `1234`: groups of three behind the first one.
fn without_points(text: &str) -> Option<String> {
    let mut groups = text.split('.');
    let first = groups.next()?;
    let is_right = (groups.clone().next().is_none() || first.len() <= 3)
        && groups.all(|group| group.len() == 3);
    is_right.then(|| text.replace('.', ""))
}

fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// `3-12-2026` as `2026-12-03`; what a browser writes stays as it is.
fn day(typed: &str) -> Option<String> {
    let parts: Vec<&str> = typed.split(['-', '/', '.']).map(str::trim).collect();
    let [day, month, year] = parts.as_slice() else {
        return None;
    };
    if year.len() != 4 {
        return None;
    }
    let (day, month) = (digits(day)?, digits(month)?);
    Some(format!("{year}-{month:02}-{day:02}"))
}

fn decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        let hex = || Some((hex(*behind.first()?)?, hex(*behind.get(1)?)?));
        match first {
            b'+' => bytes.push(b' '),
            b'%' => match hex() {
                Some((high, low)) => {
                    bytes.push(high << 4 | low);
                    rest = &behind[2..];
                }
                None => bytes.push(b'%'),
            },
            other => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let form =
            Form::parse(b"answer=given&f.score=+8+&f.note=a%26b%0D%0Ac+%C3%A9&f.empty=&f.bad=%zz");
        assert_eq!(form.text("answer"), Some("given"));
        assert_eq!(form.field("score"), Some(" 8 "));
        assert_eq!(form.field("note"), Some("a&b\r\nc é"));
        assert_eq!(form.field("empty"), Some(""));
        assert_eq!(form.field("bad"), Some("%zz"));
        assert_eq!(form.field("none"), None);
    }

    #[test]
    fn more_pairs_than_an_answer_has_are_not_read() {
        let body = "a=1&".repeat(100_000);
        assert_eq!(Form::parse(body.as_bytes()).0.len(), MOST_PAIRS);
    }

    #[test]
    fn an_amount_is_what_a_tenant_means_by_it() {
        let known = [
            ("12", Some(1_200)),
            ("12,50", Some(1_250)),
            ("12,5", Some(1_250)),
            ("12.50", Some(1_250)),
            ("€ 1.234,50", Some(123_450)),
            ("1.234", Some(123_400)),
            ("12,-", Some(1_200)),
            ("1.2345", None),
            ("12.345.6,00", None),
            ("twaalf", None),
            ("-5", None),
            ("12,345", None),
            ("", None),
            ("99999999999999999999", None),
        ];
        for (typed, wanted) in known {
            assert_eq!(cents(typed), wanted, "{typed:?}");
        }
    }

    #[test]
    fn a_day_may_be_typed_the_dutch_way() {
        assert_eq!(day("3-12-2026").as_deref(), Some("2026-12-03"));
        assert_eq!(day("03/12/2026").as_deref(), Some("2026-12-03"));
        assert_eq!(day("2026-12-03"), None, "as a browser writes it");
        assert_eq!(day("3-12-26"), None);
        assert_eq!(
            meant(FieldKind::Date, "morgen"),
            Value::String("morgen".into())
        );
    }
}
