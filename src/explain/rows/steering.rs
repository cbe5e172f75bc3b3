//! Owns what is told of how the channels of a step were weighed, and of caps.

use serde_json::{Value, json};
use sluis_model::steering::Steered;
use sluis_model::{Capped, HeldBack};

use super::super::language::Language;
use super::super::steering::{OtherChannel, allows, cents, for_whom, others, waits_for};
use super::super::words::rfc3339;
use super::told::Told;

/// How the channels were weighed.
pub(super) fn steered(steered: &Steered, lang: Language) -> Told {
    let taken = match steered.channel {
        Some(channel) => lang.the_way_is(lang.channel(channel)),
        None => lang.no_way(),
    };
    let told = [others(steered, lang), for_whom(steered, lang)];
    let told: Vec<String> = told.into_iter().filter(|told| !told.is_empty()).collect();
    let text = match told.join("; ") {
        told if told.is_empty() => taken,
        told => lang.the_way_because(taken, told),
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
        "channel": steered.channel, "row": row, "others": OtherChannel::of(steered, lang),
        "expected_cost_cents": steered.cost.map(cents), "segment": segment,
    });
    Told::new("steered", "Kanaalkeuze", text, details)
}

/// A cap holds it back.
pub(super) fn capped(capped: &Capped, lang: Language) -> Told {
    let text = lang.may_go_from(lang.instant(capped.until), allows(capped, lang));
    let until = rfc3339(capped.until);
    let details = json!({ "cap": capped.cap, "most": capped.most, "within_ms": capped.within_ms, "until": until });
    Told::new("capped", "Te veel berichten", text, details)
}

/// It waits for something else.
pub(super) fn held_back(held: &HeldBack, lang: Language) -> Told {
    let text = lang.waits_at_most(lang.instant(held.until()), waits_for(held, lang));
    let until = rfc3339(held.until());
    let details = match held {
        HeldBack::Conflict { rule, by, .. } => {
            json!({ "rule": rule, "by": by.map(|id| id.to_string()), "until": until })
        }
        HeldBack::Bundle { bundle, .. } => json!({ "bundle": bundle, "until": until }),
    };
    Told::new("held_back", "Wacht op iets anders", text, details)
}

/// It has a variant of its template.
pub(super) fn varied(variant: &str, lang: Language) -> Told {
    let text = lang.has_variant(variant);
    Told::new("varied", "Variant", text, json!({ "variant": variant }))
}

/// It counts.
pub(super) fn contacted(lang: Language) -> Told {
    let text = lang.counts();
    Told::new("contacted", "Geteld", text, Value::Null)
}
