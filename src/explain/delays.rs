//! Owns what keeps a message that is ready from leaving now: pauses, send windows, rate limits,
//! breakers, each with until when. Refuses to look: whoever asks brings what holds it.

use serde::Serialize;
use sluis_actors::Pause;
use sluis_actors::router::Hold;
use sluis_model::{Timestamp, Why};

use super::Explanation;
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
        let whose = if scope.corporation.is_some() {
            "its sends are paused"
        } else {
            "an operator has paused sends"
        };
        let flow = scope
            .flow
            .as_ref()
            .map(|flow| format!(" of flow '{flow}'"))
            .unwrap_or_default();
        let channel = scope
            .channel
            .map(|channel| format!(" over {channel}"))
            .unwrap_or_default();
        let text = format!(
            "{whose}{flow}{channel} since {}, until somebody resumes them",
            rfc3339(pause.since)
        );
        Self {
            reason: "pause",
            text,
            until: None,
        }
    }

    /// What the channel's router or its providers say.
    #[must_use]
    pub fn hold(hold: &Hold) -> Self {
        let told = |reason, text: String, until: Option<Timestamp>| Self {
            reason,
            text,
            until: until.map(rfc3339),
        };
        match hold {
            Hold::Window { until } => told(
                "send_window",
                format!(
                    "the corporation's send window is closed until {}",
                    rfc3339(*until)
                ),
                Some(*until),
            ),
            Hold::CorporationLimit { until, rate } => {
                let text = format!(
                    "the corporation's limit of {rate} messages a second is used up until {}",
                    rfc3339(*until)
                );
                told("rate_limit", text, Some(*until))
            }
            Hold::ProviderLimit { until } => {
                let text = format!(
                    "the rate limit of the channel's providers is used up until {}",
                    rfc3339(*until)
                );
                told("rate_limit", text, Some(*until))
            }
            Hold::Breaker {
                provider,
                until,
                barred: Some(why),
            } => {
                let again = until.map_or_else(
                    || "one message at a time finds out whether it still does".to_owned(),
                    |until| format!("it is tried again at {}", rfc3339(until)),
                );
                let text = format!(
                    "{provider} refuses our account ({}), and {again}; an operator has to mend its credentials, rights or balance",
                    said(why)
                );
                told("barred", text, *until)
            }
            Hold::Breaker {
                provider,
                until: Some(until),
                barred: None,
            } => {
                let text = format!(
                    "{provider} cannot be reached, and is tried again at {}",
                    rfc3339(*until)
                );
                told("breaker", text, Some(*until))
            }
            Hold::Breaker {
                provider,
                until: None,
                barred: None,
            } => told(
                "breaker",
                format!(
                    "{provider} could not be reached, and one message at a time finds out whether it can"
                ),
                None,
            ),
        }
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

impl Explanation {
    /// Adds what keeps it from leaving now. Without anything it is as it was: it stands in line.
    #[must_use]
    pub fn held_back(mut self, delays: Vec<Delay>) -> Self {
        if delays.is_empty() {
            return self;
        }
        let texts: Vec<&str> = delays.iter().map(|delay| delay.text.as_str()).collect();
        self.why = format!(
            "{}; it cannot leave now: {}.",
            self.why.trim_end_matches('.'),
            texts.join("; ")
        );
        if let Some(next) = &mut self.next {
            next.at = delays
                .iter()
                .filter_map(|delay| delay.until.clone())
                .max()
                .or(next.at.take());
            next.delays = delays;
        }
        self
    }
}
