//! Texts that cannot be made for the only way to many tenants are one task for people. Refuses a
//! task for each tenant, and a group that hides whom it is about.

use serde_json::{Value, json};

use crate::support::{Body, Engine, NOORD, Reply, Setup, ZUID, notice};

/// Tenants with a phone only.
async fn on_the_phone(engine: &Engine, tenants: usize) {
    for number in 0..tenants {
        let profile = json!({ "addresses": [{ "channel": "sms", "value": "+31612345678" }] });
        engine
            .put_tenant(NOORD, &format!("H-{number}"), profile)
            .await;
    }
}

/// A notice that is too long for SMS.
fn long(tenant: &str, key: &str, times: usize) -> Value {
    let mut long = notice(tenant, key);
    long["data"]["text"] = "Wij komen langs. ".repeat(times).into();
    long
}

/// Three tenants whose text is too long for the only way to them; their notifications.
async fn stuck() -> (Engine, Vec<String>) {
    let engine = Engine::with_sinks().await;
    on_the_phone(&engine, 3).await;
    let mut ids = Vec::new();
    for (number, times) in [60, 70, 80].into_iter().enumerate() {
        let body = long(&format!("H-{number}"), &format!("n-{number}"), times);
        ids.push(engine.accepted(NOORD, body).await);
    }
    engine.settled().await;
    (engine, ids)
}

/// The one group there is.
async fn group(engine: &Engine) -> Value {
    let tasks = engine.ask(NOORD, "/v1/tasks").await.ok();
    assert_eq!(
        (
            &tasks["tasks"],
            tasks["groups"].as_array().map_or(0, Vec::len)
        ),
        (&json!([]), 1),
        "{tasks}"
    );
    tasks["groups"][0].clone()
}

async fn answer(engine: &Engine, key: &str, id: &str, body: Value) -> Reply {
    let path = format!("/v1/tasks/{id}/answer");
    engine.call(key, "POST", &path, body).await
}

fn word(answer: &str) -> Value {
    json!({ "answer": answer, "by": "m.bakker" })
}

/// A name of the group.
fn id(group: &Value) -> String {
    group["id"].as_str().expect("an id").to_owned()
}

