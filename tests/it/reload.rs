//! The configuration is read again while the engine runs, over its API: what is taken over and from when on,
//! what waits for a start, and that with one mistake everything stays as it was.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Engine, KEYS, NOORD, OPERATOR, Reply, Setup, ZUID, notice};
use sluis::config::KeyHash;

const DAY: i64 = 86_400_000;

/// A flow that sends over the null channel, in so many steps of a day.
fn flow(name: &str, version: u32, steps: u32) -> String {
    let mut text = format!("name = \"{name}\"\nversion = {version}\npurpose = \"information\"\n");
    for step in 1..=steps {
        let then = match step == steps {
            true => "end: done".to_owned(),
            false => format!("step-{}", step + 1),
        };
        text += &format!(
            "[[step]]\nid = \"step-{step}\"\nsend = {{ template = {{ null = \"hello\" }}, via = [\"null\"] }}\n\
             on.settled = {{ after = \"1m\", go = \"wait-{step}\" }}\n[[step]]\nid = \"wait-{step}\"\nwait = {{ for = \"1d\", then = \"{then}\" }}\n"
        );
    }
    text
}

/// A folder of flows, beside an engine that reads them.
pub(crate) struct World {
    pub(crate) engine: Engine,
    flows: PathBuf,
}

impl World {
    pub(crate) async fn new(setup: Setup) -> Self {
        let flows = tempfile::tempdir().expect("a folder").keep();
        std::fs::create_dir(flows.join("templates")).expect("a folder");
        write(&flows, "templates/hello.txt", "Dag");
        write(&flows, "ping.toml", &flow("ping", 1, 1));
        let lines = format!("{}\n[flows]\ndirectory = {flows:?}\n", setup.archive);
        let setup = Setup {
            archive: Box::leak(lines.into_boxed_str()),
            ..setup
        };
        let engine = Engine::with(setup).await;
        engine.reachable(NOORD, "H-1").await;
        Self { engine, flows }
    }

    async fn ask(&self, path: &str) -> Reply {
        self.engine.call(OPERATOR, "POST", path, json!({})).await
    }

