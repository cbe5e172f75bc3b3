//! A rehearsal of messy households and a real engine that plays them: with the same seed they count the
//! same, with another one within what was said. The control: another seed is not the same, so that
//! equality says something.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Parser as _;
use sluis::cli::{Prepared, RehearsalArgs, prepare};
use sluis_demo::play;
use sluis_loadtest::demo::{Large, SEED};
use sluis_rehearsal::{Counted, counted, differences, listed, read_counts, run};

#[derive(clap::Parser)]
struct Asked {
    #[command(flatten)]
    what: RehearsalArgs,
}

const CONFIG: &str = r#"
[engine]
environment = "production"
[[corporation]]
id = 1
name = "demo"
display_name = "Woningstichting Demo"
[corporation.sender]
email_from = "woning@demo.example"
bounce_domain = "bounce.demo.example"
sms_originator = "Demo"
public_url = "https://post.demo.example"
[[provider]]
name = "relay"
kind = "smtp"
host = "mail.example.nl"
port = 587
hello = "post.demo.example"
[[provider]]
name = "bird"
kind = "bird-sms"
access_key_env = "NOBODY_SETS_THIS"
signing_key_env = "NOR_THIS"
max_segments = 8
"#;

/// A few hundred households with their storno, as the command line asks for them.
fn prepared(dir: &Path, households: usize) -> Prepared {
    let large = Large {
        count: households,
        seed: SEED,
        starts: "2026-12-01T09:00:00+01:00".parse().unwrap(),
        environment: "production",
    };
    large.write(dir).unwrap();
    std::fs::write(dir.join("sluis.toml"), CONFIG).unwrap();
    let file = |name: &str| dir.join(name).display().to_string();
    let asked = Asked::parse_from([
        "asked",
        "--config",
        &file("sluis.toml"),
        "--corporation",
        "demo",
        "--flow",
        "storno",
        "--category",
        "payment",
        "--tenants",
        &file("tenants-1.csv"),
        "--households",
        &file("households.ndjson"),
        "--household-rows",
        &file("rows.ndjson"),
        "--facts",
        &file("facts.ndjson"),
        "--facts-again",
        "12h",
        "--starts",
        "2026-12-01T09:00:00+01:00",
        "--for",
        "21d",
        "--per-minute",
        "600",
    ]);
    prepare(&asked.what, &BTreeMap::new()).unwrap()
}

fn rehearsed(prepared: &Prepared) -> Vec<Counted> {
    let audience = &prepared.read.audience;
    let results = run(&prepared.stage, audience, 1);
    counted(&prepared.stage, &results, audience.rows.len() as u64)
}

fn sum(counts: &[Counted], what: &str) -> u64 {
    let of = counts.iter().filter(|one| one.what == what);
    of.map(|one| one.count).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_rehearsed_is_what_comes() {
    let dir = tempfile::tempdir().unwrap();
    let mut prepared = prepared(dir.path(), 150);
    assert!(prepared.read.audience.groups.len() > 100);
    let said = rehearsed(&prepared);
    for (what, least) in [("begun", 150), ("taken", 100), ("pressed", 10)] {
        assert!(sum(&said, what) >= least, "{what}: {said:#?}");
    }
    assert_eq!(read_counts(&listed(&said)).unwrap(), said);
    let came = play(&prepared).await.unwrap();
    assert_eq!(differences(&said, &came, true), []);
    prepared.stage.outside.seed += 1;
    let other = play(&prepared).await.unwrap();
    assert_eq!(differences(&said, &other, false), []);
    // The control.
    assert_ne!(differences(&said, &other, true), []);
}
