//! Owns the filters of templates: money and dates as Dutch letters write them, values as JSON.
//! Refuses a floating amount and a date that is none: an error, never a guess.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind};

/// Makes the filters known to templates.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter("euro", |cents: &Value| {
        let cents = given(cents)?
            .as_i64()
            .ok_or_else(|| bad("euro wants whole cents, such as 123456"))?;
        Ok::<_, Error>(euro(cents))
    });
    environment.add_filter("datum", |date: &Value, language: Option<&str>| {
        datum(
            given(date)?
                .as_str()
                .ok_or_else(|| bad("datum wants a date such as 2026-11-03"))?,
            language,
        )
    });
    environment.add_filter("json", |value: &Value| {
        let json = serde_json::to_string(given(value)?);
        json.map_err(|e| bad("json wants a value of the data").with_source(e))
    });
}

/// The value, unless the notification does not have it: that is the error of a missing variable,
/// not of a wrong one.
fn given(value: &Value) -> Result<&Value, Error> {
    if value.is_undefined() {
        Err(Error::from(ErrorKind::UndefinedError))
    } else {
        Ok(value)
    }
}

/// Whole cents as money: `123456` is `€ 1.234,56`.
pub(super) fn euro(cents: i64) -> String {
    let (sign, cents) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
    let digits = (cents / 100).to_string();
    let mut euros = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            euros.push('.');
        }
        euros.push(digit);
    }
    format!("€ {sign}{euros},{:02}", cents % 100)
}

/// A date (`2026-11-03`), or an instant as its date in Amsterdam, in full: `3 november 2026`; with
/// `"en"`, `3 November 2026`.
pub(super) fn datum(text: &str, language: Option<&str>) -> Result<String, Error> {
    let date = match text.parse::<jiff::Timestamp>() {
        Ok(instant) => instant.to_zoned(amsterdam()?).date(),
        Err(_) => text
            .parse::<Date>()
            .map_err(|_| bad("datum wants a date such as 2026-11-03"))?,
    };
    let months = if language == Some("en") {
        ENGLISH
    } else {
        DUTCH
    };
    let month = usize::try_from(date.month())
        .ok()
        .and_then(|month| months.get(month - 1));
    Ok(format!(
        "{} {} {}",
        date.day(),
        month.copied().unwrap_or_default(),
        date.year()
    ))
}

fn amsterdam() -> Result<TimeZone, Error> {
    TimeZone::get("Europe/Amsterdam").map_err(|e| bad("no time zone data").with_source(e))
}

fn bad(text: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, text)
}

const DUTCH: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];
const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
