//! Owns what a supervisor warns of: its provider's breaker, attempts in doubt, refusals in mass,
//! messages that could not be made. Refuses addresses and bodies: a line holds a provider's name, a
//! code and a number.

use std::sync::Arc;

use sluis_model::{Barred, Clock, Timestamp, Verdict, Why};

use crate::seldom::Seldom;

/// Refusals of one provider within a minute that are worth a line: a few bad addresses are daily
/// life.
const MANY_REFUSALS: u64 = 100;

/// The warnings about one provider.
pub(super) struct Warned {
    opened: Seldom,
    account: Seldom,
    sender: Seldom,
    closed: Seldom,
    doubt: Seldom,
    refused: Seldom,
    unsendable: Seldom,
}

impl Warned {
    pub(super) fn new(provider: &str, clock: &Arc<dyn Clock>) -> Self {
        let provider = || provider.to_owned();
        Self {
            opened: warn_opened(provider(), clock.clone()),
            account: warn_account(provider(), clock.clone()),
            sender: warn_sender(provider(), clock.clone()),
            closed: warn_closed(provider(), clock.clone()),
            doubt: warn_doubt(provider(), clock.clone()),
            refused: warn_refused(provider(), clock.clone()),
            unsendable: warn_unsendable(provider(), clock.clone()),
        }
    }

    /// The breaker opened. `barred`: what the provider said, when it takes nothing from our account.
    pub(super) fn opened(&self, until: Timestamp, barred: Option<&Why>) {
        if let Some(why) = barred {
            return self.account.note_with(|| Some(why.code.to_string()));
        }
        let said = || {
            jiff::Timestamp::from_millisecond(until.0)
                .ok()
                .map(|at| at.to_string())
        };
        self.opened.note_with(said);
    }

    /// The breaker closed.
    pub(super) fn closed(&self) {
        self.closed.note();
    }

    /// An attempt ended.
    pub(super) fn ended(&self, verdict: &Verdict) {
        let code = |why: &Why| Some(why.code.to_string());
        match verdict {
            Verdict::InDoubt { why } => self.doubt.note_with(|| code(why)),
            Verdict::Refused { why, .. } if verdict.is_unsendable() => {
                self.unsendable.note_with(|| code(why))
            }
            Verdict::Refused { why, .. } => self.refused.note_with(|| code(why)),
            Verdict::Barred {
                what: Barred::Sender,
                why,
            } => self.sender.note_with(|| code(why)),
            // Said when the breaker opens.
            Verdict::Barred {
                what: Barred::Account,
                ..
            }
            | Verdict::Accepted { .. }
            | Verdict::Delivered { .. }
            | Verdict::Retry { .. }
            | Verdict::Withdrawn { .. } => {}
        }
    }

    /// Tells what was held back.
    pub(super) fn flush(&self) {
        self.all().into_iter().for_each(Seldom::flush);
    }

    /// Tells it at the end of the process.
    pub(super) fn finish(&self) {
        self.all().into_iter().for_each(Seldom::finish);
    }

    const fn all(&self) -> [&Seldom; 7] {
        [
            &self.opened,
            &self.account,
            &self.sender,
            &self.closed,
            &self.doubt,
            &self.refused,
            &self.unsendable,
        ]
    }
}

fn warn_opened(provider: String, clock: Arc<dyn Clock>) -> Seldom {
    Seldom::new(clock, move |count, detail| {
        let until = detail.unwrap_or("later");
        tracing::warn!(%provider, openings = count, until, "the breaker is open: the provider cannot be reached, and is only probed");
    })
}

fn warn_account(provider: String, clock: Arc<dyn Clock>) -> Seldom {
    Seldom::new(clock, move |count, code| {
        let code = code.unwrap_or("several");
        tracing::warn!(%provider, openings = count, code, "the breaker is open: the provider takes nothing from our account, and messages wait; mend its credentials, rights, balance or address, and restart");
    })
}

fn warn_sender(provider: String, clock: Arc<dyn Clock>) -> Seldom {
    Seldom::new(clock, move |count, code| {
        let code = code.unwrap_or("several");
        tracing::warn!(%provider, attempts = count, code, "the provider refuses a corporation's sender, or does not relay for it: its messages wait");
    })
}

fn warn_closed(provider: String, clock: Arc<dyn Clock>) -> Seldom {
    Seldom::new(clock, move |count, _| {
        tracing::warn!(%provider, closings = count, "the breaker closed: the provider answers again");
    })
}

fn warn_doubt(provider: String, clock: Arc<dyn Clock>) -> Seldom {
    Seldom::new(clock, move |count, code| {
        let code = code.unwrap_or("several");
        tracing::warn!(%provider, attempts = count, code, "attempts are in doubt: the provider broke off after they had left");
    })
}

fn warn_refused(provider: String, clock: Arc<dyn Clock>) -> Seldom {
    Seldom::in_mass(clock, MANY_REFUSALS, move |count, code| {
        let code = code.unwrap_or("several");
        tracing::warn!(%provider, attempts = count, code, "the provider refuses many attempts");
    })
}

fn warn_unsendable(provider: String, clock: Arc<dyn Clock>) -> Seldom {
    Seldom::new(clock, move |count, code| {
        let code = code.unwrap_or("several");
        tracing::warn!(%provider, messages = count, code, "messages cannot be made or are too long for the channel: mend the template");
    })
}
