//! Owns the check of facts.

use proptest::prelude::*;
use serde_json::{Value, json};
use sluis_model::{DeclaredFact, Fact, FactKind, FactType, Input, Timestamp};

use super::told;
use crate::config::{Config, facts};
use crate::fact_types::Types;
use crate::intake::fact::{FactRequest, on_time, parse};

/// The types that are built in, and one of a corporation's own that is added up.
fn types() -> Types {
    let built_in = facts::load(&Config::built_in()).expect("sound");
    let mut types = (*built_in.shared).clone();
    let complaint =
        "about = \"tenant\"\nholds = \"30d\"\ncounts = \"sum\"\n[fields]\ncount = \"integer\"";
    let complaint = FactType::parse("complaint", complaint).expect("sound");
    types.insert("complaint".into(), complaint);
    types
}

fn money(request: &FactRequest) -> &Fact {
    match &request.input {
        Input::Fact(fact) => fact,
        other => panic!("{other:?}"),
    }
}

fn declared(value: &Value) -> DeclaredFact {
    let request = parse(value.to_string().as_bytes(), &types());
    match request.map(|request| request.input) {
        Ok(Input::Declared(fact)) => *fact,
        other => panic!("{value}: {other:?}"),
    }
}

/// A fact about a tenant that happened now.
fn about_tenant(kind: &str, more: Value) -> Value {
    let mut fact = json!({
        "fact_id": "e-1", "type": kind, "tenant_id": "H-1",
        "occurred_at": "2026-02-02T08:00:00Z", "environment": "production"
    });
    let Value::Object(more) = more else {
        panic!("an object")
    };
    more.into_iter().for_each(|(key, value)| fact[key] = value);
    fact
}

fn sound() -> Value {
    json!({
        "fact_id": "p-1", "type": "payment", "tenant_id": "H-1", "subject": { "kind": "invoice", "id": "F-1" },
        "amount_cents": 100, "occurred_at": "2026-02-02T08:00:00Z", "environment": "production"
    })
}

fn read(edit: impl FnOnce(&mut Value)) -> Result<FactRequest, Vec<String>> {
    let mut value = sound();
    edit(&mut value);
    parse(value.to_string().as_bytes(), &types()).map_err(|problems| told(&problems))
}

#[test]
fn a_sound_fact_is_read() {
    let request = read(|_| ()).expect("sound");
    assert_eq!(
        (money(&request).kind, request.occurred_at),
        (FactKind::Payment, Timestamp(1_770_019_200_000))
    );
    assert_eq!(request.tenant_ids, ["H-1"]);
    let several = read(|f| {
        f["tenant_id"] = Value::Null;
        f["tenant_ids"] = json!(["H-1", "H-2", "H-1"]);
    });
    assert_eq!(
        several.map(|request| request.tenant_ids),
        Ok(vec!["H-1".to_owned(), "H-2".to_owned()])
    );
}

#[test]
fn every_kind_of_mistake_has_its_path() {
    let cases: [(&str, Value, &str); 14] = [
        ("fact_id", json!(""), "fact_id empty"),
        ("type", json!("betaling"), "type unknown_word"),
        ("tenant_id", Value::Null, "tenant_id missing"),
        ("tenant_id", json!(1001), "tenant_id wrong_type"),
        ("tenant_ids", json!(["a"]), "tenant_ids contradiction"),
        ("subject", Value::Null, "subject missing"),
        (
            "subject",
            json!({ "kind": "invoice", "id": "" }),
            "subject.id empty",
        ),
        ("amount_cents", Value::Null, "amount_cents missing"),
        ("amount_cents", json!(1.5), "amount_cents wrong_type"),
        ("amount_cents", json!("100"), "amount_cents wrong_type"),
        ("occurred_at", json!("gisteren"), "occurred_at bad_time"),
        ("occurred_at", Value::Null, "occurred_at missing"),
        (
            "environment",
            json!("productie"),
            "environment unknown_word",
        ),
        ("amount", json!(1), "amount unknown_key"),
    ];
    for (key, value, expected) in cases {
        assert_eq!(
            read(|fact| fact[key] = value.clone()),
            Err(vec![expected.to_owned()]),
            "{key} = {value}"
        );
    }
    let list = |ids: Value| read(|f| (f["tenant_id"], f["tenant_ids"]) = (Value::Null, ids));
    assert_eq!(list(json!([])), Err(vec!["tenant_ids empty".to_owned()]));
    assert_eq!(
        list(json!(["a", 1, ""])),
        Err(vec![
            "tenant_ids[1] wrong_type".to_owned(),
            "tenant_ids[2] empty".to_owned()
        ])
    );
    assert_eq!(
        list(json!(vec!["a"; 1001])),
        Err(vec!["tenant_ids out_of_range".to_owned()])
    );
}

#[test]
fn a_kind_needs_what_it_means_nothing_without() {
    let bare = |kind: &str| {
        read(|f| {
            (f["type"], f["subject"], f["amount_cents"]) = (json!(kind), Value::Null, Value::Null)
        })
    };
    let missing = |paths: &[&str]| {
        Err(paths
            .iter()
            .map(|p| format!("{p} missing"))
            .collect::<Vec<_>>())
    };
    for (kind, paths) in [
        ("payment", &["amount_cents", "subject"][..]),
        ("open_amount", &["amount_cents", "subject"]),
        ("balance", &["amount_cents"]),
    ] {
        assert_eq!(bare(kind), missing(paths), "{kind}");
    }
    assert!(bare("exception").is_ok());
    assert_eq!(bare("appointment"), missing(&["status", "subject"]));
}

