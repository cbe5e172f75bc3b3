//! Owns the check of requests against the shipped flows.

use serde_json::{Value as Json, json};
use sluis_model::flow::{Definition, Value};
use sluis_model::{Environment, Flow, NotificationRequest, Subject, Timestamp};

use super::told;
use crate::intake::validate;

fn flow(text: &str) -> Flow {
    let classes = include_str!("../../../config/flows/classes/storno-class.toml");
    let classes = [("storno-class".to_owned(), classes.to_owned())].into();
    Flow::compile(&Definition {
        flow: text.into(),
        classes,
        ..Definition::default()
    })
    .expect("a sound flow")
}

fn storno() -> Flow {
    flow(include_str!("../../../config/flows/storno.toml"))
}

fn data() -> Json {
    json!({
        "invoice_id": "F-1", "amount_cents": 61250, "reason_code": "AM04",
        "payment_url": "https://pay.example.nl/x?y=1", "collection_date": "2026-01-31"
    })
}

fn request(data: &Json) -> NotificationRequest {
    NotificationRequest {
        tenant_id: "H-1".into(),
        flow: "storno".into(),
        category: "collection".into(),
        subject: Some(Subject {
            kind: "invoice".into(),
            id: "F-1".into(),
        }),
        data: data.to_string(),
        environment: Environment::Production,
        idempotency_key: "k".into(),
        ..NotificationRequest::default()
    }
}

#[test]
fn values_come_in_the_order_of_the_flows_fields() {
    let flow = storno();
    let values = validate(&request(&data()), &flow, Environment::Production)
        .expect("sound")
        .fields;
    let expected: Vec<Value> = flow
        .fields
        .iter()
        .map(|name| match &**name {
            "amount_cents" => Value::Integer(61_250),
            "reason_code" => Value::Text("AM04".into()),
            other => panic!("{other} is read by a rule, and unknown here"),
        })
        .collect();
    assert_eq!(&*values, expected.as_slice());
}

#[test]
fn every_kind_of_wrong_data_has_its_path() {
    let cases: [(&str, Json, &str); 20] = [
        ("invoice_id", json!(null), "data.invoice_id missing"),
        ("invoice_id", json!(1), "data.invoice_id wrong_type"),
        (
            "invoice_id",
            json!("x".repeat(2001)),
            "data.invoice_id too_long",
        ),
        (
            "amount_cents",
            json!("61250"),
            "data.amount_cents wrong_type",
        ),
        ("amount_cents", json!(612.5), "data.amount_cents wrong_type"),
        (
            "amount_cents",
            json!(u64::MAX),
            "data.amount_cents wrong_type",
        ),
        ("amount_cents", json!({}), "data.amount_cents wrong_type"),
        (
            "collection_date",
            json!("31-01-2026"),
            "data.collection_date bad_time",
        ),
        (
            "collection_date",
            json!("2026-02-30"),
            "data.collection_date bad_time",
        ),
        (
            "collection_date",
            json!(20_260_131),
            "data.collection_date wrong_type",
        ),
        (
            "payment_url",
            json!("pay.example.nl"),
            "data.payment_url bad_url",
        ),
        ("payment_url", json!("/pay"), "data.payment_url bad_url"),
        (
            "payment_url",
            json!("http://pay.example.nl/"),
            "data.payment_url bad_url",
        ),
        (
            "payment_url",
            json!("javascript:alert(1)"),
            "data.payment_url bad_url",
        ),
        (
            "payment_url",
            json!("https://bank.nl@evil.example/"),
            "data.payment_url bad_url",
        ),
        (
            "payment_url",
            json!("https:///x"),
            "data.payment_url bad_url",
        ),
        (
            "payment_url",
            json!("https://a b/"),
            "data.payment_url bad_url",
        ),
        (
            "payment_url",
            json!("https://a.nl/\r\nX: y"),
            "data.payment_url bad_url",
        ),
        ("ammount_cents", json!(1), "data.ammount_cents unknown_key"),
        ("extra", json!([[]]), "data.extra unknown_key"),
    ];
    let flow = storno();
    for (key, value, expected) in cases {
        let mut data = data();
        data[key] = value.clone();
        let found =
            validate(&request(&data), &flow, Environment::Production).expect_err("a mistake");
        assert_eq!(told(&found), [expected], "{key} = {value}");
    }
}

#[test]
fn http_is_for_worlds_without_tenants() {
    let mut data = data();
    data["payment_url"] = json!("http://localhost:8080/pay");
    assert!(validate(&request(&data), &storno(), Environment::Test).is_ok());
    data["payment_url"] = json!("https://[::1]:8080/pay");
    assert!(validate(&request(&data), &storno(), Environment::Production).is_ok());
}

