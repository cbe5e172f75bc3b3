//! Owns the sample values of what a source supplies of a tenant, and of what is known of him: every
//! kind of contact point, every state, every source.

use sluis_model::{
    Channel, ContactKind, Evidence, Given, Known, PerChannel, Point, PointSource, PointState,
    Preference, Profile, Supplied, Timestamp,
};

use crate::values::AT;

/// As versions before 5 wrote it.
pub(crate) fn undated() -> Preference {
    Preference::new("*", Channel::Whatsapp)
}

fn dated() -> Preference {
    undated().said(PointSource::Person, Some(AT))
}

/// Every kind of contact point, every state and every source that can supply one.
pub(crate) fn supplied() -> Supplied {
    let given = |kind, value: &str, state, source| Given {
        state,
        source,
        ..Given::new(kind, value)
    };
    use ContactKind::{Email, Messenger, Phone, Portal, Postal, Push};
    use PointSource::{List, Person, Receipt, System};
    use PointState::{Created, Invalid, Validated};
    let checked = Given {
        confirmed: Some(AT),
        ..given(Email, "a@example.nl", Created, List)
    };
    let mobile = Given {
        is_mobile: true,
        given_for: Some(Channel::Sms),
        ..given(Phone, "+31600000001", Validated, Person)
    };
    Supplied {
        name: "mevrouw De Vries".into(),
        language: "nl".into(),
        points: vec![
            checked,
            mobile,
            given(Postal, "Lange Vijverberg 1", Invalid, System),
            given(Portal, "h-1001", Created, System),
            given(Messenger, "4242", Created, Receipt),
            given(Push, "token", Created, System),
        ],
        preferences: vec![dated()],
    }
}

/// What versions 1 to 3 supplied, as this build reads it. `confirmed`: when the source checked the
/// mail address.
pub(crate) fn supplied_then(confirmed: Option<Timestamp>) -> Supplied {
    let mail = Given {
        confirmed,
        ..Given::new(ContactKind::Email, "a@example.nl")
    };
    let number = Given {
        state: PointState::Validated,
        given_for: Some(Channel::Sms),
        ..Given::mobile("+31600000001")
    };
    let letter = Given {
        state: PointState::Invalid,
        ..Given::new(ContactKind::Postal, "Lange Vijverberg 1")
    };
    Supplied {
        name: "mevrouw De Vries".into(),
        language: "nl".into(),
        points: vec![mail, number, letter],
        preferences: vec![undated()],
    }
}

pub(crate) fn profile() -> Profile {
    let known = |channel, state, by| Known {
        channel,
        state,
        since: AT,
        by,
    };
    use PointState::{Created, Invalid, Validated};
    let point = |given: Given, is_listed, known: &[Known]| Point {
        kind: given.kind,
        value: given.value,
        state: given.state,
        source: given.source,
        since: AT,
        is_mobile: given.is_mobile,
        given_for: given.given_for,
        is_listed,
        known: (!known.is_empty()).then(|| Box::new(PerChannel::from_iter(known.to_vec()))),
    };
    let on_phone = [
        known(Channel::Sms, Validated, Evidence::Use),
        known(Channel::Whatsapp, Invalid, Evidence::Bounce),
        known(Channel::Voice, Created, Evidence::Source),
    ];
    let points = supplied().points.into_iter().map(|given| match given.kind {
        ContactKind::Phone => point(given, true, &on_phone),
        ContactKind::Push => point(given, false, &[]),
        _ => point(given, true, &[]),
    });
    Profile {
        name: "mevrouw De Vries".into(),
        language: "nl".into(),
        points: points.collect(),
        preferences: vec![dated()].into(),
    }
}
