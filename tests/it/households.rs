//! Households over HTTP: supplied, told each once, explained as one, stopped together, kept apart from
//! other corporations, and there again after a restart.

use serde_json::{Value, json};

use crate::support::{Body, Engine, NOORD, Reply, ZUID, notice, storno};

async fn put(engine: &Engine, key: &str, number: &str, members: Value) -> Reply {
    let path = format!("/v1/households/{number}");
    let body = json!({ "members": members });
    engine.call(key, "PUT", &path, body).await
}

async fn look(engine: &Engine, key: &str, path: &str) -> Value {
    engine.ask(key, path).await.ok()
}

/// To the household instead of a tenant.
fn to_household(mut body: Value, number: &str) -> Value {
    let body_fields = body.as_object_mut().expect("an object");
    body_fields.remove("tenant_id");
    body["household_id"] = number.into();
    body
}

fn ids(told: &Value) -> Vec<&str> {
    let told = told.as_array().expect("a list").iter();
    told.map(|one| one["tenant_id"].as_str().expect("a number"))
        .collect()
}

/// Two joint tenants, one of whom has an administrator, and a neighbour.
fn people() -> Value {
    json!([
        { "tenant_id": "H-1", "role": "tenant" },
        { "tenant_id": "H-2", "role": "joint_tenant" },
        { "tenant_id": "BWI-7", "role": "bewindvoerder", "represents": ["H-2"] },
        { "tenant_id": "B-1", "role": "neighbour" }
    ])
}

