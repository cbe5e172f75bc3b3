//! Owns what is told of households: who is in one, who is told, how a group goes on and stops.

use serde_json::{Value, json};
use sluis_model::{Addressee, Event, Input, NotTold, PartNews, WhyNot};

use super::super::causes::remark;
use super::super::words::scrub;
use super::told::Told;

/// A row about households.
pub(super) fn tell_group(event: &Event, input: &Input) -> Told {
    match event {
        Event::GroupFormed {
            told,
            not_told,
            together,
            ..
        } => formed(told, not_told, *together),
        Event::GroupTold { stop, .. } => {
            let text = match stop {
                true => "every addressee has the order to stop",
                false => "every addressee has his notification",
            };
            Told::new("group_told", "Verdeeld", text, json!({ "stop": stop }))
        }
        Event::PartEnded { end, .. } => {
            let text = format!("the part of one addressee ended '{end}'");
            Told::new("part_ended", "Deel afgerond", text, json!({ "end": end }))
        }
        Event::GroupStopping { end, note, by, .. } => {
            let why = match by {
                Some(_) => "one of the parts has brought that about".to_owned(),
                None => format!("it was cancelled{}", remark(note)),
            };
            let text = format!("what is left is stopped as '{end}': {why}");
            let details = json!({ "end": end, "note": scrub(note) });
            Told::new("group_stopping", "Groep gestopt", text, details)
        }
        Event::PartTells { household, news } => tells(household, news),
        Event::PartBarred { .. } => {
            let text = "a part is stopped before it came";
            Told::new("part_barred", "Deel geweigerd", text, Value::Null)
        }
        Event::HouseholdStored { new, .. } => stored(*new, input),
        Event::HouseholdNoted { household, is_in } => {
            let text = match is_in {
                true => format!("household '{household}' names this tenant"),
                false => format!("household '{household}' names this tenant no more"),
            };
            let details = json!({ "household_id": household, "is_in": is_in });
            Told::new("household_noted", "Huishouden", text, details)
        }
        // Told elsewhere.
        _ => Told::new("", "", "", Value::Null),
    }
}

fn formed(told: &[Addressee], not_told: &[NotTold], together: bool) -> Told {
    let one: Vec<String> = told.iter().map(addressee).collect();
    let mut text = format!("told: {}", one.join(", "));
    if !not_told.is_empty() {
        let not: Vec<String> = not_told.iter().map(left_out).collect();
        text = format!("{text}; not told: {}", not.join(", "));
    }
    let answered = if together { "all" } else { "each" };
    let details = json!({ "told": told.len(), "not_told": not_told.len(), "answered": answered });
    Told::new("group_formed", "Huishouden aangeschreven", text, details)
}

/// Somebody who is told, in words.
pub(crate) fn addressee(told: &Addressee) -> String {
    let (tenant, role) = (&told.tenant, told.role.name());
    match &*told.on_behalf_of {
        [] => format!("{tenant} ({role})"),
        others => format!("{tenant} ({role}, for {})", others.join(" and ")),
    }
}

/// Somebody who is not, and why not.
pub(crate) fn left_out(not: &NotTold) -> String {
    let (tenant, role) = (&not.tenant, not.role.name());
    let why = match &not.why {
        WhyNot::Role => format!("the flow tells nobody as {role}"),
        WhyNot::Deceased => "has died".to_owned(),
        WhyNot::NotYet => "it has not begun".to_owned(),
        WhyNot::Left => "it is over".to_owned(),
        WhyNot::Represented { by } => format!("{by} is told instead"),
        WhyNot::NobodyRepresented => "nobody is told whom he represents".to_owned(),
    };
    format!("{tenant} ({role}: {why})")
}

fn tells(household: &str, news: &PartNews) -> Told {
    let end = match (&news.end, &news.stops) {
        (Some(end), Some(_)) => format!("it ended '{end}', and so do the others"),
        (Some(end), None) => format!("it ended '{end}'"),
        (None, _) => "it was answered, for all of them".to_owned(),
    };
    let text = format!("household '{household}' is told of its part: {end}");
    let details = json!({ "household_id": household, "group": news.group, "end": news.end, "stops": news.stops });
    Told::new("part_tells", "Huishouden bijgewerkt", text, details)
}

fn stored(new: bool, input: &Input) -> Told {
    let members = match input {
        Input::PutHousehold(household) => household.members.len(),
        _ => 0,
    };
    let text = match new {
        true => format!("the household was loaded: {members} entries"),
        false => format!("the household changed: {members} entries"),
    };
    let details = json!({ "new": new, "members": members });
    Told::new("household_stored", "Huishouden", text, details)
}
