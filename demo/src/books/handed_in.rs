//! Owns the checks of what was handed in: every row was told something, everything accepted has one
//! end, and the API tells what the journal holds.

use std::collections::HashMap;

use sluis_loadtest::ledger::{self, Rules};

use super::{Books, Check};
use crate::inputs::Verdict;

impl Books<'_> {
    pub(super) fn rows_told(&self) -> Check {
        let returns = &self.driver.inputs.returns;
        let mut wrong = Vec::new();
        let rows = self.driver.files.returns.len();
        if returns.len() != rows {
            wrong.push(format!("{} verdicts for {rows} rows", returns.len()));
        }
        wrong.extend(self.repeats_of_nothing());
        wrong.extend(self.not_posted());
        wrong.extend(self.list_does_not_add_up());
        Check::of(
            "every row of every file was accepted, known already, or rejected with a reason",
            returns.len(),
            wrong,
        )
    }

    fn repeats_of_nothing(&self) -> impl Iterator<Item = String> {
        let unknown = |verdict: &Verdict| match verdict {
            Verdict::Duplicate(id) if !self.accepted.contains_key(id) => Some(*id),
            _ => None,
        };
        let repeats = self.driver.inputs.returns.iter().filter_map(unknown);
        repeats.map(|id| format!("a row is called a repeat of {id}, which no row made"))
    }

    fn not_posted(&self) -> impl Iterator<Item = String> {
        let (inputs, files) = (&self.driver.inputs, &self.driver.files);
        let feeds = [
            ("balances", inputs.balances.posted, files.balances.len()),
            ("payments", inputs.payments.posted, files.payments.len()),
        ];
        let short = feeds.into_iter().filter(|(_, posted, rows)| posted != rows);
        short.map(|(what, posted, rows)| format!("{posted} {what} posted of {rows}"))
    }

    fn list_does_not_add_up(&self) -> Option<String> {
        let report = &self.driver.inputs.tenants;
        let count = |field: &str| report[field].as_u64().unwrap_or(0);
        let parts = ["new", "changed", "same", "rejected"].map(count);
        let adds_up = count("rows") == parts.iter().sum::<u64>();
        (!adds_up).then(|| format!("the report of the tenant list does not add up: {report}"))
    }

    /// The balance of the load tests, over the engine's own account. Copies are judged by attempt,
    /// not here: a tenant who prefers text messages gets two by right.
    pub(super) fn one_end_each(&self) -> Check {
        let accepted = self.accepted.iter();
        let books = ledger::Books {
            acked: accepted
                .map(|(id, row)| (id.to_string(), row.to_string()))
                .collect(),
            sinks: self.rows.to_vec(),
            outcomes: self.account.rows.clone(),
        };
        let rules = Rules {
            max_duplicates: u64::MAX,
            ..Rules::default()
        };
        let balance = ledger::reconcile(&books, &rules);
        let found = [
            ("the engine does not know it", &balance.lost),
            ("neither ended nor waiting for somebody", &balance.open),
            ("more than one end", &balance.two_ends),
            ("nobody handed it in", &balance.invented),
            ("at a sink, never accepted", &balance.strangers),
            ("said to be sent, at no sink", &balance.never_arrived),
        ];
        let each = |(what, ids): (&'static str, &Vec<String>)| -> Vec<String> {
            ids.iter().map(|id| format!("{what}: {id}")).collect()
        };
        Check::of(
            "every accepted notification has exactly one end, or waits for people",
            self.accepted.len(),
            found.into_iter().flat_map(each).collect(),
        )
    }

    pub(super) fn account_is_the_journals(&self) -> Check {
        let notes = &self.driver.journal.notes;
        let rows = self.account.rows.iter();
        let told: HashMap<&str, Option<&str>> = rows
            .map(|row| (row.id.as_str(), row.end.as_deref()))
            .collect();
        let mut wrong: Vec<String> = Vec::new();
        for (id, note) in notes {
            if note.ends.len() > 1 {
                let ends = note.ends.len();
                wrong.push(format!("{id} ended {ends} times in the journal"));
            }
            let end = note.ends.first().map(|(end, _)| end.as_str());
            let said = told.get(id.to_string().as_str());
            if said != Some(&end) {
                wrong.push(format!(
                    "{id}: the journal says {end:?}, the API says {said:?}"
                ));
            }
            if !self.accepted.contains_key(id) {
                wrong.push(format!("{id} stands in the journal, and no row made it"));
            }
        }
        let people = notes.values().filter(|note| note.task.is_some()).count();
        let queue = self.account.tasks.len();
        if people != queue {
            wrong.push(format!(
                "{people} tasks in the journal, {queue} in the human queue"
            ));
        }
        Check::of("the API tells what the journal holds", notes.len(), wrong)
    }
}
