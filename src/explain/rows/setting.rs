//! Owns what is told of a fact that a flow set, by name what told it; and of a notification that follows an
//! earlier one for the same subject.

use serde_json::json;
use sluis_model::{FactSet, NotificationId, Timestamp};

use super::super::language::Language;
use super::super::words::{discreet, rfc3339, value};
use super::told::Told;

/// The kind of such a row.
pub(crate) const FACT_SET: &str = "fact_set";

/// A step told a fact.
pub(super) fn fact_set(id: NotificationId, set: &FactSet, lang: Language) -> Told {
    let FactSet {
        by,
        flow,
        version,
        fact,
        ..
    } = set;
    let says = fact.says.iter();
    let says: Vec<String> = says
        .map(|(name, said)| format!("{name} {}", discreet(&value(said))))
        .collect();
    let says = match says.as_slice() {
        [] => String::new(),
        says => format!(" ({})", says.join(", ")),
    };
    let about = fact.subject.as_ref().map(|s| lang.about(s));
    let about = about.unwrap_or_default();
    let ends = Some(fact.holds_until).filter(|ends| *ends != Timestamp::NEVER);
    let until = ends.map(|ends| lang.holds_until(lang.instant(ends)));
    let ends = ends.map(rfc3339);
    let kind = &fact.kind;
    let what = format!("{kind}{about}{says}");
    let (step, flow_named) = (lang.step_named(by), lang.named_version(flow, version));
    let text = lang.row_fact_set(what, step, flow_named, id, until.unwrap_or_default());
    let details = json!({
        "fact_id": fact.fact_id, "type": kind, "subject": fact.subject, "flow": flow, "version": version, "step": by,
        "notification": id, "holds_until": ends
    });
    Told::new(FACT_SET, "Feit uit een proces", text, details)
}

/// The flow ran for the subject before.
pub(super) fn follows(earlier: NotificationId, round: u32, lang: Language) -> Told {
    let text = lang.row_follows(earlier, round);
    let details = json!({ "follows": earlier, "round": round });
    Told::new("follows", "Volgt op", text, details)
}
