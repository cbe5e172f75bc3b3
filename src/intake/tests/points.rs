//! Owns the check of contact points as senders write them: by kind, in VERA's words, in the older
//! form, and as strangers' exports have them. Refuses a value in an answer.

use serde_json::{Value, json};
use sluis_model::{Channel, ContactKind, Given, PointSource, PointState};

use super::told;
use crate::intake::problem::FieldProblem;
use crate::intake::profile::{Read, parse};

fn read(body: &Value) -> Result<Read, Vec<FieldProblem>> {
    parse(body.to_string().as_bytes())
}

fn points(entries: Value) -> Vec<Given> {
    let read = read(&json!({ "contact_points": entries })).expect("sound");
    read.supplied.points
}

fn mistakes(entries: Value) -> Vec<String> {
    told(&read(&json!({ "contact_points": entries })).expect_err("mistakes"))
}

#[test]
fn every_kind_is_read_by_its_name_and_in_veras_words() {
    let entries = json!([
        { "kind": "EMA", "value": "A@Example.NL", "state": "GEV" },
        { "kind": "MOB", "value": "06 12 34 56 78", "source": "person" },
        { "kind": "TEL", "value": "070-1234567", "state": "ONG" },
        { "kind": "POS", "value": "Dijk 1\r\n2511 AB Den Haag\n", "state": "AAN" },
        { "kind": "portal", "value": "h-1" },
        { "kind": "messenger", "value": "4242" },
        { "kind": "push", "value": "t:1" }
    ]);
    let read = points(entries);
    let shown: Vec<_> = read
        .iter()
        .map(|given| (given.kind.name(), &*given.value, given.is_mobile))
        .collect();
    let expected = [
        ("email", "A@example.nl", false),
        ("phone", "+31612345678", true),
        ("phone", "+31701234567", false),
        ("postal", "Dijk 1, 2511 AB Den Haag", false),
        ("portal", "h-1", false),
        ("messenger", "4242", false),
        ("push", "t:1", false),
    ];
    assert_eq!(shown, expected);
    use PointState::{Created, Invalid, Validated};
    let states: Vec<PointState> = read.iter().take(4).map(|given| given.state).collect();
    assert_eq!(states, [Validated, Created, Invalid, Created]);
    let sources: Vec<PointSource> = read.iter().take(2).map(|given| given.source).collect();
    assert_eq!(sources, [PointSource::System, PointSource::Person]);
}

#[test]
fn the_older_form_gives_the_kind_of_its_channel() {
    let older = json!({ "addresses": [
        { "channel": "sms", "value": "0612345678" },
        { "channel": "whatsapp", "value": "+31612345678", "state": "validated" },
        { "channel": "whatsapp", "value": "0687654321" },
        { "channel": "null", "value": "nobody" },
        { "channel": "letter", "value": "Dijk 1" }
    ] });
    let read = read(&older).expect("sound");
    let shown: Vec<_> = read
        .supplied
        .points
        .iter()
        .map(|given| (given.kind, &*given.value, given.given_for))
        .collect();
    use ContactKind::{Phone, Postal};
    let expected = [
        (Phone, "+31612345678", None),
        (Phone, "+31687654321", Some(Channel::Whatsapp)),
        (Postal, "Dijk 1", None),
    ];
    assert_eq!(shown, expected, "one number for two channels is one");
    assert_eq!(read.supplied.points[0].state, PointState::Validated);
    assert_eq!(told(&read.notes), ["addresses cleaned"], "null needs none");
}

#[test]
fn what_cannot_be_one_contact_point_is_named_by_its_place() {
    for (entries, expected) in [
        (
            json!([{ "kind": "fax", "value": "1" }]),
            "contact_points[0].kind unknown_word",
        ),
        (
            json!([{ "value": "a@b.nl" }]),
            "contact_points[0].kind missing",
        ),
        (
            json!([{ "kind": "email", "channel": "sms", "value": "a@b.nl" }]),
            "contact_points[0].channel contradiction",
        ),
        (
            json!([{ "kind": "email", "value": "a@b.nl" }, { "kind": "email", "value": "A@B.nl" }]),
            "contact_points[1] twice",
        ),
        (
            json!([{ "kind": "email", "value": "a@b.nl", "source": "receipt" }]),
            "contact_points[0].source unknown_word",
        ),
    ] {
        assert_eq!(mistakes(entries), [expected]);
    }
    let both = read(&json!({ "contact_points": [], "addresses": [] })).expect_err("two lists");
    assert_eq!(told(&both), ["addresses twice"]);
    let older = json!({ "addresses": [
        { "channel": "sms", "value": "0612345678", "state": "invalid" },
        { "channel": "whatsapp", "value": "0612345678" }
    ] });
    let told_of = told(&read(&older).expect_err("two states"));
    assert_eq!(told_of, ["addresses[1] contradiction"]);
}

