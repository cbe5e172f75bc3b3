//! Owns the reconciliation of the three books: the input files, the sinks' own ledger, the journal;
//! and of the engine's own account with all three. Refuses to excuse a difference, and to call a
//! check good that looked at nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sluis_loadtest::ledger::{self, Rules};
use sluis_loadtest::sink::{Channel as SinkChannel, Kind, Row};
use sluis_model::{Channel, NotificationId, Timestamp};

use super::driver::Driver;
use super::ends::Account;
use super::inputs::Verdict;
use super::journal_book::Attempt;
use super::oracle::Fate;
use super::schedule::Schedule;

/// One thing that must be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What must be so.
    pub name: &'static str,
    /// How many things were looked at.
    pub looked_at: usize,
    /// Those that are not so.
    pub wrong: Vec<String>,
}

impl Check {
    /// Whether it is so, of something.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.wrong.is_empty() && self.looked_at > 0
    }

    fn of(name: &'static str, looked_at: usize, wrong: Vec<String>) -> Self {
        Self {
            name,
            looked_at,
            wrong,
        }
    }
}

/// Everything the checks look at.
pub(super) struct Books<'a> {
    driver: &'a Driver,
    account: &'a Account,
    /// What the sinks saw.
    rows: &'a [Row],
    /// Rows of the returns file by their notification.
    accepted: BTreeMap<NotificationId, usize>,
}

/// A message that a sink took, with the attempt its reference names.
struct Message<'a> {
    row: &'a Row,
    id: NotificationId,
    number: u16,
    attempt: Option<&'a Attempt>,
}

impl<'a> Books<'a> {
    pub(super) fn new(driver: &'a Driver, account: &'a Account, rows: &'a [Row]) -> Self {
        Self {
            driver,
            account,
            rows,
            accepted: driver.accepted(),
        }
    }

    /// Every check.
    pub(super) fn checks(&self) -> Vec<Check> {
        let (messages, strangers) = self.messages();
        vec![
            self.rows_told(),
            self.one_end_each(),
            self.account_is_the_journals(),
            Check::of(
                "every message at a sink is an attempt of an accepted notification",
                messages.len(),
                strangers,
            ),
            Self::one_start_each(&messages),
            self.taken_arrived(&messages),
            self.nobody_who_had_paid(),
            self.nobody_who_owed_nothing(),
            self.reached_by_right(),
            self.paid_is_closed(),
            self.receipts_taken(),
            self.links(),
        ]
    }

