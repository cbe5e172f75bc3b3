//! Owns the checks of what left: messages and attempts belong together one by one, and what came
//! back was understood.

use std::collections::{BTreeMap, BTreeSet};

use sluis_loadtest::sink::Row;
use sluis_model::{Channel, NotificationId};

use super::{Books, Check, Message};
use crate::journal_book::Attempt;

impl Books<'_> {
    pub(super) fn one_start_each(messages: &[Message<'_>]) -> Check {
        let mut wrong = Vec::new();
        let mut copies: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for message in messages {
            let Message {
                row, id, attempt, ..
            } = message;
            let Some(attempt) = attempt else {
                wrong.push(format!("{id}: a message without an attempt"));
                continue;
            };
            if attempt.started.len() != 1 || !is_of(row, attempt) {
                let (times, address) = (attempt.started.len(), &attempt.address);
                let to = &row.to;
                wrong.push(format!(
                    "{id}: started {times} times, for {address}; the sink has it for {to}"
                ));
            }
            let (seen, most) = copies.entry(row.id.as_str()).or_default();
            *seen += row.seen as usize;
            *most += 1 + attempt.again.len();
        }
        let many = copies.iter().filter(|(_, (seen, most))| seen > most);
        wrong.extend(many.map(|(id, (seen, most))| {
            format!("{id} came {seen} times, and was started {most} times")
        }));
        Check::of(
            "every message has exactly one start; a copy only where the first was in doubt",
            messages.len(),
            wrong,
        )
    }

    pub(super) fn taken_arrived(&self, messages: &[Message<'_>]) -> Check {
        let at_sink: BTreeSet<(NotificationId, u16)> = messages
            .iter()
            .map(|message| (message.id, message.number))
            .collect();
        let taken: Vec<_> = self
            .driver
            .journal
            .attempts
            .iter()
            .filter(|(_, attempt)| attempt.taken)
            .collect();
        let wrong = taken.iter().filter(|(key, _)| !at_sink.contains(key));
        let wrong = wrong
            .map(|((id, number), _)| {
                format!("{id}: attempt {number} is called taken, and no sink has it")
            })
            .collect();
        Check::of(
            "every attempt that a provider took stands in that sink's ledger",
            taken.len(),
            wrong,
        )
    }

    pub(super) fn receipts_taken(&self) -> Check {
        let receipts = &self.driver.inputs.receipts;
        let mut wrong = receipts.refused.clone();
        let unknown = receipts.effects.get("unknown").copied().unwrap_or(0);
        if unknown > 0 {
            wrong.push(format!("{unknown} receipts belong to nothing"));
        }
        Check::of(
            "every bounce and every delivery report was understood",
            receipts.bounces + receipts.callbacks,
            wrong,
        )
    }

    pub(super) fn links(&self) -> Check {
        let found: Vec<_> = self
            .driver
            .people
            .iter()
            .flat_map(|person| &person.found)
            .collect();
        let wrong = found.iter().filter(|found| !found.right);
        let wrong = wrong.map(|found| {
            format!(
                "{} {}: {} {}",
                crate::time::shown(found.at),
                found.what,
                found.status,
                found.said
            )
        });
        let wrong: Vec<_> = wrong.collect();
        Check::of(
            "links led to the payment page, and said 'already paid' afterwards",
            found.len(),
            wrong,
        )
    }
}

fn channel_of(row: &Row) -> Channel {
    row.channel.of_engine()
}

/// Whether the sink's row is of this attempt: over its channel, to its address, not before it
/// started.
fn is_of(row: &Row, attempt: &Attempt) -> bool {
    let address = attempt.address.trim_start_matches('+');
    let first = attempt.started.first();
    attempt.channel == channel_of(row)
        && address.eq_ignore_ascii_case(&row.to)
        && first.is_some_and(|at| at.0 <= row.first_ms)
}