#[test]
fn what_exports_write_is_read_or_refused_without_being_repeated() {
    let token = "t".repeat(4_096);
    for (kind, text, value) in [
        ("email", " A.B@EXAMPLE.NL \u{200b}", "A.B@example.nl"),
        ("email", "mailto:a@b.nl?subject=x", "a@b.nl"),
        ("email", "j@müller.de", "j@xn--mller-kva.de"),
        ("phone", "0031 6 12 34 56 78", "+31612345678"),
        ("phone", "+31 (0)6-12345678", "+31612345678"),
        ("phone", "tel:+32 0470 12 34 56", "+32470123456"),
        ("postal", "Dijk 1", "Dijk 1"),
        ("push", token.as_str(), token.as_str()),
    ] {
        let read = points(json!([{ "kind": kind, "value": text }]));
        assert_eq!(&*read[0].value, value, "{kind}");
    }
    for (kind, text) in [
        ("email", ""),
        ("email", "jürgen@müller.de"),
        ("email", "a@b.nl; c@d.nl"),
        ("phone", "  "),
        ("phone", "+31 70 123 4567 ext. 12"),
        ("phone", "0612345678 / 0687654321"),
        ("phone", "0900-1234"),
        ("postal", "\n"),
        ("portal", "\u{200b}"),
        ("push", "a\nb"),
        ("push", &"t".repeat(4_097)),
    ] {
        let entries = json!([{ "kind": kind, "value": text }]);
        let problems = read(&json!({ "contact_points": entries })).expect_err(text);
        assert_eq!(told(&problems), ["contact_points[0].value bad_address"]);
        let printed = serde_json::to_string(&problems).expect("JSON");
        assert!(text.len() < 5 || !printed.contains(text), "{text}");
    }
}

#[test]
fn there_are_at_most_so_many_of_a_kind() {
    let mails = |count: usize| -> Vec<Value> {
        let mail = |n| json!({ "kind": "email", "value": format!("a{n}@example.nl") });
        (0..count).map(mail).collect()
    };
    assert_eq!(points(json!(mails(16))).len(), 16);
    assert_eq!(mistakes(json!(mails(17))), ["contact_points out_of_range"]);
    assert_eq!(mistakes(json!(mails(33))), ["contact_points out_of_range"]);
}

/// Fields are easily swapped, and a list of texts is easily taken for one of objects.
#[test]
fn an_address_in_the_wrong_place_is_masked_there_too() {
    const MAIL: &str = "jan@huurder.example";
    const PHONE: &str = "0612345678";
    for body in [
        json!({ "contact_points": [MAIL] }),
        json!({ "contact_points": MAIL }),
        json!({ "contact_points": [{ "kind": MAIL, "value": "email" }] }),
        json!({ "contact_points": [{ "kind": PHONE, "value": "phone" }] }),
        json!({ "contact_points": [{ "kind": "email", "value": "a@b.nl", "state": MAIL }] }),
        json!({ "contact_points": [{ "kind": "email", "value": "a@b.nl", "channel": MAIL }] }),
        json!({ "contact_points": [{ "kind": "email", "value": "a@b.nl", "confirmed_at": PHONE }] }),
        json!({ "contact_points": [{ "kind": "email", "value": format!("piet {MAIL} {PHONE}") }] }),
        json!({ "contact_points": [{ MAIL: "email" }] }),
        json!({ "preferences": [{ "category": "*", "channel": MAIL }] }),
        json!(MAIL),
    ] {
        let problems = read(&body).expect_err("mistakes");
        let printed = serde_json::to_string(&problems).expect("JSON");
        for address in [MAIL, PHONE, "piet"] {
            assert!(!printed.contains(address), "{body}: {printed}");
        }
    }
}
