//! Owns channel models that are measured from the records of an engine: shares and times per channel and
//! provider, from what was sent, taken, reported, pressed and paid. Refuses to measure from few messages,
//! and what no record says: calls, and payments that no press came before.

use std::collections::{BTreeMap, HashMap, HashSet};

use sluis_model::flow::FlowRef;
use sluis_model::outside::{Behaviour, Delay, Outside};
use sluis_model::{
    AttemptRef, Cause, Channel, Event, Input, NotificationId, Receipt, ReceiptKind, Refusal,
    TenantRecord, Timestamp, Verdict,
};

use super::measure::{FEWEST, percent};

/// From fewer times none is measured.
const FEWEST_TIMES: usize = 20;
/// Times of one kind that are kept; later ones are not looked at.
const MOST_TIMES: usize = 1_000_000;
/// Parts that times are divided into.
const PARTS: usize = 20;

/// What was sent one way.
#[derive(Default)]
struct Way {
    started: u64,
    unsendable: u64,
    withdrawn: u64,
    deferred: u64,
    refused: u64,
    accepted: u64,
    bounced: u64,
    failed: u64,
    delivered: u64,
    takes: Vec<i64>,
    bounced_after: Vec<i64>,
    failed_after: Vec<i64>,
    delivered_after: Vec<i64>,
    pressed_after: Vec<i64>,
    /// By step: messages that were taken, and those whose button was pressed.
    pressed: BTreeMap<(FlowRef, u8), (u64, u64)>,
}

#[derive(Clone, Copy)]
struct Attempt {
    way: usize,
    step: u8,
    started: Timestamp,
    accepted: Option<Timestamp>,
    is_reported: bool,
}

#[derive(Clone, Copy)]
struct Note {
    flow: FlowRef,
    step: u8,
    newest: u16,
    pressed: Option<Timestamp>,
}

/// What the records say so far.
#[derive(Default)]
pub struct History {
    places: HashMap<(Channel, Box<str>), usize>,
    ways: Vec<Way>,
    notes: HashMap<NotificationId, Note>,
    attempts: HashMap<(NotificationId, u16), Attempt>,
    /// Steps whose link somebody used: they have one.
    links: HashSet<(FlowRef, u8)>,
    presses: u64,
    pays_after: Vec<i64>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl History {
    /// Takes a record in; those of one shard in their order.
    pub fn take(&mut self, record: &TenantRecord) {
        if record.tenant.as_household().is_some() {
            return;
        }
        let at = record.at;
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        if let Input::Notify(body) = &record.input {
            let note = Note {
                flow: body.flow,
                step: 0,
                newest: 0,
                pressed: None,
            };
            self.notes.entry(body.id).or_insert(note);
        }
        for event in &record.events {
            self.event(at, event);
        }
        match &record.input {
            Input::Outcome { attempt, verdict }
            | Input::Sent {
                attempt, verdict, ..
            } => {
                self.outcome(at, *attempt, verdict);
            }
            Input::Receipt(receipt) => self.receipt(at, receipt),
            Input::LateReceipt(late) => self.receipt(at, &late.receipt),
            _ => {}
        }
    }

    fn event(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::StepEntered { id, step, .. } => {
                if let Some(note) = self.notes.get_mut(id) {
                    note.step = *step;
                }
            }
            Event::AttemptStarted {
                id,
                attempt,
                channel,
                provider,
                resend: false,
                ..
            } => self.started(at, (*id, *attempt), (*channel, provider)),
            Event::AttemptWithdrawn { id, attempt, .. } => {
                if let Some(way) = self.way_of((*id, *attempt)) {
                    way.withdrawn += 1;
                }
            }
            Event::LinkUsed { id, pressed } => self.used(at, *id, *pressed),
            Event::Ended {
                id,
                cause: Cause::Stop { .. },
                ..
            } => self.stopped(at, *id),
            _ => {}
        }
    }

