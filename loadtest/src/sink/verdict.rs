//! What happens to a message: a pure function of profile, recipient, seed and try, so that a run
//! can be repeated and a test can force an outcome by choosing the recipient. Refuses to look at a
//! clock, at the content, or at other recipients.
//!
//! Forced mail addresses: the local part is one of these words, alone or followed by `.`, `+` or
//! `_` (`bounce@`, `bounce.jansen@`); case does not matter.
//!
//! | word | what happens |
//! |---|---|
//! | `ok` | accepted, whatever the profile's percentages say |
//! | `bounce` | 550 5.1.1 at RCPT, every time |
//! | `late-bounce` | accepted; a DSN with 5.1.1 follows |
//! | `tempfail` | 451 4.3.0 at RCPT, every time |
//! | `tempfail-once` | 451 4.7.1 (throttled) at the first try, then accepted |
//! | `indoubt` | first try: taken, then closed before the answer; later tries accepted |
//! | `indoubt-lost` | first try: closed before the answer and *not* taken; later tries accepted |
//! | `slow` | accepted after `slow_ms` |
//!
//! Forced phone numbers, by their last four digits: 9000 accepted and delivered, 9001 refused
//! (422), 9002 refused at the first try (429 with `Retry-After`), 9003 refused for now every time
//! (503), 9004 accepted and never a callback, 9005 callback `delivery_failed`, 9006 in doubt at the
//! first try (taken), 9007 slow, 9008 callback `expired`, 9009 callbacks doubled and out of order.

use super::channel::{Channel, Recipient};
use super::profile::{Behaviour, Latency, SpanMs};

/// What the sink does with one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Taken; an SMS is reported `delivered` later.
    Accept,
    /// Refused for good.
    Refuse,
    /// Refused for now.
    TempFail,
    /// Refused for now because of a rate, with a hint when to come back.
    Throttled,
    /// Taken, and the connection closed before the answer.
    InDoubt,
    /// Not taken, and the connection closed before the answer.
    InDoubtLost,
    /// Taken; failure reported later.
    LateFail,
    /// Taken; reported `expired` later (SMS).
    Expire,
    /// Taken; nothing is ever reported (SMS).
    Silent,
    /// Taken; reports come twice and in the wrong order (SMS).
    Scrambled,
}

/// What somebody does with a message that arrives, counted from the sink's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reads {
    /// When the button behind the link is pressed.
    pub pressed_ms: i64,
    /// When what it is about is paid, counted from the press.
    pub pays_ms: Option<i64>,
}

/// A verdict with its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What happens.
    pub verdict: Verdict,
    /// Real milliseconds before the answer.
    pub latency_ms: u64,
    /// World milliseconds between acceptance and the later report.
    pub later_ms: i64,
    /// What somebody does with it; only where fates are drawn from models.
    pub reads: Option<Reads>,
}

/// Decides one try. `nth` is 0 for the first try to this recipient.
#[must_use]
pub fn decide(
    channel: Channel,
    behaviour: &Behaviour,
    seed: u64,
    recipient: &str,
    nth: u32,
) -> Decision {
    let dice = Dice {
        seed,
        channel,
        recipient,
        nth,
    };
    let forced = if behaviour.forced_addresses {
        forced(channel, recipient, nth)
    } else {
        None
    };
    let verdict = match forced {
        Some(Forced::Verdict(verdict)) => verdict,
        Some(Forced::Slow) => Verdict::Accept,
        None => rolled(behaviour, &dice),
    };
    let latency_ms = match forced {
        Some(Forced::Slow) => behaviour.slow_ms,
        _ => latency(behaviour.latency, &dice),
    };
    let span = match verdict {
        Verdict::LateFail | Verdict::Expire => behaviour.late_fail_after,
        _ => behaviour
            .delivered_after
            .unwrap_or(SpanMs { min: 0, max: 0 }),
    };
    Decision {
        verdict,
        latency_ms,
        later_ms: dice.within("later", span),
        reads: None,
    }
}

#[derive(Clone, Copy)]
enum Forced {
    Verdict(Verdict),
    Slow,
}

