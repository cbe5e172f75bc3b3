//! Owns what must hold whatever comes in, in whatever order: random inputs against one tenant with
//! several notifications. Refuses examples: the stories are beside it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::world::{
    OWED, START, World, accepted, barred, delivered, in_doubt, invoice, prefers, refused, retry,
    withdrawn,
};
use crate::flow::Value;
use crate::{
    AttemptRef, Barred, CancelTarget, Channel, Environment, Event, FactKind, HOUR, Input, MINUTE,
    NotificationId, OnDoubt, Open, Permit, Phase, ReceiptKind, Refusal, Timestamp, Verdict,
};

/// One thing that happens. Numbers pick among what there is at that moment.
#[derive(Clone, Debug)]
enum Act {
    Storno {
        invoice: u32,
        cents: i64,
        code: &'static str,
        after: Option<i64>,
        expires: Option<i64>,
        environment: Environment,
    },
    Notice {
        invoice: Option<u32>,
        expires: Option<i64>,
    },
    Profile(u8),
    Fact {
        number: u8,
        kind: FactKind,
        invoice: u32,
        cents: i64,
        age: i64,
    },
    Later(i64),
    FallDue(usize),
    Timer(usize),
    Permit {
        pick: usize,
        exact: bool,
        on_doubt: OnDoubt,
    },
    Outcome {
        pick: usize,
        attempt: Option<u16>,
        verdict: Verdict,
    },
    Interrupted(usize),
    Receipt {
        pick: usize,
        attempt: Option<u16>,
        kind: ReceiptKind,
    },
    Cancel(usize),
    CancelSubject(u32),
    Answer {
        pick: usize,
        answer: &'static str,
    },
    Link {
        pick: usize,
        pressed: bool,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let pick = || 0..8usize;
    let of = || 1..4u32;
    let cents = || prop::sample::select(vec![0, 1, OWED / 2, OWED, -1]);
    let moment = || prop::option::weighted(0.2, 0..(60 * HOUR));
    let attempt = || prop::option::weighted(0.2, 0..4u16);
    let code = prop::sample::select(vec!["AM04", "AM04", "AM04", "MD07", "AM05", "ZZ99"]);
    let environment = prop::sample::select(vec![
        Environment::Production,
        Environment::Production,
        Environment::Test,
    ]);
    let kind = prop::sample::select(FactKind::ALL.to_vec());
    let verdict = prop::sample::select(vec![
        accepted(),
        delivered(),
        retry(None),
        retry(Some(1_000)),
        refused(Refusal::Address),
        refused(Refusal::Policy),
        refused(Refusal::Ours),
        refused(Refusal::Unsendable),
        refused(Refusal::Soft),
        in_doubt(),
        withdrawn(),
        barred(Barred::Account),
        barred(Barred::Sender),
    ]);
    use ReceiptKind::{
        Accepted, Blocked, BouncedHard, Complained, Delayed, Delivered, Failed, Opened, Replied,
        Unexplained,
    };
    let receipt = vec![
        Accepted,
        Delivered,
        BouncedHard,
        Delayed,
        Failed,
        Opened,
        Complained,
        Replied,
        Blocked,
        Unexplained,
    ];
    let on_doubt = prop::sample::select(vec![OnDoubt::Resend, OnDoubt::Hold]);
    prop_oneof![
        3 => (of(), cents(), code, moment(), moment(), environment).prop_map(|(invoice, cents, code, after, expires, environment)| {
            Act::Storno { invoice, cents, code, after, expires, environment }
        }),
        1 => (prop::option::of(of()), moment()).prop_map(|(invoice, expires)| Act::Notice { invoice, expires }),
        1 => (0..6u8).prop_map(Act::Profile),
        3 => (0..24u8, kind, of(), cents(), prop_oneof![4 => 0..(30 * HOUR), 1 => (-10 * 365 * 24 * HOUR)..0])
            .prop_map(|(number, kind, invoice, cents, age)| Act::Fact { number, kind, invoice, cents, age }),
        // A clock may step backwards.
        1 => (-HOUR..(3 * 24 * HOUR)).prop_map(Act::Later),
        2 => pick().prop_map(Act::FallDue),
        1 => pick().prop_map(Act::Timer),
        6 => (pick(), prop::bool::weighted(0.9), on_doubt).prop_map(|(pick, exact, on_doubt)| Act::Permit { pick, exact, on_doubt }),
        5 => (pick(), attempt(), verdict).prop_map(|(pick, attempt, verdict)| Act::Outcome { pick, attempt, verdict }),
        1 => pick().prop_map(Act::Interrupted),
        3 => (pick(), attempt(), prop::sample::select(receipt))
            .prop_map(|(pick, attempt, kind)| Act::Receipt { pick, attempt, kind }),
        1 => pick().prop_map(Act::Cancel),
        1 => of().prop_map(Act::CancelSubject),
        2 => (pick(), prop::sample::select(vec!["retry", "close", "arrived", "bounced", "perhaps"])).prop_map(|(pick, answer)| Act::Answer { pick, answer }),
        2 => (pick(), any::<bool>()).prop_map(|(pick, pressed)| Act::Link { pick, pressed }),
    ]
}

/// A fact that was taken: when it stands, whether it came dated ahead, and as the how-manieth it
/// came.
#[derive(Clone, Copy)]
struct Seen {
    kind: FactKind,
    invoice: u32,
    cents: i64,
    at: Timestamp,
    ahead: bool,
    arrival: usize,
}

/// What an observer who sees only inputs and events knows.
#[derive(Default)]
struct Observer {
    ids: Vec<NotificationId>,
    ended: BTreeSet<NotificationId>,
    under_way: BTreeSet<NotificationId>,
    /// Facts taken, by number.
    facts: BTreeMap<u8, Seen>,
    /// Numbers of the attempts that may have reached a provider, to the provider they went through.
    providers: BTreeMap<(NotificationId, u16), Box<str>>,
    amounts: BTreeMap<NotificationId, (u32, i64)>,
}

impl Observer {
    fn picked(&self, pick: usize) -> Option<NotificationId> {
        // The newest are picked most, so that a run gets somewhere.
        self.ids
            .iter()
            .rev()
            .nth(pick % self.ids.len().max(1))
            .copied()
    }

