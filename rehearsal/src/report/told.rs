//! Owns what a report tells of, and how instants, money and numbers are written in it. Refuses to lay it
//! out.

use sluis_model::Timestamp;

use crate::compare::Compared;
use crate::stage::{Audience, Stage};
use crate::tally::Results;

/// Everything that a report tells of.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// What was rehearsed.
    pub stage: &'a Stage,
    /// For whom.
    pub audience: &'a Audience,
    /// What was counted.
    pub results: &'a Results,
    /// Rows of the list that were not taken: their line, the tenant's number, and why.
    pub rejected: &'a [(u64, String, String)],
    /// More to know, each a sentence.
    pub notes: &'a [String],
    /// The other version: its name, what it came to, and what differs.
    pub other: Option<(&'a str, &'a Results, &'a Compared)>,
    /// Calls that the desk can take in an hour.
    pub most_calls: Option<u64>,
}

/// An instant by the clock on the wall in the Netherlands.
pub(super) fn local(at: Timestamp) -> String {
    let instant = jiff::Timestamp::from_millisecond(at.0).ok();
    let zone = jiff::tz::TimeZone::get("Europe/Amsterdam").ok();
    match instant.zip(zone) {
        Some((instant, zone)) => instant
            .to_zoned(zone)
            .strftime("%a %Y-%m-%d %H:%M")
            .to_string(),
        None => at.0.to_string(),
    }
}

/// Thousandths of a cent as euros.
pub(super) fn euros(millicents: u64) -> String {
    let cents = (millicents + 500) / 1_000;
    format!("€ {}.{:02}", grouped(cents / 100), cents % 100)
}

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