async fn listed(engine: &Engine, path: &str) -> Vec<String> {
    let page = engine.ask(NOORD, path).await.ok();
    let tasks = page["tasks"].as_array().expect("tasks").iter();
    let mut ids: Vec<_> = tasks
        .map(|task| task["notification"].as_str().expect("an id").to_owned())
        .collect();
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_too_long_for_the_only_way_are_one_task_that_says_why_and_about_whom() {
    let (mut engine, mut ids) = stuck().await;
    let row = group(&engine).await;
    assert_eq!(
        (
            &row["notifications"],
            &row["list"],
            &row["flow"],
            &row["step"]
        ),
        (
            &json!(3),
            &json!("delivery"),
            &json!("notice"),
            &json!("fallback")
        ),
        "{row}"
    );
    assert_eq!(row["answers"], json!(["retry", "close"]));
    let why = row["why"].as_str().unwrap_or_default();
    assert!(why.contains("segments"), "{why}");
    ids.sort();
    let members = format!("/v1/tasks?group={}", id(&row));
    assert_eq!(listed(&engine, &members).await, ids);
    let elsewhere = engine.ask(NOORD, "/v1/tasks?list=collections").await.ok();
    assert!(elsewhere.get("groups").is_none(), "{elsewhere}");
    let alone = engine.get(NOORD, &ids[0]).await;
    assert!(
        alone["why"]
            .as_str()
            .is_some_and(|why| why.contains("segments")),
        "{alone}"
    );
    engine.restart().await;
    assert_eq!(group(&engine).await, row, "the same after a restart");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_answer_releases_all_of_them_and_what_still_cannot_be_sent_comes_back() {
    let (engine, ids) = stuck().await;
    let row = group(&engine).await;
    for number in 0..2 {
        let profile = json!({ "addresses": [
            { "channel": "sms", "value": "+31612345678" },
            { "channel": "email", "value": format!("h{number}@huurder.example") }
        ] });
        engine
            .put_tenant(NOORD, &format!("H-{number}"), profile)
            .await;
    }
    let done = answer(&engine, NOORD, &id(&row), word("retry")).await.ok();
    assert_eq!((&done["answered"], done.get("next")), (&json!(3), None));
    engine.settled().await;
    assert_eq!((engine.mails(), engine.sms()), (2, 0));
    let left = group(&engine).await;
    assert_eq!(
        (&left["id"], &left["notifications"]),
        (&row["id"], &json!(1))
    );
    answer(&engine, NOORD, &id(&row), word("close")).await.ok();
    assert_eq!(
        engine.get(NOORD, &ids[2]).await["end"],
        "closed by hand",
        "the one that was left"
    );
    let tasks = engine.ask(NOORD, "/v1/tasks").await.ok();
    assert!(tasks.get("groups").is_none(), "{tasks}");
    assert_eq!(
        answer(&engine, NOORD, &id(&row), word("close"))
            .await
            .problem(),
        (404, "not_found".into()),
        "nothing waits in it any more"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_a_group_can_be_answered_alone_and_nonsense_answers_none() {
    let (engine, ids) = stuck().await;
    let row = group(&engine).await;
    let alone = format!("{}.1", ids[1]);
    answer(&engine, NOORD, &alone, word("close")).await.ok();
    assert_eq!(group(&engine).await["notifications"], 2);
    let after = |after: &str| json!({ "answer": "close", "by": "m.bakker", "after": after });
    for (task, body, code) in [
        (id(&row), word("perhaps"), (422, "unknown_answer")),
        (id(&row), after("x"), (422, "invalid")),
        (format!("{}.1", ids[0]), after(&ids[0]), (422, "invalid")),
        (
            "g-0000000000000000".into(),
            word("close"),
            (404, "not_found"),
        ),
    ] {
        let said = answer(&engine, NOORD, &task, body).await.problem();
        assert_eq!(said, (code.0, code.1.into()), "{task}");
    }
    let strange = engine.ask(NOORD, "/v1/tasks?group=delivery").await;
    assert_eq!(strange.problem(), (400, "bad_query".into()));
    assert_eq!(
        group(&engine).await["notifications"],
        2,
        "none was answered"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_seen_and_answered_by_its_own_corporation_only() {
    let (engine, _) = stuck().await;
    let row = group(&engine).await;
    let theirs = engine.ask(ZUID, "/v1/tasks").await.ok();
    assert!(theirs.get("groups").is_none(), "{theirs}");
    let members = format!("/v1/tasks?group={}", id(&row));
    let theirs = engine.ask(ZUID, &members).await.ok();
    assert_eq!(theirs["tasks"], json!([]));
    assert_eq!(
        answer(&engine, ZUID, &id(&row), word("close"))
            .await
            .problem(),
        (404, "not_found".into())
    );
    assert_eq!(group(&engine).await["notifications"], 3);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_group_is_answered_in_pieces_and_each_of_it_once() {
    const MANY: usize = 1_100;
    let engine = Engine::with(Setup {
        sinks: true,
        ..Setup::default()
    })
    .await;
    on_the_phone(&engine, 11).await;
    let rows: String = (0..MANY)
        .map(|number| {
            format!(
                "{}\n",
                long(&format!("H-{}", number % 11), &format!("n-{number}"), 60)
            )
        })
        .collect();
    let rows = Body::Bytes("application/x-ndjson", rows.into_bytes());
    engine
        .call(NOORD, "POST", "/v1/notifications/batch", rows)
        .await
        .ok();
    engine.settled().await;
    let row = group(&engine).await;
    assert_eq!(row["notifications"], MANY);
    let (mut answered, mut body) = (0, word("close"));
    let mut calls = 0;
    loop {
        let done = answer(&engine, NOORD, &id(&row), body.clone()).await.ok();
        answered += done["answered"].as_u64().expect("a count");
        calls += 1;
        match done.get("next") {
            Some(next) => body["after"] = next.clone(),
            None => break,
        }
    }
    assert_eq!((answered, calls), (MANY as u64, 2));
    let tasks = engine.ask(NOORD, "/v1/tasks").await.ok();
    assert!(tasks.get("groups").is_none(), "{tasks}");
    engine.end().await;
}
