//! How much a provider is given is taken over while messages stand in line for it: none is lost and none leaves
//! twice. What the engine has no room for waits for a start.

use serde_json::{Value, json};

use crate::reload::{World, changes};
use crate::support::{NOORD, Setup, notice};

/// Changes one line of the configuration file, wherever it stands.
fn replace(world: &World, from: &str, to: &str) {
    let file = world.engine.config_file();
    let text = std::fs::read_to_string(&file).expect("a file");
    assert!(text.contains(from), "{text}");
    std::fs::write(file, text.replacen(from, to, 1)).expect("a file");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_is_given_another_rate_while_messages_stand_in_line() {
    let world = World::new(Setup {
        sinks: true,
        ..Setup::default()
    })
    .await;
    let mail = |n: usize| format!("h{n}@huurder.example");
    for n in 0..12 {
        let tenant = format!("T-{n}");
        let profile = crate::support::reached_by("email", &mail(n));
        world.engine.put_tenant(NOORD, &tenant, profile).await;
    }
    replace(
        &world,
        "kind = \"smtp\"\n",
        "kind = \"smtp\"\nrate_per_second = 1\n",
    );
    let report = world.taken().await;
    assert_eq!(report["waiting"], json!([]), "{report}");
    assert!(
        changes(&report)
            .iter()
            .any(|change| change.ends_with("rate_per_second added")),
        "{report}"
    );
    for n in 0..12 {
        let body = notice(&format!("T-{n}"), &format!("rate-{n}"));
        world.engine.accepted(NOORD, body).await;
    }
    world.engine.settled().await;
    assert!(
        world.engine.mails() <= 2,
        "one a second: {}",
        world.engine.mails()
    );
    for _ in 0..3 {
        world.engine.pass(1_000).await;
    }
    let slow = world.engine.mails();
    assert!((2..=5).contains(&slow), "{slow}");
    // Faster while the rest stands in line, and fewer at once: none is lost, none leaves twice.
    replace(
        &world,
        "rate_per_second = 1\n",
        "rate_per_second = 1000\nburst = 100\nconcurrency = 1\n",
    );
    assert_eq!(world.taken().await["waiting"], json!([]));
    world.engine.pass(2_000).await;
    world.engine.settled().await;
    let kept = world.engine.sinks.core.book().kept();
    let to: std::collections::BTreeSet<_> = kept.iter().map(|kept| kept.to.clone()).collect();
    assert_eq!((kept.len(), to.len()), (12, 12));
    world.engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_at_once_than_the_lines_have_room_for_waits_for_a_start() {
    let world = World::new(Setup::default()).await;
    let waiting = |report: &Value| report["waiting"].clone();
    replace(&world, "concurrency = 8\n", "concurrency = 100\n");
    assert_eq!(waiting(&world.taken().await), json!([]));
    replace(&world, "concurrency = 100\n", "concurrency = 1999\n");
    assert_eq!(
        waiting(&world.taken().await),
        json!(["provider.null.concurrency"])
    );
    // Fewer at once are taken, and messages still leave.
    replace(&world, "concurrency = 1999\n", "concurrency = 1\n");
    assert_eq!(waiting(&world.taken().await), json!([]));
    for n in 0..5 {
        let body = notice(&format!("T-{n}"), &format!("room-{n}"));
        world.engine.accepted(NOORD, body).await;
    }
    world.engine.settled().await;
    world.engine.end().await;
}
