//! Owns how one corporation steers, and the reading of its file: its sections. Refuses a section that
//! nobody knows.

use toml::de::DeTable;

use super::cap::Caps;
use super::matrix::Matrix;
use super::mistake::Mistake;
use super::price::RateCard;
use super::reader::Reader;

/// How one corporation steers its channels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steering {
    /// Which channel for which category.
    pub(crate) matrix: Matrix,
    /// What a channel costs.
    pub(crate) rates: RateCard,
    /// How often a tenant may be written to.
    pub(crate) caps: Caps,
}

impl Steering {
    /// Reads a file of steering.
    ///
    /// # Errors
    /// Every mistake.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader {
            text,
            mistakes: Vec::new(),
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let hint = error.message().trim().to_owned();
            let at = error.span().unwrap_or_default();
            reader.wrong(at, "the file", "no TOML", "TOML 1.0", hint);
        }
        if !reader.mistakes.is_empty() {
            return Err(reader.mistakes);
        }
        let steering = steering(&mut reader, table.get_ref());
        if reader.mistakes.is_empty() {
            Ok(steering)
        } else {
            reader.mistakes.sort_by_key(|mistake| mistake.line);
            Err(reader.mistakes)
        }
    }

    /// The sections in which it differs from another one, by their keys.
    #[must_use]
    pub fn differs_in(&self, other: &Self) -> Vec<&'static str> {
        let Self {
            matrix,
            rates,
            caps,
        } = self;
        let sections = [
            ("service", *matrix != other.matrix),
            ("price", *rates != other.rates),
            ("cap", *caps != other.caps),
        ];
        let different = sections
            .into_iter()
            .filter(|(_, is_different)| *is_different);
        different.map(|(key, _)| key).collect()
    }
}

fn steering(reader: &mut Reader<'_>, file: &DeTable<'_>) -> Steering {
    let mut steering = Steering::default();
    for (key, node) in file {
        match key.get_ref().as_ref() {
            "service" => steering.matrix = Matrix::read(reader, node),
            "price" => steering.rates = RateCard::read(reader, node),
            "cap" => steering.caps = Caps::read(reader, node),
            _ => reader.unknown(key, "", "service, price or cap"),
        }
    }
    steering
}
