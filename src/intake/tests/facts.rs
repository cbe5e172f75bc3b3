//! Owns the check of facts.

use proptest::prelude::*;
use serde_json::{Value, json};
use sluis_model::{FactKind, Timestamp};

use super::told;
use crate::intake::fact::parse;

fn sound() -> Value {
    json!({
        "fact_id": "p-1", "type": "payment", "tenant_id": "H-1", "subject": { "kind": "invoice", "id": "F-1" },
        "amount_cents": 100, "occurred_at": "2026-02-02T08:00:00Z", "environment": "production"
    })
}

fn read(edit: impl FnOnce(&mut Value)) -> Result<crate::intake::fact::FactRequest, Vec<String>> {
    let mut value = sound();
    edit(&mut value);
    parse(value.to_string().as_bytes()).map_err(|problems| told(&problems))
}

#[test]
fn a_sound_fact_is_read() {
    let request = read(|_| ()).expect("sound");
    assert_eq!(
        (request.fact.kind, request.fact.occurred_at),
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
    assert!(bare("exception").is_ok() && bare("appointment").is_ok());
}

#[test]
fn the_content_hash_tells_facts_apart_and_forgets_their_tenants() {
    let body = |edit: fn(&mut Value)| read(edit).map(|request| request.fact.body);
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
        let _ = parse(&bytes);
    }
}

#[test]
fn a_fact_that_lies_ahead_is_refused_with_both_clocks_and_the_usual_cause() {
    let fact = read(|_| ()).expect("sound").fact;
    let (happened, tolerance) = (fact.occurred_at, 5 * sluis_model::MINUTE);
    for now in [
        happened.plus(sluis_model::HOUR),
        happened,
        happened.plus(-tolerance),
    ] {
        assert!(
            super::super::fact::on_time(&fact, now, tolerance).is_ok(),
            "{now}"
        );
    }
    let problem = super::super::fact::on_time(&fact, happened.plus(-sluis_model::HOUR), tolerance)
        .unwrap_err();
    assert_eq!(
        problem.to_string(),
        "occurred_at: expected at the latest 2026-02-02T07:05:00Z: the engine's clock is at 2026-02-02T07:00:00Z, got \
         \"2026-02-02T08:00:00Z\" (it lies 60 minutes ahead: Dutch local time is written with its offset, +01:00 or +02:00, \
         not with Z)"
    );
    assert_eq!(problem.code, crate::intake::ProblemCode::Ahead);
}
