//! The page that explains the demo's files, with the counts of what is in them. Refuses to explain
//! the demo itself.

use std::fmt::Write as _;

use super::feeds::Feeds;
use super::people::List;
use super::{DAYS, STORNO_ROWS, TENANT_ROWS};

pub(super) fn render(seed: u64, list: &List, feeds: &Feeds) -> String {
    let mut text = format!(
        "# The demo's data\n\n\
         `sluis-loadtest demo-data --seed {seed} --out config/demo` makes these files. They have the same bytes each time; a test checks that.\n\
         Do not edit them by hand. The people do not exist. Their names come from lists, and the mail domains are reserved for examples.\n\n\
         All files are UTF-8, with `;` between fields, CRLF and a header row. Money is in Dutch notation (`1.234,56`), dates are `dd-mm-jjjj`.\n\
         The demo starts on 2 February 2026 at 08:00 in Amsterdam. That is hour 0.\n\n{COLUMNS}\n"
    );
    text += "## What is in tenants.csv\n\n";
    table(
        &mut text,
        list.counts.iter().map(|(what, n)| ((*what).to_owned(), *n)),
    );
    text += "\n## What is in the other files\n\n";
    table(
        &mut text,
        feeds.counts.iter().map(|(what, n)| (what.clone(), *n)),
    );
    let lines = |csv: &str| csv.lines().count() - 1;
    let _ = write!(
        text,
        "\nRows: {TENANT_ROWS} tenants, {STORNO_ROWS} returns, {} balances over {DAYS} days, {} payments.\n",
        lines(&feeds.balances),
        lines(&feeds.payments)
    );
    text
}

fn table(text: &mut String, rows: impl Iterator<Item = (String, usize)>) {
    text.push_str("| what | rows |\n|---|---:|\n");
    for (what, n) in rows {
        let _ = writeln!(text, "| {what} | {n} |");
    }
}

const COLUMNS: &str = "## tenants.csv (with BOM)

| column | meaning | dirt |
|---|---|---|
| `huurdernummer` | the corporation's number of the tenant | the same tenant more than once |
| `aanhef` | salutation | spelled in six ways, or empty |
| `voorletters`, `tussenvoegsel`, `achternaam` | name | upper case, spaces, diacritics outside GSM-7 (ë ï), typographic quotes (’) |
| `email` | e-mail | missing, mixed case, spaces around or inside, illegal |
| `mobiel` | mobile number | missing, `06-`, `+31 (0)6`, `0031`, fixed lines, words, a digit short, all the same digit |
| `postcode`, `huisnummer`, `toevoeging`, `plaats` | address | postcode with and without space, lower case, invalid; an addition with `;` or quotes, quoted |
| `taal` | language | case, empty, languages without templates |
| `voorkeurskanaal` | preferred channel | `email`, `E-mail`, `sms`, `SMS`, empty; `post` and `Brief`, for which there is no provider yet |

Some rows have too few columns. The beginning of an e-mail address decides what the demo's mail server does with it. The last four
digits of a mobile number decide what the demo's SMS provider does with it (`loadtest/src/sink/verdict.rs`).

## storno.csv: returned direct debits

| column | meaning | dirt |
|---|---|---|
| `huurdernummer` | who | some unknown |
| `factuurnummer` | the invoice | some twice, the same or with another code |
| `bedrag` | amount | some with € or spaces |
| `redencode` | SEPA reason code | lower case, unknown codes, empty |
| `incassodatum` | when it was collected | |
| `omgeving` | `productie`, or a few from `acceptatie`, which must reach nobody | |

## balances.csv: the daily balance feed

There is one row for each tenant and day. It is delivered at 06:00 on `peildatum`. `saldo` is everything that the tenant owes. Zero or
less means nothing. Payments that were booked before are in it. For some tenants the row is missing, comes late, or is five days old.
A tenant without a returned direct debit has 0,00.

| column | meaning |
|---|---|
| `huurdernummer` | who |
| `saldo` | what is owed |
| `peildatum` | the day it is true for |

## payments.csv: payments that come in between

| column | meaning |
|---|---|
| `na_uren` | whole hours after the demo's start |
| `factuurnummer`, `huurdernummer` | what and who; a few invoices are unknown |
| `bedrag` | amount; some are parts, some come twice |
";

#[cfg(test)]
mod tests {
    use super::super::{SEED, generate};

    #[test]
    fn the_page_names_every_column() {
        let data = generate(SEED);
        for csv in [&data.tenants, &data.storno, &data.balances, &data.payments] {
            let header = csv.trim_start_matches('\u{feff}').lines().next().unwrap();
            for column in header.split(';') {
                assert!(data.readme.contains(&format!("`{column}`")), "{column}");
            }
        }
    }
}
