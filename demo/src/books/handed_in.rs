//! Owns the checks of what was handed in: every row was told something, everything accepted has one
//! end, and the API tells what the journal holds.

use std::collections::{BTreeSet, HashMap};

use sluis_loadtest::ledger::{self, Rules};
use sluis_model::NotificationId;

use super::{Books, Check};
use crate::inputs::Verdict;

impl Books<'_> {
    pub(super) fn rows_told(&self) -> Check {
        let inputs = &self.driver.inputs;
        let mut wrong = Vec::new();
        if inputs.returns.len() != self.driver.files.returns.len() {
            wrong.push(format!(
                "{} verdicts for {} rows",
                inputs.returns.len(),
                self.driver.files.returns.len()
            ));
        }
        let known: BTreeSet<NotificationId> = self.accepted.keys().copied().collect();
        for verdict in &inputs.returns {
            if let Verdict::Duplicate(id) = verdict
                && !known.contains(id)
            {
                wrong.push(format!(
                    "a row is called a repeat of {id}, which no row made"
                ));
            }
        }
        let files = &self.driver.files;
        for (what, posted, rows) in [
            ("balances", inputs.balances.posted, files.balances.len()),
            ("payments", inputs.payments.posted, files.payments.len()),
        ] {
            if posted != rows {
                wrong.push(format!("{posted} {what} posted of {rows}"));
            }
        }
        let count = |field: &str| inputs.tenants[field].as_u64().unwrap_or(0);
        if count("rows") != count("new") + count("changed") + count("same") + count("rejected") {
            wrong.push(format!(
                "the report of the tenant list does not add up: {}",
                inputs.tenants
            ));
        }
        Check::of(
            "every row of every file was accepted, known already, or rejected with a reason",
            inputs.returns.len(),
            wrong,
        )
    }

    /// The balance of the load tests, over the engine's own account. Copies are judged by attempt,
    /// not here: a tenant who prefers text messages gets two by right.
    pub(super) fn one_end_each(&self) -> Check {
        let acked = self
            .accepted
            .iter()
            .map(|(id, row)| (id.to_string(), row.to_string()))
            .collect();
        let books = ledger::Books {
            acked,
            sinks: self.rows.to_vec(),
            outcomes: self.account.rows.clone(),
        };
        let rules = Rules {
            max_duplicates: u64::MAX,
            ..Rules::default()
        };
        let balance = ledger::reconcile(&books, &rules);
        let told = |what: &str, list: &[String]| {
            list.iter()
                .map(|id| format!("{what}: {id}"))
                .collect::<Vec<_>>()
        };
        let mut wrong = told("the engine does not know it", &balance.lost);
        wrong.extend(told(
            "neither ended nor waiting for somebody",
            &balance.open,
        ));
        wrong.extend(told("more than one end", &balance.two_ends));
        wrong.extend(told("nobody handed it in", &balance.invented));
        wrong.extend(told("at a sink, never accepted", &balance.strangers));
        wrong.extend(told("said to be sent, at no sink", &balance.never_arrived));
        Check::of(
            "every accepted notification has exactly one end, or waits for people",
            self.accepted.len(),
            wrong,
        )
    }

    pub(super) fn account_is_the_journals(&self) -> Check {
        let notes = &self.driver.journal.notes;
        let mut wrong: Vec<String> = Vec::new();
        let told: HashMap<&str, Option<&str>> = self
            .account
            .rows
            .iter()
            .map(|row| (row.id.as_str(), row.end.as_deref()))
            .collect();
        for (id, note) in notes {
            let end = note.ends.first().map(|(end, _)| end.as_str());
            if note.ends.len() > 1 {
                wrong.push(format!(
                    "{id} ended {} times in the journal",
                    note.ends.len()
                ));
            }
            if told.get(id.to_string().as_str()) != Some(&end) {
                wrong.push(format!(
                    "{id}: the journal says {end:?}, the API says {:?}",
                    told.get(id.to_string().as_str())
                ));
            }
            if !self.accepted.contains_key(id) {
                wrong.push(format!("{id} stands in the journal, and no row made it"));
            }
        }
        let people = notes.values().filter(|note| note.task.is_some()).count();
        if people != self.account.tasks.len() {
            wrong.push(format!(
                "{people} tasks in the journal, {} in the human queue",
                self.account.tasks.len()
            ));
        }
        Check::of("the API tells what the journal holds", notes.len(), wrong)
    }
}
