//! Owns the tests of a provider that takes nothing from us: what it means for its breaker and for
//! the others' messages. Refuses the breaker's own rules.

use sluis_model::{Barred, Timestamp, Verdict, Why};

use super::{Act, Stage, accepted, lost};
use crate::router::Passage;

fn barred(what: Barred) -> Act {
    Act::Answer(Verdict::Barred {
        what,
        why: Why::new("5.7.8", "wrong password"),
    })
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_open_the_breaker_at_once_and_the_gate_says_why() {
    let stage = Stage::new();
    stage.script([barred(Barred::Account)]);
    assert_eq!(stage.carry(0).await.name(), "barred");
    assert_eq!(
        stage.gate.passage(Timestamp(0)),
        Passage::Shut(Timestamp(1_000))
    );
    let said = stage.gate.barred().map(|why| why.code.to_string());
    assert_eq!(said.as_deref(), Some("5.7.8"));
    stage.clock.set(Timestamp(1_000));
    stage.script([barred(Barred::Account)]);
    stage.carry(1).await;
    assert_eq!(
        stage.gate.passage(Timestamp(1_000)),
        Passage::Shut(Timestamp(3_000)),
        "probed as any other"
    );
    stage.clock.set(Timestamp(3_000));
    assert_eq!(stage.carry(2).await, accepted());
    assert_eq!(
        (stage.gate.passage(Timestamp(3_000)), stage.gate.barred()),
        (Passage::Free(4), None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_bars_us_and_then_cannot_be_reached_is_unreachable() {
    let stage = Stage::new();
    stage.script([barred(Barred::Account), lost()]);
    stage.carry(0).await;
    stage.clock.set(Timestamp(1_000));
    stage.carry(1).await;
    assert_eq!(
        (stage.gate.passage(Timestamp(1_000)), stage.gate.barred()),
        (Passage::Shut(Timestamp(3_000)), None)
    );
}

#[tokio::test(start_paused = true)]
async fn one_corporations_sender_that_is_barred_leaves_the_provider_open() {
    let stage = Stage::new();
    stage.script((0..9).map(|_| barred(Barred::Sender)));
    for number in 0..9 {
        stage.carry(number).await;
    }
    assert_eq!(stage.gate.passage(Timestamp(0)), Passage::Free(4));
}
