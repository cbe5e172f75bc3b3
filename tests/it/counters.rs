//! Daily counters: what went through is what is counted, whatever was restarted, killed or forgotten in
//! between; each corporation sees its own; nobody is named.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use sluis_journal::Shard;
use sluis_model::DAY;

use crate::support::{Engine, NOORD, OPERATOR, Setup, ZUID, notice, reached_by};

/// Generations so small that a test fills some.
const GENERATION_BYTES: u64 = 32 << 10;
/// Steps in which what is old must have gone, and calls in which everything must be counted.
const MOST_TRIES: usize = 200;

async fn engine() -> Engine {
    Engine::with(Setup {
        sinks: true,
        archive: "enabled = false",
        journal: "keep_for = \"24h\"\nlive_factor = 1",
        generation_bytes: Some(GENERATION_BYTES),
        ..Setup::default()
    })
    .await
}

/// Mails to one tenant that leave at once.
async fn mails(engine: &Engine, key: &str, day: &str, count: usize) {
    let profile = reached_by("email", "ok@huurder.example");
    engine.put_tenant(key, "H-9", profile).await;
    for number in 0..count {
        let mut long = notice("H-9", &format!("{day}-{number}"));
        long["data"]["text"] = "Wij komen langs. ".repeat(120).into();
        engine.accepted(key, long).await;
    }
    engine.settled().await;
}

/// The counts, once everything is counted.
async fn counters(engine: &Engine, key: &str, path: &str) -> Vec<Value> {
    for _ in 0..MOST_TRIES {
        let body = engine.ask(key, path).await.ok();
        if body["complete"] == true {
            return body["counters"].as_array().expect("rows").clone();
        }
    }
    panic!("not everything is counted");
}

/// By day, how often an event was.
fn by_day(rows: &[Value], event: &str) -> BTreeMap<String, u64> {
    let mut days = BTreeMap::new();
    for row in rows.iter().filter(|row| row["event"] == event) {
        let day = row["day"].as_str().expect("a day").to_owned();
        *days.entry(day).or_default() += row["count"].as_u64().expect("a count");
    }
    days
}

/// What must be counted of mails that left on each of these days.
fn expected(days: &[(&str, u64)]) -> BTreeMap<String, u64> {
    let days = days.iter();
    days.map(|(day, count)| ((*day).to_owned(), *count))
        .collect()
}

const OF_ALL_DAYS: &str = "/v1/counters?from=2026-02-01&to=2026-02-28";

/// Each mail was accepted, started and taken on its day; so many have ended since.
async fn is_counted(engine: &Engine, days: &[(&str, u64)], ended: &[(&str, u64)]) {
    let rows = counters(engine, NOORD, OF_ALL_DAYS).await;
    for event in ["accepted", "attempt_started", "attempt_accepted"] {
        assert_eq!(by_day(&rows, event), expected(days), "{event}: {rows:#?}");
    }
    assert_eq!(by_day(&rows, "ended"), expected(ended), "{rows:#?}");
}

/// Lets everything old go; whether something is gone.
async fn forget(engine: &Engine) -> bool {
    let journal = engine.app().engine.journal();
    for _ in 0..MOST_TRIES {
        if (0..journal.shards()).any(|shard| journal.first(Shard(shard)).0 > 1) {
            return true;
        }
        let counters = engine.app().counters.clone();
        let settled = tokio::task::spawn_blocking(move || counters.settle()).await;
        settled.expect("it waits");
        engine.app().engine.forget().expect("a step");
        engine.settled().await;
    }
    false
}

