//! Owns what is told of households: who is in one, who is told, how a group goes on and stops.

use serde_json::{Value, json};
use sluis_model::{Addressee, Input, NotTold, PartNews, WhyNot};

use super::super::causes::remark;
use super::super::language::Language;
use super::super::words::scrub;
use super::told::Told;

/// Every addressee has his, or the order to stop.
pub(super) fn told(stop: bool, lang: Language) -> Told {
    let text = match stop {
        true => lang.every_one_stops(),
        false => lang.every_one_has_it(),
    };
    Told::new("group_told", "Verdeeld", text, json!({ "stop": stop }))
}

/// The part of one ended.
pub(super) fn part_ended(end: &str, lang: Language) -> Told {
    let text = lang.a_part_ended(end);
    Told::new("part_ended", "Deel afgerond", text, json!({ "end": end }))
}

/// What is left is to be stopped, for one of the parts or because somebody cancelled it.
pub(super) fn stopping(end: &str, note: &str, by_a_part: bool, lang: Language) -> Told {
    let why = match by_a_part {
        true => lang.brought_about(),
        false => lang.cancelled(remark(note)),
    };
    let text = lang.rest_is_stopped(end, why);
    let details = json!({ "end": end, "note": scrub(note) });
    Told::new("group_stopping", "Groep gestopt", text, details)
}

/// A part is stopped before it came.
pub(super) fn part_barred(lang: Language) -> Told {
    let text = lang.stopped_before_it_came();
    Told::new("part_barred", "Deel geweigerd", text, Value::Null)
}

/// A household names the tenant, or names him no more.
pub(super) fn noted(household: &str, is_in: bool, lang: Language) -> Told {
    let text = match is_in {
        true => lang.names_him(household),
        false => lang.names_him_no_more(household),
    };
    let details = json!({ "household_id": household, "is_in": is_in });
    Told::new("household_noted", "Huishouden", text, details)
}

/// Who is told, and who is not.
pub(super) fn formed(
    told: &[Addressee],
    not_told: &[NotTold],
    together: bool,
    lang: Language,
) -> Told {
    let one: Vec<String> = told.iter().map(|told| addressee(told, lang)).collect();
    let mut text = lang.told_are(one.join(", "));
    if !not_told.is_empty() {
        let not: Vec<String> = not_told.iter().map(|not| left_out(not, lang)).collect();
        text = lang.and_not_told(text, not.join(", "));
    }
    let answered = if together { "all" } else { "each" };
    let details = json!({ "told": told.len(), "not_told": not_told.len(), "answered": answered });
    Told::new("group_formed", "Huishouden aangeschreven", text, details)
}

/// Somebody who is told, in words.
pub(crate) fn addressee(told: &Addressee, lang: Language) -> String {
    let (tenant, role) = (&told.tenant, lang.role(told.role));
    match &*told.on_behalf_of {
        [] => lang.addressee(tenant, role),
        others => {
            let others: Vec<String> = others.iter().map(ToString::to_string).collect();
            lang.addressee_for(tenant, role, lang.all_of(&others))
        }
    }
}

/// Somebody who is not, and why not.
pub(crate) fn left_out(not: &NotTold, lang: Language) -> String {
    let (tenant, role) = (&not.tenant, lang.role(not.role));
    let why = match &not.why {
        WhyNot::Role => lang.nobody_as(&role),
        WhyNot::Deceased => lang.has_died(),
        WhyNot::NotYet => lang.not_begun(),
        WhyNot::Left => lang.is_over(),
        WhyNot::Represented { by } => lang.told_instead(by),
        WhyNot::NobodyRepresented => lang.nobody_represented(),
    };
    lang.left_out(tenant, role, why)
}

/// What a part tells its household.
pub(super) fn tells(household: &str, news: &PartNews, lang: Language) -> Told {
    let end = match (&news.end, &news.stops) {
        (Some(end), Some(_)) => lang.ended_and_so_do(end),
        (Some(end), None) => lang.part_is_over(end),
        (None, _) => lang.answered_for_all(),
    };
    let text = lang.household_hears(household, end);
    let details = json!({ "household_id": household, "group": news.group, "end": news.end, "stops": news.stops });
    Told::new("part_tells", "Huishouden bijgewerkt", text, details)
}

/// Who is in a household was told.
pub(super) fn stored(new: bool, input: &Input, lang: Language) -> Told {
    let members = match input {
        Input::PutHousehold(household) => household.members.len(),
        _ => 0,
    };
    let text = match new {
        true => lang.household_loaded(members),
        false => lang.household_changed(members),
    };
    let details = json!({ "new": new, "members": members });
    Told::new("household_stored", "Huishouden", text, details)
}
