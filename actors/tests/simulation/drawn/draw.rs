//! Owns the drawing of one valid flow: every kind of step, handlers, guards, stop rules and conditions. Steps
//! lead on, or back through people only, so every flow comes to an end or to people. Refuses to draw what no
//! compiler takes.

use sluis_model::{DAY, HOUR, MINUTE, Role};

use super::condition::{Condition, Leaf, Rule, Sign};
use super::kinds::{Case, Day, DayOf, Kind, Long, Reply, Task, Until, Wait};
use super::{Drawn, Goes, Guard, Stop};
use crate::rng::Rng;

/// Most steps of a flow.
const MOST_STEPS: usize = 7;
/// How deep conditions are nested.
const DEEPEST: usize = 3;
const LISTS: [&str; 2] = ["collections", "desk"];
/// What is compared with what the tenant owes, or with what is open on a subject.
const CENTS: [i64; 4] = [0, 1, 5_000, 10_000];

/// A step that sends.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(super) via: Vec<&'static str>,
    pub(super) except: Option<&'static str>,
    pub(super) legal: Option<&'static str>,
    pub(super) link: bool,
    pub(super) bounced: Option<Goes>,
    pub(super) delivered: Option<Goes>,
    pub(super) answered: Option<Goes>,
    pub(super) capped: Option<Goes>,
    pub(super) unanswered: Option<(Wait, Goes)>,
    pub(super) settled: Option<(Wait, Goes)>,
}

impl Message {
    pub(super) fn ways(&self) -> Vec<&Goes> {
        let at_once = [&self.bounced, &self.delivered, &self.answered, &self.capped];
        let later = [&self.unanswered, &self.settled].into_iter().flatten();
        let at_once = at_once.into_iter().flatten();
        at_once.chain(later.map(|(_, go)| go)).collect()
    }
}

/// The flow that the stream of a seed draws. A later version is mostly one of the version before: with steps that went,
/// that came, that have another name or are of another kind.
pub(super) fn flow(seed: u64, label: u64, name: &'static str, version: u32) -> Drawn {
    let mut drawing = Drawing::of(Rng::stream(seed, label));
    if version > 1 && drawing.rng.chance(CHANGED) {
        let before = Drawing::of(Rng::stream(seed, label - 1));
        drawing.change(&before);
    }
    let count = drawing.kinds.len();
    let few = |rng: &mut Rng| rng.weighed(&[5, 3, 1]).unwrap_or_default();
    let guards = 0..few(&mut drawing.rng);
    let guards = guards.map(|_| drawing.guard()).collect();
    let stops = 0..few(&mut drawing.rng);
    let stops = stops.map(|number| drawing.stop(number)).collect();
    let steps = (0..count).map(|step| drawing.step(step)).collect();
    let (hold_for, counted) = (
        drawing.rng.pick(&["1h", "72h", "10d"]),
        drawing.rng.chance(50),
    );
    Drawn {
        name,
        version,
        has_subject: drawing.has_subject,
        hold_for,
        counted,
        group: drawing.group(),
        guards,
        stops,
        names: drawing.names,
        steps,
    }
}

struct Drawing {
    rng: Rng,
    has_subject: bool,
    /// What each of the steps is, by the order of the weights in `which`.
    kinds: Vec<usize>,
    /// The name of each.
    names: Vec<usize>,
}

/// Of a hundred later versions, how many are the version before with changes.
const CHANGED: usize = 75;
/// Names of steps that came later begin here.
const LATER: usize = 20;
const SEND: usize = 0;
const WAIT: usize = 1;
const BRANCH: usize = 2;
const TASK: usize = 3;
const END: usize = 4;

impl Drawing {
    /// What kinds of steps there are, and nothing of them.
    fn of(mut rng: Rng) -> Self {
        let has_subject = rng.chance(70);
        let count = 2 + rng.below(MOST_STEPS - 1);
        let mut drawing = Self {
            rng,
            has_subject,
            kinds: Vec::new(),
            names: (0..count).collect(),
        };
        drawing.kinds = (0..count).map(|step| drawing.which(step)).collect();
        drawing
    }

    /// The same steps as another one, but for some.
    fn change(&mut self, before: &Self) {
        self.has_subject = before.has_subject;
        self.kinds = before.kinds.clone();
        self.names = before.names.clone();
        for later in 0..self.rng.below(4) {
            let name = LATER + later;
            let at = self.rng.below(self.kinds.len());
            match self.rng.below(4) {
                0 if self.kinds.len() > 2 => {
                    self.kinds.remove(at);
                    self.names.remove(at);
                }
                1 => self.names[at] = name,
                2 => self.kinds[at] = self.which(at),
                _ => {
                    let kind = self.which(at);
                    self.kinds.insert(at, kind);
                    self.names.insert(at, name);
                }
            }
        }
        if self.kinds[0] == END {
            self.kinds[0] = SEND;
        }
    }

