//! Owns what is told of how the channels of a step were weighed, and of caps.

use serde_json::{Value, json};
use sluis_model::steering::Steered;
use sluis_model::{Capped, HeldBack};

use super::super::steering::{OtherChannel, allows, cents, for_whom, others, waits_for};
use super::super::words::rfc3339;
use super::told::Told;

/// How the channels were weighed.
pub(super) fn steered(steered: &Steered) -> Told {
    let taken = match steered.channel {
        Some(channel) => format!("the way is {channel}"),
        None => "no channel of the step reaches the tenant".to_owned(),
    };
    let told = [others(steered), for_whom(steered)];
    let told: Vec<String> = told.into_iter().filter(|told| !told.is_empty()).collect();
    let text = match told.join("; ") {
        told if told.is_empty() => taken,
        told => format!("{taken}: {told}"),
    };
    let row = steered.row.as_ref();
    let row = row.map(|row| {
        let phase = row.phase.as_deref();
        let phase = phase.map(|phase| {
            json!({ "share": phase.share, "complexes": phase.complexes, "more": phase.more })
        });
        json!({ "category": row.category, "from": row.from, "segment": row.segment, "phase": phase })
    });
    let segment = steered.segment.as_ref().map(|seen| seen.name.as_deref());
    let details = json!({
        "channel": steered.channel, "row": row, "others": OtherChannel::of(steered),
        "expected_cost_cents": steered.cost.map(cents), "segment": segment,
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

/// It waits for something else.
pub(super) fn held_back(held: &HeldBack) -> Told {
    let until = rfc3339(held.until());
    let text = format!("waits, at most until {until}: {}", waits_for(held));
    let details = match held {
        HeldBack::Conflict { rule, by, .. } => {
            json!({ "rule": rule, "by": by.map(|id| id.to_string()), "until": until })
        }
        HeldBack::Bundle { bundle, .. } => json!({ "bundle": bundle, "until": until }),
    };
    Told::new("held_back", "Wacht op iets anders", text, details)
}

/// It has a variant of its template.
pub(super) fn varied(variant: &str) -> Told {
    let text = format!("the message has the variant '{variant}' of its template");
    Told::new("varied", "Variant", text, json!({ "variant": variant }))
}

/// It counts.
pub(super) fn contacted() -> Told {
    let text = "this message counts in the tenant's history";
    Told::new("contacted", "Geteld", text, Value::Null)
}