    pub(crate) async fn taken(&self) -> Value {
        let reply = self.ask("/v1/reload").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    async fn current(&self) -> Value {
        self.engine.ask(OPERATOR, "/v1/reload").await.ok()
    }

    async fn ping(&self, key: &str) -> String {
        let body = json!({
            "tenant_id": "H-1", "flow": "ping", "category": "general", "environment": "test", "idempotency_key": key, "data": {}
        });
        self.engine.accepted(NOORD, body).await
    }
}

fn write(dir: &Path, file: &str, text: &str) {
    std::fs::write(dir.join(file), text).expect("a file");
}

/// Kind, name and change of each thing that is different.
pub(crate) fn changes(report: &Value) -> Vec<String> {
    let all = report["changes"].as_array().expect("a list");
    let word = |change: &Value, key: &str| change[key].as_str().unwrap_or("all").to_owned();
    let line = |change: &Value| {
        ["kind", "corporation", "name", "change"]
            .map(|key| word(change, key))
            .join(" ")
    };
    all.iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_ends_by_the_flow_that_it_began_with() {
    let world = World::new(Setup::default()).await;
    let first = world.ping("p-1").await;
    world.engine.settled().await;
    let before = world.current().await;
    write(&world.flows, "ping.toml", &flow("ping", 2, 3));
    let checked = world.ask("/v1/reload?check=true").await.ok();
    assert_eq!(changes(&checked), ["flow all ping changed"]);
    assert_eq!(
        (&checked["taken"], &checked["checksum"]),
        (&json!(false), &before["checksum"])
    );
    assert_eq!(world.current().await, before, "a check takes nothing");
    let report = world.taken().await;
    assert_eq!(
        report["changes"],
        json!([
            { "kind": "flow", "name": "ping", "change": "changed", "from_version": 1, "to_version": 2 }
        ])
    );
    assert_ne!(report["checksum"], before["checksum"]);
    assert_eq!(world.current().await["checksum"], report["checksum"]);
    let second = world.ping("p-2").await;
    for _ in 0..8 {
        world.engine.pass(DAY).await;
    }
    let mut sent = Vec::new();
    for id in [&first, &second] {
        let told = world.engine.get(NOORD, id).await;
        assert_eq!(
            (&told["state"], &told["end"]),
            (&json!("ended"), &json!("done")),
            "{told}"
        );
        sent.push(told["attempts"].as_array().map_or(0, Vec::len));
    }
    assert_eq!(sent, [1, 3]);
    let again = world.taken().await;
    assert_eq!(
        (changes(&again).len(), &again["checksum"]),
        (0, &report["checksum"])
    );
    assert_eq!(again["since"], report["since"], "nothing changed since");
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_type_of_facts_is_taken_from_the_reload_on() {
    let world = World::new(Setup::default()).await;
    let tell = |id: &str| {
        json!({ "fact_id": id, "type": "complaint", "tenant_id": "H-1", "count": 1, "environment": "test",
                "occurred_at": world.engine.now() })
    };
    let refused = world
        .engine
        .call(NOORD, "POST", "/v1/facts", tell("c-1"))
        .await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    std::fs::create_dir(world.flows.join("facts")).expect("a folder");
    let declared = "about = \"tenant\"\nholds = \"30d\"\n[fields]\ncount = \"integer\"\n";
    write(&world.flows, "facts/complaint.toml", declared);
    assert_eq!(
        changes(&world.taken().await),
        ["fact_type all complaint added"]
    );
    let taken = world
        .engine
        .call(NOORD, "POST", "/v1/facts", tell("c-1"))
        .await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_open_is_steered_by_the_matrix_of_now_and_the_record_says_by_which() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("steering.toml");
    let row = |email: &str, sms: &str| {
        format!("[[service]]\ncategory = \"repairs\"\nemail = \"{email}\"\nsms = \"{sms}\"\n")
    };
    std::fs::write(&file, row("primary", "secondary")).expect("a file");
    let line = format!("steering = {file:?}");
    let setup = Setup {
        sinks: true,
        corporation: Box::leak(line.into_boxed_str()),
        ..Setup::default()
    };
    let world = World::new(setup).await;
    let profile = json!({ "name": "mevrouw De Vries", "contact_points": [
        { "kind": "email", "value": "vries@huurder.example" }, { "kind": "phone", "value": "+31612345678" }
    ] });
    world.engine.put_tenant(NOORD, "H-2", profile).await;
    let first = world.engine.accepted(NOORD, notice("H-2", "n-1")).await;
    let mut later = notice("H-2", "n-2");
    later["send_after"] = "2026-02-03T08:00:00Z".into();
    let waiting = world.engine.accepted(NOORD, later).await;
    world.engine.settled().await;
    std::fs::write(&file, row("off", "primary")).expect("a file");
    let report = world.taken().await;
    assert_eq!(
        changes(&report),
        [
            "steering noord service changed",
            "steering zuid service changed"
        ]
    );
    world.engine.pass(DAY).await;
    let mut channels = Vec::new();
    for id in [&first, &waiting] {
        let told = world.engine.get(NOORD, id).await;
        channels.push(told["attempts"][0]["channel"].clone());
    }
    assert_eq!(channels, ["email", "sms"]);
    // What a start reads of the records is what was decided, whatever the matrix says by then.
    let mut world = world;
    std::fs::write(&file, row("secondary", "off")).expect("a file");
    world.engine.restart().await;
    let told = world.engine.get(NOORD, &waiting).await;
    assert_eq!(told["attempts"][0]["channel"], "sms");
    let reason = told["attempts"][0]["channel_reason"]
        .as_str()
        .expect("a reason");
    assert!(reason.starts_with("sms is primary"), "{reason}");
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_mistake_anywhere_nothing_is_taken_and_every_mistake_is_told() {
    let world = World::new(Setup::default()).await;
    let before = world.current().await;
    write(&world.flows, "ping.toml", &flow("ping", 2, 3));
    write(&world.flows, "torn.toml", "name = \"");
    write(
        &world.flows,
        "empty.toml",
        "name = \"empty\"\nversion = 1\n",
    );
    std::fs::create_dir(world.flows.join("facts")).expect("a folder");
    write(&world.flows, "facts/odd.toml", "about = \"nobody\"\n");
    let steering = world.flows.join("steering");
    std::fs::write(&steering, "[[service]]\nemail = \"loud\"\n").expect("a file");
    world.engine.write_more(&format!(
        "[[corporation]]\nid = 3\nname = \"oost\"\ndisplay_name = \"Oost\"\nsteering = {steering:?}\n"
    ));
    let reply = world.ask("/v1/reload").await;
    assert_eq!(reply.status, 422, "{}", reply.text());
    let problem = reply.json();
    assert_eq!(problem["code"], "wrong_configuration");
    let told = problem["errors"].to_string();
    assert!(told.contains("corporation.oost.sender"), "{told}");
    world.engine.write_more("");
    let reply = world.ask("/v1/reload").await;
    let told = reply.json()["errors"].to_string();
    for part in ["torn.toml:1", "empty.toml:1", "facts/odd.toml"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(world.current().await, before);
    let first = world.ping("p-1").await;
    world.engine.pass(DAY).await;
    let told = world.engine.get(NOORD, &first).await;
    assert_eq!(
        told["attempts"].as_array().map_or(0, Vec::len),
        1,
        "by the flow that runs"
    );
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_start_is_named_and_stays_as_it_was() {
    let world = World::new(Setup::default()).await;
    world
        .engine
        .write_more("[retry]\nmost = 7\n[sending]\nbreaker_failures = 9\n");
    let report = world.taken().await;
    assert_eq!(changes(&report), ["setting all retry.most changed"]);
    assert_eq!(report["waiting"], json!(["sending.breaker_failures"]));
    assert_eq!(world.current().await["waiting"], report["waiting"]);
    assert_eq!(world.engine.app().engine.policy().retry.most, 7);
    world.engine.write_more("");
    assert_eq!(world.taken().await["waiting"], json!([]));
    assert_eq!(world.engine.app().engine.policy().retry.most, 40);
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_operators_read_it_again() {
    let world = World::new(Setup::default()).await;
    for (method, path) in [
        ("GET", "/v1/reload"),
        ("POST", "/v1/reload"),
        ("POST", "/v1/reload?check=true"),
    ] {
        for key in KEYS {
            let reply = world.engine.call(key, method, path, json!({})).await;
            assert_eq!(reply.status, 401, "{method} {path}");
        }
    }
    let odd = world.ask("/v1/reload?check=perhaps").await;
    assert_eq!(
        (odd.status, &odd.json()["code"]),
        (400, &json!("bad_query"))
    );
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corporation_that_is_gone_from_the_file_is_let_in_no_longer_and_waits_for_a_start() {
    let world = World::new(Setup::default()).await;
    let text = std::fs::read_to_string(world.engine.config_file()).expect("a file");
    let (before, behind) = text
        .split_once("[[corporation]]\nid = 2")
        .expect("two of them");
    let providers = behind.find("[[provider]]").expect("providers");
    let without = format!("{before}{}", &behind[providers..]);
    std::fs::write(world.engine.config_file(), without).expect("a file");
    let report = world.taken().await;
    assert_eq!(
        changes(&report),
        ["setting zuid corporation.zuid.key_hashes changed"]
    );
    assert_eq!(report["waiting"], json!(["corporation.zuid"]));
    let reply = world
        .engine
        .call(ZUID, "GET", "/v1/outcomes", Value::Null)
        .await;
    assert_eq!(reply.status, 401);
    world.engine.end().await;
}

/// What a corporation has in the file.
fn house(id: u16, name: &str, key: &str, more: &str) -> String {
    format!(
        "[[corporation]]\nid = {id}\nname = \"{name}\"\ndisplay_name = \"Woningstichting {name}\"\n\
         key_hashes = [\"{}\"]\n{more}\n[corporation.sender]\nemail_from = \"post@{name}.example\"\n\
         email_name = \"{name}\"\nbounce_domain = \"bounce.{name}.example\"\nsms_originator = \"{name}\"\n\
         public_url = \"http://127.0.0.1:1\"\n",
        KeyHash::of(key)
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corporation_is_added_while_the_engine_runs_and_is_there_after_a_start() {
    const OOST: &str = "slk_oost_0123456789";
    let mut world = World::new(Setup {
        sinks: true,
        ..Setup::default()
    })
    .await;
    let own = world.flows.join("oost");
    std::fs::create_dir(&own).expect("a folder");
    write(&own, "own.toml", &flow("own", 1, 1));
    let more = format!("flows = {own:?}\nmax_open = 2");
    world.engine.write_more(&house(3, "oost", OOST, &more));
    let refused = world
        .engine
        .call(OOST, "GET", "/v1/outcomes", Value::Null)
        .await;
    assert_eq!(refused.status, 401);
    let report = world.taken().await;
    let expected = ["flow oost own added", "corporation all oost added"];
    assert_eq!(
        (changes(&report), &report["waiting"]),
        (expected.map(str::to_owned).into(), &json!([]))
    );
    world
        .engine
        .put_tenant(
            OOST,
            "H-1",
            crate::support::reached_by("email", "h1@huurder.example"),
        )
        .await;
    let first = world.engine.accepted(OOST, notice("H-1", "n-1")).await;
    world.engine.settled().await;
    assert_eq!(world.engine.mails(), 1);
    let told = world.engine.get(OOST, &first).await;
    assert_eq!(told["attempts"][0]["channel"], "email", "{told}");
    let own = json!({ "tenant_id": "H-1", "flow": "own", "category": "general", "environment": "test",
                      "idempotency_key": "o-1", "data": {} });
    world.engine.accepted(OOST, own.clone()).await;
    let third = world.engine.post(OOST, notice("H-1", "n-3")).await;
    assert_eq!(
        (third.status, &third.json()["code"]),
        (429, &json!("share_full"))
    );
    let again = world.engine.post(OOST, own).await;
    assert_eq!(again.json()["duplicate"], true, "its keys are remembered");
    let metrics = world.engine.ask(OPERATOR, "/metrics").await.text();
    for line in [
        "sluis_intake_accepted_total{corporation=\"oost\"",
        "sluis_router_sends_total{channel=\"email\",corporation=\"oost\"}",
        "sluis_share_open_notifications{corporation=\"oost\"} 2",
    ] {
        assert!(metrics.contains(line), "{line}");
    }
    let overview = world
        .engine
        .ask(OPERATOR, "/v1/operator/overview")
        .await
        .ok();
    let named = overview["corporations"].as_array().expect("a list").iter();
    assert!(
        named.clone().any(|one| one["corporation"] == "oost"),
        "{overview}"
    );
    // A start reads the files of now.
    world.engine.keep_more();
    world.engine.restart().await;
    let told = world.engine.get(OOST, &first).await;
    assert_eq!(told["attempts"][0]["channel"], "email", "{told}");
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corporation_whose_data_is_to_be_encrypted_waits_for_a_start() {
    const OOST: &str = "slk_oost_0123456789";
    let world = World::new(Setup::default()).await;
    let more = "data_keys = [\"env:DATA_KEY\"]";
    world.engine.write_more(&house(3, "oost", OOST, more));
    let report = world.taken().await;
    assert_eq!(
        (changes(&report).len(), &report["waiting"]),
        (0, &json!(["corporation.oost"]))
    );
    let reply = world
        .engine
        .call(OOST, "GET", "/v1/outcomes", Value::Null)
        .await;
    assert_eq!(reply.status, 401);
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bounds_are_taken_over_and_what_is_open_counts_on() {
    let world = World::new(Setup::default()).await;
    for key in ["p-1", "p-2"] {
        world.ping(key).await;
    }
    world.engine.settled().await;
    let with = |line: &str| {
        let text = std::fs::read_to_string(world.engine.config_file()).expect("a file");
        let text = text.replace("[limits]\n", &format!("[limits]\n{line}\n"));
        std::fs::write(world.engine.config_file(), text).expect("a file");
    };
    with("max_open_per_corporation = 2");
    assert_eq!(
        changes(&world.taken().await),
        ["setting all limits.max_open_per_corporation added"]
    );
    let full = world.engine.post(NOORD, notice("H-1", "n-1")).await;
    assert_eq!(full.json()["code"], "share_full", "{}", full.text());
    world.engine.write_more("");
    with("max_open_per_tenant = 2");
    let changed = changes(&world.taken().await);
    assert!(
        changed.contains(&"setting all limits.max_open_per_tenant changed".to_owned()),
        "{changed:?}"
    );
    let full = world.engine.post(NOORD, notice("H-1", "n-2")).await;
    assert_eq!(full.json()["code"], "tenant_full", "{}", full.text());
    world.engine.write_more("");
    world.taken().await;
    world.engine.accepted(NOORD, notice("H-1", "n-3")).await;
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_window_opens_with_the_reload() {
    let lines = "[corporation.limits.email]\nwindow = \"sun 03:00-04:00\"";
    let world = World::new(Setup {
        sinks: true,
        corporation: lines,
        ..Setup::default()
    })
    .await;
    world
        .engine
        .put_tenant(
            NOORD,
            "H-2",
            crate::support::reached_by("email", "h2@huurder.example"),
        )
        .await;
    let id = world.engine.accepted(NOORD, notice("H-2", "n-1")).await;
    world.engine.settled().await;
    assert_eq!(world.engine.mails(), 0);
    let text = std::fs::read_to_string(world.engine.config_file()).expect("a file");
    std::fs::write(
        world.engine.config_file(),
        text.replace("sun 03:00-04:00", "mon-sun 00:00-23:59"),
    )
    .expect("a file");
    let report = world.taken().await;
    assert_eq!(
        changes(&report)[0],
        "setting noord corporation.noord.limits.email.window changed"
    );
    world.engine.settled().await;
    assert_eq!(
        world.engine.mails(),
        1,
        "{}",
        world.engine.get(NOORD, &id).await
    );
    world.engine.end().await;
}
