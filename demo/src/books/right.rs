//! Owns the checks of whether it was right to send, by the input files alone: nobody who had paid or
//! owed nothing, nobody who was not to be reached.

use std::collections::BTreeSet;

use sluis_model::{NotificationId, Timestamp};

use super::{Books, Check};
use crate::journal_book::Attempt;
use crate::oracle::Fate;
use crate::schedule::Schedule;

impl<'a> Books<'a> {
    /// Starts of attempts with the row of the file they belong to.
    fn starts(&self) -> impl Iterator<Item = (NotificationId, usize, Timestamp)> + '_ {
        let of = |((id, _), attempt): (&(NotificationId, u16), &'a Attempt)| {
            let row = self.accepted.get(id).copied();
            let (id, starts) = (*id, attempt.started.iter().chain(&attempt.again));
            starts
                .filter_map(move |at| Some((id, row?, *at)))
                .collect::<Vec<_>>()
        };
        self.driver.journal.attempts.iter().flat_map(of)
    }

    pub(super) fn nobody_who_had_paid(&self) -> Check {
        let returns = &self.driver.files.returns;
        let starts: Vec<_> = self.starts().collect();
        let wrong = starts
            .iter()
            .filter(|(_, row, at)| self.driver.oracle.had_paid(&returns[*row], *at));
        let wrong = wrong.map(|(id, row, at)| {
            format!(
                "{id}: {} was paid before {}",
                returns[*row].invoice,
                crate::time::shown(*at)
            )
        });
        Check::of(
            "no message was started for an invoice that had been paid",
            starts.len(),
            wrong.collect(),
        )
    }

    pub(super) fn nobody_who_owed_nothing(&self) -> Check {
        let returns = &self.driver.files.returns;
        let starts: Vec<_> = self.starts().collect();
        let owes = |row: usize, at| {
            self.driver
                .oracle
                .owed(&returns[row].tenant, at)
                .is_some_and(|cents| cents > 0)
        };
        let wrong = starts.iter().filter(|(_, row, at)| !owes(*row, *at));
        let wrong = wrong.map(|(id, row, at)| {
            format!(
                "{id}: {} owed nothing by the feed, or there was none, at {}",
                returns[*row].tenant,
                crate::time::shown(*at)
            )
        });
        Check::of(
            "no message was started without a fresh balance above zero",
            starts.len(),
            wrong.collect(),
        )
    }

    /// Wrong types, other environments and cases for people reach nobody.
    pub(super) fn reached_by_right(&self) -> Check {
        let returns = &self.driver.files.returns;
        let mut wrong = Vec::new();
        let mut looked_at = 0;
        let reached: BTreeSet<NotificationId> = self
            .driver
            .journal
            .attempts
            .keys()
            .map(|(id, _)| *id)
            .collect();
        for (id, row) in &self.accepted {
            let fate = self.driver.oracle.fate(&returns[*row]);
            let end = self
                .driver
                .journal
                .notes
                .get(id)
                .and_then(|note| note.ends.first())
                .map(|(end, _)| end.as_str());
            let fits = match fate {
                Fate::Chased => continue,
                Fate::Quarantined => matches!(end, Some("quarantined" | "already running")),
                Fate::WrongType => matches!(end, Some("wrong type" | "already running")),
                Fate::People => matches!(end, None | Some("paid" | "already running")),
            };
            looked_at += 1;
            if !fits || reached.contains(id) {
                wrong.push(format!(
                    "{id}: {fate:?} by the files, {end:?} by the journal, reached: {}",
                    reached.contains(id)
                ));
            }
        }
        Check::of(
            "wrong types, other environments and cases for people reached nobody",
            looked_at,
            wrong,
        )
    }

    pub(super) fn paid_is_closed(&self) -> Check {
        let returns = &self.driver.files.returns;
        let paid = self.accepted.iter().filter(|(_, row)| {
            self.driver
                .oracle
                .had_paid(&returns[**row], Schedule::horizon())
        });
        let paid: Vec<_> = paid.collect();
        let open = paid.iter().filter(|(id, _)| {
            self.driver
                .journal
                .notes
                .get(id)
                .is_none_or(|note| note.ends.is_empty())
        });
        let wrong = open
            .map(|(id, row)| format!("{id}: {} is paid, and still open", returns[**row].invoice))
            .collect();
        Check::of(
            "every invoice that was paid in full is closed",
            paid.len(),
            wrong,
        )
    }
}
