//! Owns a large set of households to rehearse with: persons as dirty as real lists have them, households
//! with joint tenants, representatives, children, those who left or died, couples with one mailbox, a
//! returned direct debit for each, balances and payments. Always the same from one seed. Refuses real
//! people, and to keep it all in memory: files are written as they are made.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::DemoError;
use super::dice::Dice;
use super::people::{COLUMNS, Household, fields, household};
use super::text::row;

/// Rows of one tenant list: an engine takes no longer ones.
const LIST_ROWS: usize = 150_000;
/// Reason codes and their weights.
const CODES: [(&str, u64); 8] = [
    ("AM04", 500),
    ("MS03", 280),
    ("MD06", 90),
    ("AC04", 50),
    ("MD01", 40),
    ("MD07", 20),
    ("AM05", 15),
    ("XX99", 5),
];
/// Who lives there besides the tenant: role and how many households in a thousand have one.
const OTHERS: [(&str, u64); 6] = [
    ("joint_tenant", 420),
    ("child", 180),
    ("resident", 40),
    ("parent", 30),
    ("contact", 30),
    ("neighbour", 15),
];

/// What is made.
#[derive(Clone, Copy, Debug)]
pub struct Large {
    /// Households.
    pub count: usize,
    /// The same seed makes the same files.
    pub seed: u64,
    /// When the rehearsal starts: balances are of the hour before, payments come later.
    pub starts: Timestamp,
    /// The world that the facts come from.
    pub environment: &'static str,
}

struct Out {
    lists: Vec<BufWriter<File>>,
    rows: usize,
    households: BufWriter<File>,
    returns: BufWriter<File>,
    facts: BufWriter<File>,
    counts: BTreeMap<String, usize>,
}

impl Large {
    /// Writes tenants-N.csv, households.ndjson, rows.ndjson and facts.ndjson into a folder, and gives what
    /// is in them.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<BTreeMap<String, usize>, DemoError> {
        let written = self.written(folder);
        written.map_err(|source| DemoError {
            path: folder.display().to_string(),
            source,
        })
    }

    fn written(&self, folder: &Path) -> io::Result<BTreeMap<String, usize>> {
        std::fs::create_dir_all(folder)?;
        let file = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
        let mut out = Out {
            lists: Vec::new(),
            rows: 0,
            households: file("households.ndjson")?,
            returns: file("rows.ndjson")?,
            facts: file("facts.ndjson")?,
            counts: BTreeMap::new(),
        };
        let mut dice = Dice::new(self.seed);
        let mut persons = 0;
        for number in 0..self.count {
            self.one(number, &mut persons, &mut out, &mut dice, folder)?;
        }
        for list in &mut out.lists {
            list.flush()?;
        }
        out.households.flush()?;
        out.returns.flush()?;
        out.facts.flush()?;
        out.counts.insert("tenant lists".into(), out.lists.len());
        Ok(out.counts)
    }

    /// One household, with everything about it.
    fn one(
        &self,
        number: usize,
        persons: &mut usize,
        out: &mut Out,
        dice: &mut Dice,
        folder: &Path,
    ) -> io::Result<()> {
        let mut members = Vec::new();
        let tenant = person(persons, None, dice);
        let mut people = vec![tenant];
        let mut first = json!({ "tenant_id": people[0].number, "role": "tenant" });
        if dice.per_mille(8) {
            first["deceased"] = true.into();
            out.count("tenant who has died");
        }
        members.push(first);
        for (role, per_mille) in OTHERS {
            if !dice.per_mille(per_mille) {
                continue;
            }
            // A couple often has one mailbox.
            let shared = role == "joint_tenant" && dice.per_mille(150);
            let mail = people[0].mail.clone().filter(|_| shared);
            out.count(role);
            if mail.is_some() {
                out.count("joint tenant with the same mailbox");
            }
            let other = person(persons, mail, dice);
            let mut member = json!({ "tenant_id": other.number, "role": role });
            if role == "joint_tenant" && dice.per_mille(60) {
                member["until"] = "2024-06-30".into();
                out.count("joint tenant who left");
            }
            members.push(member);
            people.push(other);
        }
        let stands_in = dice.weighted(&[
            ("", 960),
            ("bewindvoerder", 25),
            ("mentor", 10),
            ("curator", 5),
        ]);
        if !stands_in.is_empty() {
            let other = person(persons, None, dice);
            let whom = &people[0].number;
            members.push(
                json!({ "tenant_id": other.number, "role": stands_in, "represents": [whom] }),
            );
            out.count(stands_in);
            people.push(other);
        }
        for one in &people {
            out.person(one, dice, folder)?;
        }
        let id = format!("C-{:06}", 100_001 + number);
        line(
            &mut out.households,
            &json!({ "household_id": id, "members": members }),
        )?;
        self.debit(&id, &people, number, out, dice)
    }

    /// A returned direct debit, what is owed, and perhaps a payment.
    fn debit(
        &self,
        household: &str,
        people: &[Household],
        number: usize,
        out: &mut Out,
        dice: &mut Dice,
    ) -> io::Result<()> {
        let invoice = format!("F-{:06}", 100_001 + number);
        let cents = dice.between(28_000, 96_000);
        let row = json!({
            "household_id": household,
            "subject_id": invoice,
            "data": {
                "invoice_id": invoice,
                "amount_cents": cents,
                "reason_code": dice.weighted(&CODES),
                "payment_url": format!("https://betalen.example.nl/{invoice}"),
            },
        });
        line(&mut out.returns, &row)?;
        let all: Vec<&str> = people.iter().map(|one| one.number.as_str()).collect();
        // Of some nobody knows what they owe; some owe nothing any more.
        let owed = dice.weighted(&[(1, 930), (0, 50), (-1, 20)]);
        if owed >= 0 {
            let fact = self.fact(
                &format!("balance/{household}"),
                "balance",
                &all,
                cents * owed,
                -1,
            );
            line(&mut out.facts, &fact)?;
        } else {
            out.count("household without a balance");
        }
        if dice.per_mille(250) {
            // Beside the button: by bank, within three weeks, in the day.
            let minutes = dice.between(0, 20) * 1_440 + dice.between(0, 600);
            let part = dice.per_mille(120);
            let paid = if part { cents / 2 } else { cents };
            let mut fact = self.fact(
                &format!("bank/{invoice}"),
                "payment",
                &all[..1],
                paid,
                minutes,
            );
            fact["subject"] = json!({ "kind": "invoice", "id": invoice });
            line(&mut out.facts, &fact)?;
            out.count(if part {
                "part payment by bank"
            } else {
                "payment by bank"
            });
        }
        Ok(())
    }

    fn fact(&self, id: &str, kind: &str, tenants: &[&str], cents: i64, minutes: i64) -> Value {
        let at = self.starts.checked_add(minutes.minutes());
        json!({
            "fact_id": id,
            "type": kind,
            "tenant_ids": tenants,
            "amount_cents": cents,
            "occurred_at": at.unwrap_or(self.starts).to_string(),
            "environment": self.environment,
        })
    }
}

