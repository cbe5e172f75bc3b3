//! Corrections: what a message shows of a contact point goes back to its source as an outcome, once, to
//! its own corporation, and only to readers who asked for it.

use serde_json::Value;

use crate::support::{Engine, NOORD, ZUID};

async fn corrected(engine: &Engine, key: &str) -> Vec<Value> {
    let path = "/v1/outcomes?corrections=true";
    let rows = engine.ask(key, path).await.rows();
    let corrected = rows.into_iter().filter(|row| row["state"] == "corrected");
    corrected.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounce_goes_back_to_the_source_as_a_correction_once() {
    let engine = Engine::with_sinks().await;
    let address = "late-bounce@huurder.example";
    let id = engine.mailed_storno(NOORD, "H-1", address, "F-1").await;
    assert!(corrected(&engine, NOORD).await.is_empty());
    let bounce = engine.next_event().expect("a bounce");
    for _ in 0..2 {
        engine.deliver(NOORD, &bounce).await.ok();
    }
    let rows = corrected(&engine, NOORD).await;
    let [row] = &rows[..] else { panic!("{rows:?}") };
    let said = [
        "id",
        "tenant_id",
        "kind",
        "value",
        "channel",
        "known",
        "status",
    ];
    let said = said.map(|key| row[key].as_str().expect("a text"));
    let expected = [
        id.as_str(),
        "H-1",
        "email",
        address,
        "email",
        "invalid",
        "ONG",
    ];
    assert_eq!(said, expected, "{row}");
    assert_eq!(row["everywhere"], true);
    // Who did not ask gets none, and nor does another corporation.
    let (plain, _) = engine.outcomes(NOORD, "").await;
    assert!(plain.iter().all(|row| row["state"] == "ended"), "{plain:?}");
    assert!(corrected(&engine, ZUID).await.is_empty());
    let wrong = engine.ask(NOORD, "/v1/outcomes?corrections=yes").await;
    assert_eq!(wrong.problem(), (400, "bad_query".to_owned()));
    engine.end().await;
}
