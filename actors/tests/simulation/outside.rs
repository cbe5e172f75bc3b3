//! Owns the world behind the providers: which messages arrived there, what their connections showed
//! us, what became of them later. The providers' own book: it is true whatever the engine believes.
//! Refuses to know the engine's state.

use std::collections::BTreeMap;

use sluis_actors::Dispatch;
use sluis_model::{Barred, Channel, NotificationId, ReceiptKind, Refusal, Verdict, Why};

use crate::rng::Rng;

/// What a provider says that takes nothing from our account.
pub(crate) const BARRED: &str = "5.7.8";

/// What our side of the connection showed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shown {
    /// No answer yet, or none before the process died.
    Nothing,
    /// The connection broke, or the answer did not come in time: nobody can know.
    Broke,
    /// The provider said so.
    Said(Verdict),
}

/// One message that arrived at a provider.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) dispatch: Dispatch,
    pub(crate) provider: &'static str,
    /// Which visit of its step it belonged to: see [`crate::shadow::Start`].
    pub(crate) visit: u32,
    /// What the provider does with it.
    pub(crate) fate: Fate,
    pub(crate) shown: Shown,
}

/// What a provider does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Accepts,
    Delivers,
    PutsOff(Option<u64>),
    Refuses(Refusal),
    /// Takes nothing from our account, or from the sender.
    Bars(Barred),
    /// Breaks off; the message was taken or not.
    BreaksOff {
        taken: bool,
    },
    /// Never answers; the message was taken or not.
    KeepsSilent {
        taken: bool,
    },
}

impl Fate {
    pub(crate) fn taken(self) -> bool {
        match self {
            Fate::Accepts | Fate::Delivers => true,
            Fate::BreaksOff { taken } | Fate::KeepsSilent { taken } => taken,
            Fate::PutsOff(_) | Fate::Refuses(_) | Fate::Bars(_) => false,
        }
    }

    /// What a truthful driver makes of it.
    pub(crate) fn verdict(self) -> Verdict {
        let why = |code: &str| Why::new(code, "as drawn");
        match self {
            Fate::Accepts => Verdict::Accepted {
                provider_id: "p".into(),
            },
            Fate::Delivers => Verdict::Delivered {
                provider_id: "p".into(),
            },
            Fate::PutsOff(after_ms) => Verdict::Retry {
                after_ms,
                why: why(if after_ms.is_some() {
                    "http 429"
                } else {
                    "4.2.2"
                }),
            },
            Fate::Refuses(class) => Verdict::Refused {
                class,
                why: why("5.1.1"),
            },
            Fate::Bars(what) => Verdict::Barred {
                what,
                why: why(BARRED),
            },
            Fate::BreaksOff { .. } => Verdict::InDoubt { why: why("reset") },
            Fate::KeepsSilent { .. } => Verdict::InDoubt {
                why: why("deadline"),
            },
        }
    }

    /// The same, as a machine does it: it says at once what becomes of a request.
    pub(crate) fn of_machine(self) -> Self {
        match self {
            Self::Accepts => Self::Delivers,
            Self::Refuses(_) => Self::Refuses(Refusal::Ours),
            Self::Bars(_) => Self::Bars(Barred::Account),
            Self::Delivers
            | Self::PutsOff(_)
            | Self::BreaksOff { .. }
            | Self::KeepsSilent { .. } => self,
        }
    }

    /// Draws one. `trouble`: in a hundred, those that do not simply accept.
    pub(crate) fn draw(rng: &mut Rng, trouble: usize) -> Self {
        if !rng.chance(trouble) {
            return if rng.chance(20) {
                Fate::Delivers
            } else {
                Fate::Accepts
            };
        }
        let taken = rng.chance(50);
        match rng.below(10) {
            0 | 1 => Fate::PutsOff(None),
            2 => Fate::PutsOff(Some(30_000)),
            3 | 4 => Fate::Refuses(Refusal::Address),
            5 => rng.pick(&[
                Fate::Refuses(Refusal::Policy),
                Fate::Refuses(Refusal::Ours),
                Fate::Refuses(Refusal::Unsendable),
                Fate::Bars(Barred::Account),
                Fate::Bars(Barred::Sender),
            ]),
            6..=8 => Fate::BreaksOff { taken },
            _ => Fate::KeepsSilent { taken },
        }
    }
}

