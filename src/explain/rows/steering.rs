//! Owns what is told of how the channels of a step were weighed.

use serde_json::json;
use sluis_model::steering::Steered;

use super::super::steering::{OtherChannel, others};
use super::told::Told;

/// How the channels were weighed.
pub(super) fn steered(steered: &Steered) -> Told {
    let taken = match steered.channel {
        Some(channel) => format!("the matrix leads to {channel}"),
        None => "no channel of the step reaches the tenant".to_owned(),
    };
    let text = match others(steered) {
        others if others.is_empty() => taken,
        others => format!("{taken}: {others}"),
    };
    let details = json!({
        "channel": steered.channel,
        "row": { "category": steered.row.category, "from": steered.row.from },
        "others": OtherChannel::of(steered),
    });
    Told::new("steered", "Kanaalkeuze", text, details)
}