    /// A way to the step with this index.
    fn to(&self, step: usize) -> Goes {
        Goes::Step(self.names[step])
    }

    fn group(&mut self) -> Option<(Vec<Role>, Option<bool>)> {
        let rng = &mut self.rng;
        let roles: [&[Role]; 4] = [
            &[Role::Tenant],
            &[Role::JointTenant, Role::Tenant],
            &[Role::Tenant, Role::Resident, Role::Child],
            &[Role::Parent],
        ];
        let answered = rng.pick(&[None, Some(true), Some(false)]);
        let roles = rng.pick(&roles).to_vec();
        rng.chance(50).then_some((roles, answered))
    }

    fn guard(&mut self) -> Guard {
        let otherwise = match self.rng.chance(50) {
            true => Goes::End(format!("guarded {}", self.rng.below(3))),
            false => Goes::People(self.rng.pick(&LISTS)),
        };
        let rule = self.rule();
        Guard { rule, otherwise }
    }

    fn stop(&mut self, number: usize) -> Stop {
        Stop {
            when: self.condition(0),
            end: format!("stopped {number}"),
            close_link: self.rng.chance(50),
        }
    }

    fn rule(&mut self) -> Rule {
        let when = self.condition(0);
        // Only of these it is plain how old they are.
        let ages = |leaf: &Leaf| {
            matches!(
                leaf,
                Leaf::Balance(..)
                    | Leaf::BalanceBetween(..)
                    | Leaf::HasBalance
                    | Leaf::ExceptionIs(_)
            )
        };
        let other = |leaf: &Leaf| {
            matches!(
                leaf,
                Leaf::Open(..)
                    | Leaf::Complaints(..)
                    | Leaf::Answer(..)
                    | Leaf::Count(..)
                    | Leaf::Sure(_)
            )
        };
        let may_be_fresh = when.asks(&ages) && !when.asks(&other);
        let fresh_within = (may_be_fresh && self.rng.chance(60))
            .then(|| self.rng.pick(&[HOUR, 24 * HOUR, 10 * DAY]));
        Rule { when, fresh_within }
    }

    fn condition(&mut self, depth: usize) -> Condition {
        if depth >= DEEPEST || self.rng.chance(50) {
            return Condition::Is(self.leaf());
        }
        match self.rng.below(5) {
            0 => Condition::Not(Box::new(self.condition(depth + 1))),
            kind => {
                let count = 2 + self.rng.below(2);
                let parts = (0..count).map(|_| self.condition(depth + 1)).collect();
                match kind {
                    1 | 2 => Condition::All(parts),
                    _ => Condition::Any(parts),
                }
            }
        }
    }

    fn leaf(&mut self) -> Leaf {
        let has_subject = self.has_subject;
        let rng = &mut self.rng;
        let sign = rng.pick(&Sign::ALL);
        let asks = self.kinds.iter().position(|kind| *kind == TASK);
        if let Some(step) = asks.filter(|_| rng.chance(25)) {
            let name = self.names[step];
            return match rng.below(3) {
                0 => Leaf::Answer(name, rng.pick(&["go on", "again"])),
                1 => Leaf::Count(name, sign, rng.within(0, 3)),
                _ => Leaf::Sure(name),
            };
        }
        match rng.below(15) {
            0 | 1 => Leaf::Balance(sign, rng.pick(&CENTS)),
            2 => {
                let low = rng.pick(&CENTS);
                Leaf::BalanceBetween(low, low + rng.pick(&CENTS))
            }
            3 => Leaf::HasBalance,
            4 | 5 if has_subject => Leaf::Open(sign, rng.pick(&CENTS)),
            6 => Leaf::Number(sign, rng.within(-1, 2)),
            7 => Leaf::Urgent,
            8 => Leaf::Code(rng.pick(&[&["AM04"][..], &["MD07", "ZZ99"], &["AC04", "AM04"]])),
            9 => Leaf::Class(rng.pick(&["chase", "people", "mend"])),
            10 => Leaf::HasException,
            11 => Leaf::ExceptionIs(rng.pick(&super::KINDS)),
            12 => Leaf::Complaints(sign, rng.within(0, 4)),
            13 => Leaf::DueAgo(1 + rng.below(5) as u16),
            14 => Leaf::OlderThan(rng.pick(&[1, 24, 120])),
            _ => Leaf::Category(rng.pick(&[&["collection"][..], &["rent", "service"]])),
        }
    }

    /// Where one goes at last: to an end or to people.
    fn out(&mut self) -> Goes {
        match self.rng.chance(70) {
            true => Goes::End(format!("done {}", self.rng.below(4))),
            false => Goes::People(self.rng.pick(&LISTS)),
        }
    }

    /// The step behind, which nothing else may lead to.
    fn next(&mut self, step: usize) -> Goes {
        match step + 1 < self.kinds.len() {
            true => self.to(step + 1),
            false => self.out(),
        }
    }

