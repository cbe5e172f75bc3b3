//! Every row of the ingest table, end to end once: over HTTP, through the shards, onto the disk and
//! back.

use serde_json::json;

use crate::support::{Body, Engine, NOORD, notice, reached_by, storno};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_notification_is_delivered_and_a_repeat_gets_the_same_answer() {
    let engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let first = engine.post(NOORD, notice("H-1", "k-1")).await;
    assert_eq!(first.status, 202, "{}", first.text());
    let first = first.json();
    assert_eq!(first["status"], "accepted");
    let id = first["id"].as_str().unwrap();
    // Behind a 202 there is never a 404, settled or not.
    assert_eq!(engine.get(NOORD, id).await["id"], id);
    engine.settled().await;
    let now = engine.get(NOORD, id).await;
    assert_eq!(
        (&now["state"], &now["end"]),
        (&json!("ended"), &json!("delivered")),
        "{now}"
    );
    assert_eq!(now["attempts"][0]["outcome"], "delivered");
    assert!(
        now["why"]
            .as_str()
            .unwrap()
            .contains("the tenant prefers null"),
        "{}",
        now["why"]
    );

    let again = engine.post(NOORD, notice("H-1", "k-1")).await;
    assert_eq!(again.status, 202);
    let mut expected = first.clone();
    expected["duplicate"] = true.into();
    assert_eq!(again.json(), expected);
    let mut other = notice("H-1", "k-1");
    other["data"]["text"] = "Iets anders.".into();
    assert_eq!(
        engine.post(NOORD, other).await.problem(),
        (409, "idempotency_conflict".into())
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_gives_a_verdict_a_row_and_bad_rows_fail_alone() {
    let engine = Engine::start().await;
    let mut unknown = notice("H-2", "b-2");
    unknown["flow"] = "stormo".into();
    let rows = [
        notice("H-1", "b-1").to_string(),
        "{\"tenant_id\":".into(),
        unknown.to_string(),
        notice("H-1", "b-1").to_string(),
        notice("H-3", "b-3").to_string(),
    ];
    let body = Body::Bytes("application/x-ndjson", rows.join("\n").into_bytes());
    let reply = engine
        .call(NOORD, "POST", "/v1/notifications/batch", body)
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let rows = reply.rows();
    assert_eq!(
        rows.iter()
            .map(|row| row["row"].as_u64().unwrap())
            .collect::<Vec<_>>(),
        [1, 2, 3, 4, 5]
    );
    assert_eq!(rows[1]["error"]["code"], "invalid");
    assert_eq!(rows[2]["error"]["code"], "unknown_flow");
    assert_eq!(
        (&rows[3]["id"], &rows[3]["duplicate"]),
        (&rows[0]["id"], &json!(true))
    );
    assert_eq!(rows[4]["status"], "accepted");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_open_is_listed_in_pages_without_a_gap() {
    let engine = Engine::start().await;
    let mut later = Vec::new();
    for number in 0..24 {
        let mut body = notice(&format!("H-{number}"), &format!("p-{number}"));
        body["send_after"] = "2026-03-01T08:00:00Z".into();
        later.push(engine.accepted(NOORD, body).await);
    }
    later.sort();
    for limit in [1, 2, 5, 24, 100] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = engine
                .ask(
                    NOORD,
                    &format!("/v1/notifications?state=scheduled&limit={limit}{after}"),
                )
                .await
                .ok();
            let rows = page["notifications"].as_array().unwrap();
            assert!(rows.len() <= limit);
            seen.extend(
                rows.iter()
                    .map(|row| row["id"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next"].as_str() else {
                break;
            };
            after = format!("&after={next}");
        }
        assert_eq!(seen, later, "in pages of {limit}");
    }
    assert_eq!(
        engine.ask(NOORD, "/v1/notifications?state=held").await.ok()["notifications"],
        json!([])
    );
    assert_eq!(
        engine
            .ask(NOORD, "/v1/notifications?state=ended")
            .await
            .problem(),
        (400, "bad_query".into())
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancellation_says_what_it_stopped_and_what_was_gone() {
    let engine = Engine::with_sinks().await;
    let sent = engine
        .mailed_storno(NOORD, "H-1", "ok@huurder.example", "F-1")
        .await;
    let mut waiting = storno("H-2", "F-1", "c-2");
    waiting["send_after"] = "2026-03-01T08:00:00Z".into();
    let waiting = engine.accepted(NOORD, waiting).await;
    let about = json!({ "subject": { "kind": "invoice", "id": "F-1" }, "note": "credited" });
    let done = engine
        .call(NOORD, "POST", "/v1/cancellations", about.clone())
        .await
        .ok();
    let mut stopped: Vec<_> = done["stopped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["id"].clone(),
                row["was"].clone(),
                row["already_gone"].clone(),
            )
        })
        .collect();
    stopped.sort_by_key(|(_, was, _)| was.to_string());
    assert_eq!(
        stopped,
        [
            (json!(waiting), json!("scheduled"), json!([])),
            (json!(sent), json!("sent"), json!(["email"]))
        ]
    );
    assert_eq!(
        engine
            .call(NOORD, "POST", "/v1/cancellations", about)
            .await
            .ok(),
        json!({ "stopped": [], "not_open": [] })
    );
    let one = engine
        .call(
            NOORD,
            "POST",
            &format!("/v1/notifications/{sent}/cancel"),
            Body::Nothing,
        )
        .await
        .ok();
    assert_eq!(one, json!({ "stopped": [], "not_open": [sent] }));
    assert_eq!(engine.get(NOORD, &sent).await["end"], "cancelled");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_are_stored_loaded_and_told_about() {
    let engine = Engine::start().await;
    let profile = reached_by("email", "A.de.Vries@Huurder.example");
    assert_eq!(
        engine.put_tenant(NOORD, "H-1", profile.clone()).await["result"],
        "new"
    );
    assert_eq!(
        engine.put_tenant(NOORD, "H-1", profile.clone()).await["result"],
        "same"
    );
    assert_eq!(
        engine
            .put_tenant(NOORD, "H-1", json!({ "name": "J. Bakker" }))
            .await["result"],
        "changed"
    );
    assert_eq!(
        engine.ask(NOORD, "/v1/tenants/H-1").await.ok()["profile"]["name"],
        "J. Bakker"
    );
    assert_eq!(
        engine.ask(NOORD, "/v1/tenants/H-404").await.problem(),
        (404, "not_found".into())
    );

    let list = "huurdernummer;naam;email;mobiel\nH-1;Bakker;j@huurder.example;\nH-2;Visser;geen adres;0612345678\n;Zonder;;\nH-3;Smit;;\n";
    let load = || {
        engine.call(
            NOORD,
            "POST",
            "/v1/tenants/load",
            Body::Bytes("text/csv; charset=utf-8", list.into()),
        )
    };
    let report = load().await.ok();
    let counts = |r: &serde_json::Value| {
        ["rows", "new", "changed", "same", "rejected", "warned"]
            .map(|name| r[name].as_u64().unwrap())
    };
    assert_eq!(counts(&report), [4, 2, 1, 0, 1, 1], "{report}");
    assert_eq!(counts(&load().await.ok()), [4, 0, 0, 3, 1, 1]);

    let (mut rows, mut before) = (Vec::new(), String::new());
    loop {
        let page = engine
            .ask(NOORD, &format!("/v1/tenants/H-1/timeline?limit=1{before}"))
            .await
            .ok();
        rows.extend(
            page["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["kind"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        before = format!("&before={next}");
    }
    assert_eq!(rows, ["profile_stored"; 3]);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fact_reaches_each_of_its_tenants_once() {
    let engine = Engine::start().await;
    for tenant in ["H-1", "H-2", "H-3"] {
        engine.reachable(NOORD, tenant).await;
    }
    let body =
        json!({ "type": "balance", "tenant_ids": ["H-1", "H-2", "H-3", "H-1"], "amount_cents": 5 });
    let first = engine.fact(NOORD, "f-1", body.clone()).await;
    let told = |duplicate: bool| {
        json!(
            ["H-1", "H-2", "H-3"]
                .map(|id| json!({ "tenant_id": id, "duplicate": duplicate, "ended": [] }))
        )
    };
    assert_eq!(first, json!({ "fact_id": "f-1", "tenants": told(false) }));
    assert_eq!(
        engine.fact(NOORD, "f-1", body.clone()).await["tenants"],
        told(true)
    );
    let mut other = body;
    (
        other["amount_cents"],
        other["fact_id"],
        other["environment"],
        other["occurred_at"],
    ) = (6.into(), "f-1".into(), "test".into(), engine.now().into());
    assert_eq!(
        engine
            .call(NOORD, "POST", "/v1/facts", other.clone())
            .await
            .problem(),
        (409, "fact_conflict".into())
    );
    (other["fact_id"], other["environment"]) = ("f-2".into(), "production".into());
    assert_eq!(
        engine
            .call(NOORD, "POST", "/v1/facts", other)
            .await
            .problem(),
        (422, "invalid".into()),
        "another world"
    );
    assert_eq!(
        engine.ask(NOORD, "/v1/tenants/H-2").await.ok()["balance_cents"],
        5
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_ends_the_flow_and_the_outcome_feed_tells_it() {
    let engine = Engine::with_sinks().await;
    let id = engine
        .mailed_storno(NOORD, "H-1", "ok@huurder.example", "F-1")
        .await;
    assert_eq!(engine.get(NOORD, &id).await["state"], "sent");
    let (none, cursor) = engine.outcomes(NOORD, "").await;
    assert!(none.is_empty());
    // A reader that waits gets the news without asking again.
    let path = format!("/v1/outcomes?wait=30&after={cursor}");
    let (news, paid) = tokio::join!(engine.ask(NOORD, &path), engine.pays(NOORD, "H-1", "F-1"));
    assert_eq!(paid["tenants"][0]["ended"], json!([id]));
    let rows = news.rows();
    assert_eq!(
        (&rows[0]["id"], &rows[0]["end"], &rows[0]["reason"]),
        (&json!(id), &json!("paid"), &json!("stop")),
        "{rows:?}"
    );
    let (rest, last) = engine
        .outcomes(NOORD, rows.last().unwrap()["cursor"].as_str().unwrap())
        .await;
    assert!(rest.is_empty());
    assert!(engine.outcomes(NOORD, &last).await.0.is_empty());
    assert_eq!(
        engine.outcomes(NOORD, "").await.0.len(),
        1,
        "from the beginning, again"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_get_a_task_and_their_answer_moves_it() {
    let engine = Engine::start().await;
    engine.owes(NOORD, "H-1", "b-1").await;
    let mut body = storno("H-1", "F-1", "t-1");
    body["data"]["reason_code"] = "MD07".into();
    let id = engine.accepted(NOORD, body).await;
    engine.settled().await;
    let tasks = engine.ask(NOORD, "/v1/tasks?list=collections").await.ok();
    let task = &tasks["tasks"][0];
    assert_eq!(
        (&task["notification"], &task["tenant_id"]),
        (&json!(id), &json!("H-1")),
        "{tasks}"
    );
    assert_eq!(
        engine.ask(NOORD, "/v1/tasks?list=delivery").await.ok()["tasks"],
        json!([])
    );
    let path = format!("/v1/tasks/{}/answer", task["id"].as_str().unwrap());
    let answer = |word: &str| json!({ "answer": word, "by": "m.bakker" });
    assert_eq!(
        engine
            .call(NOORD, "POST", &path, answer("perhaps"))
            .await
            .problem(),
        (422, "unknown_answer".into())
    );
    engine
        .call(NOORD, "POST", &path, answer("close"))
        .await
        .ok();
    assert_eq!(
        engine
            .call(NOORD, "POST", &path, answer("close"))
            .await
            .problem(),
        (409, "task_not_open".into())
    );
    assert_eq!(engine.get(NOORD, &id).await["end"], "closed by hand");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_holds_before_the_next_permit_and_over_a_restart() {
    let mut engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let scope = json!({ "flow": "notice", "channel": "null" });
    let paused = engine
        .call(NOORD, "POST", "/v1/pause", scope.clone())
        .await
        .ok();
    assert_eq!(
        (&paused["paused"], &paused["corporation"]),
        (&json!(true), &json!("noord"))
    );
    assert_eq!(
        (&paused["flow"], &paused["channel"]),
        (&json!("notice"), &json!("null"))
    );
    let id = engine.accepted(NOORD, notice("H-1", "p-1")).await;
    engine.settled().await;
    assert_eq!(engine.get(NOORD, &id).await["state"], "ready");
    engine.restart().await;
    assert_eq!(engine.get(NOORD, &id).await["state"], "ready");
    engine.call(NOORD, "POST", "/v1/resume", scope).await.ok();
    engine.settled().await;
    assert_eq!(engine.get(NOORD, &id).await["end"], "delivered");
    // What does not exist cannot be paused: a slip of the pen must not look like a pause.
    assert_eq!(
        engine
            .call(NOORD, "POST", "/v1/pause", json!({ "flow": "notise" }))
            .await
            .problem(),
        (422, "unknown_flow".into())
    );
    engine.end().await;
}