fn forced(channel: Channel, recipient: &str, nth: u32) -> Option<Forced> {
    let code = match channel.recipient() {
        Recipient::Mailbox => mail_code(recipient)?,
        Recipient::Number => phone_code(recipient)?,
        Recipient::Anything => return None,
    };
    let first = nth == 0;
    Some(Forced::Verdict(match code {
        0 => Verdict::Accept,
        1 => Verdict::Refuse,
        2 if first => Verdict::Throttled,
        3 => Verdict::TempFail,
        4 => Verdict::Silent,
        5 => Verdict::LateFail,
        6 if first => Verdict::InDoubt,
        7 => return Some(Forced::Slow),
        8 => Verdict::Expire,
        9 => Verdict::Scrambled,
        10 if first => Verdict::InDoubtLost,
        _ => Verdict::Accept,
    }))
}

/// Words and the code they share with the phone suffixes; 10 has no number.
const WORDS: [(&str, u8); 8] = [
    ("ok", 0),
    ("bounce", 1),
    ("tempfail-once", 2),
    ("tempfail", 3),
    ("late-bounce", 5),
    ("indoubt", 6),
    ("slow", 7),
    ("indoubt-lost", 10),
];

fn mail_code(address: &str) -> Option<u8> {
    let local = address.rsplit_once('@')?.0.as_bytes();
    let matches = |word: &str| {
        let word = word.as_bytes();
        local
            .get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word))
            && local
                .get(word.len())
                .is_none_or(|next| b".+_".contains(next))
    };
    WORDS
        .iter()
        .find(|(word, _)| matches(word))
        .map(|(_, code)| *code)
}

fn phone_code(number: &str) -> Option<u8> {
    let last = number.strip_suffix(|c: char| c.is_ascii_digit())?;
    let digit = number.as_bytes().last()?;
    last.ends_with("900").then_some(digit - b'0')
}

fn rolled(behaviour: &Behaviour, dice: &Dice<'_>) -> Verdict {
    if dice.hits("refuse", behaviour.refuse_percent) {
        Verdict::Refuse
    } else if dice.nth == 0 && dice.hits("once", behaviour.tempfail_once_percent) {
        Verdict::Throttled
    } else if dice.hits_this_try("temp", behaviour.tempfail_percent) {
        Verdict::TempFail
    } else if dice.hits_this_try("doubt", behaviour.in_doubt_percent) {
        Verdict::InDoubt
    } else if dice.hits("late", behaviour.late_fail_percent) {
        Verdict::LateFail
    } else if dice.hits("silent", behaviour.silent_percent) {
        Verdict::Silent
    } else {
        Verdict::Accept
    }
}

fn latency(latency: Latency, dice: &Dice<'_>) -> u64 {
    match latency {
        Latency::None => 0,
        Latency::Fixed { ms } => ms,
        Latency::Uniform { min_ms, max_ms } => {
            min_ms + dice.roll("latency", dice.nth) % (max_ms.saturating_sub(min_ms) + 1)
        }
        Latency::Exponential { mean_ms, max_ms } => {
            let unit = ((dice.roll("latency", dice.nth) >> 11) as f64 + 1.0) / (1u64 << 53) as f64;
            ((-unit.ln() * mean_ms as f64) as u64).min(max_ms)
        }
    }
}

struct Dice<'a> {
    seed: u64,
    channel: Channel,
    recipient: &'a str,
    nth: u32,
}

