//! Owns the draws. What an address is (dead or not) depends on the address alone; what becomes of one
//! message depends on its step and attempt too. So the order in which messages go changes nothing.
//! Refuses to know a tenant: a sink knows none.

use super::delay::Delay;
use super::world::{Behaviour, Outside};
use crate::channel::Channel;
use crate::ids::CorporationId;

/// One try to send, as a provider sees it.
#[derive(Clone, Copy, Debug)]
pub struct Try<'a> {
    /// Whose message it is.
    pub corporation: CorporationId,
    /// Over which channel.
    pub channel: Channel,
    /// Through which provider; empty: not known.
    pub provider: &'a str,
    /// To which address; case and a plus make no other one.
    pub address: &'a str,
    /// The flow's step.
    pub step: u8,
    /// The number of the attempt.
    pub attempt: u16,
}

/// What a provider answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It takes the message.
    Accepted,
    /// It refuses the address.
    Refused,
    /// Not now.
    Later,
}

/// What is reported afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It came back for its address.
    Bounced,
    /// It failed for another reason.
    Failed,
    /// It arrived.
    Delivered,
}

/// What becomes of one try. Times count from the provider's answer, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// What the provider answers.
    pub answer: Answer,
    /// How long that takes.
    pub takes_ms: i64,
    /// What is reported, and when.
    pub after: Option<(After, i64)>,
    /// When the button is pressed, where the message has one.
    pub pressed_ms: Option<i64>,
    /// When who pressed it pays, counted from the press.
    pub pays_ms: Option<i64>,
    /// When somebody calls.
    pub calls_ms: Option<i64>,
}

impl Fate {
    /// Nothing but the answer.
    const fn only(answer: Answer, takes_ms: i64) -> Self {
        Self {
            answer,
            takes_ms,
            after: None,
            pressed_ms: None,
            pays_ms: None,
            calls_ms: None,
        }
    }

    /// Whether it arrives, as far as anybody will know.
    #[must_use]
    pub const fn arrives(&self) -> bool {
        matches!(self.answer, Answer::Accepted)
            && !matches!(self.after, Some((After::Bounced | After::Failed, _)))
    }
}

impl Outside {
    /// A number from 0 to below 1 that belongs to a try, for what is drawn beside its fate.
    #[must_use]
    pub fn part(&self, of: &Try<'_>) -> f64 {
        Dice {
            seed: self.seed,
            of,
        }
        .part("beside")
    }

    /// What becomes of a try. Without a model of the channel it is taken, and nothing more is heard.
    #[must_use]
    pub fn fate(&self, of: &Try<'_>) -> Fate {
        let Some(model) = self.of(of.channel, of.provider) else {
            return Fate::only(Answer::Accepted, 0);
        };
        let dice = Dice {
            seed: self.seed,
            of,
        };
        if dice.address("refused", model.refused) {
            return Fate::only(Answer::Refused, model.takes_ms);
        }
        if dice.message("deferred", model.deferred) {
            return Fate::only(Answer::Later, model.takes_ms);
        }
        let after = after(model, &dice);
        let fate = Fate {
            after,
            ..Fate::only(Answer::Accepted, model.takes_ms)
        };
        if !fate.arrives() {
            return fate;
        }
        let people = &self.people;
        let pressed = dice.message("pressed", model.pressed);
        let pays = pressed && dice.message("pays", people.pays);
        let calls = dice.message("calls", people.calls);
        let when = |is: bool, salt, delay: &Delay| is.then(|| delay.at(dice.part(salt)));
        Fate {
            pressed_ms: when(pressed, "pressed after", &model.pressed_after),
            pays_ms: when(pays, "pays after", &people.pays_after),
            calls_ms: when(calls, "calls after", &people.calls_after),
            ..fate
        }
    }
}

fn after(model: &Behaviour, dice: &Dice<'_>) -> Option<(After, i64)> {
    if dice.address("bounced", model.bounced) {
        return Some((
            After::Bounced,
            model.bounced_after.at(dice.part("bounced after")),
        ));
    }
    if dice.message("failed", model.failed) {
        return Some((
            After::Failed,
            model.failed_after.at(dice.part("failed after")),
        ));
    }
    let delivered = dice.message("delivered", model.delivered);
    delivered.then(|| {
        let part = dice.part("delivered after");
        (After::Delivered, model.delivered_after.at(part))
    })
}

struct Dice<'a> {
    seed: u64,
    of: &'a Try<'a>,
}

impl Dice<'_> {
    /// FNV-1a over everything that may matter, finished by splitmix64 so that low bits are even.
    fn roll(&self, salt: &str, of_message: bool) -> u64 {
        let Try {
            corporation,
            channel,
            address,
            step,
            attempt,
            ..
        } = self.of;
        let attempt = attempt.to_le_bytes();
        let which = [*step, attempt[0], attempt[1]];
        let which: &[u8] = if of_message { &which } else { &[] };
        let parts: [&[u8]; 6] = [
            &self.seed.to_le_bytes(),
            &corporation.0.to_le_bytes(),
            channel.name().as_bytes(),
            salt.as_bytes(),
            address.trim_start_matches('+').as_bytes(),
            which,
        ];
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in parts.iter().flat_map(|part| part.iter()) {
            hash = (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3);
        }
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }

    fn address(&self, salt: &str, percent: f64) -> bool {
        percent > 0.0 && unit(self.roll(salt, false)) * 100.0 < percent
    }

    fn message(&self, salt: &str, percent: f64) -> bool {
        percent > 0.0 && unit(self.roll(salt, true)) * 100.0 < percent
    }

    fn part(&self, salt: &str) -> f64 {
        unit(self.roll(salt, true))
    }
}

/// A number from 0 to below 1.
fn unit(roll: u64) -> f64 {
    (roll >> 11) as f64 / (1_u64 << 53) as f64
}
