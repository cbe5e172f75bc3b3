//! Owns what happens to one tenant: a row handed over, a fact, an answer of a provider, a report, a press,
//! a payment. Refuses to decide what follows: the rules do.

use sluis_model::{
    Channel, FactKind, Input, LateReceipt, Receipt, ReceiptKind, Timestamp, Verdict, Why,
};

use super::{Feed, Shard};
use crate::agenda::{Reply, Report, Tried, What};
use crate::tally::Via;

impl Shard<'_> {
    pub(super) fn happen(&mut self, at: Timestamp, person: u32, what: What) {
        self.feed(at, person);
        match what {
            What::Fact(fact) => self.tell(at, person, fact),
            What::Feeds => {}
            What::Notify(row) => self.notify(at, person, row),
            What::Timer(row) => {
                let id = self.stage.id(row);
                self.give(at, person, &Input::Timer { id });
            }
            What::Ready(row) => self.line_up(at, person, row),
            What::Answered(tried, reply) => self.answered(at, person, tried, reply),
            What::Reported(tried, report) => self.reported(at, person, tried, report),
            What::Pressed(tried) => self.press(at, person, tried),
            What::Paid(row) => self.pay(at, person, row),
        }
        self.forget(person);
    }

    /// The button of a message is pressed. Behind a link that is closed there is no button.
    pub(super) fn press(&mut self, at: Timestamp, person: u32, tried: Tried) {
        let id = self.stage.id(tried.row);
        if self.open(person, id).is_none() {
            return;
        }
        self.pressed = false;
        self.give(at, person, &Input::Link { id, pressed: true });
        if let Some(via) = self.via(tried).filter(|_| self.pressed) {
            self.results.via(via).pressed += 1;
        }
    }

    pub(super) fn notify(&mut self, at: Timestamp, person: u32, row: u32) {
        let Some(body) = self.audience.notification(self.stage, row) else {
            return;
        };
        if let Some(slot) = self.slots.get_mut(&person) {
            slot.rows = slot.rows.saturating_sub(1);
        }
        self.first_time(at, person);
        self.give(at, person, &Input::Notify(Box::new(body)));
        self.begin_group(at, row);
    }

    /// Whom a message could reach is looked at once, as things stand when it is handed over.
    pub(super) fn first_time(&mut self, at: Timestamp, person: u32) {
        self.tenant(at, person);
        let Some(slot) = self.slots.get_mut(&person).filter(|slot| !slot.is_told) else {
            return;
        };
        slot.is_told = true;
        self.results.people += 1;
        let tenant = slot.tenant.as_deref();
        let mut any = false;
        for (channel, _) in &self.outboxes {
            let reached = channel.contact_kind().is_none()
                || tenant.is_some_and(|tenant| tenant.point(*channel).is_some());
            if reached {
                any = true;
                *self.results.reachable.entry(*channel).or_default() += 1;
            }
        }
        self.results.unreachable += u64::from(!any);
    }

    pub(super) fn tell(&mut self, at: Timestamp, person: u32, place: u32) {
        let fact = &self.audience.facts[place as usize];
        self.give(at, person, &fact.input);
        if let (Some(every), Some(slot)) = (fact.every, self.slots.get_mut(&person)) {
            slot.feeds.push(Feed {
                fact: place,
                every,
                next: at.plus(every),
                told: 1,
            });
        }
    }

    /// Tells what feeds have told again until now: of each the newest, for the others it takes the
    /// place of.
    pub(super) fn feed(&mut self, now: Timestamp, person: u32) {
        let Some(slot) = self.slots.get_mut(&person) else {
            return;
        };
        let paid = slot.paid;
        let mut due = Vec::new();
        for feed in slot.feeds.iter_mut().filter(|feed| feed.next <= now) {
            let missed = now.since(feed.next) / feed.every;
            let at = feed.next.plus(missed * feed.every);
            feed.next = at.plus(feed.every);
            feed.told += 1;
            due.push((at, feed.fact, feed.told));
        }
        due.sort_unstable();
        for (at, fact, number) in due {
            let again = again(&self.audience.facts[fact as usize].input, at, number, paid);
            self.give(at, person, &again);
        }
    }

    /// The tenant pays the whole amount that a row is about.
    pub(super) fn pay(&mut self, at: Timestamp, person: u32, row: u32) {
        let audience = self.audience;
        let body = &audience.rows[row as usize].body;
        let amount = self
            .stage
            .flow
            .amount
            .and_then(|place| body.fields.get(place));
        let (Some(sluis_model::flow::Value::Integer(amount)), Some(subject)) =
            (amount, &body.subject)
        else {
            return;
        };
        let course = self.courses.entry(row).or_default();
        if std::mem::replace(&mut course.is_paid, true) {
            return;
        }
        if let Some(slot) = self.slots.get_mut(&person) {
            slot.paid += amount;
        }
        let fact = sluis_model::Fact {
            fact_id: format!("rehearsal-{row}").into(),
            body: u64::from(row),
            kind: FactKind::Payment,
            subject: Some(subject.clone()),
            amount_cents: Some(*amount),
            occurred_at: at,
            environment: audience.common.environment,
        };
        self.give(at, person, &Input::Fact(fact));
    }

    pub(super) fn answered(&mut self, at: Timestamp, person: u32, tried: Tried, reply: Reply) {
        let Some(via) = self.via(tried) else { return };
        let counts = self.results.via(via);
        let verdict = match reply {
            Reply::Accepted => {
                counts.accepted += 1;
                Verdict::Accepted {
                    provider_id: "rehearsal".into(),
                }
            }
            Reply::Refused => {
                counts.refused += 1;
                Verdict::Refused {
                    class: sluis_model::Refusal::Address,
                    why: Why::new("drawn", "refused for its address"),
                }
            }
            Reply::Later => {
                counts.deferred += 1;
                Verdict::Retry {
                    after_ms: None,
                    why: Why::new("drawn", "not now"),
                }
            }
        };
        self.outcome(at, person, tried, verdict);
    }

    pub(super) fn outcome(&mut self, at: Timestamp, person: u32, tried: Tried, verdict: Verdict) {
        let attempt = self.attempt(tried);
        self.give(at, person, &Input::Outcome { attempt, verdict });
    }

    pub(super) fn attempt(&self, tried: Tried) -> sluis_model::AttemptRef {
        sluis_model::AttemptRef {
            id: self.stage.id(tried.row),
            step: tried.step,
            attempt: tried.attempt,
        }
    }

    pub(super) fn via(&self, tried: Tried) -> Option<Via> {
        let carrier = self.stage.carriers.get(usize::from(tried.carrier))?;
        Some(Via {
            step: tried.step,
            channel: carrier.channel,
            carrier: tried.carrier,
        })
    }

    pub(super) fn reported(&mut self, at: Timestamp, person: u32, tried: Tried, report: Report) {
        let Some(via) = self.via(tried) else { return };
        let counts = self.results.via(via);
        let kind = match report {
            Report::Bounced => {
                counts.bounced += 1;
                ReceiptKind::BouncedHard
            }
            Report::Failed => {
                counts.failed += 1;
                ReceiptKind::Failed
            }
            Report::Delivered => {
                counts.delivered += 1;
                ReceiptKind::Delivered
            }
        };
        let attempt = self.attempt(tried);
        let receipt = Receipt {
            attempt,
            kind,
            why: Some(Why::new("drawn", "")),
            provider: self.stage.carriers[usize::from(tried.carrier)].name.clone(),
            occurred_at: None,
        };
        if self.open(person, attempt.id).is_some() {
            self.give(at, person, &Input::Receipt(receipt));
        } else if report == Report::Bounced && self.is_needed(person) {
            // What it says of the address matters to what is still to come.
            let address = self.address(person, via.channel);
            if let Some(address) = address {
                let (channel, late) = (via.channel, receipt);
                let late = LateReceipt {
                    receipt: late,
                    channel,
                    address,
                };
                self.give(at, person, &Input::LateReceipt(Box::new(late)));
            }
        }
    }

    pub(super) fn address(&self, person: u32, channel: Channel) -> Option<Box<str>> {
        let tenant = self.slots.get(&person)?.tenant.as_deref()?;
        Some(tenant.point(channel)?.value.clone())
    }
}

/// A fact, told again: what is so is so still, but for what was paid since.
fn again(input: &Input, at: Timestamp, number: u64, paid: i64) -> Input {
    let mut input = input.clone();
    match &mut input {
        Input::Fact(fact) => {
            fact.fact_id = format!("{}/{number}", fact.fact_id).into();
            fact.occurred_at = at;
            if fact.kind == FactKind::Balance {
                fact.amount_cents = fact.amount_cents.map(|cents| cents.saturating_sub(paid));
            }
        }
        Input::Declared(fact) => {
            fact.fact_id = format!("{}/{number}", fact.fact_id).into();
            fact.occurred_at = at;
        }
        _ => {}
    }
    input
}
