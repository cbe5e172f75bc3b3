//! Owns the check of profiles. Refuses an address in an answer.

use proptest::prelude::*;
use serde_json::{Value, json};
use sluis_model::{Channel, Given, PointState};

use super::told;
use crate::explain::rfc3339;
use crate::intake::profile::parse;

#[test]
fn addresses_come_out_in_their_normal_form() {
    let text = json!({
        "name": "mevrouw De Vries", "language": "NL",
        "addresses": [
            { "channel": "email", "value": " J.deVries@Example.NL " },
            { "channel": "sms", "value": "06-12 34 56 78", "state": "validated" },
            { "channel": "letter", "value": "Dorpsstraat 1, 2511 AB Den Haag" }
        ],
        "preferences": [{ "category": "*", "channel": "sms" }]
    });
    let profile = parse(text.to_string().as_bytes()).expect("sound").supplied;
    let values: Vec<&str> = profile.points.iter().map(|a| &*a.value).collect();
    assert_eq!(
        values,
        [
            "J.deVries@example.nl",
            "+31612345678",
            "Dorpsstraat 1, 2511 AB Den Haag"
        ]
    );
    assert_eq!(profile.points[1].state, PointState::Validated);
    assert_eq!(
        (&*profile.language, profile.preferences[0].channel),
        ("nl", Channel::Sms)
    );
    assert!(parse(b"{}").is_ok());
}

#[test]
fn a_confirmation_and_what_was_put_right_are_told() {
    let text = json!({ "addresses": [
        { "channel": "email", "value": "Jan <a@b.nl>", "confirmed_at": "2026-11-27T10:00:00Z" },
        { "channel": "sms", "value": "tel:+32 0470 12 34 56" }
    ] });
    let read = parse(text.to_string().as_bytes()).expect("sound");
    let told_of = |given: &Given| (given.value.to_string(), given.confirmed.map(|at| at.0));
    let points: Vec<_> = read.supplied.points.iter().map(told_of).collect();
    let expected = [("a@b.nl", Some(1_795_773_600_000)), ("+32470123456", None)];
    assert_eq!(points, expected.map(|(value, at)| (value.to_owned(), at)));
    assert_eq!(
        told(&read.notes),
        [
            "addresses cleaned",
            "addresses cleaned",
            "addresses cleaned"
        ]
    );
    for (address, expected) in [
        (
            json!({ "channel": "email", "value": "a@b.nl", "confirmed_at": "gisteren" }),
            "addresses[0].confirmed_at bad_time",
        ),
        (
            json!({ "channel": "email", "value": "a@b.nl", "confirmed_at": 7 }),
            "addresses[0].confirmed_at bad_time",
        ),
        (
            json!({ "channel": "email", "value": "a@b.nl", "state": "invalid", "confirmed_at": "2026-11-27" }),
            "addresses[0].confirmed_at contradiction",
        ),
        (
            json!({ "channel": "email", "value": "noreply@b.nl" }),
            "addresses[0].value bad_address",
        ),
    ] {
        let problems =
            parse(json!({ "addresses": [address] }).to_string().as_bytes()).expect_err("mistakes");
        assert_eq!(told(&problems), [expected]);
    }
}

#[test]
fn each_mistake_has_its_path_and_no_address_is_repeated() {
    let text = json!({
        "name": 1, "language": "vlaams", "adresses": [],
        "addresses": [
            { "channel": "email", "value": "jan.geheim" },
            { "channel": "sms", "value": "070-1234567" },
            { "channel": "fax", "value": "070-1234567" },
            { "channel": "email", "value": 7, "state": "fine", "x": 1 },
            { "channel": "sms", "value": "0612345678" },
            { "channel": "sms", "value": "+31612345678" },
            "x"
        ],
        "preferences": [{ "category": "A", "channel": "sms" }, { "category": "a", "channel": "sms" }, { "category": "a", "channel": "email" }]
    });
    let problems = parse(text.to_string().as_bytes()).expect_err("mistakes");
    let expected = [
        "adresses unknown_key",
        "name wrong_type",
        "language unknown_word",
        "addresses[0].value bad_address",
        "addresses[1].value bad_address",
        "addresses[2].channel unknown_word",
        "addresses[3].x unknown_key",
        "addresses[3].value wrong_type",
        "addresses[3].state unknown_word",
        "addresses[5] twice",
        "addresses[6] wrong_type",
        "preferences[0].category bad_characters",
        "preferences[2] twice",
    ];
    assert_eq!(told(&problems), expected);
    let printed = serde_json::to_string(&problems).expect("JSON");
    for secret in ["jan.geheim", "1234567", "12345678"] {
        assert!(!printed.contains(secret), "{secret:?} stands in {printed}");
    }
}

#[test]
fn counts_are_bounded() {
    let many: Vec<Value> = (0..17)
        .map(|n| json!({ "channel": "email", "value": format!("a{n}@example.nl") }))
        .collect();
    let problems =
        parse(json!({ "addresses": many }).to_string().as_bytes()).expect_err("too many");
    assert_eq!(told(&problems), ["addresses out_of_range"]);
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(70_000));
    assert_eq!(
        told(&parse(long.as_bytes()).expect_err("too long")),
        ["body too_long"]
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn any_text_as_an_address_is_read_or_told(text in "\\PC{0,40}", channel in 0_usize..7) {
        let channel = Channel::ALL[channel];
        let body = json!({ "addresses": [{ "channel": channel, "value": text }] }).to_string();
        if let Err(problems) = parse(body.as_bytes()) {
            prop_assert_eq!(told(&problems), ["addresses[0].value bad_address"]);
        }
    }
}

#[test]
fn a_preference_may_say_since_when_and_who_said_so() {
    let text = json!({ "preferences": [
        { "category": "collection", "channel": "letter", "since": "2026-11-20", "source": "person" },
        { "category": "*", "channel": "sms", "since": null, "source": null }
    ] });
    let supplied = parse(text.to_string().as_bytes()).expect("sound").supplied;
    let told: Vec<_> = supplied
        .preferences
        .iter()
        .map(|preference| (preference.source.name(), preference.since().map(rfc3339)))
        .collect();
    let since = Some("2026-11-19T23:00:00Z".to_owned());
    assert_eq!(told, [("person", since), ("system", None)]);
}

#[test]
fn a_preference_with_a_date_or_a_source_that_is_none_is_refused() {
    let text = json!({ "preferences": [
        { "category": "a", "channel": "letter", "since": "gisteren", "source": "receipt" },
        { "category": "b", "channel": "letter", "since": "1969-12-31", "sinds": "2026-11-20" }
    ] });
    let problems = parse(text.to_string().as_bytes()).expect_err("wrong");
    let paths: Vec<&str> = problems.iter().map(|problem| &*problem.path).collect();
    for path in [
        "preferences[0].source",
        "preferences[0].since",
        "preferences[1].sinds",
        "preferences[1].since",
    ] {
        assert!(paths.contains(&path), "{path} is missing in {paths:?}");
    }
}
