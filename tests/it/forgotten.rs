//! Old records go, and nobody misses what is alive: an open notification is explained, sent and ended
//! as if nothing had gone, and what has gone is said.

use serde_json::{Value, json};
use sluis_journal::Shard;
use sluis_model::{DAY, NotificationId};

use crate::support::{Engine, NOORD, Setup, ZUID, notice, reached_by, storno};

/// Generations so small that a test fills some.
const GENERATION_BYTES: u64 = 32 << 10;
/// Notices that fill several of them.
const MANY: usize = 60;
/// Steps in which what is old must have gone.
const MOST_STEPS: usize = 200;

async fn engine() -> Engine {
    engine_of("").await
}

/// `corporation`: lines for each of them.
async fn engine_of(corporation: &'static str) -> Engine {
    Engine::with(Setup {
        corporation,
        sinks: true,
        archive: "enabled = false",
        journal: "keep_for = \"24h\"\nlive_factor = 1",
        generation_bytes: Some(GENERATION_BYTES),
        ..Setup::default()
    })
    .await
}

/// What fills the log and is over at once.
async fn busy_days(engine: &Engine, day: usize) {
    for number in 0..MANY {
        let mut long = notice("H-9", &format!("day-{day}-{number}"));
        long["data"]["text"] = "Wij komen langs. ".repeat(120).into();
        engine.accepted(NOORD, long).await;
    }
    engine.settled().await;
}

/// Lets everything old go; whether something is gone of each shard that has anything. The engine does
/// so by itself, too.
async fn forget(engine: &Engine) -> bool {
    for _ in 0..MOST_STEPS {
        if firsts(engine).iter().all(|first| *first > 1) {
            return true;
        }
        // Nothing goes before it is counted.
        let counters = engine.app().counters.clone();
        let counted = tokio::task::spawn_blocking(move || counters.settle());
        counted.await.expect("it waits");
        engine.app().engine.forget().expect("a step");
        engine.settled().await;
    }
    false
}

