//! Owns what is told of a tenant beside its notifications: the profile, contact points, facts.

use serde_json::{Value, json};
use sluis_model::{
    ContactKind, DeclaredFact, Evidence, Fact, Given, Input, PointState, Subject, Supplied,
    Timestamp, Where,
};

use super::super::contacts;
use super::super::preferences::PreferenceRow;
use super::super::words::{discreet, mask, rfc3339, value};
use super::told::Told;

/// The profile was stored.
pub(super) fn profile(new: bool, input: &Input) -> Told {
    let none = Supplied::default();
    let supplied = match input {
        Input::PutProfile(supplied) => supplied,
        _ => &none,
    };
    let points: Vec<Value> = supplied.points.iter().map(shown).collect();
    let text = if new {
        "the profile was stored for the first time"
    } else {
        "the profile was changed by its source"
    };
    let preferences = PreferenceRow::of(&supplied.preferences);
    let details = json!({ "new": new, "language": supplied.language, "contact_points": points, "preferences": preferences });
    Told::new("profile_stored", "Profiel", text, details)
}

fn shown(given: &Given) -> Value {
    let (kind, value) = (given.kind.name(), mask(&given.value));
    let mut row =
        json!({ "kind": kind, "address": value, "state": given.state, "source": given.source });
    if let Some(channel) = given.given_for {
        row["channel"] = json!(channel);
    }
    if let Some(at) = given.confirmed {
        row["confirmed_at"] = rfc3339(at).into();
    }
    row
}

/// A contact point has another state.
pub(super) fn marked(on: Where, value: &str, state: PointState) -> Told {
    let after = match state {
        PointState::Invalid => {
            ": it is not used until its source confirms it with a later date, or it is seen in use"
        }
        PointState::Created | PointState::Validated => "",
    };
    let state = json!(state);
    let name = state.as_str().unwrap_or_default();
    let (called, only) = (contacts::called(on, value), contacts::only_for(on));
    let text = format!("{called} is now {name}{only}{after}");
    let details = details(on, value, &state);
    Told::new("address_marked", "Adres gemarkeerd", text, details)
}

/// A source supplied a contact point that stays dead.
pub(super) fn kept(on: Where, value: &str, since: Timestamp, by: Evidence) -> Told {
    let since = rfc3339(since);
    let (called, only) = (contacts::called(on, value), contacts::only_for(on));
    let text = format!(
        "{called} is still not used{only}, though the list has it: {} since {since}, and nothing newer confirms it",
        contacts::because(by)
    );
    let mut details = details(on, value, &json!(PointState::Invalid));
    details["since"] = since.into();
    details["by"] = json!(by);
    Told::new("address_kept", "Adres blijft ongeldig", text, details)
}

fn details(on: Where, value: &str, state: &Value) -> Value {
    let kind = on.kind().map(ContactKind::name);
    let mut details = json!({ "kind": kind, "address": mask(value), "state": state });
    if let Some(channel) = on.channel() {
        details["channel"] = json!(channel);
    }
    details
}

/// A fact was taken.
pub(super) fn fact(input: &Input) -> Told {
    if let Input::Declared(fact) = input {
        return declared(fact);
    }
    let Input::Fact(Fact {
        fact_id,
        kind,
        subject,
        amount_cents,
        occurred_at,
        ..
    }) = input
    else {
        return Told::new("fact", "Feit", "a fact was taken", Value::Null);
    };
    let about = subject.as_ref().map(|s| format!(" about {s}"));
    let amount = amount_cents.map(|cents| format!(" of {cents} cents"));
    let (about, amount) = (about.unwrap_or_default(), amount.unwrap_or_default());
    let at = rfc3339(*occurred_at);
    let text = format!("fact {}{amount}{about}, told {at}", kind.name());
    let details = json!({ "fact_id": fact_id, "type": kind, "subject": subject, "amount_cents": amount_cents, "occurred_at": at });
    Told::new("fact", "Feit", text, details)
}

/// A fact of a declared type was taken.
fn declared(fact: &DeclaredFact) -> Told {
    let says = fact.says.iter();
    let says: Vec<String> = says
        .map(|(name, said)| format!("{name} {}", discreet(&value(said))))
        .collect();
    let says = if says.is_empty() {
        String::new()
    } else {
        format!(" ({})", says.join(", "))
    };
    let about = fact.subject.as_ref().map(|s| format!(" about {s}"));
    let about = about.unwrap_or_default();
    let (kind, at) = (&fact.kind, rfc3339(fact.occurred_at));
    let ends = (fact.holds_until != Timestamp::NEVER).then(|| rfc3339(fact.holds_until));
    let until = ends.as_ref().map(|ends| format!(", holds until {ends}"));
    let until = until.unwrap_or_default();
    let text = format!("fact {kind}{about}{says}, told {at}{until}");
    let details = json!({ "fact_id": fact.fact_id, "type": kind, "subject": fact.subject, "occurred_at": at, "holds_until": ends });
    Told::new("fact", "Feit", text, details)
}

/// What is open on the subject of a fact.
pub(super) fn subject_open(subject: &Subject, open_cents: Option<i64>, input: &Input) -> Told {
    let cents = open_cents.map(|cents| format!("{cents} cents"));
    let amount = cents.unwrap_or_else(|| unknown_amount(input));
    let text = format!("open on {subject}: {amount}");
    let details = json!({ "subject": subject, "open_cents": open_cents });
    Told::new("subject_open", "Openstaand bedrag", text, details)
}

/// What is known where no open amount is: nobody told it, and no open notification has one.
fn unknown_amount(input: &Input) -> String {
    match input {
        Input::Fact(Fact {
            amount_cents: Some(cents),
            ..
        }) => {
            format!(
                "not known, for no fact told it and no notification about it is open; this fact is of {cents} cents"
            )
        }
        _ => "not known, for no fact told it".to_owned(),
    }
}
