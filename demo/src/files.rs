//! Owns the demo's input files: the ones in `config/demo`, built in, or made from another seed; how
//! their Dutch notation is read. Refuses to clean what the engine must cope with: the tenant list
//! goes in as it is.

use std::collections::{HashMap, HashSet};

use anyhow::Context as _;
use jiff::civil::Date;
use sluis_loadtest::demo::{DemoData, SEED, generate};
use sluis_model::Environment;

/// The input files, read.
#[derive(Clone, Debug)]
pub struct Files {
    /// The seed they were made from; the sinks behave by it too.
    pub seed: u64,
    /// The tenant list, as it is.
    pub tenants: String,
    /// Returned direct debits, in order of the file.
    pub returns: Vec<Return>,
    /// Daily balances, in order of the file.
    pub balances: Vec<Balance>,
    /// Payments, in order of the file.
    pub payments: Vec<Payment>,
}

/// A row of `storno.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// Tenant number.
    pub tenant: String,
    /// Invoice number.
    pub invoice: String,
    /// Amount, in cents; none when it cannot be read.
    pub cents: Option<i64>,
    /// Reason code, upper case.
    pub code: String,
    /// When it was collected.
    pub collected: Option<Date>,
    /// The world it comes from; none when the word is not known.
    pub environment: Option<Environment>,
}

/// A row of `balances.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Tenant number.
    pub tenant: String,
    /// What is owed in all, in cents.
    pub cents: i64,
    /// The day it is true for.
    pub day: Date,
}

/// A row of `payments.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Hours after the start.
    pub hours: i64,
    /// Invoice number.
    pub invoice: String,
    /// Tenant number.
    pub tenant: String,
    /// Amount, in cents.
    pub cents: i64,
}

/// What the demo itself needs to know of a household, to choose who presses a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Household {
    pub(super) email: String,
    pub(super) mobile: String,
    pub(super) language: String,
    pub(super) preferred: String,
}

const TENANTS: &str = include_str!("../../config/demo/tenants.csv");
const STORNO: &str = include_str!("../../config/demo/storno.csv");
const BALANCES: &str = include_str!("../../config/demo/balances.csv");
const PAYMENTS: &str = include_str!("../../config/demo/payments.csv");

impl Files {
    /// The built-in files for their own seed, else files made from `seed`.
    ///
    /// # Errors
    /// A file is not what its columns promise.
    pub fn of_seed(seed: u64) -> anyhow::Result<Self> {
        if seed == SEED {
            return Self::read(seed, TENANTS, STORNO, BALANCES, PAYMENTS);
        }
        let DemoData {
            tenants,
            storno,
            balances,
            payments,
            ..
        } = generate(seed);
        Self::read(seed, &tenants, &storno, &balances, &payments)
    }

    fn read(
        seed: u64,
        tenants: &str,
        storno: &str,
        balances: &str,
        payments: &str,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            seed,
            tenants: tenants.to_owned(),
            returns: rows(storno, "storno.csv", 6, returned)?,
            balances: rows(balances, "balances.csv", 3, balance)?,
            payments: rows(payments, "payments.csv", 4, payment)?,
        })
    }

    /// The first `returns` returns, their tenants and at least `households` tenants, for a quick
    /// run.
    #[must_use]
    pub fn reduced(mut self, returns: usize, households: usize) -> Self {
        self.returns.truncate(returns);
        let invoices: HashSet<&str> = self
            .returns
            .iter()
            .map(|row| row.invoice.as_str())
            .collect();
        let tenants: HashSet<&str> = self.returns.iter().map(|row| row.tenant.as_str()).collect();
        let number = |line: &str| line.split(';').next().unwrap_or_default().trim().to_owned();
        let keep = |(at, line): &(usize, &str)| {
            *at <= households || tenants.contains(number(line).as_str())
        };
        let kept: Vec<&str> = self
            .tenants
            .split_inclusive('\n')
            .enumerate()
            .filter(keep)
            .map(|(_, line)| line)
            .collect();
        self.payments
            .retain(|row| invoices.contains(row.invoice.as_str()));
        self.balances
            .retain(|row| tenants.contains(row.tenant.as_str()));
        self.tenants = kept.concat();
        self
    }

    /// Households that stand in the list exactly once, by number.
    pub(super) fn households(&self) -> HashMap<String, Household> {
        let mut found: HashMap<String, Option<Household>> = HashMap::new();
        for record in reader(&self.tenants).records().filter_map(Result::ok) {
            let field = |at: usize| record.get(at).unwrap_or_default().trim().to_owned();
            let household = Household {
                email: field(5),
                mobile: field(6),
                language: field(11).to_lowercase(),
                preferred: field(12).to_lowercase(),
            };
            found
                .entry(field(0))
                .and_modify(|twice| *twice = None)
                .or_insert(Some(household));
        }
        found
            .into_iter()
            .filter_map(|(number, household)| Some((number, household?)))
            .collect()
    }
}