fn directory(engine: &Engine) -> PathBuf {
    engine.data().join("counters")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sum_over_days_is_what_went_through_a_restart_a_trim_and_a_kill() {
    let mut engine = engine().await;
    mails(&engine, NOORD, "first", 60).await;
    is_counted(&engine, &[("2026-02-02", 60)], &[]).await;
    let early = std::fs::read(directory(&engine).join("now")).ok();
    engine.restart().await;
    is_counted(&engine, &[("2026-02-02", 60)], &[]).await;

    // As a kill before the next write: what was not written is counted again.
    engine.close().await;
    let now = directory(&engine).join("now");
    match early {
        Some(early) => std::fs::write(&now, early).unwrap(),
        None => std::fs::remove_file(&now).unwrap(),
    }
    engine.try_open().await.unwrap();
    is_counted(&engine, &[("2026-02-02", 60)], &[]).await;

    engine.pass(3 * DAY).await;
    mails(&engine, NOORD, "second", 60).await;
    assert!(forget(&engine).await, "old generations go");
    let over = [("2026-02-05", 60)];
    let both = [("2026-02-02", 60), ("2026-02-05", 60)];
    is_counted(&engine, &both, &over).await;
    engine.restart().await;
    is_counted(&engine, &both, &over).await;
    assert!(
        directory(&engine).join("2026-02-02").exists(),
        "a day that is over has its file"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_says_which_flow_step_channel_provider_end_and_reason_and_names_nobody() {
    let engine = Engine::with_sinks().await;
    let id = engine
        .mailed_storno(NOORD, "H-1", "huurder@huurder.example", "F-1")
        .await;
    // A long wait: the course is read back from the records.
    engine.pass(DAY).await;
    engine.pays(NOORD, "H-1", "F-1").await;
    assert_eq!(engine.get(NOORD, &id).await["end"], "paid");
    let rows = counters(&engine, NOORD, OF_ALL_DAYS).await;
    let of = |event: &str| {
        let mut rows = rows.iter().filter(|row| row["event"] == event);
        rows.next()
            .unwrap_or_else(|| {
                panic!(
                    "{event}: {rows:#?}",
                    rows = rows.clone().collect::<Vec<_>>()
                )
            })
            .clone()
    };
    let (started, ended) = (of("attempt_started"), of("ended"));
    for row in [&started, &ended] {
        assert_eq!(
            (&row["flow"], &row["channel"], &row["provider"]),
            (&"storno".into(), &"email".into(), &"relay".into()),
            "{row}"
        );
        assert!(
            row["version"].as_u64().unwrap() > 0 && row["step"] == started["step"],
            "{row}"
        );
    }
    assert_eq!(
        (&ended["end"], &ended["day"]),
        (&"paid".into(), &"2026-02-03".into())
    );
    assert!(
        ended["reason"].as_str().unwrap().starts_with("stop "),
        "{ended}"
    );
    let text = serde_json::to_string(&rows).unwrap();
    for name in ["H-1", "F-1", "huurder.example", id.as_str()] {
        assert!(!text.contains(name), "{name} stands in {text}");
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_corporation_sees_its_own_and_an_operator_all() {
    let engine = Engine::with_sinks().await;
    mails(&engine, NOORD, "noord", 3).await;
    mails(&engine, ZUID, "zuid", 5).await;
    for (key, count) in [(NOORD, 3), (ZUID, 5)] {
        let rows = counters(&engine, key, OF_ALL_DAYS).await;
        assert_eq!(by_day(&rows, "accepted")["2026-02-02"], count);
        assert!(rows.iter().all(|row| row.get("corporation").is_none()));
    }
    let all = "/v1/operator/counters?from=2026-02-01&to=2026-02-28";
    let rows = counters(&engine, OPERATOR, all).await;
    assert_eq!(by_day(&rows, "accepted")["2026-02-02"], 8);
    let of_zuid = counters(
        &engine,
        OPERATOR,
        &format!("{all}&corporation=zuid&event=accepted"),
    )
    .await;
    assert_eq!((of_zuid.len(), &of_zuid[0]["count"]), (1, &5.into()));
    assert_eq!(of_zuid[0]["corporation"], "zuid");
    assert_eq!(engine.ask(NOORD, all).await.status, 401);
    assert_eq!(engine.ask(OPERATOR, OF_ALL_DAYS).await.status, 401);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_csv_has_the_same_rows_and_a_wrong_question_is_named() {
    let engine = Engine::with_sinks().await;
    mails(&engine, NOORD, "some", 4).await;
    let rows = counters(&engine, NOORD, OF_ALL_DAYS).await;
    let path = OF_ALL_DAYS.replace("counters", "counters.csv");
    let csv = engine.ask(NOORD, &path).await;
    assert_eq!(
        (csv.status, csv.header("content-type")),
        (200, "text/csv; charset=utf-8")
    );
    assert_eq!(csv.header("sluis-counters-complete"), "true");
    let text = String::from_utf8(csv.body.to_vec()).unwrap();
    assert_eq!(text.lines().count(), rows.len() + 1, "{text}");
    let is_there = |line: &str| text.lines().any(|row| row.contains(line));
    assert!(
        is_there("attempt_accepted,,,4") && is_there(",email,relay,"),
        "{text}"
    );
    for wrong in [
        "to=",
        "event=",
        "from=2026-02-30",
        "from=20260202",
        "from=2026-02-03&to=2026-02-02",
        "from=2000-01-01&to=2026-02-02",
        "channel=pigeon",
        "event=birthday",
        "tenant=H-1",
    ] {
        let reply = engine.ask(NOORD, &format!("/v1/counters?{wrong}")).await;
        assert_eq!(reply.problem(), (400, "bad_query".into()), "{wrong}");
    }
    let nobodys = engine.ask(OPERATOR, "/v1/operator/counters?corporation=");
    assert_eq!(nobodys.await.problem(), (400, "bad_query".into()));
    engine.end().await;
}