    fn started(
        &mut self,
        at: Timestamp,
        key: (NotificationId, u16),
        (channel, provider): (Channel, &str),
    ) {
        let next = self.ways.len();
        let way = *self
            .places
            .entry((channel, provider.into()))
            .or_insert(next);
        if way == next {
            self.ways.push(Way::default());
        }
        self.ways[way].started += 1;
        let step = self.notes.get_mut(&key.0).map_or(0, |note| {
            note.newest = key.1;
            note.step
        });
        let attempt = Attempt {
            way,
            step,
            started: at,
            accepted: None,
            is_reported: false,
        };
        self.attempts.insert(key, attempt);
    }

    fn way_of(&mut self, key: (NotificationId, u16)) -> Option<&mut Way> {
        let attempt = self.attempts.get(&key)?;
        self.ways.get_mut(attempt.way)
    }

    fn outcome(&mut self, at: Timestamp, of: AttemptRef, verdict: &Verdict) {
        let Some(attempt) = self.attempts.get_mut(&(of.id, of.attempt)) else {
            return;
        };
        let way = &mut self.ways[attempt.way];
        match verdict {
            Verdict::Accepted { .. } => {
                attempt.accepted = Some(at);
                way.accepted += 1;
                keep(&mut way.takes, at.since(attempt.started));
                if let Some(note) = self.notes.get(&of.id) {
                    way.pressed.entry((note.flow, attempt.step)).or_default().0 += 1;
                }
            }
            Verdict::Refused {
                class: Refusal::Unsendable,
                ..
            } => way.unsendable += 1,
            Verdict::Refused { .. } => way.refused += 1,
            Verdict::Retry { .. } => way.deferred += 1,
            // Nothing of it says how the outside answers a message that it has seen.
            Verdict::Delivered { .. }
            | Verdict::InDoubt { .. }
            | Verdict::Withdrawn { .. }
            | Verdict::Barred { .. } => {}
        }
    }

    fn receipt(&mut self, at: Timestamp, receipt: &Receipt) {
        let key = (receipt.attempt.id, receipt.attempt.attempt);
        let Some(attempt) = self.attempts.get_mut(&key) else {
            return;
        };
        let Some(accepted) = attempt.accepted.filter(|_| !attempt.is_reported) else {
            return;
        };
        let way = &mut self.ways[attempt.way];
        let (count, times) = match receipt.kind {
            ReceiptKind::BouncedHard => (&mut way.bounced, &mut way.bounced_after),
            ReceiptKind::Failed | ReceiptKind::Blocked => (&mut way.failed, &mut way.failed_after),
            ReceiptKind::Delivered => (&mut way.delivered, &mut way.delivered_after),
            // None of these says what became of the message in the end.
            ReceiptKind::Accepted
            | ReceiptKind::Delayed
            | ReceiptKind::Opened
            | ReceiptKind::Complained
            | ReceiptKind::Replied
            | ReceiptKind::Unexplained => return,
        };
        attempt.is_reported = true;
        *count += 1;
        keep(times, at.since(accepted));
    }

    fn used(&mut self, at: Timestamp, id: NotificationId, pressed: bool) {
        let Some(note) = self.notes.get_mut(&id) else {
            return;
        };
        let Some(attempt) = self.attempts.get(&(id, note.newest)) else {
            return;
        };
        self.links.insert((note.flow, attempt.step));
        let Some(accepted) = attempt
            .accepted
            .filter(|_| pressed && note.pressed.is_none())
        else {
            return;
        };
        note.pressed = Some(at);
        self.presses += 1;
        let way = &mut self.ways[attempt.way];
        way.pressed.entry((note.flow, attempt.step)).or_default().1 += 1;
        keep(&mut way.pressed_after, at.since(accepted));
    }

    /// A stop rule came true after the button was pressed: that is a payment, as far as anybody knows.
    fn stopped(&mut self, at: Timestamp, id: NotificationId) {
        if let Some(pressed) = self.notes.get(&id).and_then(|note| note.pressed) {
            keep(&mut self.pays_after, at.since(pressed));
        }
    }

