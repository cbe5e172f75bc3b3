//! One mistake of every kind in flows, templates, class tables, calendars, types of facts and steering, each
//! read by an engine that runs: every one is told with its file and line, and what runs stays what it was.

#[path = "../../src/flows/check/tests/cases/mod.rs"]
mod cases;
#[path = "../../src/flows/check/tests/pack.rs"]
mod pack;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Engine, NOORD, OPERATOR, Setup};

/// A file below the folder of flows, its text, where the mistake is told, part of what is told.
type Beside = (&'static str, &'static str, &'static str, &'static str);

/// Mistakes in what a flow does not name: types of facts, and steering.
const MORE: [Beside; 12] = [
    (
        "facts/odd.toml",
        "about = \"nobody\"\nholds = \"1d\"\n",
        "facts/odd.toml:1",
        "about",
    ),
    (
        "facts/odd.toml",
        "about = \"tenant\"\nholds = \"long\"\n",
        "facts/odd.toml:2",
        "holds",
    ),
    ("facts/odd.toml", "about = ", "facts/odd.toml", ""),
    (
        "facts/odd.toml",
        "about = \"tenant\"\nholds = \"1d\"\n[fields]\nid = \"number?\"\n",
        "facts/odd.toml",
        "fields",
    ),
    (
        "steering",
        "[[service]]\ncategory = \"rent\"\nemail = \"loud\"\n",
        "steering:3",
        "primary, secondary or off",
    ),
    (
        "steering",
        "[[service]]\nemail = \"off\"\n",
        "steering:1",
        "the category of notifications",
    ),
    (
        "steering",
        "[[service]]\ncategory = \"rent\"\nfrom = \"soon\"\nemail = \"off\"\n",
        "steering:3",
        "a day that exists",
    ),
    (
        "steering",
        "[[service]]\ncategory = \"rent\"\npigeon = \"off\"\n",
        "steering:3",
        "or a channel",
    ),
    (
        "steering",
        "[[price]]\nchannel = \"sms\"\ncents = \"7\"\n",
        "steering:3",
        "0 to 1000000 cents",
    ),
    (
        "steering",
        "[[price]]\nchannel = \"sms\"\n",
        "steering:1",
        "a price in cents",
    ),
    (
        "steering",
        "[[caps]]\n",
        "steering:1",
        "service, price, cap, segment",
    ),
    ("steering", "[[service]\n", "steering:1", "TOML 1.0"),
];

fn write(dir: &Path, file: &str, text: &str) {
    let path = dir.join(file);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

/// An engine whose flows are the pack, and whose corporations steer by a file beside it.
async fn engine() -> (Engine, PathBuf) {
    let flows = tempfile::tempdir().expect("a folder").keep();
    write(&flows, "flow.toml", pack::FLOW);
    for (file, text) in pack::BESIDE {
        write(&flows, file, text);
    }
    write(
        &flows,
        "facts/odd.toml",
        "about = \"tenant\"\nholds = \"1d\"\n",
    );
    write(&flows, "steering", "");
    let lines = format!("[flows]\ndirectory = {flows:?}\n");
    let steering = format!("steering = {:?}\n", flows.join("steering"));
    let setup = Setup {
        sinks: true,
        archive: Box::leak(lines.into_boxed_str()),
        corporation: Box::leak(steering.into_boxed_str()),
        ..Setup::default()
    };
    (Engine::with(setup).await, flows)
}

/// Has it read with a file changed; gives what was told. The file is as it was afterwards.
async fn told_with(engine: &Engine, flows: &Path, file: &str, text: Option<&str>) -> Vec<String> {
    let path = flows.join(file);
    let sound = std::fs::read_to_string(&path).ok();
    match text {
        Some(text) => write(flows, file, text),
        None => std::fs::remove_file(&path).expect("it was there"),
    }
    let reply = engine.call(OPERATOR, "POST", "/v1/reload", json!({})).await;
    match sound {
        Some(sound) => write(flows, file, &sound),
        None => std::fs::remove_file(&path).expect("it is there"),
    }
    let answer = reply.json();
    let all = answer["errors"].as_array().into_iter().flatten();
    let word = |error: &Value, key: &str| error[key].as_str().unwrap_or_default().to_owned();
    let line = |error: &Value| {
        let parts = ["path", "value", "expected", "hint"].map(|key| word(error, key));
        parts
            .join(": ")
            .replace(&format!("{}/", flows.display()), "")
    };
    all.map(line).collect()
}

/// `flow.toml:31:14: step.mail.on.bounced`, as a reload tells it: `flow.toml:31: step.mail.on.bounced`.
fn without_column(place: &str) -> String {
    let parts: Vec<&str> = place.splitn(4, ':').collect();
    match parts[..] {
        [file, line, _, path] => format!("{file}:{line}:{path}"),
        _ => place.to_owned(),
    }
}

async fn sound(engine: &Engine, key: &str) {
    let body = json!({
        "tenant_id": "H-1", "flow": "sound", "category": "general", "environment": "test", "idempotency_key": key,
        "subject": { "kind": "invoice", "id": key }, "data": { "cents": 100, "code": "AM04", "urgent": false }
    });
    let id = engine.accepted(NOORD, body).await;
    engine.settled().await;
    let told = engine.get(NOORD, &id).await;
    assert_eq!(told["attempts"][0]["channel"], "email", "{told}");
    assert_eq!(
        told["flow"]["version"]
            .as_u64()
            .or(told["flow_version"].as_u64()),
        Some(1),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_stays_as_it_was_through_every_kind_of_mistake() {
    let (engine, flows) = engine().await;
    let profile = json!({ "name": "mevrouw De Vries", "contact_points": [
        { "kind": "email", "value": "vries@huurder.example" } ] });
    engine.put_tenant(NOORD, "H-1", profile).await;
    engine.owes(NOORD, "H-1", "b-1").await;
    let current = || async { engine.ask(OPERATOR, "/v1/reload").await.ok() };
    let before = current().await;
    sound(&engine, "s-0").await;
    let (mut cases, mut wrong) = (0, Vec::new());
    for (file, was, is, place, part) in cases::all() {
        let text = std::fs::read_to_string(flows.join(file)).unwrap_or_default();
        let text = match (was.is_empty(), is.is_empty()) {
            (true, true) => None,
            (true, false) => Some(is.to_owned()),
            (false, _) => Some(text.replace(was, is)),
        };
        let told = told_with(&engine, &flows, file, text.as_deref()).await;
        let place = without_column(place);
        let is_told = |line: &String| line.starts_with(&place) && line.contains(part);
        if !told.iter().any(is_told) {
            wrong.push(format!("{file}: {is:?}: {place}: {part}: {told:#?}"));
        }
        cases += 1;
    }
    for (file, text, place, part) in MORE {
        let told = told_with(&engine, &flows, file, Some(text)).await;
        let is_told = |line: &String| line.starts_with(place) && line.contains(part);
        if !told.iter().any(is_told) {
            wrong.push(format!("{file}: {text:?}: {place}: {part}: {told:#?}"));
        }
        cases += 1;
    }
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(cases >= 60, "{cases}");
    assert_eq!(current().await, before, "nothing of any of them was taken");
    sound(&engine, "s-1").await;
    let again = engine
        .call(OPERATOR, "POST", "/v1/reload", json!({}))
        .await
        .ok();
    assert_eq!(
        (&again["changes"], &again["checksum"]),
        (&json!([]), &before["checksum"])
    );
    engine.end().await;
}