#[test]
fn what_may_be_left_out_may_be_null_and_is_missing() {
    let mut data = data();
    data["collection_date"] = json!(null);
    assert!(validate(&request(&data), &storno(), Environment::Production).is_ok());
}

#[test]
fn subject_and_times_go_with_the_flow() {
    let flow = storno();
    let check = |edit: &dyn Fn(&mut NotificationRequest)| {
        let mut request = request(&data());
        edit(&mut request);
        validate(&request, &flow, Environment::Production)
            .map_or_else(|problems| told(&problems), |_| Vec::new())
    };
    assert_eq!(check(&|r| r.subject = None), ["subject missing"]);
    assert_eq!(
        check(&|r| r.subject = Some(Subject {
            kind: "contract".into(),
            id: "1".into()
        })),
        ["subject.kind unknown_word"]
    );
    let times = |after: i64, expires: i64| {
        check(&|r| {
            (r.send_after, r.expires_at) = (Some(Timestamp(after)), Some(Timestamp(expires)))
        })
    };
    assert_eq!(times(1_000, 1_000), ["expires_at contradiction"]);
    assert_eq!(times(1_000, 1_001), [""; 0]);
    assert_eq!(
        times(-1, i64::MAX),
        ["send_after bad_time", "expires_at bad_time"]
    );
    assert_eq!(
        check(&|r| r.tenant_id = String::new()),
        ["tenant_id empty"],
        "the binary port is held to the same limits"
    );
}

#[test]
fn data_that_is_no_object_is_told() {
    let flow = storno();
    let cases = [
        ("", "data not_json"),
        ("[]", "data wrong_type"),
        ("{\"invoice_id\":\"\\ud800\"}", "data not_json"),
        ("{\"a\":1e999}", "data not_json"),
    ];
    for (text, expected) in cases {
        let request = NotificationRequest {
            data: text.into(),
            ..request(&data())
        };
        assert_eq!(
            told(&validate(&request, &flow, Environment::Production).expect_err("a mistake")),
            [expected],
            "{text}"
        );
    }
    let twice = data()
        .to_string()
        .replacen('{', "{\"invoice_id\":\"F-2\",", 1);
    let request = NotificationRequest {
        data: twice,
        ..request(&data())
    };
    assert_eq!(
        told(&validate(&request, &flow, Environment::Production).expect_err("a mistake")),
        ["data.invoice_id twice"]
    );
}

#[test]
fn several_mistakes_are_reported_at_once() {
    let broken = NotificationRequest {
        subject: None,
        ..request(&json!({ "invoice_id": 1, "payment_url": "x", "foo": 1 }))
    };
    let found = validate(&broken, &storno(), Environment::Production).expect_err("mistakes");
    let expected = [
        "subject missing",
        "data.foo unknown_key",
        "data.amount_cents missing",
        "data.invoice_id wrong_type",
        "data.payment_url bad_url",
        "data.reason_code missing",
    ];
    assert_eq!(told(&found), expected);
}

fn notice(field: &str, value: &str) -> Result<(), Vec<String>> {
    let mut data = json!({ "title": "Onderhoud", "text": "Wij komen langs." });
    data[field] = value.into();
    let request = NotificationRequest {
        flow: "notice".into(),
        ..request(&data)
    };
    let flow = flow(include_str!("../../../config/flows/notice.toml"));
    validate(&request, &flow, Environment::Test)
        .map(|_| ())
        .map_err(|problems| told(&problems))
}

#[test]
fn money_is_whole_cents_and_what_may_be_euro_is_never_guessed() {
    for (text, hint) in [
        (
            "5.0",
            Some("write it without a point: whether cents or euro are meant is not guessed"),
        ),
        (
            "71250.00",
            Some("write it without a point: whether cents or euro are meant is not guessed"),
        ),
        (
            "5e2",
            Some("write it without a point: whether cents or euro are meant is not guessed"),
        ),
        ("5.5", Some("no fraction: 12.50 euro is 1250")),
        (
            "\"5,00\"",
            Some("write the number without quotes: 12.50 euro is 1250"),
        ),
        (
            "\"500\"",
            Some("write the number without quotes: 12.50 euro is 1250"),
        ),
        ("500", None),
        ("-500", None),
    ] {
        let text = data().to_string().replace("61250", text);
        let of_money = NotificationRequest {
            data: text.clone(),
            ..request(&data())
        };
        let told = validate(&of_money, &storno(), Environment::Production).err();
        let told = told.map(|mut problems| problems.remove(0));
        let hint = hint.map(str::to_owned);
        assert_eq!(told.and_then(|problem| problem.hint), hint, "{text}");
    }
}