    /// The models, and what could not be measured.
    #[must_use]
    pub fn measured(self) -> (Outside, Vec<String>) {
        let mut outside = Outside::assumed();
        let day = |at: Option<Timestamp>| {
            let at = at.map_or(0, |at| at.0);
            let instant = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
            instant.strftime("%Y-%m-%d").to_string()
        };
        let (first, last) = (day(self.first), day(self.last));
        outside.source = format!("measured from records of {first} to {last}").into();
        let mut basis = vec![format!("what is measured: records of {first} to {last}").into()];
        let assumed = std::mem::take(&mut outside.basis).into_iter();
        basis.extend(assumed.map(|one| format!("where nothing was measured: {one}").into()));
        outside.basis = basis;
        let mut notes = Vec::new();
        let mut places: Vec<_> = self.places.into_iter().collect();
        places.sort();
        for ((channel, provider), place) in places {
            let like = outside.of(channel, &provider).cloned();
            let way = &self.ways[place];
            match like {
                Some(like) if way.started >= FEWEST => {
                    let name = format!("{channel} through {provider}");
                    let one = behaviour(way, &self.links, like, (&name, &mut notes));
                    let provider = Some(provider);
                    outside.channels.push(Behaviour { provider, ..one });
                }
                Some(_) => notes.push(format!(
                    "{channel} through {provider}: {} messages are too few, so it stays as assumed",
                    way.started
                )),
                None => notes.push(format!("{channel}: there is no model of it to begin with")),
            }
        }
        let people = &mut outside.people;
        if self.presses >= FEWEST {
            people.pays = percent(self.pays_after.len() as u64, self.presses);
        } else {
            let presses = self.presses;
            notes.push(format!(
                "{presses} presses are too few: who pays is as assumed"
            ));
        }
        if let Some(times) = delay(self.pays_after) {
            people.pays_after = times;
        }
        notes.push("no record tells of calls: they are as assumed".to_owned());
        (outside, notes)
    }
}

fn behaviour(
    way: &Way,
    links: &HashSet<(FlowRef, u8)>,
    like: Behaviour,
    (name, notes): (&str, &mut Vec<String>),
) -> Behaviour {
    let asked = way.started.saturating_sub(way.unsendable + way.withdrawn);
    let with_link = way.pressed.iter().filter(|(step, _)| links.contains(step));
    let (taken, pressed) = with_link.fold((0, 0), |(taken, pressed), (_, of)| {
        (taken + of.0, pressed + of.1)
    });
    let arrived = way.accepted.saturating_sub(way.bounced + way.failed);
    // Buttons are of messages that arrive; of how many of those with one nobody wrote it down.
    let with_button = taken * arrived / way.accepted.max(1);
    let mut times = |what: &str, seen: &[i64], like: Delay| {
        delay(seen.to_vec()).unwrap_or_else(|| {
            if !seen.is_empty() {
                notes.push(format!(
                    "{name}: {} times of {what} are too few",
                    seen.len()
                ));
            }
            like
        })
    };
    let median = |seen: &[i64]| {
        let mut seen = seen.to_vec();
        seen.sort_unstable();
        seen.get(seen.len() / 2).copied()
    };
    Behaviour {
        measured: asked,
        takes_ms: median(&way.takes).unwrap_or(like.takes_ms),
        refused: percent(way.refused, asked),
        deferred: percent(way.deferred, asked.saturating_sub(way.refused)),
        bounced: percent(way.bounced, way.accepted),
        failed: percent(way.failed, way.accepted.saturating_sub(way.bounced)),
        delivered: percent(way.delivered, arrived),
        pressed: match taken >= FEWEST {
            true => percent(pressed, with_button),
            false => like.pressed,
        },
        bounced_after: times("bounces", &way.bounced_after, like.bounced_after),
        failed_after: times("failures", &way.failed_after, like.failed_after),
        delivered_after: times("deliveries", &way.delivered_after, like.delivered_after),
        pressed_after: times("presses", &way.pressed_after, like.pressed_after),
        channel: like.channel,
        provider: like.provider,
    }
}

fn keep(times: &mut Vec<i64>, ms: i64) {
    if times.len() < MOST_TIMES {
        times.push(ms.max(0));
    }
}

/// Quantiles that lie equally far apart; none from few times.
fn delay(mut seen: Vec<i64>) -> Option<Delay> {
    if seen.len() < FEWEST_TIMES {
        return None;
    }
    seen.sort_unstable();
    let last = seen.len() - 1;
    Delay::new((0..=PARTS).map(|part| seen[last * part / PARTS]).collect())
}