    /// Some step behind, or out.
    fn on(&mut self, step: usize) -> Goes {
        let behind = self.kinds.len() - step - 1;
        match behind > 0 && self.rng.chance(60) {
            true => {
                let to = step + 1 + self.rng.below(behind);
                self.to(to)
            }
            false => self.out(),
        }
    }

    fn wait(&mut self) -> Wait {
        match self.rng.chance(30) {
            true => Wait::WorkingDays(1 + self.rng.below(5) as u16),
            false => {
                let spans = [15 * MINUTE, 6 * HOUR, 2 * DAY, 5 * DAY, 30 * DAY];
                Wait::Milliseconds(self.rng.pick(&spans))
            }
        }
    }

    /// What a step is.
    fn which(&mut self, step: usize) -> usize {
        // A flow that never sends shows little.
        let sends = if step == 0 { 9 } else { 5 };
        let weights = [sends, 3, 3, 2, usize::from(step > 0)];
        self.rng.weighed(&weights).unwrap_or_default()
    }

    fn step(&mut self, step: usize) -> Kind {
        match self.kinds[step] {
            WAIT => self.waits(step),
            BRANCH => {
                let cases = 1 + self.rng.below(3);
                let cases = (0..cases).map(|_| Case {
                    rule: self.rule(),
                    go: self.on(step),
                });
                let cases = cases.collect();
                Kind::Branch {
                    cases,
                    otherwise: self.next(step),
                    unknown: self.rng.chance(40).then(|| self.on(step)),
                }
            }
            TASK => Kind::Task(self.task(step)),
            END => Kind::End(format!("over {step}")),
            _ => Kind::Send(Box::new(self.message(step))),
        }
    }

    fn waits(&mut self, step: usize) -> Kind {
        let long = match self.rng.chance(50) {
            true => Long::For(self.wait()),
            false => Long::Until(self.until(step)),
        };
        let awaited = self.rng.chance(50).then(|| (self.rule(), self.on(step)));
        Kind::Wait {
            long,
            then: self.next(step),
            awaited,
        }
    }

    fn until(&mut self, step: usize) -> Until {
        let of = [
            DayOf::Due,
            DayOf::ExceptionEnds,
            DayOf::ExceptionEnds,
            DayOf::Today,
        ];
        let day = Day {
            of: self.rng.pick(&of),
            add: self.rng.within(-2, 4),
        };
        let (hour, minute) = self.rng.pick(&[(9, 0), (0, 0), (23, 30)]);
        Until {
            day,
            at: jiff::civil::time(hour, minute, 0, 0),
            past: self.rng.chance(50).then(|| self.on(step)),
            unknown: self.rng.chance(50).then(|| self.on(step)),
        }
    }

    fn task(&mut self, step: usize) -> Task {
        let again = self.rng.below(step + 1);
        let again = self.to(again);
        let remind = [
            Wait::Milliseconds(15 * MINUTE),
            Wait::Milliseconds(6 * HOUR),
        ];
        let deadline = [Wait::Milliseconds(2 * DAY), Wait::Milliseconds(5 * DAY)];
        // Rules may read them.
        let has_fields = true;
        Task {
            replies: vec![
                Reply {
                    name: "go on",
                    go: self.next(step),
                    has_fields,
                },
                Reply {
                    name: "again",
                    go: again,
                    has_fields: false,
                },
            ],
            remind: self.rng.chance(40).then(|| self.rng.pick(&remind)),
            deadline: self.rng.chance(50).then(|| {
                let by = self.rng.pick(&deadline);
                (by, self.on(step))
            }),
        }
    }

    fn message(&mut self, step: usize) -> Message {
        let ways: [&[&str]; 6] = [
            &["preferred", "email"],
            &["email"],
            &["sms", "email"],
            &["preferred"],
            &["cheapest"],
            &["email", "sms"],
        ];
        let mut message = Message {
            via: self.rng.pick(&ways).to_vec(),
            except: self.rng.pick(&[None, Some("failed"), Some("tried")]),
            legal: self.rng.pick(&[None, None, None, Some("art. 7:290 BW")]),
            link: self.rng.chance(30),
            bounced: self.rng.chance(80).then(|| self.on(step)),
            delivered: None,
            answered: None,
            capped: self.rng.chance(60).then(|| self.on(step)),
            unanswered: None,
            settled: None,
        };
        let next = self.next(step);
        match self.rng.below(3) {
            0 => message.bounced = Some(next),
            1 => {
                message.settled = Some((self.wait(), next));
                message.delivered = self.rng.chance(40).then(|| self.on(step));
            }
            _ => {
                message.unanswered = Some((self.wait(), next));
                message.answered = Some(self.on(step));
                message.delivered = self.rng.chance(20).then(|| self.on(step));
                message.link = true;
            }
        }
        message
    }
}