#[test]
fn the_content_hash_tells_facts_apart_and_forgets_their_tenants() {
    let body = |edit: fn(&mut Value)| read(edit).map(|request| money(&request).body);
    assert_ne!(body(|_| ()), body(|f| f["amount_cents"] = json!(101)));
    assert_ne!(
        body(|_| ()),
        body(|f| f["occurred_at"] = json!("2026-02-02T08:00:01Z"))
    );
    assert_eq!(body(|_| ()), body(|f| f["tenant_id"] = json!("H-2")));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes, &types());
    }
}

#[test]
fn a_fact_that_lies_ahead_is_refused_with_both_clocks_and_the_usual_cause() {
    let happened = read(|_| ()).expect("sound").occurred_at;
    let tolerance = 5 * sluis_model::MINUTE;
    for now in [
        happened.plus(sluis_model::HOUR),
        happened,
        happened.plus(-tolerance),
    ] {
        assert!(on_time(happened, now, tolerance).is_ok(), "{now}");
    }
    let problem = on_time(happened, happened.plus(-sluis_model::HOUR), tolerance).unwrap_err();
    assert_eq!(
        problem.to_string(),
        "occurred_at: expected at the latest 2026-02-02T07:05:00Z: the engine's clock is at 2026-02-02T07:00:00Z, got \
         \"2026-02-02T08:00:00Z\" (it lies 60 minutes ahead: Dutch local time is written with its offset, +01:00 or +02:00, \
         not with Z)"
    );
    assert_eq!(problem.code, crate::intake::ProblemCode::Ahead);
}

#[test]
fn a_fact_of_a_declared_type_says_what_its_fields_say_and_how_long_it_holds() {
    let fact = declared(&about_tenant(
        "exception",
        json!({ "kind": "guardian", "ends_on": "2026-11-28", "starts_on": null }),
    ));
    let said: Vec<String> = fact
        .says
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    assert_eq!(said, ["ends_on '2026-11-28'", "kind 'guardian'"]);
    // Midnight behind that day, in Amsterdam.
    assert_eq!(fact.holds_until, Timestamp(1_795_906_800_000));
    let complaint = declared(&about_tenant("complaint", json!({ "count": 2 })));
    let month = 30 * sluis_model::DAY;
    assert_eq!(complaint.holds_until, complaint.occurred_at.plus(month));
    assert_eq!(complaint.counts, sluis_model::Counts::Sum);
}

#[test]
fn an_exception_that_says_nothing_is_recognised_as_before_types_were_declared() {
    let bare = declared(&about_tenant("exception", json!({})));
    let mut form = super::super::hash::Form::new(b"sluis fact 2");
    for text in ["exception", "", ""] {
        form.text(text);
    }
    form.integer(None);
    form.instant(Some(bare.occurred_at));
    form.text("production");
    assert_eq!(bare.body, form.fast_hash());
    let kind = declared(&about_tenant("exception", json!({ "kind": "wsnp" })));
    assert_ne!(bare.body, kind.body);
}

#[test]
fn a_mistake_in_a_declared_fact_has_its_path_what_was_expected_and_the_nearest_name() {
    let cases = [
        (
            "exeption",
            json!({}),
            "type: expected one of acceptance, appointment, arrangement, balance, complaint, complex, consent, exception, open_amount, payment, risk, segment, got \"exeption\" (did you mean \"exception\"?)",
        ),
        (
            "exception",
            json!({ "kind": "guardain" }),
            "did you mean \"guardian\"?",
        ),
        (
            "exception",
            json!({ "end_on": "2026-11-28" }),
            "did you mean \"ends_on\"?",
        ),
        (
            "exception",
            json!({ "ends_on": "28-11-2026" }),
            "ends_on: expected a date that exists, YYYY-MM-DD",
        ),
        (
            "exception",
            json!({ "amount_cents": 1 }),
            "amount_cents: expected one of fact_id",
        ),
        (
            "exception",
            json!({ "subject": { "kind": "invoice", "id": "F-1" } }),
            "subject: expected no subject: a fact of type exception is about the tenant",
        ),
        (
            "appointment",
            json!({ "status": "planned" }),
            "subject: expected an object {kind, id}: a fact of type appointment is about a subject",
        ),
        (
            "segment",
            json!({}),
            "name: expected a text that is not blank of one line, of at most 200 bytes",
        ),
        (
            "complaint",
            json!({ "count": 1.5 }),
            "count: expected a whole number",
        ),
    ];
    for (kind, more, part) in cases {
        let fact = about_tenant(kind, more);
        let problems = parse(fact.to_string().as_bytes(), &types()).expect_err(kind);
        let [problem] = &problems[..] else {
            panic!("{fact}: {problems:?}")
        };
        assert!(problem.to_string().contains(part), "{fact}: {problem}");
    }
}
