//! Owns what is told of a tenant beside its notifications: the profile, contact points, facts.

use serde_json::{Value, json};
use sluis_model::{
    ContactKind, DeclaredFact, Evidence, Fact, Given, Input, PointState, Subject, Supplied,
    Timestamp, Where,
};

use super::super::contacts;
use super::super::language::Language;
use super::super::preferences::PreferenceRow;
use super::super::words::{discreet, mask, rfc3339, value};
use super::told::Told;

/// The profile was stored.
pub(super) fn profile(new: bool, input: &Input, lang: Language) -> Told {
    let none = Supplied::default();
    let supplied = match input {
        Input::PutProfile(supplied) => supplied,
        _ => &none,
    };
    let points: Vec<Value> = supplied.points.iter().map(shown).collect();
    let text = match new {
        true => lang.profile_new(),
        false => lang.profile_changed(),
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
pub(super) fn marked(on: Where, value: &str, state: PointState, lang: Language) -> Told {
    let (name, after) = match state {
        PointState::Invalid => (lang.state_invalid(), lang.not_used_until()),
        PointState::Created => (lang.state_created(), String::new()),
        PointState::Validated => (lang.state_validated(), String::new()),
    };
    let (called, only) = (
        contacts::called(on, value, lang),
        contacts::only_for(on, lang),
    );
    let text = lang.is_now(called, name, only, after);
    let details = details(on, value, &json!(state));
    Told::new("address_marked", "Adres gemarkeerd", text, details)
}

/// A source supplied a contact point that stays dead.
pub(super) fn kept(
    (on, value): (Where, &str),
    since: Timestamp,
    by: Evidence,
    lang: Language,
) -> Told {
    let (called, only) = (
        contacts::called(on, value, lang),
        contacts::only_for(on, lang),
    );
    let text = lang.still_not_used(called, only, lang.rests_on(by), lang.instant(since));
    let since = rfc3339(since);
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
pub(super) fn fact(input: &Input, lang: Language) -> Told {
    if let Input::Declared(fact) = input {
        return declared(fact, lang);
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
        return Told::new("fact", "Feit", lang.a_fact(), Value::Null);
    };
    let about = subject.as_ref().map(|subject| lang.about(subject));
    let amount = amount_cents.map(|cents| lang.of_amount(lang.money(cents)));
    let (about, amount) = (about.unwrap_or_default(), amount.unwrap_or_default());
    let text = lang.fact_told(lang.fact(*kind), amount, about, lang.instant(*occurred_at));
    let at = rfc3339(*occurred_at);
    let details = json!({ "fact_id": fact_id, "type": kind, "subject": subject, "amount_cents": amount_cents, "occurred_at": at });
    Told::new("fact", "Feit", text, details)
}

/// A fact of a declared type was taken.
fn declared(fact: &DeclaredFact, lang: Language) -> Told {
    let says = fact.says.iter();
    let says: Vec<String> = says
        .map(|(name, said)| format!("{name} {}", discreet(&value(said))))
        .collect();
    let says = if says.is_empty() {
        String::new()
    } else {
        lang.in_brackets(says.join(", "))
    };
    let about = fact.subject.as_ref().map(|subject| lang.about(subject));
    let about = about.unwrap_or_default();
    let ends = Some(fact.holds_until).filter(|ends| *ends != Timestamp::NEVER);
    let until = ends.map(|ends| lang.holds_until(lang.instant(ends)));
    let (until, told_at) = (until.unwrap_or_default(), lang.instant(fact.occurred_at));
    let text = lang.fact_declared(&fact.kind, about, says, told_at, until);
    let (kind, at, ends) = (&fact.kind, rfc3339(fact.occurred_at), ends.map(rfc3339));
    let details = json!({ "fact_id": fact.fact_id, "type": kind, "subject": fact.subject, "occurred_at": at, "holds_until": ends });
    Told::new("fact", "Feit", text, details)
}

/// What is open on the subject of a fact.
pub(super) fn subject_open(
    subject: &Subject,
    open_cents: Option<i64>,
    input: &Input,
    lang: Language,
) -> Told {
    let cents = open_cents.map(|cents| lang.money(cents));
    let amount = cents.unwrap_or_else(|| unknown_amount(input, lang));
    let text = lang.open_on(subject, amount);
    let details = json!({ "subject": subject, "open_cents": open_cents });
    Told::new("subject_open", "Openstaand bedrag", text, details)
}

/// What is known where no open amount is: nobody told it, and no open notification has one.
fn unknown_amount(input: &Input, lang: Language) -> String {
    match input {
        Input::Fact(Fact {
            amount_cents: Some(cents),
            ..
        }) => lang.open_unknown_but(lang.money(*cents)),
        _ => lang.open_unknown(),
    }
}