    /// What is open on an invoice, told anew from all facts.
    fn open_amount(&self, invoice: u32, accepted: i64) -> i64 {
        let mut facts: Vec<&Seen> = self
            .facts
            .values()
            .filter(|seen| seen.invoice == invoice)
            .collect();
        facts.sort_by_key(|seen| seen.arrival);
        let yields = |told: &Seen| Timestamp(told.at.0 - if told.ahead { 5 * MINUTE } else { 0 });
        let (mut told, mut paid) = (None::<&Seen>, Vec::new());
        for fact in facts {
            match fact.kind {
                FactKind::OpenAmount if told.is_none_or(|told| yields(told) <= fact.at) => {
                    told = Some(fact);
                    paid.retain(|paid: &&Seen| paid.at > fact.at);
                }
                FactKind::Payment
                    if told
                        .is_none_or(|told| yields(told) < fact.at.plus(i64::from(fact.ahead))) =>
                {
                    paid.push(fact)
                }
                _ => {}
            }
        }
        told.map_or(accepted, |told| told.cents) - paid.iter().map(|paid| paid.cents).sum::<i64>()
    }

    fn see(&mut self, events: &[Event]) {
        for event in events {
            match event {
                Event::AttemptStarted {
                    id,
                    attempt,
                    provider,
                    resend,
                    ..
                } => {
                    assert!(!self.ended.contains(id), "an attempt started after the end");
                    assert!(self.under_way.insert(*id), "two attempts at a time");
                    if let Some((invoice, accepted)) = self.amounts.get(id) {
                        assert!(
                            self.open_amount(*invoice, *accepted) > 0,
                            "an attempt started for what was paid"
                        );
                    }
                    let before = self.providers.insert((*id, *attempt), provider.clone());
                    assert_eq!(
                        before.is_some(),
                        *resend,
                        "a number is used again only for the same attempt"
                    );
                    assert!(
                        before.is_none_or(|before| before == *provider),
                        "a doubt went through another provider"
                    );
                }
                Event::AttemptWithdrawn { id, .. }
                | Event::AttemptDeferred { id, .. }
                | Event::AttemptInDoubt { id, .. } => {
                    assert!(self.under_way.remove(id));
                }
                Event::AttemptAccepted { id, .. }
                | Event::AttemptDelivered { id, .. }
                | Event::AttemptFailed { id, .. } => {
                    self.under_way.remove(id);
                }
                Event::Ended { id, .. } => {
                    assert!(self.ended.insert(*id), "two ends");
                    self.under_way.remove(id);
                }
                _ => {}
            }
        }
    }