/// Something a provider has to tell about a message.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub(crate) arrival: usize,
    pub(crate) kind: ReceiptKind,
}

/// The providers and what reached them.
#[derive(Debug, Default)]
pub(crate) struct Outside {
    pub(crate) arrivals: Vec<Arrival>,
    by_id: BTreeMap<NotificationId, Vec<usize>>,
    /// Not told yet, in no order.
    pub(crate) evidence: Vec<Evidence>,
    /// Told at least once: which attempt, what.
    told: BTreeMap<(NotificationId, u16), Vec<ReceiptKind>>,
}

impl Outside {
    /// Everything that arrived about a notification, in order.
    pub(crate) fn about(&self, id: NotificationId) -> impl Iterator<Item = &Arrival> {
        self.by_id
            .get(&id)
            .into_iter()
            .flatten()
            .map(|index| &self.arrivals[*index])
    }

    /// What providers said of an attempt after its connection had ended.
    pub(crate) fn told(&self, id: NotificationId, attempt: u16) -> &[ReceiptKind] {
        self.told.get(&(id, attempt)).map_or(&[], Vec::as_slice)
    }

    /// A message arrives; what will be told of it later is drawn at once. Returns its number.
    pub(crate) fn arrive(&mut self, arrival: Arrival, rng: &mut Rng, bounces: usize) -> usize {
        let number = self.arrivals.len();
        self.by_id
            .entry(arrival.dispatch.attempt.id)
            .or_default()
            .push(number);
        // No machine tells later what became of a request: it answers, or it does not.
        let is_told = arrival.dispatch.channel != Channel::Machine;
        if arrival.fate.taken() && is_told {
            let kinds = later(rng, bounces);
            self.evidence.extend(kinds.into_iter().map(|kind| Evidence {
                arrival: number,
                kind: varied(kind, number),
            }));
        }
        self.arrivals.push(arrival);
        number
    }

    /// A provider is about to tell this.
    pub(crate) fn tells(&mut self, evidence: &Evidence) {
        let attempt = self.arrivals[evidence.arrival].dispatch.attempt;
        self.told
            .entry((attempt.id, attempt.attempt))
            .or_default()
            .push(evidence.kind);
    }
}

/// Kinds of evidence that have no draw of their own: every other one of a kind that is rarer in
/// consequences is one of these.
fn varied(kind: ReceiptKind, arrival: usize) -> ReceiptKind {
    use ReceiptKind::{Blocked, Complained, Failed, Opened, Unexplained};
    match kind {
        Failed if arrival.is_multiple_of(2) => Blocked,
        Opened | Complained if arrival.is_multiple_of(2) => Unexplained,
        kind => kind,
    }
}

/// What is told of a message that was taken: often nothing, sometimes twice.
fn later(rng: &mut Rng, bounces: usize) -> Vec<ReceiptKind> {
    use ReceiptKind::{
        Accepted, BouncedHard, Complained, Delayed, Delivered, Failed, Opened, Replied,
    };
    let mut kinds = Vec::new();
    if rng.chance(20) {
        kinds.push(rng.pick(&[Accepted, Delayed]));
    }
    if rng.chance(bounces) {
        kinds.push(rng.pick(&[BouncedHard, BouncedHard, Failed]));
    } else if rng.chance(50) {
        kinds.push(Delivered);
    }
    if rng.chance(15) {
        kinds.push(rng.pick(&[Opened, Replied, Complained]));
    }
    if let Some(again) = kinds.last().copied().filter(|_| rng.chance(20)) {
        kinds.push(again);
    }
    kinds
}
