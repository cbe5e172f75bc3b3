//! A world that is drawn from channel models: the same draws as those of a rehearsal, so that what was
//! said beforehand can be held against what comes. Owns the step from a drawn fate to a verdict, and the
//! link in a message. Refuses chance of its own: who is told what depends on the models, their seed, the
//! address, the step and the attempt, as in a rehearsal.

use sluis_model::outside::{After, Answer, Fate, Outside, Try};
use sluis_model::{AttemptRef, CorporationId};

use super::channel::Channel;
use super::verdict::{Decision, Reads, Verdict};

/// The models that a sink draws from.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// How the world outside behaves.
    pub outside: Outside,
    /// Whose messages come.
    pub corporation: CorporationId,
    /// The engine's name of the provider that the sink stands for.
    pub provider: Box<str>,
}

impl Drawn {
    /// What becomes of a try. A message without a reference is nobody's, and is taken.
    pub(super) fn decide(
        &self,
        channel: Channel,
        recipient: &str,
        attempt: Option<AttemptRef>,
    ) -> Decision {
        let Some(attempt) = attempt else {
            return decision(Verdict::Silent, 0, None);
        };
        let fate = self.outside.fate(&Try {
            corporation: self.corporation,
            channel: channel.of_engine(),
            provider: &self.provider,
            address: recipient,
            step: attempt.step,
            attempt: attempt.attempt,
        });
        decided(channel, &fate)
    }
}

/// The verdict of a fate. Its times are those of the clock that the engine has; how long the provider
/// takes to answer is no time of this world.
fn decided(channel: Channel, fate: &Fate) -> Decision {
    let reads = fate.pressed_ms.map(|pressed_ms| Reads {
        pressed_ms: pressed_ms.saturating_add(fate.takes_ms),
        pays_ms: fate.pays_ms,
    });
    let after = |ms: i64| ms.saturating_add(fate.takes_ms);
    match (fate.answer, fate.after) {
        (Answer::Refused, _) => decision(Verdict::Refuse, 0, None),
        (Answer::Later, _) => decision(later(channel), 0, None),
        (Answer::Accepted, None) => decision(Verdict::Silent, 0, reads),
        (Answer::Accepted, Some((After::Delivered, ms))) => {
            decision(Verdict::Accept, after(ms), reads)
        }
        (Answer::Accepted, Some((After::Bounced, ms))) => {
            decision(Verdict::LateFail, after(ms), None)
        }
        (Answer::Accepted, Some((After::Failed, ms))) => decision(Verdict::Expire, after(ms), None),
    }
}

/// "Not now", and certainly not taken. A provider of texts says so with a rate: of an answer that its
/// service is not available (503) an engine cannot know whether the message was taken before.
const fn later(channel: Channel) -> Verdict {
    match channel {
        Channel::Sms => Verdict::Throttled,
        Channel::Email | Channel::Echo => Verdict::TempFail,
    }
}

const fn decision(verdict: Verdict, later_ms: i64, reads: Option<Reads>) -> Decision {
    Decision {
        verdict,
        latency_ms: 0,
        later_ms,
        reads,
    }
}

/// The address of the button in a message, as it stands in the text: for a mail, the text as it was
/// sent, quoted-printable or not.
#[must_use]
pub fn link_in(text: &str) -> Option<String> {
    let plain;
    let text = match text.contains("=\r\n") || text.contains("=3D") {
        true => {
            plain = text.replace("=\r\n", "").replace("=3D", "=");
            &plain
        }
        false => text,
    };
    let start = text.find("/b/")?;
    let begin = text[..start].rfind("http")?;
    let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_';
    let token = text[start + 3..].split(is_end).next()?;
    (!token.is_empty()).then(|| format!("{}{token}", &text[begin..start + 3]))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use sluis_model::{NotificationId, ShardId};

    use super::*;

    fn drawn(models: &str) -> Drawn {
        Drawn {
            outside: Outside::parse(models).unwrap(),
            corporation: CorporationId(1),
            provider: "bird".into(),
        }
    }

    fn attempt(step: u8) -> Option<AttemptRef> {
        Some(AttemptRef {
            id: NotificationId::new(ShardId(0), 1_767_225_600_000, 7),
            step,
            attempt: 1,
        })
    }

    #[test]
    fn a_sink_draws_what_a_rehearsal_draws() {
        let drawn = drawn("seed = 4");
        let mut verdicts: HashMap<Verdict, usize> = HashMap::new();
        for number in 0..20_000 {
            let to = format!("3161{number:07}");
            let decision = drawn.decide(Channel::Sms, &to, attempt(1));
            let fate = drawn.outside.fate(&Try {
                corporation: CorporationId(1),
                channel: sluis_model::Channel::Sms,
                provider: "bird",
                address: &format!("+{to}"),
                step: 1,
                attempt: 1,
            });
            assert_eq!(decision, decided(Channel::Sms, &fate));
            *verdicts.entry(decision.verdict).or_default() += 1;
        }
        for (verdict, least) in [
            (Verdict::Refuse, 20),
            (Verdict::Throttled, 10),
            (Verdict::LateFail, 100),
            (Verdict::Expire, 80),
            (Verdict::Accept, 18_000),
        ] {
            assert!(verdicts[&verdict] > least, "{verdict:?}: {verdicts:?}");
        }
    }

    #[test]
    fn a_message_of_nobody_is_taken_and_nothing_follows() {
        let drawn = drawn("[[channel]]\nchannel = \"email\"\nrefused = 100");
        let nobody = drawn.decide(Channel::Email, "a@example.nl", None);
        assert_eq!((nobody.verdict, nobody.reads), (Verdict::Silent, None));
        let known = drawn.decide(Channel::Email, "a@example.nl", attempt(0));
        assert_eq!(known.verdict, Verdict::Refuse);
    }

    #[test]
    fn the_link_is_found_in_a_text_and_in_a_mail_that_was_folded() {
        let text = "Beste huurder, http://127.0.0.1:1/b/abc-D_9 graag.";
        assert_eq!(link_in(text).unwrap(), "http://127.0.0.1:1/b/abc-D_9");
        let mail = "Klik: http://127.0.0.1:1/b/ab=\r\ncd9\r\nen =3D";
        assert_eq!(link_in(mail).unwrap(), "http://127.0.0.1:1/b/abcd9");
        assert_eq!(link_in("geen knop"), None);
    }
}