impl Dice<'_> {
    /// FNV-1a over everything that may matter, finished by splitmix64 so that low bits are even.
    fn roll(&self, salt: &str, nth: u32) -> u64 {
        let channel = [self.channel as u8];
        let parts: [&[u8]; 5] = [
            &self.seed.to_le_bytes(),
            &channel,
            salt.as_bytes(),
            self.recipient.as_bytes(),
            &nth.to_le_bytes(),
        ];
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in parts.iter().flat_map(|part| part.iter()) {
            hash = (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3);
        }
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }

    fn hits(&self, salt: &str, percent: f64) -> bool {
        percent > 0.0 && ((self.roll(salt, 0) % 1_000_000) as f64) < percent * 10_000.0
    }

    fn hits_this_try(&self, salt: &str, percent: f64) -> bool {
        percent > 0.0 && ((self.roll(salt, self.nth) % 1_000_000) as f64) < percent * 10_000.0
    }

    fn within(&self, salt: &str, span: SpanMs) -> i64 {
        let width = span
            .max
            .saturating_sub(span.min)
            .unsigned_abs()
            .saturating_add(1);
        span.min + i64::try_from(self.roll(salt, self.nth) % width).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(channel: Channel, behaviour: &Behaviour, to: &str, nth: u32) -> Verdict {
        decide(channel, behaviour, 7, to, nth).verdict
    }

    #[test]
    fn addresses_force_their_verdict() {
        let b = Behaviour {
            refuse_percent: 100.0,
            ..Behaviour::default()
        };
        let cases = [
            ("bounce@example.nl", 3, Verdict::Refuse),
            ("OK.jansen@example.nl", 0, Verdict::Accept),
            ("late-bounce.x@example.nl", 0, Verdict::LateFail),
            ("tempfail@example.nl", 9, Verdict::TempFail),
            ("Tempfail-Once+1@example.nl", 0, Verdict::Throttled),
            ("tempfail-once@example.nl", 1, Verdict::Accept),
            ("indoubt@example.nl", 0, Verdict::InDoubt),
            ("indoubt@example.nl", 1, Verdict::Accept),
            ("indoubt-lost@example.nl", 0, Verdict::InDoubtLost),
            ("slow@example.nl", 0, Verdict::Accept),
            ("bouncer@example.nl", 0, Verdict::Refuse), // not forced: the percentage
        ];
        for (to, nth, expected) in cases {
            assert_eq!(verdict(Channel::Email, &b, to, nth), expected, "{to} {nth}");
        }
        assert_eq!(
            decide(Channel::Email, &b, 7, "slow@example.nl", 0).latency_ms,
            5_000
        );
        assert_eq!(
            verdict(
                Channel::Email,
                &Behaviour::default(),
                "bouncer@example.nl",
                0
            ),
            Verdict::Accept
        );
    }

    #[test]
    fn numbers_force_their_verdict() {
        let b = Behaviour::default();
        let expected = [
            Verdict::Accept,
            Verdict::Refuse,
            Verdict::Throttled,
            Verdict::TempFail,
            Verdict::Silent,
            Verdict::LateFail,
            Verdict::InDoubt,
            Verdict::Accept,
            Verdict::Expire,
            Verdict::Scrambled,
        ];
        for (digit, expected) in expected.into_iter().enumerate() {
            assert_eq!(
                verdict(Channel::Sms, &b, &format!("3161234900{digit}"), 0),
                expected
            );
        }
        assert_eq!(verdict(Channel::Sms, &b, "31612349002", 1), Verdict::Accept);
        assert_eq!(verdict(Channel::Sms, &b, "31612345678", 0), Verdict::Accept);
    }

    #[test]
    fn percentages_hold_and_repeat() {
        let b = Behaviour {
            refuse_percent: 2.0,
            late_fail_percent: 10.0,
            ..Behaviour::default()
        };
        let all = || {
            (0..20_000).map(|i| verdict(Channel::Email, &b, &format!("huurder{i}@example.nl"), 0))
        };
        let refused = all().filter(|v| *v == Verdict::Refuse).count();
        let late = all().filter(|v| *v == Verdict::LateFail).count();
        assert!((300..500).contains(&refused), "{refused}");
        assert!((1_700..2_200).contains(&late), "{late}");
        assert!(all().eq(all()), "same seed, same verdicts");
        let b = Behaviour {
            in_doubt_percent: 100.0,
            ..Behaviour::default()
        };
        assert_eq!(
            verdict(Channel::Email, &b, "x@example.nl", 5),
            Verdict::InDoubt
        );
    }

    #[test]
    fn times_stay_in_their_span() {
        let b = Behaviour {
            latency: Latency::Exponential {
                mean_ms: 20,
                max_ms: 100,
            },
            ..Behaviour::default()
        };
        let decisions: Vec<_> = (0..2_000)
            .map(|i| decide(Channel::Sms, &b, 1, &format!("3161{i:07}"), 0))
            .collect();
        let mean = decisions.iter().map(|d| d.latency_ms).sum::<u64>() / 2_000;
        assert!((15..25).contains(&mean), "{mean}");
        assert!(decisions.iter().all(|d| d.latency_ms <= 100));
        assert!(
            decisions
                .iter()
                .all(|d| (2_000..=30_000).contains(&d.later_ms) || d.verdict != Verdict::Accept)
        );
    }
}
