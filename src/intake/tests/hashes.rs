//! Owns the check of the hashes that recognise a repeat. Refuses a change of their format: it
//! stands in journals.

use proptest::prelude::*;
use sluis_model::{CorporationId, Lane, NotificationRequest, Subject, Timestamp};

use crate::intake::hash::body_hash as hash_with;
use crate::intake::key_hash;
use crate::intake::node::Node;

fn request(data: &str) -> NotificationRequest {
    NotificationRequest {
        tenant_id: "H-1".into(),
        flow: "f".into(),
        category: "c".into(),
        data: data.into(),
        ..Default::default()
    }
}

fn body_hash(request: &NotificationRequest) -> u64 {
    hash_with(
        request,
        &Node::parse_text(&request.data, "data").expect("JSON"),
    )
}

#[test]
fn the_format_never_changes() {
    let data = r#"{"t":"tekst","n":-7,"f":1.5,"b":true,"l":[null,{"z":1,"a":2}]}"#;
    assert_eq!(body_hash(&request(data)), 355_892_710_144_199_075);
}

#[test]
fn every_part_counts_and_the_key_does_not() {
    let base = body_hash(&request("{}"));
    let subject = Some(Subject {
        kind: "a".into(),
        id: "b".into(),
    });
    let edits: [NotificationRequest; 8] = [
        NotificationRequest {
            tenant_id: "H-2".into(),
            ..request("{}")
        },
        NotificationRequest {
            tenant_id: "H-".into(),
            flow: "1f".into(),
            ..request("{}")
        },
        NotificationRequest {
            category: "d".into(),
            ..request("{}")
        },
        NotificationRequest {
            subject,
            ..request("{}")
        },
        NotificationRequest {
            priority: Lane::Bulk,
            ..request("{}")
        },
        NotificationRequest {
            send_after: Some(Timestamp(1)),
            ..request("{}")
        },
        NotificationRequest {
            expires_at: Some(Timestamp(1)),
            ..request("{}")
        },
        request("{\"a\":null}"),
    ];
    let mut hashes: Vec<u64> = edits.iter().map(body_hash).chain([base]).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 9);
    assert_eq!(
        body_hash(&NotificationRequest {
            idempotency_key: "other".into(),
            ..request("{}")
        }),
        base
    );
}

#[test]
fn data_is_compared_by_meaning() {
    let same = [
        r#"{"a":1,"b":{"c":"x","d":[1,2]}}"#,
        r#"{ "b" : {"d":[1, 2],"c":"\u0078"}, "a":1 }"#,
    ];
    assert_eq!(body_hash(&request(same[0])), body_hash(&request(same[1])));
    let other = [
        r#"{"a":"1"}"#,
        r#"{"a":1}"#,
        r#"{"a":[1]}"#,
        r#"{"a":true}"#,
        r#"{"a":null}"#,
        r#"{"a":{}}"#,
        r#"{"a":[]}"#,
    ];
    let mut hashes = other.map(|data| body_hash(&request(data))).to_vec();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), other.len());
}

#[test]
fn keys_belong_to_their_corporation() {
    assert_ne!(
        key_hash(CorporationId(1), "k"),
        key_hash(CorporationId(2), "k")
    );
    assert_ne!(
        key_hash(CorporationId(1), "k"),
        key_hash(CorporationId(1), "l")
    );
}

proptest! {
    #[test]
    fn the_order_of_keys_does_not_matter(fields in proptest::collection::btree_map("[a-z]{1,5}", any::<i32>(), 0..8)) {
        let print = |pairs: Vec<(&String, &i32)>| {
            let pairs: Vec<String> = pairs.into_iter().map(|(k, v)| format!("\"{k}\": {v}")).collect();
            format!("{{{}}}", pairs.join(" , "))
        };
        let forward = print(fields.iter().collect());
        let backward = print(fields.iter().rev().collect());
        prop_assert_eq!(body_hash(&request(&forward)), body_hash(&request(&backward)));
    }
}
