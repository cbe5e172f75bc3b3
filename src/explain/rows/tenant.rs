//! Owns what is told of a tenant beside its notifications: the profile, addresses, facts.

use serde_json::{Value, json};
use sluis_model::{
    Address, AddressState, Channel, Confirmed, Evidence, Fact, Input, Profile, Subject, Timestamp,
};

use super::super::contacts;
use super::super::words::{mask, rfc3339};
use super::told::Told;

/// The profile was stored.
pub(super) fn profile(new: bool, input: &Input) -> Told {
    let none = Profile::default();
    let (profile, confirmed) = match input {
        Input::PutProfile(profile) => (&**profile, &[][..]),
        Input::Supplied(supplied) => (&supplied.profile, &supplied.confirmed[..]),
        _ => (&none, &[][..]),
    };
    let shown = |address| shown(address, confirmed);
    let addresses: Vec<Value> = profile.addresses.iter().map(shown).collect();
    let text = if new {
        "the profile was stored for the first time"
    } else {
        "the profile was changed by its source"
    };
    let details = json!({ "new": new, "language": profile.language, "addresses": addresses, "preferences": profile.preferences });
    Told::new("profile_stored", "Profiel", text, details)
}

fn shown(address: &Address, confirmed: &[Confirmed]) -> Value {
    let (channel, value) = (address.channel, &address.value);
    let mut row = json!({ "channel": channel, "address": mask(value), "state": address.state });
    let checked = confirmed
        .iter()
        .find(|c| c.channel == channel && c.value == *value);
    if let Some(checked) = checked {
        row["confirmed_at"] = rfc3339(checked.at).into();
    }
    row
}

/// An address has another state.
pub(super) fn marked(channel: Channel, value: &str, state: AddressState) -> Told {
    let after = match state {
        AddressState::Invalid => {
            ": it is not used until its source confirms it with a later date, or it is seen in use"
        }
        AddressState::Created | AddressState::Validated => "",
    };
    let (address, state) = (mask(value), json!(state));
    let name = state.as_str().unwrap_or_default();
    let text = format!("the {channel} address {address} is now {name}{after}");
    let details = json!({ "channel": channel, "address": address, "state": state });
    Told::new("address_marked", "Adres gemarkeerd", text, details)
}

/// A list brought an address that stays dead.
pub(super) fn kept(channel: Channel, value: &str, since: Timestamp, by: Evidence) -> Told {
    let (address, since) = (mask(value), rfc3339(since));
    let text = format!(
        "the {channel} address {address} is still not used, though the list has it: {} since {since}, and nothing \
         newer confirms it",
        contacts::because(by)
    );
    let details = json!({ "channel": channel, "address": address, "state": "invalid", "since": since, "by": by });
    Told::new("address_kept", "Adres blijft ongeldig", text, details)
}

/// A fact was taken.
pub(super) fn fact(input: &Input) -> Told {
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
