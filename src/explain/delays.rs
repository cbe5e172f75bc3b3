//! Owns what keeps a message that is ready from leaving now: pauses, send windows, rate limits,
//! breakers, each with until when. Refuses to look: whoever asks brings what holds it.

use serde::Serialize;
use sluis_actors::Pause;
use sluis_actors::router::Hold;
use sluis_model::{PausedBy, Timestamp, Why};

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
    pub fn pause(pause: &Pause) -> Self {
        let scope = &pause.scope;
        let whose = match (scope.by, scope.corporation) {
            (PausedBy::Corporation, _) => "its sends are paused",
            (PausedBy::Operator, Some(_)) => "an operator has paused its sends",
            (PausedBy::Operator, None) => "an operator has paused sends",
        };
        let flow = scope.flow.as_ref().map(|flow| format!(" of flow '{flow}'"));
        let channel = scope.channel.map(|channel| format!(" over {channel}"));
        let (flow, channel) = (flow.unwrap_or_default(), channel.unwrap_or_default());
        let since = rfc3339(pause.since);
        let text = format!("{whose}{flow}{channel} since {since}, until somebody resumes them");
        Self::told("pause", text, None)
    }

    /// What the channel's router or its providers say.
    #[must_use]
    pub fn hold(hold: &Hold) -> Self {
        match hold {
            Hold::Window { until } => Self::window(*until),
            Hold::CorporationLimit { until, rate } => Self::rate_limit(
                &format!("the corporation's limit of {rate} messages a second"),
                *until,
            ),
            Hold::ProviderLimit { until } => {
                Self::rate_limit("the rate limit of the channel's providers", *until)
            }
            Hold::Breaker {
                provider,
                until,
                barred: Some(why),
            } => Self::barred(provider, *until, why),
            Hold::Breaker {
                provider,
                until,
                barred: None,
            } => Self::breaker(provider, *until),
        }
    }

    fn told(reason: &'static str, text: String, until: Option<Timestamp>) -> Self {
        Self {
            reason,
            text,
            until: until.map(rfc3339),
        }
    }

    fn window(until: Timestamp) -> Self {
        let end = rfc3339(until);
        let text = format!("the corporation's send window is closed until {end}");
        Self::told("send_window", text, Some(until))
    }

    fn rate_limit(limit: &str, until: Timestamp) -> Self {
        let text = format!("{limit} is used up until {}", rfc3339(until));
        Self::told("rate_limit", text, Some(until))
    }

    /// The provider takes nothing from our account.
    fn barred(provider: &str, until: Option<Timestamp>, why: &Why) -> Self {
        let again = until.map_or_else(
            || "one message at a time finds out whether it still does".to_owned(),
            |until| format!("it is tried again at {}", rfc3339(until)),
        );
        let text = format!(
            "{provider} refuses our account ({}), and {again}; an operator has to mend its credentials, rights or balance",
            said(why)
        );
        Self::told("barred", text, until)
    }

    /// The provider is out of reach.
    fn breaker(provider: &str, until: Option<Timestamp>) -> Self {
        let text = match until {
            Some(until) => {
                let at = rfc3339(until);
                format!("{provider} cannot be reached, and is tried again at {at}")
            }
            None => format!(
                "{provider} could not be reached, and one message at a time finds out whether it can"
            ),
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
