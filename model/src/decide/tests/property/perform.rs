//! Owns letting one random input happen.

use super::super::world::{OWED, START, World, invoice, prefers};
use super::acts::Act;
use super::observer::{Observer, Seen};
use crate::flow::Value;
use crate::{
    AttemptRef, CancelTarget, Channel, Event, Input, MINUTE, NotificationId, OnDoubt, Open, Permit,
    Phase, Timestamp,
};

pub(super) fn perform(world: &mut World, observer: &mut Observer, act: Act) -> Option<Vec<Event>> {
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
                0 => profile.points.clear(),
                1 => profile.points.truncate(1),
                2 => prefers(Channel::Sms)(profile),
                3 => prefers(Channel::Letter)(profile),
                4 => profile.points[0].value = "new@example.nl".into(),
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
