//! Owns the reconciliation of the three books: the input files, the sinks' own ledger, the journal;
//! and of the engine's own account with all three. Refuses to excuse a difference, and to call a
//! check good that looked at nothing.

mod handed_in;
mod right;
mod sent;

use std::collections::BTreeMap;

use sluis_loadtest::sink::{Kind, Row};
use sluis_model::NotificationId;

use crate::driver::Driver;
use crate::ends::Account;
use crate::journal_book::Attempt;

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