    fn check(&self, world: &World) {
        let open: BTreeSet<_> = world.tenant.open.iter().map(|open| open.id).collect();
        assert_eq!(open.len(), world.tenant.open.len(), "an id is open twice");
        for id in &self.ids {
            assert!(
                open.contains(id) != self.ended.contains(id),
                "{id} must be open or ended, and not both"
            );
        }
        for open in &world.tenant.open {
            assert_eq!(
                self.under_way.contains(&open.id),
                matches!(open.phase, Phase::Started { .. })
            );
            consistent(world, open);
            seen_by_someone(open);
        }
    }
}

/// What the parts of an open notification say about each other.
fn consistent(world: &World, open: &Open) {
    let step = &world.flow_of(open).steps[usize::from(open.step)];
    let numbers: Vec<u16> = open.sent().iter().map(|sent| sent.attempt).collect();
    assert!(
        numbers.is_sorted_by(|a, b| a < b)
            && numbers.last().is_none_or(|last| *last <= open.attempts())
    );
    let last = open.sent().last();
    match &open.phase {
        Phase::Started {
            attempt, channel, ..
        } => {
            assert_eq!(
                last.map(|s| (s.attempt, s.channel, s.step)),
                Some((*attempt, *channel, open.step))
            );
        }
        Phase::Sent { attempt, .. } | Phase::InDoubt { attempt, .. } => {
            assert_eq!(
                last.map(|s| (s.attempt, s.step)),
                Some((*attempt, open.step))
            );
        }
        Phase::Ready {
            channel, pinned, ..
        } => {
            assert!(
                world.flow_of(open).template(open.step, *channel).is_some(),
                "in line for a channel without a template"
            );
            assert_eq!(
                pinned.as_deref(),
                open.doubt(),
                "an attempt in doubt goes through its own provider only"
            );
        }
        Phase::Waiting { .. } => {
            assert!(!open.entered || step.kind.waited().is_some())
        }
        Phase::Task { task, .. } => assert_eq!(*task, open.tasks),
        Phase::Held { guard, .. } => {
            assert!(usize::from(*guard) < world.flow_of(open).guards.len())
        }
    }
    if let Some(provider) = open.doubt() {
        assert!(!provider.is_empty() && last.is_some_and(|sent| sent.step == open.step));
    }
}

/// Nothing may wait for ever unseen: it has a timer, an attempt under way whose end is an input, or
/// a person.
fn seen_by_someone(open: &Open) {
    match open.phase {
        Phase::Started { .. } => assert_eq!(
            open.due(),
            None,
            "its outcome, or the next start's interruption, moves it"
        ),
        Phase::Task { .. } => {}
        _ => assert!(open.due().is_some(), "nothing will wake {:?}", open.phase),
    }
}

/// Lets it all happen; what each input led to is told to `witness`.
fn run(acts: Vec<Act>, mut witness: impl FnMut(&World, &[Event])) {
    let mut world = World::usual();
    let mut observer = Observer::default();
    for act in acts {
        if let Some(events) = perform(&mut world, &mut observer, act) {
            observer.see(&events);
            witness(&world, &events);
        }
        observer.check(&world);
    }
}

fn perform(world: &mut World, observer: &mut Observer, act: Act) -> Option<Vec<Event>> {
    let input = match act {
        Act::Storno {
            invoice: number,
            cents,
            code,
            after,
            expires,
            environment,
        } => {
            let (amount, reason) = (
                world.field("storno", "amount_cents"),
                world.field("storno", "reason_code"),
            );
            let now = world.now;
            let (id, decision) = world.storno_with(|n| {
                n.subject = Some(invoice(number));
                n.fields[amount] = Value::Integer(cents);
                n.fields[reason] = Value::Text(code.into());
                (n.send_after, n.expires_at) =
                    (after.map(|ms| now.plus(ms)), expires.map(|ms| now.plus(ms)));
                n.environment = environment;
            });
            observer.ids.push(id);
            observer.amounts.insert(id, (number, cents));
            return Some(decision.events);
        }
        Act::Notice {
            invoice: number,
            expires,
        } => {
            let now = world.now;
            let before = world.events().count();
            let id = world.notice_with(|n| {
                n.subject = number.map(invoice);
                n.expires_at = expires.map(|ms| now.plus(ms));
            });
            observer.ids.push(id);
            return Some(world.events().skip(before).cloned().collect());
        }
        Act::Profile(number) => {
            let decision = world.profile(|profile| match number {
                0 => profile.addresses.clear(),
                1 => profile.addresses.truncate(1),
                2 => prefers(Channel::Sms)(profile),
                3 => prefers(Channel::Letter)(profile),
                4 => profile.addresses[0].value = "new@example.nl".into(),
                _ => {}
            });
            return Some(decision.events);
        }
        Act::Fact {
            number,
            kind,
            invoice: of,
            cents,
            age,
        } => {
            let at = Timestamp(world.now.0 - age);
            // Times are distinct, so that "newest" has one meaning for the observer too.
            let at = Timestamp(at.0 - at.0.rem_euclid(64) + i64::from(number));
            let seen = observer.facts.contains_key(&number);
            if !seen {
                let (stands, arrival) = (at.min(world.now), observer.facts.len());
                let fact = Seen {
                    kind,
                    invoice: of,
                    cents,
                    at: stands,
                    ahead: at > world.now,
                    arrival,
                };
                observer.facts.insert(number, fact);
            }
            let decision = world.fact(kind, cents, |fact| {
                fact.fact_id = format!("f{number}").into();
                fact.body = u64::from(number);
                fact.subject = kind.needs_subject().then(|| invoice(of));
                fact.occurred_at = at;
            });
            assert_eq!(
                decision.events.contains(&Event::FactTaken),
                !seen,
                "a fact is taken once"
            );
            for money in world.tenant.told.iter().flat_map(|told| &told.subjects) {
                let number = (1..4)
                    .find(|n| invoice(*n) == money.subject)
                    .expect("a subject of ours");
                let open = world
                    .tenant
                    .open_amount(&money.subject, Some((OWED, START)))
                    .map(|(cents, _)| cents);
                assert_eq!(
                    open,
                    Some(observer.open_amount(number, OWED)),
                    "each fact counts once, in any order"
                );
            }
            return Some(decision.events);
        }
        Act::Later(millis) => {
            world.later(millis);
            return None;
        }
        Act::FallDue(pick) => {
            let id = observer.picked(pick)?;
            let due = world.tenant.find(id).and_then(Open::due);
            world.now = world.now.max(due.unwrap_or(world.now));
            Input::Timer { id }
        }
        Act::Timer(pick) => Input::Timer {
            id: observer.picked(pick)?,
        },
        Act::Permit {
            pick,
            exact,
            on_doubt,
        } => Input::Permit(permit(world, observer.picked(pick)?, exact, on_doubt)?),
        Act::Outcome {
            pick,
            attempt,
            verdict,
        } => Input::Outcome {
            attempt: attempt_of(world, observer.picked(pick)?, attempt),
            verdict,
        },
        Act::Interrupted(pick) => Input::Interrupted {
            attempt: attempt_of(world, observer.picked(pick)?, None),
        },
        Act::Receipt {
            pick,
            attempt,
            kind,
        } => {
            let attempt = attempt_of(world, observer.picked(pick)?, attempt);
            return Some(world.receipt(attempt, kind).events);
        }
        Act::Cancel(pick) => Input::Cancel {
            target: CancelTarget::Notification(observer.picked(pick)?),
            note: "desk".into(),
        },
        Act::CancelSubject(number) => Input::Cancel {
            target: CancelTarget::Subject(invoice(number)),
            note: "desk".into(),
        },
        Act::Answer { pick, answer } => {
            let id = observer.picked(pick)?;
            let task = world.tenant.find(id).map_or(1, |open| open.tasks);
            Input::Answer {
                id,
                task,
                answer: answer.into(),
                by: "desk".into(),
            }
        }
        Act::Link { pick, pressed } => Input::Link {
            id: observer.picked(pick)?,
            pressed,
        },
    };
    Some(world.give(input).events)
}

/// A permit for the line the notification stands in; `exact` or else for another channel and
/// provider.
fn permit(world: &mut World, id: NotificationId, exact: bool, on_doubt: OnDoubt) -> Option<Permit> {
    let Phase::Ready {
        channel,
        pinned,
        not_before,
        ..
    } = &world.tenant.find(id)?.phase
    else {
        return Some(Permit {
            id,
            channel: Channel::Email,
            provider: "email-provider".into(),
            on_doubt,
        });
    };
    let (channel, pinned, not_before) = (*channel, pinned.clone(), *not_before);
    world.now = world.now.max(not_before);
    let usual = || format!("{channel}-provider-{}", world.now.0 / MINUTE % 2).into();
    let provider = if exact {
        pinned.unwrap_or_else(usual)
    } else {
        "another".into()
    };
    Some(Permit {
        id,
        channel,
        provider,
        on_doubt,
    })
}

/// The attempt under way, else the newest, or another one by number.
fn attempt_of(world: &World, id: NotificationId, number: Option<u16>) -> AttemptRef {
    let open = world.tenant.find(id);
    let (step, newest) = open.map_or((0, 1), |open| (open.step, open.attempts()));
    AttemptRef {
        id,
        step,
        attempt: number.unwrap_or(newest),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Every world checks determinism at each input and replay equality at its end; prefixes are
    /// the shorter cases.
    #[test]
    fn whatever_comes_in_the_rules_hold(acts in prop::collection::vec(act(), 1..80)) {
        run(acts, |_, _| ());
    }
}

/// The control of the property: inputs that reach nothing would prove nothing.
#[test]
fn the_random_inputs_reach_every_state_and_every_decision() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..400 {
        let acts = prop::collection::vec(act(), 80)
            .new_tree(&mut runner)
            .expect("acts")
            .current();
        run(acts, |world, events| {
            reached.extend(
                world
                    .tenant
                    .open
                    .iter()
                    .map(|open| open.phase.name().to_owned()),
            );
            for event in events {
                let debug = format!("{event:?}");
                reached.extend(debug.split([' ', '{']).next().map(str::to_owned));
                if let Event::Ended { end, .. } = event {
                    reached.insert(end.to_string());
                }
                if let Event::AttemptStarted { resend: true, .. } = event {
                    reached.insert("resend".into());
                }
            }
        });
    }
    let states = [
        "scheduled",
        "ready",
        "sending",
        "in_doubt",
        "sent",
        "held",
        "task",
        "resend",
    ];
    let ends = [
        "paid",
        "no balance",
        "wrong type",
        "quarantined",
        "expired",
        "cancelled",
        "closed by hand",
        "undeliverable",
    ];
    let events = [
        "Accepted",
        "Waiting",
        "StepEntered",
        "Ready",
        "Held",
        "AttemptStarted",
        "AttemptWithdrawn",
        "AttemptAccepted",
        "AttemptDelivered",
        "AttemptDeferred",
        "AttemptFailed",
        "AttemptInDoubt",
        "ReceiptNoted",
        "OutcomeNoted",
        "TaskOpened",
        "LinkClosed",
        "LinkUsed",
        "Ended",
        "ProfileStored",
        "AddressMarked",
        "FactTaken",
        "SubjectOpen",
    ];
    for expected in states.iter().chain(&ends).chain(&events) {
        assert!(reached.contains(*expected), "{expected} was never reached");
    }
}