/// The first record that is kept, of each shard that has records.
fn firsts(engine: &Engine) -> Vec<u64> {
    let journal = engine.app().engine.journal();
    (0..journal.shards())
        .map(Shard)
        .filter(|shard| journal.last(*shard).0 > 0)
        .map(|shard| journal.first(shard).0)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_open_outlives_the_records_that_brought_it() {
    outlives(engine().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_encryption_old_records_go_as_well() {
    outlives(engine_of("data_keys = [\"env:DATA_KEY\"]").await).await;
}

/// What is open stays when the records go that brought it.
async fn outlives(mut engine: Engine) {
    let mail = "ok@huurder.example";
    engine
        .put_tenant(NOORD, "H-1", reached_by("email", mail))
        .await;
    engine.reachable(NOORD, "H-9").await;
    // Held: it waits for a balance that nobody has told.
    let open = engine.accepted(NOORD, storno("H-1", "F-1", "k-1")).await;
    let over = engine.accepted(NOORD, notice("H-9", "k-2")).await;
    engine.settled().await;
    let (rows, early) = engine.outcomes(NOORD, "").await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    let as_it_was = engine.get(NOORD, &open).await;
    busy_days(&engine, 1).await;
    engine.pass(2 * DAY).await;
    busy_days(&engine, 2).await;
    assert!(forget(&engine).await, "old generations go");

    for restarted in [false, true] {
        if restarted {
            engine.restart().await;
        }
        is_said(&engine, &open, &as_it_was, &over).await;
        is_resumed(&engine, &early).await;
    }
    // It leaves with the body that was carried along, and ends.
    engine.owes(NOORD, "H-1", "balance-1").await;
    engine.settled().await;
    let link = engine.link_in_mail(mail);
    assert_eq!(engine.ask("", &link).await.status, 200);
    engine.pays(NOORD, "H-1", "F-1").await;
    assert_eq!(engine.get(NOORD, &open).await["end"], "paid");
    assert_eq!(engine.ask("", &link).await.status, 410);
    engine.end().await;
}

/// What is open is as it was; what has gone is said.
async fn is_said(engine: &Engine, open: &str, as_it_was: &Value, over: &str) {
    let now = engine.get(NOORD, open).await;
    for part in ["state", "tenant_id", "flow", "subject", "step"] {
        assert_eq!(now[part], as_it_was[part], "{part}");
    }
    assert_eq!(now["next"]["at"], as_it_was["next"]["at"]);
    assert_eq!(now["older_not_kept"], true, "{now}");
    let timeline = engine.ask(NOORD, "/v1/tenants/H-1/timeline").await.ok();
    assert_eq!(timeline["older_not_kept"], true, "{timeline}");
    let gone = engine
        .ask(NOORD, &format!("/v1/notifications/{over}"))
        .await;
    assert_eq!(gone.problem(), (410, "no_longer_kept".into()));
}

/// A reader who was away too long is told where to go on.
async fn is_resumed(engine: &Engine, early: &str) {
    let gone = engine
        .ask(NOORD, &format!("/v1/outcomes?after={early}"))
        .await;
    let problem = gone.json();
    assert_eq!(
        (gone.status, &problem["code"]),
        (410, &json!("cursor_expired"))
    );
    let next = problem["cursor"].as_str().expect("the first that is left");
    let (rows, _) = engine.outcomes(NOORD, next).await;
    assert!(!rows.is_empty());
    let (from_the_beginning, _) = engine.outcomes(NOORD, "").await;
    assert_eq!(rows, from_the_beginning);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_young_stays_however_large_the_log_is() {
    let engine = engine().await;
    engine.reachable(NOORD, "H-9").await;
    busy_days(&engine, 1).await;
    assert!(!forget(&engine).await, "it is of today");
    engine.end().await;
}

/// Lets what ended long ago leave the table, until that has nothing of the time of this one. The engine
/// does so by itself too, and rests for an hour then.
async fn leave(engine: &Engine, id: &str) {
    let id: NotificationId = id.parse().expect("an id");
    let span = (id.made_at().0 as u64 >> 6).to_be_bytes();
    let key = |number: u8| [&b"p"[..], &span[2..], &[number; 2]].concat();
    let journal = engine.app().engine.journal();
    let is_there = || {
        let keys = journal.table_keys(Shard(id.shard().0), (&key(0), &key(u8::MAX)), 1);
        !keys.expect("listed").is_empty()
    };
    for _ in 0..MOST_STEPS {
        if !is_there() {
            return;
        }
        engine.app().engine.forget().expect("a step");
        engine.settled().await;
    }
    panic!("it is still there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ended_longer_ago_than_it_is_answered_is_gone_and_that_is_said() {
    let mut engine = Engine::with(Setup {
        sinks: true,
        archive: "enabled = false",
        journal: "keep_for = \"24h\"\nendings_for = \"48h\"",
        ..Setup::default()
    })
    .await;
    let mail = "ok@huurder.example";
    engine
        .put_tenant(NOORD, "H-1", reached_by("email", mail))
        .await;
    let over = engine.accepted(NOORD, storno("H-1", "F-1", "k-1")).await;
    engine.owes(NOORD, "H-1", "balance-1").await;
    engine.settled().await;
    let link = engine.link_in_mail(mail);
    engine.pays(NOORD, "H-1", "F-1").await;
    engine.settled().await;
    engine.pass(DAY).await;
    let young = engine.accepted(NOORD, notice("H-1", "k-2")).await;
    engine.settled().await;
    engine.app().engine.forget().expect("a step");
    assert_eq!(engine.get(NOORD, &over).await["end"], "paid");
    let is_told = engine.ask("", &link).await.text();
    assert!(is_told.contains("Al betaald"), "{is_told}");

    engine.pass(DAY + DAY / 2).await;
    for _ in 0..2 {
        // A stop lets whoever follows the log catch up. The start may bring it back from the log: it
        // leaves again.
        engine.restart().await;
        leave(&engine, &over).await;
        let cancel = engine
            .call(
                NOORD,
                "POST",
                &format!("/v1/notifications/{over}/cancel"),
                json!({}),
            )
            .await;
        assert_eq!(cancel.problem(), (410, "no_longer_kept".into()));
        let gone = engine
            .ask(NOORD, &format!("/v1/notifications/{over}"))
            .await;
        assert_eq!(gone.problem(), (410, "no_longer_kept".into()));
        let link = engine.ask("", &link).await;
        assert_eq!(link.status, 410);
        assert!(link.text().contains("Gesloten"), "{}", link.text());
        assert_eq!(engine.get(NOORD, &young).await["state"], "ended");
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_archive_tells_of_what_has_left_the_table() {
    let mut engine = Engine::with(Setup {
        sinks: true,
        archive: "volume_max_age = \"1s\"",
        journal: "keep_for = \"24h\"\nendings_for = \"24h\"",
        ..Setup::default()
    })
    .await;
    let profile = reached_by("email", "ok@huurder.example");
    engine.put_tenant(NOORD, "H-1", profile).await;
    let over = engine.accepted(NOORD, notice("H-1", "k-1")).await;
    engine.settled().await;
    engine.pass(DAY).await;
    let as_it_was = engine.get(NOORD, &over).await;
    assert_eq!(as_it_was["state"], "ended");
    engine.pass(2 * DAY).await;
    // A stop seals what is left to be sealed.
    engine.restart().await;
    leave(&engine, &over).await;
    let now = engine.get(NOORD, &over).await;
    for part in ["state", "end", "tenant_id", "attempts", "reason"] {
        assert_eq!(now[part], as_it_was[part], "{part}");
    }
    let other = engine.ask(ZUID, &format!("/v1/notifications/{over}")).await;
    assert_eq!(other.problem(), (410, "no_longer_kept".into()));
    engine.end().await;
}
