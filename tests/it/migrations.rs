//! Open notifications go on under a newer definition of their flow: after it was shown how many would, only where their step is there,
//! and exactly once, whatever ends the engine in between.

use std::path::PathBuf;

use serde_json::{Value, json};
use sluis_model::NotificationId;

use crate::support::{Engine, NOORD, OPERATOR, Reply, Setup, ZUID};

const DAY: i64 = 86_400_000;
/// Turns after which a migration of a test must have come to its end.
const MOST_TURNS: usize = 400;

/// A wait that leads to people; `wait` names its first step.
fn flow(version: u32, wait: &str, list: &str) -> String {
    format!(
        "name = \"chase\"\nversion = {version}\npurpose = \"information\"\nfallback_list = \"desk\"\n\
         [[step]]\nid = \"{wait}\"\nwait = {{ for = \"3d\", then = \"call\" }}\n\
         [[step]]\nid = \"call\"\ntask = {{ list = \"{list}\", answers = {{ spoken = \"end: spoken\" }} }}\n"
    )
}

/// An engine with a folder of flows, of which one is rewritten.
struct World {
    engine: Engine,
    file: PathBuf,
}

impl World {
    async fn new() -> Self {
        let flows = tempfile::tempdir().expect("a folder").keep();
        let file = flows.join("chase.toml");
        std::fs::write(&file, flow(1, "think", "calls")).expect("a file");
        let lines = format!("[flows]\ndirectory = {flows:?}\n");
        let setup = Setup {
            archive: Box::leak(lines.into_boxed_str()),
            ..Setup::default()
        };
        let engine = Engine::with(setup).await;
        Self { engine, file }
    }

    /// So many notifications, each of a tenant of its own.
    async fn open(&self, count: usize, from: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for number in from..from + count {
            let tenant = format!("H-{number}");
            let body = json!({
                "tenant_id": tenant, "flow": "chase", "category": "general", "environment": "test", "idempotency_key": tenant, "data": {}
            });
            ids.push(self.engine.accepted(NOORD, body).await);
        }
        self.engine.settled().await;
        ids
    }

    /// Another definition is current from now on.
    async fn change(&self, text: &str) {
        std::fs::write(&self.file, text).expect("a file");
        let reply = self
            .engine
            .call(OPERATOR, "POST", "/v1/reload", json!({}))
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.engine.call(NOORD, "POST", path, body).await
    }

    async fn step(&self, id: &str, step: &str, body: Value) -> Reply {
        self.post(&format!("/v1/migrations/{id}/{step}"), body)
            .await
    }

    async fn look(&self, id: &str) -> Value {
        self.engine
            .ask(NOORD, &format!("/v1/migrations/{id}"))
            .await
            .ok()
    }

    async fn turn(&self) {
        self.engine.app().turn_migrations().await;
        self.engine.settled().await;
    }

    async fn until(&self, id: &str, stage: &str) -> Value {
        for _ in 0..MOST_TURNS {
            let now = self.look(id).await;
            if now["stage"] == stage {
                return now;
            }
            self.turn().await;
        }
        panic!("it never was {stage}: {}", self.look(id).await);
    }

    /// A migration that was looked at.
    async fn checked(&self) -> Value {
        let made = self
            .post(
                "/v1/flows/chase/migrations",
                json!({ "to": "latest", "by": "Anna" }),
            )
            .await;
        assert_eq!(made.status, 201, "{}", made.text());
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        self.until(&id, "checked").await
    }

    async fn begun(&self, shown: &Value) -> String {
        let id = shown["id"].as_str().expect("an id").to_owned();
        let body = json!({ "by": "Bea", "checksum": shown["checksum"] });
        let begun = self.step(&id, "begin", body).await;
        assert_eq!(begun.status, 200, "{}", begun.text());
        id
    }

    /// The version by which a notification runs.
    async fn version(&self, id: &str) -> Value {
        self.engine.get(NOORD, id).await["flow"]["version"].clone()
    }

    async fn versions(&self, ids: &[String]) -> Vec<Value> {
        let mut versions = Vec::new();
        for id in ids {
            versions.push(self.version(id).await);
        }
        versions
    }
}

