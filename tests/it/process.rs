//! Process data of an archive: every decision, nobody's name, and a log that another tool opens.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{Engine, NOORD, notice, reached_by};

/// The archive of an engine that sent three mails, two of them to one tenant; its folder goes with it.
async fn archived() -> Engine {
    let mut engine = Engine::with_sinks().await;
    for (tenant, key) in [("H-1", "key-1"), ("H-1", "key-2"), ("H-2", "key-3")] {
        let profile = reached_by("email", &format!("{tenant}@huurder.example"));
        engine.put_tenant(NOORD, tenant, profile).await;
        engine.accepted(NOORD, notice(tenant, key)).await;
    }
    engine.settled().await;
    engine.close().await;
    engine
}

fn process(engine: &Engine, to: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluis"));
    command
        .args(["archive", "process", "--archive"])
        .arg(engine.data().join("archive"))
        .arg("--to")
        .arg(to)
        .args(more);
    command.output().expect("the program runs")
}

const ALL_OF_NOORD: [&str; 6] = [
    "--corporation",
    "1",
    "--from",
    "2000-01-01",
    "--until",
    "2099-12-31",
];

fn file(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&ALL_OF_NOORD[..], more].concat()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_decision_is_a_line_and_nobody_is_named() {
    let engine = archived().await;
    let folder = tempfile::tempdir().unwrap();
    let csv = file(&folder, "log.csv");
    let done = process(&engine, &csv, &with(&["--format", "csv"]));
    assert!(done.status.success(), "{}", said(&done));
    let text = std::fs::read_to_string(&csv).unwrap();
    for name in ["H-1", "H-2", "huurder.example", "key-1"] {
        assert!(!text.contains(name), "{name} stands in it");
    }
    let count = |event: &str| {
        let rows = text.lines().filter(|line| line.contains(event));
        rows.count()
    };
    assert_eq!(
        (
            count(",accepted,notify,"),
            count(",attempt_started,"),
            count(",attempt_accepted,")
        ),
        (3, 3, 3),
        "{text}"
    );
    let again = process(&engine, &csv, &with(&["--format", "csv"]));
    assert!(!again.status.success(), "a file that is there stays");
    let plain = file(&folder, "plain.csv");
    process(
        &engine,
        &plain,
        &with(&["--format", "csv", "--plain-names"]),
    );
    let text = std::fs::read_to_string(plain).unwrap();
    assert!(
        text.contains(",H-1,") && !text.contains("huurder.example"),
        "control"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_centric_log_relates_decisions_to_notifications_and_tenants() {
    let engine = archived().await;
    let folder = tempfile::tempdir().unwrap();
    let ocel = file(&folder, "log.json");
    let done = process(&engine, &ocel, &with(&["--format", "ocel"]));
    assert!(done.status.success(), "{}", said(&done));
    let log: Value = serde_json::from_slice(&std::fs::read(&ocel).unwrap()).unwrap();
    let objects = log["objects"].as_array().unwrap();
    let of_type = |name: &str| {
        objects
            .iter()
            .filter(|object| object["type"] == name)
            .count()
    };
    assert_eq!((of_type("notification"), of_type("tenant")), (3, 2));
    let names: Vec<&Value> = objects.iter().map(|object| &object["id"]).collect();
    for event in log["events"].as_array().unwrap() {
        for related in event["relationships"].as_array().unwrap() {
            assert!(
                names.contains(&&related["objectId"]),
                "{related} is no object"
            );
        }
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_corporation_and_the_days_that_were_asked_for() {
    let engine = archived().await;
    let folder = tempfile::tempdir().unwrap();
    let another = file(&folder, "another.csv");
    let mut of = ALL_OF_NOORD;
    of[1] = "2";
    let done = process(&engine, &another, &[&of[..], &["--format", "csv"]].concat());
    assert!(
        said(&done).contains("has nothing of corporation 2"),
        "{}",
        said(&done)
    );
    assert!(
        !another.exists(),
        "no empty log is left for a mistyped number"
    );
    let before = file(&folder, "before.csv");
    let mut of = ALL_OF_NOORD;
    of[5] = "2000-01-01";
    let done = process(&engine, &before, &[&of[..], &["--format", "csv"]].concat());
    assert_eq!(said(&done), format!("{}: 0 events\n", before.display()));
    of[5] = "1999-12-31";
    let done = process(
        &engine,
        &file(&folder, "no.csv"),
        &[&of[..], &["--format", "csv"]].concat(),
    );
    assert!(said(&done).contains("is after --until"), "{}", said(&done));
    engine.end().await;
}

/// What pm4py makes of the log: events, objects, and the activities of a notification in order.
const PROGRAM: &str = r#"
import sys, pm4py
log = pm4py.read_ocel2_json(sys.argv[1])
print(len(log.events), len(log.objects), *sorted(set(log.objects["ocel:type"])))
flat = pm4py.ocel_flattening(log, "notification")
print(*sorted({"-".join(case["concept:name"]) for _, case in flat.groupby("case:concept:name")}))
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python with pm4py: .ci/run installs it"]
async fn pm4py_opens_the_log() {
    let engine = archived().await;
    let folder = tempfile::tempdir().unwrap();
    let ocel = file(&folder, "log.json");
    process(&engine, &ocel, &with(&["--format", "ocel"]));
    let python = std::env::var("SLUIS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let read = Command::new(python)
        .args(["-c", PROGRAM])
        .arg(&ocel)
        .output()
        .unwrap();
    let printed = said(&read);
    assert!(read.status.success(), "{printed}");
    assert!(printed.contains(" 5 notification tenant"), "{printed}");
    assert!(printed.contains("accepted-"), "{printed}");
    engine.end().await;
}