#[test]
fn a_text_that_must_be_there_says_something() {
    for blank in ["", " ", " \u{a0}", "\u{200b}", "\u{feff} \u{2060}"] {
        for field in ["title", "text"] {
            let told = notice(field, blank);
            assert_eq!(told, Err(vec![format!("data.{field} empty")]), "{blank:?}");
        }
    }
    for blank in ["\n", "\r\n \t"] {
        assert_eq!(notice("text", blank), Err(vec!["data.text empty".into()]));
    }
    for said in [".", " a ", "\u{200b}é", "\u{1f600}"] {
        assert_eq!(notice("text", said), Ok(()), "{said:?}");
    }
}

#[test]
fn a_blank_where_a_field_may_be_left_out_is_as_if_it_were() {
    let optional = "note = \"text?\"\nwhen = \"date?\"\nat = \"url?\"\ntext = { kind";
    let text = include_str!("../../../config/flows/notice.toml").replace("text = { kind", optional);
    let text = text.replace(
        "notification.environment == engine.environment",
        "data.note != 'x'",
    );
    for blank in ["", " ", "\u{200b}"] {
        let said = json!({ "title": "a", "text": "b", "note": blank, "when": blank, "at": blank });
        let of_note = NotificationRequest {
            flow: "notice".into(),
            ..request(&said)
        };
        let read = validate(&of_note, &flow(&text), Environment::Test).expect("sound");
        assert_eq!(&*read.fields, [Value::Missing], "{blank:?}");
    }
}

#[test]
fn a_line_break_in_a_field_of_one_line_is_the_senders_mistake() {
    for value in [
        "a\nb",
        "a\r\nb",
        "\n",
        "a\u{2028}b",
        "a\u{2029}",
        "a\u{85}b",
        "a\tb",
        "a\u{0}",
        "a\u{7f}",
        "a\u{1b}[31m",
    ] {
        assert_eq!(
            notice("title", value),
            Err(vec!["data.title bad_characters".into()]),
            "{value:?}"
        );
    }
    for value in ["één regel", "a b", "\u{1f468}\u{200d}\u{1f469}"] {
        assert_eq!(notice("title", value), Ok(()), "{value:?}");
    }
    let mut data = json!({ "title": "twee\nregels", "text": "x" });
    data["text"] = "x".into();
    let request = NotificationRequest {
        flow: "notice".into(),
        ..request(&data)
    };
    let flow = flow(include_str!("../../../config/flows/notice.toml"));
    let problem = validate(&request, &flow, Environment::Test)
        .unwrap_err()
        .remove(0);
    assert_eq!(
        problem.value.as_deref(),
        Some("twee\\nregels"),
        "what cannot be seen is written out"
    );
    assert!(
        problem
            .hint
            .is_some_and(|hint| hint.starts_with("character 5 ")),
        "and its place is said"
    );
}

#[test]
fn a_text_has_lines_and_tabs_and_nothing_else_that_cannot_be_read() {
    for value in ["een\ntwee\r\n\tdrie", "é\n\u{2028}", "."] {
        assert_eq!(notice("text", value), Ok(()), "{value:?}");
    }
    for value in ["a\u{0}b", "a\u{8}", "é\u{85}", "a\u{7f}\n"] {
        assert_eq!(
            notice("text", value),
            Err(vec!["data.text bad_characters".into()]),
            "{value:?}"
        );
    }
}

#[test]
fn a_text_may_be_as_long_as_its_flow_says() {
    assert_eq!(notice("text", &"é".repeat(5_000)), Ok(()), "10,000 bytes");
    assert_eq!(
        notice("text", &"x".repeat(10_001)),
        Err(vec!["data.text too_long".into()])
    );
    assert_eq!(
        notice("title", &"x".repeat(2_000)),
        Ok(()),
        "the usual length"
    );
    assert_eq!(
        notice("title", &"x".repeat(2_001)),
        Err(vec!["data.title too_long".into()])
    );
}

#[test]
fn a_port_in_an_address_is_one_that_there_is() {
    let told_of = |url: &str| {
        let mut data = data();
        data["payment_url"] = url.into();
        validate(&request(&data), &storno(), Environment::Production)
            .map(|_| ())
            .map_err(|problems| told(&problems))
    };
    for url in [
        "https://a.nl:99999/",
        "https://a.nl:65536",
        "https://a.nl:0/",
        "https://a.nl:/x",
        "https://[::1]:70000/",
        "https://a.nl:+80/",
    ] {
        assert_eq!(
            told_of(url),
            Err(vec!["data.payment_url bad_url".into()]),
            "{url}"
        );
    }
    for url in [
        "https://a.nl:65535/",
        "https://a.nl:443",
        "https://[::1]:8443/x",
    ] {
        assert_eq!(told_of(url), Ok(()), "{url}");
    }
}
