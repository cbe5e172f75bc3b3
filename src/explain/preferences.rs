//! Owns how a tenant's preference for a channel is shown.

use serde::Serialize;
use sluis_model::{Channel, PointSource, Preference};

use super::words::rfc3339;

/// By which channel a tenant wants a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreferenceRow {
    /// A category, or `*` for all others.
    pub(crate) category: String,
    /// The channel.
    pub(crate) channel: Channel,
    /// Who said so.
    source: PointSource,
    /// Since when, RFC 3339 in UTC; absent: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

impl PreferenceRow {
    /// All of them, in their order.
    #[must_use]
    pub fn of(preferences: &[Preference]) -> Vec<Self> {
        let all = preferences.iter();
        all.map(|preference| Self {
            category: preference.category.to_string(),
            channel: preference.channel,
            source: preference.source,
            since: preference.since().map(rfc3339),
        })
        .collect()
    }
}
