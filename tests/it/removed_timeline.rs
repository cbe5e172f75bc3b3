//! A timeline that is read through a journal that was trimmed into a volume of the archive: with all of it
//! while its period goes on, and then with when it was removed and under which rule.

use serde_json::Value;
use sluis_journal::Shard;
use sluis_model::{CorporationId, DAY, TenantKey};

use crate::support::{Engine, NOORD, Setup, notice, reached_by};

/// Generations so small that a test fills some.
const GENERATION_BYTES: u64 = 32 << 10;
/// Notices that fill several of them.
const MANY: usize = 60;
/// Steps in which what is old must have gone.
const MOST_STEPS: usize = 200;
/// Turns of the archive's thread in which what is due must have gone.
const MOST_TURNS: usize = 50;
const RULE: &str = "archive.keep_days.default";

fn shard_of(engine: &Engine, tenant: &str) -> Shard {
    let tenant = TenantKey::new(CorporationId(1), tenant);
    Shard(tenant.shard(engine.app().engine.shards()).0)
}

/// Fills the log of a shard with what is over at once.
async fn fill(engine: &Engine, shard: Shard) {
    let names = (2..).map(|number| format!("H-{number}"));
    let mut of_shard = names.filter(|name| shard_of(engine, name) == shard);
    let tenant = of_shard.next().expect("every shard has some");
    engine.reachable(NOORD, &tenant).await;
    for number in 0..MANY {
        let mut long = notice(&tenant, &format!("long-{number}"));
        long["data"]["text"] = "Wij komen langs. ".repeat(120).into();
        engine.accepted(NOORD, long).await;
    }
    engine.settled().await;
}

/// Lets old records of the tenant's shard go, until `last` went.
async fn trim(engine: &Engine, shard: Shard, last: u64) {
    for _ in 0..MOST_STEPS {
        if engine.app().engine.journal().first(shard).0 > last {
            return;
        }
        // Nothing goes before it is counted.
        let counters = engine.app().counters.clone();
        let counted = tokio::task::spawn_blocking(move || counters.settle());
        counted.await.expect("it waits");
        engine.app().engine.forget().expect("a step");
        engine.settled().await;
    }
    panic!("it is still there");
}

async fn timeline(engine: &Engine) -> Value {
    let path = "/v1/tenants/H-1/timeline";
    engine.ask(NOORD, path).await.ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timeline_says_what_was_removed_from_the_archive_when_and_under_which_rule() {
    let mut engine = Engine::with(Setup {
        sinks: true,
        archive: "volume_max_age = \"1s\"\nkeep_days.default = 30",
        journal: "keep_for = \"24h\"\nlive_factor = 1",
        generation_bytes: Some(GENERATION_BYTES),
        ..Setup::default()
    })
    .await;
    let profile = reached_by("email", "ok@huurder.example");
    engine.put_tenant(NOORD, "H-1", profile).await;
    let id = engine.accepted(NOORD, notice("H-1", "key-1")).await;
    engine.settled().await;
    let shard = shard_of(&engine, "H-1");
    let last = engine.app().engine.journal().last(shard).0;
    engine.pass(2 * DAY).await;
    fill(&engine, shard).await;
    engine.pass(2 * DAY).await;
    // A stop seals what is left to be sealed: only that may go.
    engine.restart().await;
    trim(&engine, shard, last).await;

    let whole = timeline(&engine).await;
    let tells = |of: &Value| of["rows"].to_string().contains(&id);
    assert!(tells(&whole) && whole["removed"].is_null(), "{whole}");
    assert_eq!(engine.get(NOORD, &id).await["state"], "ended");

    engine.pass(40 * DAY).await;
    let archiving = engine.app().archiving.clone().expect("there is one");
    for _ in 0..MOST_TURNS {
        assert!(archiving.turn(), "a turn comes");
    }
    let cut = timeline(&engine).await;
    assert!(!tells(&cut), "{cut}");
    assert_eq!(
        (&cut["older_not_kept"], &cut["removed"]["rule"]),
        (&true.into(), &RULE.into())
    );
    let gone = engine.ask(NOORD, &format!("/v1/notifications/{id}")).await;
    let problem = gone.json();
    assert_eq!(
        (gone.status, &problem["code"]),
        (410, &"no_longer_kept".into())
    );
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(detail.contains(&format!("under rule {RULE}")), "{detail}");
    engine.end().await;
}
