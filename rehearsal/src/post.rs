//! Owns what stands in the place of a supervisor and a provider: the message is made as it would be, held
//! against the length that the provider takes, and its fate is drawn. Refuses to send it.

use sluis_actors::{Saying, say};
use sluis_channels::Content;
use sluis_channels::sms::gsm;
use sluis_model::flow::Said;
use sluis_model::outside::{Fate, Try};
use sluis_model::{Channel, Profile, Unsubscribed, Verdict, Why};

use crate::agenda::Tried;
use crate::stage::Stage;
use crate::tally::{Trouble, Via};

/// Where the link of a message would lead.
const LINK: &str = "b/0000000000000000000000000000000000000000";
/// And the page to unsubscribe, which shows nobody's number.
const UNSUBSCRIBE: &str = "u/00000000000000000000000000000000000000000000";

/// One message to be made.
pub(crate) struct Sending<'a> {
    pub stage: &'a Stage,
    pub number: &'a str,
    pub profile: Option<&'a Profile>,
    pub data: &'a str,
    pub answers: &'a [Said],
    pub via: Via,
}

impl Sending<'_> {
    /// Makes the message. Gives its segments, where it is a text.
    pub(crate) fn make(&self) -> Result<usize, (Trouble, Why)> {
        let Stage {
            flow, templates, ..
        } = self.stage;
        let message = flow.message(self.via.step);
        let has_link = message.is_some_and(|message| message.link);
        let base = self.stage.public_url.trim_end_matches('/');
        let link = has_link.then(|| format!("{base}/{LINK}"));
        let unsubscribes = Unsubscribed::named(&flow.purpose).is_some();
        let unsubscribe = unsubscribes.then(|| format!("{base}/{UNSUBSCRIBE}"));
        let said = say(&Saying {
            flow,
            templates,
            step: self.via.step,
            // Variants are not rehearsed: the step's own template stands for them.
            variant: 0,
            channel: self.via.channel,
            tenant: self.number,
            profile: self.profile,
            corporation: &self.stage.corporation_name,
            data: self.data,
            answers: self.answers,
            link: link.as_deref(),
            unsubscribe: unsubscribe.as_deref(),
        });
        match said {
            Ok(Content::Text(text)) => self.fits(&text),
            Ok(Content::Email { .. } | Content::Null) => Ok(0),
            Err(Verdict::Refused { why, .. }) => Err((Trouble::Render, why)),
            Err(other) => Err((Trouble::Render, Why::new(other.name(), ""))),
        }
    }

    /// Whether the provider takes a text of this length.
    fn fits(&self, text: &str) -> Result<usize, (Trouble, Why)> {
        let carrier = self.stage.carriers.get(usize::from(self.via.carrier));
        let Some(bound) = carrier.and_then(|carrier| carrier.text) else {
            return Ok(0);
        };
        let count = if bound.transliterate {
            gsm::count(&gsm::transliterate(text)).count
        } else {
            gsm::count(text).count
        };
        if count > bound.segments {
            let text = format!("{count} segments, at most {}", bound.segments);
            return Err((Trouble::TooLong, Why::new("segments", &text)));
        }
        Ok(count)
    }

    /// What becomes of an attempt.
    pub(crate) fn fate(stage: &Stage, tried: Tried, channel: Channel, address: &str) -> Fate {
        let provider = &stage.carriers[usize::from(tried.carrier)].name;
        stage.outside.fate(&Try {
            corporation: stage.corporation,
            channel,
            provider,
            address,
            step: tried.step,
            attempt: tried.attempt,
        })
    }

    /// A number from 0 to below 1 that belongs to an attempt.
    pub(crate) fn part(stage: &Stage, tried: Tried, channel: Channel, address: &str) -> f64 {
        stage.outside.part(&Try {
            corporation: stage.corporation,
            channel,
            provider: "",
            address,
            step: tried.step,
            attempt: tried.attempt,
        })
    }
}
