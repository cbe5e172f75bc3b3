//! Owns the check of the two passes over a notification: they agree, and the slow one tells
//! everything.

use proptest::prelude::*;
use serde_json::{Value, json};
use sluis_model::{Environment, Lane, Subject, Timestamp};

use super::told;
use crate::intake::notification::{MAX_BODY, parse};

fn sound() -> Value {
    json!({
        "tenant_id": "H-1001", "flow": "storno", "category": "collection",
        "subject": { "kind": "invoice", "id": "F-1" },
        "data": { "amount_cents": 61250, "text": "a \"quoted\" word \\" },
        "priority": "urgent", "send_after": "2026-02-02T09:00:00+01:00", "expires_at": "2026-03-01T00:00:00Z",
        "environment": "production", "idempotency_key": "k-1"
    })
}

fn problems_of(edit: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut value = sound();
    edit(&mut value);
    told(&parse(value.to_string().as_bytes()).expect_err("a mistake"))
}

#[test]
fn a_sound_request_is_read() {
    let request = parse(sound().to_string().as_bytes()).expect("sound");
    assert_eq!(request.tenant_id, "H-1001");
    assert_eq!(
        request.subject,
        Some(Subject {
            kind: "invoice".into(),
            id: "F-1".into()
        })
    );
    assert_eq!(
        (request.priority, request.environment),
        (Lane::Urgent, Environment::Production)
    );
    assert_eq!(request.send_after, Some(Timestamp(1_770_019_200_000)));
    assert_eq!(
        request.data,
        r#"{"amount_cents":61250,"text":"a \"quoted\" word \\"}"#
    );
}

#[test]
fn what_may_be_left_out_may_be_null_too() {
    let short = r#"{"tenant_id":"1","flow":"notice","category":"x","environment":"test","idempotency_key":"k"}"#;
    let nulls = short
        .replace("\"flow\"", "\"subject\":null,\"data\":null,\"priority\":null,\"send_after\":null,\"expires_at\":null,\"flow\"");
    let request = parse(short.as_bytes()).expect("sound");
    assert_eq!(
        (request.data.as_str(), request.priority),
        ("{}", Lane::Normal)
    );
    assert_eq!(parse(nulls.as_bytes()), Ok(request));
}

#[test]
fn every_kind_of_mistake_has_its_path() {
    let long = "x".repeat(200);
    let cases: [(&str, Value, &str); 22] = [
        ("tenant_id", json!(12), "tenant_id wrong_type"),
        ("tenant_id", json!(""), "tenant_id empty"),
        ("tenant_id", json!(long), "tenant_id too_long"),
        ("tenant_id", json!("H\u{7}"), "tenant_id bad_characters"),
        ("tenant_id", Value::Null, "tenant_id missing"),
        ("flow", json!("Storno Flow"), "flow bad_characters"),
        ("category", json!(["a"]), "category wrong_type"),
        ("subject", json!("F-1"), "subject wrong_type"),
        (
            "subject",
            json!({ "kind": "invoice" }),
            "subject.id missing",
        ),
        (
            "subject",
            json!({ "kind": "Invoice", "id": "F-1" }),
            "subject.kind bad_characters",
        ),
        (
            "subject",
            json!({ "kind": "invoice", "id": "F-1", "nr": 1 }),
            "subject.nr unknown_key",
        ),
        ("data", json!("{}"), "data wrong_type"),
        ("data", json!([1]), "data wrong_type"),
        ("priority", json!("hoog"), "priority unknown_word"),
        ("priority", json!(1), "priority wrong_type"),
        ("send_after", json!("2026-02-02"), "send_after bad_time"),
        ("send_after", json!(1_770_019_200), "send_after wrong_type"),
        (
            "expires_at",
            json!("2026-02-30T00:00:00Z"),
            "expires_at bad_time",
        ),
        ("environment", json!("prod"), "environment unknown_word"),
        ("environment", Value::Null, "environment missing"),
        ("idempotency_key", json!(long), "idempotency_key too_long"),
        ("tenantId", json!("1"), "tenantId unknown_key"),
    ];
    for (key, value, expected) in cases {
        assert_eq!(
            problems_of(|request| request[key] = value.clone()),
            [expected],
            "{key} = {value}"
        );
    }
}

#[test]
fn several_mistakes_are_reported_at_once() {
    let found = problems_of(|request| {
        *request = json!({ "tenant_id": 7, "flow": "X", "subject": {}, "prioritiy": "bulk", "environment": "productie" });
    });
    let expected = [
        "prioritiy unknown_key",
        "tenant_id wrong_type",
        "flow bad_characters",
        "category missing",
        "subject.kind missing",
        "subject.id missing",
        "environment unknown_word",
        "idempotency_key missing",
    ];
    assert_eq!(found, expected);
}

