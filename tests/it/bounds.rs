//! What one tenant and one corporation may take, from outside: refused by name, with a time to come
//! back, and nothing stored.

use serde_json::json;

use crate::support::{Body, Engine, NOORD, Setup, ZUID, notice};

fn later(tenant: &str, key: &str) -> serde_json::Value {
    let mut body = notice(tenant, key);
    body["send_after"] = "2026-12-01T08:00:00Z".into();
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_tenant_is_429_by_name_alone_and_in_a_batch_and_takes_again_once_one_has_ended() {
    let mut engine = Engine::with(Setup {
        limits: "max_open_per_tenant = 3",
        ..Setup::default()
    })
    .await;
    let rows: Vec<String> = (1..=5)
        .map(|n| later("ONBEKEND", &format!("k-{n}")).to_string())
        .collect();
    let rows = [&rows[..], &[later("H-1", "k-9").to_string()]]
        .concat()
        .join("\n");
    let reply = engine
        .call(
            NOORD,
            "POST",
            "/v1/notifications/batch",
            Body::Bytes("application/x-ndjson", rows.into()),
        )
        .await;
    let rows = reply.rows();
    assert!(
        [0, 1, 2, 5]
            .iter()
            .all(|row| rows[*row]["status"] == "accepted"),
        "{rows:?}"
    );
    for row in &rows[3..5] {
        assert_eq!(
            (&row["error"]["code"], &row["error"]["status"]),
            (&json!("tenant_full"), &json!(429))
        );
        assert!(
            row["error"]["detail"]
                .as_str()
                .unwrap()
                .contains("\"ONBEKEND\" has 3 open"),
            "{row}"
        );
    }

    let alone = engine.post(NOORD, later("ONBEKEND", "k-4")).await;
    assert_eq!(alone.header("retry-after"), "60");
    assert_eq!(alone.problem(), (429, "tenant_full".into()));
    // The bound is the tenant's: of another corporation the same number is another tenant.
    engine.accepted(ZUID, later("ONBEKEND", "k-4")).await;
    engine.restart().await;
    assert_eq!(
        engine.post(NOORD, later("ONBEKEND", "k-4")).await.problem(),
        (429, "tenant_full".into())
    );

    let first = rows[0]["id"].as_str().unwrap();
    engine
        .call(
            NOORD,
            "POST",
            &format!("/v1/notifications/{first}/cancel"),
            Body::Nothing,
        )
        .await
        .ok();
    let taken = engine.post(NOORD, later("ONBEKEND", "k-4")).await;
    assert_eq!(
        (taken.status, &taken.json()["duplicate"]),
        (202, &json!(null)),
        "its key was given back each time"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ended_is_told_repeated_and_explained_after_its_ending_went_to_the_table() {
    let mut engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let mut first = Vec::new();
    for number in 0..40 {
        first.push(
            engine
                .post(NOORD, notice("H-1", &format!("e-{number}")))
                .await
                .json(),
        );
    }
    engine.settled().await;
    // A start writes to the table what is not there, and remembers none of it.
    engine.restart().await;
    for (number, first) in first.iter().enumerate() {
        let again = engine
            .post(NOORD, notice("H-1", &format!("e-{number}")))
            .await
            .json();
        assert_eq!(
            (&again["id"], &again["position"], &again["duplicate"]),
            (&first["id"], &first["position"], &json!(true))
        );
        let told = engine.get(NOORD, first["id"].as_str().unwrap()).await;
        assert_eq!(
            (&told["state"], &told["end"]),
            (&json!("ended"), &json!("delivered"))
        );
    }
    let id = first[0]["id"].as_str().unwrap();
    assert_eq!(
        engine
            .ask(ZUID, &format!("/v1/notifications/{id}"))
            .await
            .problem(),
        (404, "not_found".into())
    );
    let never = format!("{}{}", &id[..31], if id.ends_with('0') { '1' } else { '0' });
    assert_eq!(
        engine
            .ask(NOORD, &format!("/v1/notifications/{never}"))
            .await
            .problem(),
        (404, "not_found".into())
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_come_whole_in_pieces_for_several_readers_at_once() {
    let engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let rows: Vec<String> = (0..3_000)
        .map(|n| notice("H-1", &format!("o-{n}")).to_string())
        .collect();
    for rows in rows.chunks(900) {
        let body = Body::Bytes("application/x-ndjson", rows.join("\n").into());
        engine
            .call(NOORD, "POST", "/v1/notifications/batch", body)
            .await
            .rows();
        engine.settled().await;
    }
    let reader = async || {
        let (mut ends, mut after) = (0, String::new());
        loop {
            let page = engine
                .ask(NOORD, &format!("/v1/outcomes?limit=700{after}"))
                .await
                .rows();
            ends += page.iter().filter(|row| row["state"] == "ended").count();
            after = format!(
                "&after={}",
                page.last().unwrap()["cursor"].as_str().unwrap()
            );
            if page.len() == 1 {
                return ends;
            }
        }
    };
    let read = tokio::join!(reader(), reader(), reader(), reader());
    assert_eq!(read, (3_000, 3_000, 3_000, 3_000));
    assert_eq!(engine.ask(ZUID, "/v1/outcomes").await.rows().len(), 1);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corporation_that_sends_too_fast_waits_and_its_neighbour_does_not() {
    let engine = Engine::with(Setup {
        limits: "intake_per_second = 10\nintake_burst = 5",
        ..Setup::default()
    })
    .await;
    for number in 0..5 {
        engine
            .accepted(NOORD, notice("H-1", &format!("r-{number}")))
            .await;
    }
    let refused = engine.post(NOORD, notice("H-1", "r-5")).await;
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.problem(), (429, "too_fast".into()));
    // A repeat is no new notification; another corporation has a rate of its own.
    assert_eq!(engine.post(NOORD, notice("H-1", "r-4")).await.status, 202);
    engine.accepted(ZUID, notice("H-1", "r-5")).await;
    engine.pass(100).await;
    engine.accepted(NOORD, notice("H-1", "r-5")).await;
    assert_eq!(
        engine.post(NOORD, notice("H-1", "r-6")).await.problem(),
        (429, "too_fast".into())
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_corporation_writes_in_a_day_is_bounded_over_a_restart_and_what_stops_is_still_taken()
 {
    let mut engine = Engine::with(Setup {
        limits: "bytes_per_day = 1_048_576",
        ..Setup::default()
    })
    .await;
    let large = |number: usize| {
        let mut body = notice("H-1", &format!("d-{number}"));
        body["data"]["text"] = "x".repeat(1_900).into();
        body.to_string()
    };
    let rows: Vec<String> = (0..600).map(large).collect();
    let body = Body::Bytes("application/x-ndjson", rows.join("\n").into());
    let rows = engine
        .call(NOORD, "POST", "/v1/notifications/batch", body)
        .await
        .rows();
    let taken = rows
        .iter()
        .filter(|row| row["status"] == "accepted")
        .count();
    engine.settled().await;
    engine.restart().await;
    let refused = engine.post(NOORD, notice("H-1", "d-none")).await;
    assert!(refused.header("retry-after").parse::<u32>().unwrap() <= 3_600);
    assert_eq!(
        refused.problem(),
        (429, "day_full".into()),
        "{taken} of 600 were taken"
    );
    assert_eq!(
        engine
            .call(
                NOORD,
                "PUT",
                "/v1/tenants/H-1",
                json!({ "name": "J. Bakker" })
            )
            .await
            .problem()
            .1,
        "day_full"
    );
    let fact = json!({ "fact_id": "f-1", "type": "balance", "tenant_id": "H-1", "amount_cents": 0, "environment": "test",
        "occurred_at": "2026-02-02T07:00:00Z" });
    engine.call(NOORD, "POST", "/v1/facts", fact).await.ok();
    engine.accepted(ZUID, notice("H-1", "d-1")).await;
    engine.pass(25 * 3_600_000).await;
    engine.accepted(NOORD, notice("H-1", "d-none")).await;
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_known_from_facts_alone_have_a_bound_that_loading_them_lifts() {
    let mut engine = Engine::with(Setup {
        limits: "max_unknown_tenants = 3",
        ..Setup::default()
    })
    .await;
    let fact = |id: &str, tenants: &[&str]| {
        json!({ "fact_id": id, "type": "balance", "tenant_ids": tenants, "amount_cents": 100, "environment": "test",
            "occurred_at": "2026-02-02T07:00:00Z" })
    };
    engine
        .call(NOORD, "POST", "/v1/facts", fact("f-1", &["H-1", "H-2"]))
        .await
        .ok();
    let refused = engine
        .call(
            NOORD,
            "POST",
            "/v1/facts",
            fact("f-2", &["H-1", "H-3", "H-4", "H-5"]),
        )
        .await;
    assert_eq!(refused.header("retry-after"), "60");
    assert_eq!(refused.problem(), (429, "unknown_tenants".into()));
    engine.restart().await;
    assert_eq!(
        engine
            .call(NOORD, "POST", "/v1/facts", fact("f-3", &["H-9"]))
            .await
            .problem()
            .1,
        "unknown_tenants"
    );
    engine
        .call(NOORD, "POST", "/v1/facts", fact("f-4", &["H-1"]))
        .await
        .ok();
    engine
        .call(ZUID, "POST", "/v1/facts", fact("f-3", &["H-9"]))
        .await
        .ok();
    engine
        .put_tenant(NOORD, "H-1", json!({ "name": "J. Bakker" }))
        .await;
    engine
        .call(NOORD, "POST", "/v1/facts", fact("f-3", &["H-9"]))
        .await
        .ok();
    assert_eq!(
        engine
            .call(NOORD, "POST", "/v1/facts", fact("f-5", &["H-10"]))
            .await
            .problem()
            .1,
        "unknown_tenants"
    );
    engine.end().await;
}
