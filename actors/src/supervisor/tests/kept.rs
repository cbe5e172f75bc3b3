//! Owns the tests of what is kept of a send: the bytes of what was taken or may have been, and their
//! hash with the outcome. Refuses the spool's own rules.

use std::future::pending;

use bytes::Bytes;
use sluis_model::{Left, Refusal};

use super::*;
use crate::spool::Spool;

/// What every message here looks like when it leaves.
const BYTES: &[u8] = b"as it leaves";

/// A provider that sends bytes, and answers so; without a verdict it never answers.
#[derive(Debug)]
struct Writes(Option<Verdict>);

impl Provider for Writes {
    fn name(&self) -> &str {
        "writes"
    }

    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn on_doubt(&self) -> OnDoubt {
        OnDoubt::Hold
    }

    fn concurrency(&self) -> usize {
        1
    }

    fn fits(&self, _: &Outgoing) -> Result<(), Why> {
        Ok(())
    }

    fn send(self: Arc<Self>, outgoing: Outgoing) -> Pin<Box<dyn Future<Output = Verdict> + Send>> {
        outgoing
            .output
            .put("text/plain", &Bytes::from_static(BYTES));
        match self.0.clone() {
            Some(verdict) => Box::pin(ready(verdict)),
            None => Box::pin(pending()),
        }
    }

    fn output(&self, _: &Outgoing) -> Option<Output> {
        Some(Output {
            media_type: "text/plain",
            bytes: Bytes::from_static(BYTES),
        })
    }
}

/// The outcome of one attempt.
async fn outcome(verdict: Option<Verdict>, spool: Option<Arc<Spool>>) -> Outcome {
    let clock = Arc::new(ManualClock::starting_at(Timestamp(0)));
    let concurrency = NonZeroU32::MIN;
    let (told, outcome) = oneshot::channel();
    let told = Mutex::new(Some(told));
    let supervisor = Supervisor::new(SupervisorParts {
        provider: Arc::new(Writes(verdict)),
        gate: Gate::new(concurrency, Waker::new(Arc::default())),
        waker: Waker::new(Arc::default()),
        concurrency,
        room: concurrency,
        pool: PreparePool::inline(Arc::new(outgoing)),
        threads: [Handle::current()].into(),
        outcomes: Arc::new(move |outcome| {
            if let Some(told) = told.lock().take() {
                told.send(outcome).unwrap();
            }
        }),
        spool,
        clock,
        settings: SupervisorSettings::default(),
    });
    supervisor.inbox().offer(dispatch(0)).unwrap();
    supervisor.turn();
    outcome.await.unwrap()
}

fn left() -> Left {
    Left {
        hash: *blake3::hash(BYTES).as_bytes(),
        length: BYTES.len() as u32,
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_or_may_have_been_is_kept_with_its_hash() {
    let taken = [
        Some(accepted()),
        Some(Verdict::InDoubt {
            why: Why::new("timeout", ""),
        }),
        // Cut off at the deadline.
        None,
    ];
    for verdict in taken {
        let spool = Arc::new(Spool::new(1_000));
        let outcome = outcome(verdict, Some(spool.clone())).await;
        assert_eq!(outcome.left, Some(left()), "{:?}", outcome.verdict);
        let copy = spool.take(&left().hash).expect("a copy");
        assert_eq!((&*copy.output.bytes, &*copy.provider), (BYTES, "writes"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_reached_nobody_is_not_kept_and_nothing_is_without_a_spool() {
    let why = || Why::new("5.1.1", "");
    let not_taken = [
        Verdict::Refused {
            class: Refusal::Address,
            why: why(),
        },
        Verdict::Retry {
            after_ms: None,
            why: why(),
        },
        Verdict::Withdrawn { why: why() },
    ];
    for verdict in not_taken {
        let spool = Arc::new(Spool::new(1_000));
        let outcome = outcome(Some(verdict), Some(spool.clone())).await;
        assert_eq!((outcome.left, spool.figures()), (None, (0, 0)));
    }
    assert_eq!(outcome(Some(accepted()), None).await.left, None);
}