fn reader(text: &str) -> csv::Reader<&[u8]> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    csv::ReaderBuilder::new()
        .delimiter(b';')
        .flexible(true)
        .from_reader(text.as_bytes())
}

fn rows<T>(
    text: &str,
    file: &str,
    columns: usize,
    read: impl Fn(&[&str]) -> Option<T>,
) -> anyhow::Result<Vec<T>> {
    let row = |(at, record): (usize, Result<csv::StringRecord, csv::Error>)| {
        let record = record.with_context(|| format!("{file}, row {}", at + 1))?;
        let fields: Vec<&str> = record.iter().collect();
        let found = (fields.len() == columns).then(|| read(&fields)).flatten();
        found.with_context(|| {
            format!(
                "{file}, row {}: {fields:?} is not what its columns promise",
                at + 1
            )
        })
    };
    reader(text).records().enumerate().map(row).collect()
}

fn returned(fields: &[&str]) -> Option<Return> {
    let environment = match fields[5].trim().to_lowercase().as_str() {
        "productie" => Some(Environment::Production),
        "acceptatie" => Some(Environment::Acceptance),
        "test" => Some(Environment::Test),
        _ => None,
    };
    Some(Return {
        tenant: fields[0].trim().to_owned(),
        invoice: fields[1].trim().to_owned(),
        cents: cents(fields[2]),
        code: fields[3].trim().to_uppercase(),
        collected: date(fields[4]),
        environment,
    })
}

fn balance(fields: &[&str]) -> Option<Balance> {
    Some(Balance {
        tenant: fields[0].trim().to_owned(),
        cents: cents(fields[1])?,
        day: date(fields[2])?,
    })
}

fn payment(fields: &[&str]) -> Option<Payment> {
    let (invoice, tenant) = (fields[1].trim().to_owned(), fields[2].trim().to_owned());
    Some(Payment {
        hours: fields[0].trim().parse().ok()?,
        invoice,
        tenant,
        cents: cents(fields[3])?,
    })
}

/// `€ 1.234,56` as cents.
fn cents(text: &str) -> Option<i64> {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '€' && *c != '.')
        .collect();
    let (euros, rest) = plain.split_once(',')?;
    let sound = rest.len() == 2 && rest.bytes().all(|b| b.is_ascii_digit());
    let amount = format!("{euros}{rest}").parse().ok();
    amount.filter(|_| sound)
}

/// `dd-mm-jjjj`.
fn date(text: &str) -> Option<Date> {
    let mut parts = text.trim().splitn(3, '-');
    let (day, month, year) = (
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    );
    Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dutch_notation_is_read() {
        assert_eq!(
            (cents("€ 1.234,56"), cents(" 410,30 "), cents("-0,05")),
            (Some(123_456), Some(41_030), Some(-5))
        );
        assert_eq!(
            (cents("410"), cents("410,3"), cents("")),
            (None, None, None)
        );
        assert_eq!(date("31-01-2026"), Some(jiff::civil::date(2026, 1, 31)));
        assert_eq!(date("31-02-2026"), None);
    }

    #[test]
    fn the_built_in_files_are_read_whole() {
        let files = Files::of_seed(SEED).unwrap();
        assert_eq!(files.returns.len(), sluis_loadtest::demo::STORNO_ROWS);
        assert!(
            files
                .returns
                .iter()
                .all(|row| row.cents.is_some() && row.environment.is_some())
        );
        assert!(files.payments.len() > 300 && files.households().len() > 2_000);
        let few = files.reduced(100, 50);
        assert_eq!(few.returns.len(), 100);
        let rows = few.tenants.lines().count();
        assert!((100..400).contains(&rows), "{rows}");
    }
}