/// How often a notification's history has a row of this kind.
fn rows(told: &Value, kind: &str) -> usize {
    let rows = told["history"].as_array().expect("a history");
    rows.iter().filter(|row| row["kind"] == kind).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_shown_moves_and_keeps_its_time() {
    let world = World::new().await;
    let ids = world.open(3, 1).await;
    world.engine.pass(DAY).await;
    world.change(&flow(2, "think", "visits")).await;
    let newer = world.open(1, 10).await;
    let shown = world.checked().await;
    assert_eq!(
        shown["shown"],
        json!([{ "version": 1, "step": "think", "moves": 3, "under_way": 0, "stays": {} }])
    );
    assert_eq!(
        (&shown["would_move"], &shown["moved"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(
        world.versions(&ids).await,
        [1, 1, 1],
        "a look moves nothing"
    );
    let id = world.begun(&shown).await;
    let done = world.until(&id, "done").await;
    assert_eq!((&done["moved"], &done["stayed"]), (&json!(3), &json!([])));
    assert_eq!(world.versions(&ids).await, [2, 2, 2]);
    let told = world.engine.get(NOORD, &ids[0]).await;
    assert_eq!(rows(&told, "migrated"), 1, "{told}");
    let row = told["history"]
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["kind"] == "migrated"));
    let text = row.and_then(|row| row["text"].as_str()).expect("a text");
    assert_eq!(
        text,
        "goes on under version 2 of its flow instead of version 1, at step 'think', as Bea asked"
    );
    // Two days are left of the three, and then the new version says where it goes.
    world.engine.pass(2 * DAY).await;
    let told = world.engine.get(NOORD, &ids[0]).await;
    assert_eq!(
        (&told["state"], &told["step"]),
        (&json!("task"), &json!("call"))
    );
    assert!(told.to_string().contains("visits"), "{told}");
    assert_eq!(
        world.engine.get(NOORD, &newer[0]).await["state"],
        "scheduled"
    );
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_no_step_there_stays_and_is_named() {
    let world = World::new().await;
    let early = world.open(2, 1).await;
    world.engine.pass(2 * DAY).await;
    let late = world.open(1, 10).await;
    world.engine.pass(DAY).await;
    world.change(&flow(2, "ponder", "visits")).await;
    let shown = world.checked().await;
    assert_eq!(shown["would_move"], 2);
    let stays = &shown["stayed"];
    assert_eq!(stays.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&stays[0]["id"], &stays[0]["step"], &stays[0]["why"]),
        (&json!(late[0]), &json!("think"), &json!("no_such_step"))
    );
    let id = world.begun(&shown).await;
    let done = world.until(&id, "done").await;
    assert_eq!((&done["moved"], &done["stayed"]), (&json!(2), stays));
    assert_eq!(world.versions(&early).await, [2, 2]);
    assert_eq!(world.versions(&late).await, [1]);
    let path = format!("/v1/notifications/{}", late[0]);
    for (lang, stays) in [
        (
            "en",
            "version 2 is in use now: it cannot move, because the new version has no step of this name",
        ),
        (
            "nl",
            "versie 2 nu in gebruik: het kan niet mee, want de nieuwe versie heeft geen stap met deze naam",
        ),
    ] {
        let told = world
            .engine
            .ask(NOORD, &format!("{path}?lang={lang}"))
            .await
            .ok();
        let why = told["why"].as_str().expect("a sentence");
        assert!(why.contains(stays), "{why}");
    }
    // It goes on by what it began with.
    world.engine.pass(2 * DAY).await;
    let told = world.engine.get(NOORD, &late[0]).await;
    assert_eq!(
        (&told["state"], &told["step"]),
        (&json!("task"), &json!("call"))
    );
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_between_an_order_and_its_answer_neither_doubles_nor_loses_one() {
    let mut world = World::new().await;
    let ids = world.open(5, 1).await;
    world.change(&flow(2, "think", "visits")).await;
    let shown = world.checked().await;
    let id = world.begun(&shown).await;
    let file = world
        .engine
        .data()
        .join("migrations")
        .join(format!("{id}.json"));
    let begun = std::fs::read(&file).expect("its file");
    let done = world.until(&id, "done").await;
    assert_eq!(done["moved"], 5);
    world.engine.close().await;
    // As it was written before the orders of the first window left: the answers came, and nobody wrote them.
    let mut then: Value = serde_json::from_slice(&begun).expect("JSON");
    let shard = |id: &String| id.parse::<NotificationId>().expect("an id").shard().0;
    let at = shard(&ids[0]);
    let pending: Vec<&String> = ids.iter().filter(|id| shard(id) == at).collect();
    then["pending"] = json!(pending);
    then["cursor"]["shard"] = at.into();
    then["moved"] = ids.iter().filter(|id| shard(id) < at).count().into();
    std::fs::write(&file, then.to_string()).expect("a file");
    world.engine.try_open().await.expect("it starts");
    let again = world.until(&id, "done").await;
    assert_eq!(
        (&again["moved"], &again["gone"]),
        (&json!(5), &json!(0)),
        "{again}"
    );
    for id in &ids {
        let told = world.engine.get(NOORD, id).await;
        assert_eq!(
            (&told["flow"]["version"], rows(&told, "migrated")),
            (&json!(2), 1)
        );
    }
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_in_the_middle_goes_on_and_a_replay_gives_the_same() {
    let mut world = World::new().await;
    let ids = world.open(4, 1).await;
    world.change(&flow(2, "think", "visits")).await;
    let id = world.begun(&world.checked().await).await;
    world.turn().await;
    world.engine.restart().await;
    let done = world.until(&id, "done").await;
    assert_eq!(done["moved"], 4, "{done}");
    world.engine.restart().await;
    assert_eq!(world.versions(&ids).await, [2, 2, 2, 2]);
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_shown_is_not_taken() {
    let world = World::new().await;
    let ids = world.open(2, 1).await;
    let wrong = [
        (
            "/v1/flows/nothing/migrations",
            json!({ "to": "latest", "by": "Anna" }),
            (422, "unknown_flow"),
        ),
        (
            "/v1/flows/chase/migrations",
            json!({ "to": "7", "by": "Anna" }),
            (409, "not_current"),
        ),
        (
            "/v1/flows/chase/migrations",
            json!({ "to": "", "by": "Anna" }),
            (422, "invalid"),
        ),
        (
            "/v1/flows/chase/migrations",
            json!({ "to": "latest", "by": "" }),
            (422, "invalid"),
        ),
        (
            "/v1/migrations/7/begin",
            json!({ "checksum": "x", "by": "Anna" }),
            (404, "not_found"),
        ),
    ];
    for (path, body, (status, code)) in wrong {
        assert_eq!(
            world.post(path, body).await.problem(),
            (status, code.to_owned()),
            "{path}"
        );
    }
    world.change(&flow(2, "think", "visits")).await;
    let shown = world.checked().await;
    let id = shown["id"].as_str().expect("an id");
    let other = json!({ "by": "Bea", "checksum": "0" });
    assert_eq!(
        world.step(id, "begin", other).await.problem(),
        (409, "not_shown".to_owned())
    );
    let theirs = world
        .engine
        .ask(ZUID, &format!("/v1/migrations/{id}"))
        .await;
    assert_eq!(theirs.problem(), (404, "not_found".to_owned()));
    // New notifications get another definition meanwhile.
    world.change(&flow(3, "think", "walks")).await;
    let body = json!({ "by": "Bea", "checksum": shown["checksum"] });
    assert_eq!(
        world.step(id, "begin", body.clone()).await.problem(),
        (409, "flow_changed".to_owned())
    );
    world.step(id, "cancel", json!({ "by": "Bea" })).await.ok();
    assert_eq!(
        world.step(id, "begin", body).await.problem(),
        (409, "wrong_stage".to_owned())
    );
    assert_eq!(world.versions(&ids).await, [1, 1]);
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_stopped_leaves_the_rest_where_it_is() {
    let world = World::new().await;
    let ids = world.open(2, 1).await;
    world.change(&flow(2, "think", "visits")).await;
    let id = world.begun(&world.checked().await).await;
    let second = json!({ "to": "latest", "by": "Anna" });
    let twice = world.post("/v1/flows/chase/migrations", second).await;
    assert_eq!(twice.problem(), (409, "migration_under_way".to_owned()));
    let stopped = world.step(&id, "cancel", json!({ "by": "Bea" })).await.ok();
    assert_eq!(stopped["stage"], "cancelled");
    for _ in 0..8 {
        world.turn().await;
    }
    assert_eq!(world.versions(&ids).await, [1, 1]);
    let listed = world.engine.ask(NOORD, "/v1/migrations").await.ok();
    assert_eq!(listed["migrations"].as_array().map(Vec::len), Some(1));
    world.engine.end().await;
}
