//! Owns what keeps a message that is ready from leaving now: pauses, send windows, rate limits,
//! breakers, each with until when. Refuses to look: whoever asks brings what holds it.

use serde::Serialize;
use sluis_actors::Pause;
use sluis_actors::router::Hold;
use sluis_model::{PausedBy, Timestamp, Why};

use super::language::Language;
use super::words::rfc3339;

/// One reason of a wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delay {
    /// `pause`, `send_window`, `rate_limit`, `breaker` or `barred`.
    pub reason: &'static str,
    /// In words.
    pub text: String,
    /// Until when, RFC 3339 in UTC; absent while only a person or a provider can end it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl Delay {
    /// A pause that covers the message.
    #[must_use]
    pub fn pause(pause: &Pause, lang: Language) -> Self {
        let scope = &pause.scope;
        let whose = match (scope.by, scope.corporation) {
            (PausedBy::Corporation, _) => lang.own_sends_paused(),
            (PausedBy::Operator, Some(_)) => lang.operator_paused_its(),
            (PausedBy::Operator, None) => lang.operator_paused(),
        };
        let flow = scope.flow.as_ref().map(|flow| lang.of_flow(flow));
        let channel = scope
            .channel
            .map(|channel| lang.over(lang.channel(channel)));
        let (flow, channel) = (flow.unwrap_or_default(), channel.unwrap_or_default());
        let text = lang.paused_since(whose, flow, channel, lang.instant(pause.since));
        Self::told("pause", text, None)
    }

    /// What the channel's router or its providers say.
    #[must_use]
    pub fn hold(hold: &Hold, lang: Language) -> Self {
        match hold {
            Hold::Window { until } => {
                let text = lang.window_closed(lang.instant(*until));
                Self::told("send_window", text, Some(*until))
            }
            Hold::CorporationLimit { until, rate } => {
                Self::rate_limit(&lang.limit_of_corporation(rate), *until, lang)
            }
            Hold::ProviderLimit { until } => {
                Self::rate_limit(&lang.limit_of_providers(), *until, lang)
            }
            Hold::Breaker {
                provider,
                until,
                barred: Some(why),
            } => Self::barred(provider, *until, why, lang),
            Hold::Breaker {
                provider,
                until,
                barred: None,
            } => Self::breaker(provider, *until, lang),
        }
    }

    fn told(reason: &'static str, text: String, until: Option<Timestamp>) -> Self {
        Self {
            reason,
            text,
            until: until.map(rfc3339),
        }
    }

    fn rate_limit(limit: &str, until: Timestamp, lang: Language) -> Self {
        let text = lang.used_up(limit, lang.instant(until));
        Self::told("rate_limit", text, Some(until))
    }

    /// The provider takes nothing from our account.
    fn barred(provider: &str, until: Option<Timestamp>, why: &Why, lang: Language) -> Self {
        let again = match until {
            None => lang.one_finds_out(),
            Some(until) => lang.tried_again_at(lang.instant(until)),
        };
        let text = lang.account_refused(provider, said(why), again);
        Self::told("barred", text, until)
    }

    /// The provider is out of reach.
    fn breaker(provider: &str, until: Option<Timestamp>, lang: Language) -> Self {
        let text = match until {
            Some(until) => lang.out_of_reach_until(provider, lang.instant(until)),
            None => lang.out_of_reach(provider),
        };
        Self::told("breaker", text, until)
    }
}

/// A provider's code and its words, where it has both.
fn said(why: &Why) -> String {
    [&*why.code, &*why.text]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