#[test]
fn hints_name_what_was_meant() {
    let mut value = sound();
    value["tenantId"] = json!("x");
    value["environment"] = json!("Production");
    let problems = parse(value.to_string().as_bytes()).expect_err("mistakes");
    let hints: Vec<_> = problems
        .iter()
        .filter_map(|problem| problem.hint.as_deref())
        .collect();
    assert_eq!(
        hints,
        [
            "did you mean \"tenant_id\"?",
            "did you mean \"production\"?"
        ]
    );
}

#[test]
fn what_is_no_json_names_its_place() {
    let twice = sound()
        .to_string()
        .replacen('{', "{\"flow\":\"notice\",", 1);
    let cases: [(&[u8], &str); 9] = [
        (b"", "body not_json"),
        (b"{\"tenant_id\":\n", "body not_json"),
        (b"{} {}", "body not_json"),
        (b"\xef\xbb\xbf{}", "body not_json"),
        (b"[]", "body wrong_type"),
        (b"null", "body wrong_type"),
        (b"\"x\"", "body wrong_type"),
        (b"{\"tenant_id\":\"caf\xe9\"}", "body not_utf8"),
        (twice.as_bytes(), "flow twice"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(
            told(&parse(bytes).expect_err("a mistake")),
            [expected],
            "{}",
            String::from_utf8_lossy(bytes)
        );
    }
}

#[test]
fn sizes_are_bounded() {
    assert_eq!(
        problems_of(|r| r["data"] = json!({ "text": "x".repeat(70_000) })),
        ["data too_long"]
    );
    assert_eq!(
        problems_of(|r| r["data"] = json!({ "text": "x".repeat(MAX_BODY) })),
        ["body too_long"]
    );
    let many: serde_json::Map<String, Value> =
        (0..5_000).map(|n| (format!("k{n}"), Value::Null)).collect();
    let found = problems_of(|r| *r = Value::Object(many));
    assert!(found.len() < 70, "an answer stays small: {}", found.len());
}

/// The same JSON with white space between its tokens.
fn spaced(text: &str, blank: &str) -> String {
    let (mut out, mut quoted, mut escaped) = (String::new(), false, false);
    for c in text.chars() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            out.push(c);
        } else if matches!(c, '{' | '}' | '[' | ']' | ':' | ',') {
            out.extend([blank, &c.to_string(), blank]);
        } else {
            quoted = c == '"';
            out.push(c);
        }
    }
    out
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn a_damaged_request_is_read_or_told(at in 0_usize..300, byte in any::<u8>()) {
        let mut bytes = sound().to_string().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Err(problems) = parse(&bytes) {
            prop_assert!(!problems.is_empty());
            // The slow pass finds a reason of its own for whatever the fast one refused.
            prop_assert!(problems.iter().all(|p| p.expected != "a notification"), "{:?}", problems);
        }
    }

    #[test]
    fn white_space_does_not_matter(blank in "[ \t\r\n]{0,3}", text in "\\PC{0,20}", number in any::<i64>()) {
        let mut value = sound();
        value["data"] = json!({ "b": number, "a": [text, { "deep": null }] });
        let plain = value.to_string();
        prop_assert_eq!(parse(spaced(&plain, &blank).as_bytes()), parse(plain.as_bytes()));
        prop_assert!(parse(plain.as_bytes()).is_ok());
    }

    #[test]
    fn any_value_in_any_place_is_read_or_told(key in 0_usize..10, which in 0_usize..8) {
        let values = [json!(null), json!(true), json!(1), json!(1.5), json!(""), json!("x"), json!([]), json!({})];
        let mut value = sound();
        let name = value.as_object().map(|o| o.keys().nth(key).cloned().unwrap_or_default()).unwrap_or_default();
        value[&name] = values[which].clone();
        if let Err(problems) = parse(value.to_string().as_bytes()) {
            prop_assert!(problems.iter().all(|p| p.path.starts_with(&name)), "{}: {:?}", name, problems);
        }
    }
}

#[test]
fn never_is_no_end_and_nobody_set_it_is_no_beginning() {
    let mut value = sound();
    (value["send_after"], value["expires_at"]) =
        ("0001-01-01T00:00:00Z".into(), "9999-12-31T23:59:59Z".into());
    let request = parse(value.to_string().as_bytes()).expect("sound");
    assert_eq!((request.send_after, request.expires_at), (None, None));
    let wrong = [
        ("send_after", "9999-12-31T23:59:59Z"),
        ("expires_at", "0001-01-01T00:00:00Z"),
        ("expires_at", "1970-01-01T00:00:00Z"),
        ("expires_at", "9999-13-31T23:59:59Z"),
    ];
    for (field, at) in wrong {
        assert_eq!(
            problems_of(|value| value[field] = at.into()),
            [format!("{field} bad_time")],
            "{at}"
        );
    }
    let binary = |expires_at| sluis_model::NotificationRequest {
        expires_at,
        ..request.clone()
    };
    for (at, sound) in [(0, false), (1, true), (253_370_764_800_000, false)] {
        assert_eq!(
            crate::intake::notification::limits(&binary(Some(Timestamp(at)))).count() == 0,
            sound,
            "{at}"
        );
    }
}