    fn rows_told(&self) -> Check {
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
    fn one_end_each(&self) -> Check {
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

    fn account_is_the_journals(&self) -> Check {
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

    /// What the sinks took, and what of it no attempt explains.
    fn messages(&self) -> (Vec<Message<'a>>, Vec<String>) {
        let reference = &self.driver.stage.app().reference;
        let (mut messages, mut strangers) = (Vec::new(), Vec::new());
        for row in self.rows.iter().filter(|row| row.kind != Kind::Refused) {
            let text = row.id.split('@').next().unwrap_or_default();
            let Ok((_, attempt)) = reference.open_attempt(text) else {
                strangers.push(format!("{} to {}", row.id, row.to));
                continue;
            };
            if !self.accepted.contains_key(&attempt.id) {
                strangers.push(format!("{} was never accepted", attempt.id));
            }
            let known = self
                .driver
                .journal
                .attempts
                .get(&(attempt.id, attempt.attempt));
            messages.push(Message {
                row,
                id: attempt.id,
                number: attempt.attempt,
                attempt: known,
            });
        }
        (messages, strangers)
    }

    fn one_start_each(messages: &[Message<'_>]) -> Check {
        let mut wrong = Vec::new();
        let mut copies: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for Message {
            row, id, attempt, ..
        } in messages
        {
            let Some(attempt) = attempt else {
                wrong.push(format!("{id}: a message without an attempt"));
                continue;
            };
            let address: String = attempt.address.trim_start_matches('+').to_owned();
            let fits = attempt.channel == channel_of(row) && address.eq_ignore_ascii_case(&row.to);
            let first = attempt
                .started
                .first()
                .is_some_and(|at| at.0 <= row.first_ms);
            if attempt.started.len() != 1 || !fits || !first {
                wrong.push(format!(
                    "{id}: started {} times, for {}; the sink has it for {}",
                    attempt.started.len(),
                    attempt.address,
                    row.to
                ));
            }
            let copies = copies.entry(row.id.as_str()).or_default();
            *copies = (copies.0 + row.seen as usize, 1 + attempt.again.len());
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

    fn taken_arrived(&self, messages: &[Message<'_>]) -> Check {
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

    fn nobody_who_had_paid(&self) -> Check {
        let returns = &self.driver.files.returns;
        let starts: Vec<_> = self.starts().collect();
        let wrong = starts
            .iter()
            .filter(|(_, row, at)| self.driver.oracle.had_paid(&returns[*row], *at));
        let wrong = wrong.map(|(id, row, at)| {
            format!(
                "{id}: {} was paid before {}",
                returns[*row].invoice,
                super::time::shown(*at)
            )
        });
        Check::of(
            "no message was started for an invoice that had been paid",
            starts.len(),
            wrong.collect(),
        )
    }

    fn nobody_who_owed_nothing(&self) -> Check {
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
                super::time::shown(*at)
            )
        });
        Check::of(
            "no message was started without a fresh balance above zero",
            starts.len(),
            wrong.collect(),
        )
    }

    /// Wrong types, other environments and cases for people reach nobody.
    fn reached_by_right(&self) -> Check {
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

    fn paid_is_closed(&self) -> Check {
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

    fn receipts_taken(&self) -> Check {
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

    fn links(&self) -> Check {
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
                super::time::shown(found.at),
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
    match row.channel {
        SinkChannel::Email => Channel::Email,
        SinkChannel::Sms => Channel::Sms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Files;

    fn failing(driver: &Driver, account: &Account, rows: &[Row]) -> usize {
        Books::new(driver, account, rows)
            .checks()
            .iter()
            .filter(|check| !check.is_good())
            .count()
    }

    /// The control: books that were tampered with do not balance.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_missing_or_too_much_in_any_book_is_found() {
        let files = Files::of_seed(sluis_loadtest::demo::SEED)
            .unwrap()
            .reduced(150, 20);
        let mut driver = Driver::start(files, None).await.unwrap();
        driver.run(&mut |_| ()).await.unwrap();
        let account = Account::read(&driver.stage.api).await.unwrap();
        let rows = driver.stage.sinks.book().rows();
        let wrong: Vec<_> = Books::new(&driver, &account, &rows)
            .checks()
            .into_iter()
            .filter(|check| !check.is_good())
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");

        let fewer = Account {
            rows: account.rows[1..].to_vec(),
            tasks: account.tasks.clone(),
        };
        assert!(
            failing(&driver, &fewer, &rows) > 0,
            "an end that nobody tells"
        );
        let taken = rows
            .iter()
            .position(|row| row.kind == Kind::Accepted)
            .unwrap();
        let mut lost = rows.clone();
        lost.remove(taken);
        assert!(
            failing(&driver, &account, &lost) > 0,
            "a message that never arrived"
        );
        let mut twice = rows.clone();
        twice[taken].seen += 1;
        assert!(
            failing(&driver, &account, &twice) > 0,
            "a message that arrived twice"
        );
        let mut stranger = rows.clone();
        stranger[taken].id = "nobody@bounce.demo.example".into();
        assert!(
            failing(&driver, &account, &stranger) > 0,
            "a message that nobody sent"
        );
        for row in &mut driver.files.payments {
            row.hours = -1;
        }
        driver.oracle = crate::oracle::Oracle::of(&driver.files).unwrap();
        assert!(
            failing(&driver, &account, &rows) > 0,
            "a message for a paid invoice"
        );
        driver.stage.stop().await.unwrap();
    }
}
