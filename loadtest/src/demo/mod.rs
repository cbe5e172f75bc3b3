//! The demo's data: a tenant list with the dirt real lists have, a file of returned direct debits,
//! a daily balance feed, and payments that come in between. Owns making them, always the same from
//! one seed; refuses real people: names are drawn from lists, mail domains are reserved for
//! examples.

mod dice;
mod feeds;
mod large;
mod names;
mod notation;
mod people;
mod readme;
mod text;

use std::path::Path;

use self::dice::Dice;
use self::people::Household;

/// The seed of the data checked in under `config/demo/`.
pub const SEED: u64 = 2026;
pub use self::large::Large;
pub use self::people::TENANT_ROWS;
/// Rows of `storno.csv`, duplicates included.
pub const STORNO_ROWS: usize = 1_200;
/// Day 0 of the demo; the balance feed has one date a day from here.
pub const FIRST_DAY: jiff::civil::Date = jiff::civil::date(2026, 2, 2);
/// Days of the balance feed.
pub const DAYS: usize = 10;

/// The files' contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoData {
    /// `tenants.csv`: `;` separated, BOM, CRLF.
    pub tenants: String,
    /// `storno.csv`.
    pub storno: String,
    /// `balances.csv`.
    pub balances: String,
    /// `payments.csv`.
    pub payments: String,
    /// `README.md`.
    pub readme: String,
}

/// A file of the demo could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct DemoError {
    path: String,
    source: std::io::Error,
}

/// Makes the files. The same seed gives the same bytes, on any machine and in any version.
#[must_use]
pub fn generate(seed: u64) -> DemoData {
    let mut dice = Dice::new(seed);
    let households = people::households(&mut dice);
    let list = people::list(&households, &mut dice);
    let feeds = feeds::feeds(&households, &mut dice);
    DemoData {
        readme: readme::render(seed, &list, &feeds),
        tenants: list.text,
        storno: feeds.storno,
        balances: feeds.balances,
        payments: feeds.payments,
    }
}

impl DemoData {
    /// File names and contents.
    #[must_use]
    pub fn files(&self) -> [(&'static str, &str); 5] {
        [
            ("tenants.csv", &self.tenants),
            ("storno.csv", &self.storno),
            ("balances.csv", &self.balances),
            ("payments.csv", &self.payments),
            ("README.md", &self.readme),
        ]
    }

    /// Writes the files into a folder, made if it is not there.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), DemoError> {
        let fail = |path: &Path, source| DemoError {
            path: path.display().to_string(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(|e| fail(folder, e))?;
        for (name, text) in self.files() {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(|e| fail(&path, e))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(b';')
            .flexible(true)
            .from_reader(text.as_bytes());
        reader
            .records()
            .map(|r| r.unwrap().iter().map(str::to_owned).collect())
            .collect()
    }

    #[test]
    fn the_checked_in_files_are_what_the_generator_makes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/demo");
        for (name, text) in generate(SEED).files() {
            let found = std::fs::read_to_string(folder.join(name)).unwrap();
            assert!(
                found == text,
                "{name} differs: run `sluis-loadtest demo-data --out config/demo`"
            );
        }
    }

    #[test]
    fn sizes_and_shapes() {
        let data = generate(SEED);
        assert!(data.tenants.starts_with("\u{feff}huurdernummer;aanhef;"));
        assert_eq!(rows(&data.tenants).len(), TENANT_ROWS);
        assert_eq!(rows(&data.storno).len(), STORNO_ROWS);
        assert!(rows(&data.payments).len() > 300);
        assert!(rows(&data.balances).len() > 5_000);
    }

    #[test]
    fn the_dirt_is_there() {
        let data = generate(SEED);
        let tenants = rows(&data.tenants);
        let has = |column: usize, test: &dyn Fn(&str) -> bool| {
            tenants
                .iter()
                .filter(|r| r.get(column).is_some_and(|value| test(value)))
                .count()
        };
        let checks = [
            (
                "short rows",
                tenants.iter().filter(|r| r.len() < 13).count(),
            ),
            ("missing mail", has(5, &str::is_empty)),
            (
                "upper case mail",
                has(5, &|v| v.chars().any(char::is_uppercase)),
            ),
            ("spaces around mail", has(5, &|v| v.trim() != v)),
            (
                "illegal mail",
                has(5, &|v| !v.is_empty() && v.matches('@').count() != 1),
            ),
            ("missing mobile", has(6, &str::is_empty)),
            ("(0)", has(6, &|v| v.contains("(0)"))),
            ("0031", has(6, &|v| v.starts_with("0031"))),
            (
                "fixed line",
                has(6, &|v| v.starts_with("020") || v.starts_with("010")),
            ),
            (
                "diacritics",
                has(4, &|v| v.contains(['ë', 'ï', 'é', 'ö', 'ü', 'ç', 'ş', 'ğ'])),
            ),
            (
                "typographic quotes",
                has(3, &|v| v.contains('’')) + has(4, &|v| v.contains('’')),
            ),
            (
                "bounces now",
                has(5, &|v| v.trim().to_lowercase().starts_with("bounce.")),
            ),
            (
                "bounces later",
                has(5, &|v| v.trim().to_lowercase().starts_with("late-bounce.")),
            ),
            (
                "throttled once",
                has(5, &|v| {
                    v.trim().to_lowercase().starts_with("tempfail-once.")
                }),
            ),
        ];
        for (name, n) in checks {
            assert!(n >= 5, "{name}: {n}");
        }
        let numbers: std::collections::HashSet<_> = tenants.iter().map(|r| &r[0]).collect();
        assert!(
            numbers.len() < tenants.len() && numbers.len() >= 2_000,
            "{}",
            numbers.len()
        );
    }

    #[test]
    fn mail_stays_inside_example_domains() {
        for row in rows(&generate(SEED).tenants) {
            let Some((_, domain)) = row.get(5).and_then(|mail| mail.trim().rsplit_once('@')) else {
                continue;
            };
            let domain = domain.to_lowercase();
            let reserved =
                domain.is_empty() || domain.ends_with("example.nl") || domain.ends_with(".example");
            assert!(reserved, "{domain}");
        }
    }
}