impl Out {
    fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    /// A row of the tenant list, and now and then a second one.
    fn person(&mut self, one: &Household, dice: &mut Dice, folder: &Path) -> io::Result<()> {
        let mut dirt = BTreeMap::new();
        let cells = fields(one, &mut dirt, dice);
        for (what, count) in dirt {
            *self.counts.entry(what.to_owned()).or_default() += count;
        }
        let text = row(&cells.each_ref().map(String::as_str));
        self.write_row(&text, folder)?;
        if dice.per_mille(15) {
            self.count("person who stands there twice");
            self.write_row(&text, folder)?;
        }
        Ok(())
    }

    fn write_row(&mut self, text: &str, folder: &Path) -> io::Result<()> {
        if self.rows.is_multiple_of(LIST_ROWS) {
            let name = format!("tenants-{}.csv", self.lists.len() + 1);
            let mut list = BufWriter::new(File::create(folder.join(name))?);
            list.write_all("\u{feff}".as_bytes())?;
            list.write_all(row(&COLUMNS).as_bytes())?;
            self.lists.push(list);
        }
        self.rows += 1;
        match self.lists.last_mut() {
            Some(list) => list.write_all(text.as_bytes()),
            None => Ok(()),
        }
    }
}

/// The next person. Without a mailbox given he has one of his own, or none.
fn person(persons: &mut usize, mail: Option<String>, dice: &mut Dice) -> Household {
    let at = *persons;
    *persons += 1;
    let mut one = household(at, dice);
    // The demo's numbers repeat beyond some thousands.
    one.mobile = one.mobile.map(|_| format!("06{:08}", 10_000_000 + at));
    if mail.is_some() {
        one.mail = mail;
    }
    one
}

fn line(out: &mut impl Write, value: &Value) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_files_with_everybody_in_them() {
        let large = Large {
            count: 400,
            seed: 7,
            starts: "2026-12-01T09:00:00+01:00".parse().unwrap(),
            environment: "test",
        };
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let counts = large.write(one.path()).unwrap();
        assert_eq!(large.write(two.path()).unwrap(), counts);
        for name in [
            "tenants-1.csv",
            "households.ndjson",
            "rows.ndjson",
            "facts.ndjson",
        ] {
            let read = |folder: &Path| std::fs::read(folder.join(name)).unwrap();
            let bytes = read(one.path());
            assert!(bytes == read(two.path()) && !bytes.is_empty(), "{name}");
        }
        for what in [
            "joint_tenant",
            "bewindvoerder",
            "payment by bank",
            "e-mail: illegal",
            "child",
        ] {
            assert!(
                counts.get(what).is_some_and(|count| *count > 0),
                "{what}: {counts:?}"
            );
        }
        let rows = std::fs::read_to_string(one.path().join("rows.ndjson")).unwrap();
        assert_eq!(rows.lines().count(), 400);
    }
}