async fn engine() -> Engine {
    let engine = Engine::start().await;
    for tenant in ["H-1", "H-2", "BWI-7", "B-1"] {
        engine.reachable(NOORD, tenant).await;
    }
    put(&engine, NOORD, "C-77", people()).await.ok();
    engine
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_household_is_told_by_role_once_each_and_explained_as_one() {
    let mut engine = engine().await;
    let reply = engine
        .post(NOORD, to_household(notice("", "k-1"), "C-77"))
        .await;
    assert_eq!(reply.status, 202, "{}", reply.text());
    let accepted = reply.json();
    assert_eq!(ids(&accepted["group"]["told"]), ["BWI-7", "H-1"]);
    assert_eq!(ids(&accepted["group"]["not_told"]), ["H-2", "B-1"]);
    assert_eq!(accepted["group"]["not_told"][0]["by"], "BWI-7");
    engine.settled().await;

    let id = accepted["id"].as_str().expect("an id").to_owned();
    let repeat = engine
        .post(NOORD, to_household(notice("", "k-1"), "C-77"))
        .await
        .json();
    assert_eq!(
        (&repeat["id"], &repeat["duplicate"]),
        (&json!(id), &json!(true))
    );
    let group = look(&engine, NOORD, &format!("/v1/groups/{id}")).await;
    assert_eq!(group["state"], "ended", "{group}");
    let ends: Vec<&Value> = group["told"]
        .as_array()
        .expect("parts")
        .iter()
        .map(|p| &p["end"])
        .collect();
    assert_eq!(ends, ["delivered", "delivered"], "{group}");
    assert_eq!(group["told"][0]["on_behalf_of"], json!(["H-2"]));
    let why = group["why"].as_str().expect("a sentence");
    assert!(
        why.contains("BWI-7 is told instead") && why.contains("neighbour"),
        "{why}"
    );

    // One of it names the group and the others of it.
    let part = accepted["group"]["told"][1]["id"].as_str().expect("an id");
    let explained = engine.get(NOORD, part).await;
    assert_eq!(explained["group"]["id"], json!(id), "{explained}");
    assert_eq!(ids(&explained["group"]["others"]), ["BWI-7"]);
    assert_eq!(
        engine
            .ask(NOORD, &format!("/v1/notifications/{id}"))
            .await
            .status,
        404
    );

    // It is told as it was, whatever the household is now, and after a restart.
    put(
        &engine,
        NOORD,
        "C-77",
        json!([{ "tenant_id": "H-1", "role": "tenant" }]),
    )
    .await
    .ok();
    engine.restart().await;
    let later = look(&engine, NOORD, &format!("/v1/groups/{id}")).await;
    assert_eq!(
        (&later["told"], &later["not_told"]),
        (&group["told"], &group["not_told"])
    );
    let now = look(&engine, NOORD, "/v1/households/C-77").await;
    assert_eq!(ids(&now["told_now"]), ["H-1"]);
    let left = look(&engine, NOORD, "/v1/tenants/H-2").await;
    assert!(left.get("households").is_none(), "{left}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_by_one_stops_all_before_it_is_acknowledged() {
    let engine = engine().await;
    let people = json!([
        { "tenant_id": "H-1", "role": "tenant" }, { "tenant_id": "H-2", "role": "joint_tenant" }
    ]);
    put(&engine, NOORD, "C-1", people).await.ok();
    for tenant in ["H-1", "H-2"] {
        let balance = json!({ "type": "balance", "tenant_id": tenant, "amount_cents": 61_250 });
        engine
            .fact(NOORD, &format!("balance-{tenant}"), balance)
            .await;
    }
    // At a time at which nothing has been sent: both wait.
    let mut body = to_household(storno("", "F-1", "k-1"), "C-1");
    body["send_after"] = "2026-02-03T09:00:00Z".into();
    let id = engine.accepted(NOORD, body).await;
    engine.settled().await;
    let group = look(&engine, NOORD, &format!("/v1/groups/{id}")).await;
    assert_eq!(group["answered"], "all");
    let paid = json!({
        "type": "payment", "tenant_id": "H-2", "amount_cents": 61_250,
        "subject": { "kind": "invoice", "id": "F-1" }
    });
    engine.fact(NOORD, "bank-1", paid).await;
    let group = look(&engine, NOORD, &format!("/v1/groups/{id}")).await;
    assert_eq!(
        (&group["state"], &group["end"]),
        (&json!("ended"), &json!("paid")),
        "{group}"
    );
    assert_eq!(group["stopped"]["by"], "H-2");
    let other = group["told"][0]["id"].as_str().expect("an id");
    let other = engine.get(NOORD, other).await;
    assert_eq!(
        (&other["end"], &other["reason"]),
        (&json!("paid"), &json!("group")),
        "{other}"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_cancelled_with_an_exact_account() {
    let engine = engine().await;
    let mut body = to_household(notice("", "k-1"), "C-77");
    body["send_after"] = "2026-02-03T09:00:00Z".into();
    let id = engine.accepted(NOORD, body).await;
    let path = format!("/v1/notifications/{id}/cancel");
    let cancelled = engine
        .call(NOORD, "POST", &path, json!({ "note": "desk" }))
        .await
        .ok();
    assert_eq!(
        cancelled["stopped"].as_array().map(Vec::len),
        Some(3),
        "{cancelled}"
    );
    let group = look(&engine, NOORD, &format!("/v1/groups/{id}")).await;
    assert_eq!(group["end"], "cancelled", "{group}");
    let open = look(&engine, NOORD, "/v1/notifications").await;
    assert_eq!(open["notifications"], json!([]));
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_told_is_refused_with_what_helps() {
    let engine = engine().await;
    let unknown = engine
        .post(NOORD, to_household(notice("", "k-1"), "C-0"))
        .await;
    assert_eq!(unknown.problem(), (422, "unknown_household".to_owned()));
    let neighbours = json!([
        { "tenant_id": "B-1", "role": "neighbour" },
        { "tenant_id": "H-9", "role": "tenant", "deceased": true },
        { "tenant_id": "H-8", "role": "joint_tenant", "until": "2026-02-01" }
    ]);
    let stored = put(&engine, NOORD, "C-2", neighbours).await.ok();
    assert_eq!(stored["told_now"], json!([]));
    let nobody = engine
        .post(NOORD, to_household(notice("", "k-2"), "C-2"))
        .await;
    assert_eq!(nobody.problem(), (422, "nobody_to_tell".to_owned()));
    let text = nobody.text();
    assert!(
        text.contains("H-9 (tenant: has died)") && text.contains("it is over"),
        "{text}"
    );
    // The key is free again: when the household is mended the same call is taken.
    put(
        &engine,
        NOORD,
        "C-2",
        json!([{ "tenant_id": "H-1", "role": "tenant" }]),
    )
    .await
    .ok();
    engine
        .accepted(NOORD, to_household(notice("", "k-2"), "C-2"))
        .await;
    let both = {
        let mut body = notice("H-1", "k-3");
        body["household_id"] = "C-77".into();
        engine.post(NOORD, body).await
    };
    assert_eq!(both.problem(), (422, "invalid".to_owned()));
    assert_eq!(both.json()["errors"][0]["path"], "household_id");
    let neither = to_household(notice("", "k-4"), "C-77");
    let mut neither = neither;
    neither
        .as_object_mut()
        .expect("an object")
        .remove("household_id");
    let neither = engine.post(NOORD, neither).await;
    assert_eq!(neither.json()["errors"][0]["path"], "tenant_id");
    let lines = [
        to_household(notice("", "k-5"), "C-77").to_string(),
        to_household(notice("", "k-6"), "C-0").to_string(),
    ];
    let lines = Body::Bytes("application/x-ndjson", lines.join("\n").into_bytes());
    let batch = engine
        .call(NOORD, "POST", "/v1/notifications/batch", lines)
        .await;
    let rows = batch.rows();
    assert_eq!(ids(&rows[0]["group"]["told"]), ["BWI-7", "H-1"], "{rows:?}");
    assert_eq!(rows[1]["error"]["code"], "unknown_household");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_corporation_never_sees_a_household_or_its_groups() {
    let engine = engine().await;
    let id = engine
        .accepted(NOORD, to_household(notice("", "k-1"), "C-77"))
        .await;
    engine.settled().await;
    for path in ["/v1/households/C-77".to_owned(), format!("/v1/groups/{id}")] {
        assert_eq!(engine.ask(ZUID, &path).await.status, 404, "{path}");
    }
    let foreign = engine
        .post(ZUID, to_household(notice("", "k-1"), "C-77"))
        .await;
    assert_eq!(foreign.problem(), (422, "unknown_household".to_owned()));
    // No tenant's number can be that of a household.
    let named = engine.post(NOORD, notice("\u{1}C-77", "k-9")).await;
    assert_eq!(named.problem(), (422, "invalid".to_owned()));
    engine.end().await;
}
