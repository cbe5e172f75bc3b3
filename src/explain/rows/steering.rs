//! Owns what is told of how the channels of a step were weighed, and of caps.

use serde_json::{Value, json};
use sluis_model::Capped;
use sluis_model::steering::Steered;

use super::super::steering::{OtherChannel, allows, cents, others};
use super::super::words::rfc3339;
use super::told::Told;

/// How the channels were weighed.
pub(super) fn steered(steered: &Steered) -> Told {
    let taken = match steered.channel {
        Some(channel) => format!("the way is {channel}"),
        None => "no channel of the step reaches the tenant".to_owned(),
    };
    let text = match others(steered) {
        others if others.is_empty() => taken,
        others => format!("{taken}: {others}"),
    };
    let row = steered.row.as_ref();
    let row = row.map(|row| json!({ "category": row.category, "from": row.from }));
    let details = json!({
        "channel": steered.channel, "row": row, "others": OtherChannel::of(steered),
        "expected_cost_cents": steered.cost.map(cents),
    });
    Told::new("steered", "Kanaalkeuze", text, details)
}

/// A cap holds it back.
pub(super) fn capped(capped: &Capped) -> Told {
    let until = rfc3339(capped.until);
    let text = format!("may go from {until} on, because {}", allows(capped));
    let details = json!({ "cap": capped.cap, "most": capped.most, "within_ms": capped.within_ms, "until": until });
    Told::new("capped", "Te veel berichten", text, details)
}

/// It counts.
pub(super) fn contacted() -> Told {
    let text = "this message counts in the tenant's history";
    Told::new("contacted", "Geteld", text, Value::Null)
}
