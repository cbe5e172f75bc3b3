//! Owns the tests of a supervisor with a provider that does as it is told. Refuses the network and
//! real time.

use std::collections::VecDeque;
use std::future::{Future, pending, ready};
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sluis_channels::{Content, Originator, Outgoing, Output, OutputSlot, Provider};
use sluis_model::{
    AttemptRef, Channel, CorporationId, FlowRef, ManualClock, NotificationId, OnDoubt, ShardId,
    Timestamp, Verdict, Why,
};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::*;
use crate::arbiter_waker::ArbiterWaker;
use crate::dispatch::{Dispatch, Lease, Outcome};
use crate::prepare::{PreparePool, Prepared};
use crate::router::{Gate, Passage};
use crate::wake::{Activity, Waker};

mod barred;
mod kept;

/// What the provider does with the next message; with none left it accepts.
#[derive(Debug)]
enum Act {
    Answer(Verdict),
    PanicAtOnce,
    PanicLater,
    Never,
    When(oneshot::Receiver<Verdict>),
}

#[derive(Debug, Default)]
struct Scripted(Mutex<(VecDeque<Act>, usize)>);

impl Provider for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn on_doubt(&self) -> OnDoubt {
        OnDoubt::Hold
    }

    fn concurrency(&self) -> usize {
        4
    }

    fn fits(&self, outgoing: &Outgoing) -> Result<(), Why> {
        match &outgoing.content {
            Content::Text(text) => Err(Why::new("too_long", text)),
            Content::Email { .. } | Content::Null => Ok(()),
        }
    }

    fn send(self: Arc<Self>, _: Outgoing) -> Pin<Box<dyn Future<Output = Verdict> + Send>> {
        let act = {
            let mut script = self.0.lock();
            script.1 += 1;
            script
                .0
                .pop_front()
                .unwrap_or_else(|| Act::Answer(accepted()))
        };
        match act {
            Act::Answer(verdict) => Box::pin(ready(verdict)),
            Act::PanicAtOnce => panic!("as told"),
            Act::PanicLater => Box::pin(async { panic!("as told, later") }),
            Act::Never => Box::pin(pending()),
            Act::When(verdict) => Box::pin(async { verdict.await.unwrap() }),
        }
    }

    fn output(&self, _: &Outgoing) -> Option<Output> {
        None
    }
}

fn accepted() -> Verdict {
    Verdict::Accepted {
        provider_id: "p1".into(),
    }
}

fn lost() -> Act {
    Act::Answer(Verdict::Withdrawn {
        why: Why::new("connect", "refused"),
    })
}

fn dispatch(number: u64) -> Dispatch {
    Dispatch {
        attempt: AttemptRef {
            id: NotificationId::new(ShardId(0), 0, number),
            step: 0,
            attempt: 1,
        },
        corporation: CorporationId(1),
        tenant: "H-1".into(),
        channel: Channel::Email,
        provider: 0,
        address: "a@example.nl".into(),
        flow: FlowRef([0; 16]),
        step: 0,
        variant: 0,
        body: 1,
        lease: Lease::default(),
        answers: Box::default(),
        profile: None,
        at: Timestamp(0),
    }
}

fn outgoing(dispatch: &Dispatch) -> Prepared {
    let originator = Originator::new("https://post.example.nl", []);
    Ok(Outgoing {
        attempt: dispatch.attempt,
        corporation: dispatch.corporation,
        reference: String::new(),
        to: dispatch.address.to_string(),
        content: Content::Null,
        originator: Arc::new(originator),
        at: dispatch.at,
        output: OutputSlot::default(),
    })
}

/// A supervisor, its provider, and what it reported: verdict and the permits that were back at that
/// moment.
struct Stage {
    supervisor: Arc<Supervisor>,
    provider: Arc<Scripted>,
    gate: Arc<Gate>,
    clock: Arc<ManualClock>,
    activity: Arc<Activity>,
    reported: Arc<Mutex<Vec<(Verdict, u64)>>>,
}

impl Stage {
    fn with(pool: Arc<PreparePool>, runtime: Handle) -> Self {
        let (activity, clock, provider) = (
            Arc::<Activity>::default(),
            Arc::<ManualClock>::default(),
            Arc::<Scripted>::default(),
        );
        let concurrency = NonZeroU32::new(4).unwrap();
        let gate = Gate::new(concurrency, Waker::new(Arc::default()));
        let reported: Arc<Mutex<Vec<(Verdict, u64)>>> = Arc::default();
        let (log, seen) = (reported.clone(), gate.clone());
        let supervisor = Supervisor::new(SupervisorParts {
            provider: provider.clone(),
            gate: gate.clone(),
            waker: Waker::new(activity.clone()),
            concurrency,
            room: concurrency,
            pool,
            threads: [runtime].into(),
            outcomes: Arc::new(move |outcome: Outcome| {
                log.lock().push((outcome.verdict, seen.finished()));
            }),
            spool: None,
            clock: clock.clone(),
            settings: SupervisorSettings::default(),
        });
        Self {
            supervisor,
            provider,
            gate,
            clock,
            activity,
            reported,
        }
    }

    fn new() -> Self {
        Self::with(PreparePool::inline(Arc::new(outgoing)), Handle::current())
    }

    fn script(&self, acts: impl IntoIterator<Item = Act>) {
        self.provider.0.lock().0.extend(acts);
    }

    fn sent(&self) -> usize {
        self.provider.0.lock().1
    }

    fn offer(&self, number: u64) {
        self.supervisor.inbox().offer(dispatch(number)).unwrap();
        self.supervisor.turn();
    }

    /// One attempt from offer to outcome.
    async fn carry(&self, number: u64) -> Verdict {
        self.offer(number);
        self.supervisor.inbox().drained().await;
        self.reported.lock().last().unwrap().0.clone()
    }

    fn names(&self) -> Vec<&'static str> {
        self.reported
            .lock()
            .iter()
            .map(|(verdict, _)| verdict.name())
            .collect()
    }
}

#[track_caller]
fn code(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Withdrawn { why }
        | Verdict::InDoubt { why }
        | Verdict::Retry { why, .. }
        | Verdict::Barred { why, .. }
        | Verdict::Refused { why, .. } => &why.code,
        other => panic!("{other:?} has no reason"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_outcome_is_reported_before_the_permit_comes_back() {
    let stage = Stage::new();
    for number in 0..3 {
        stage.carry(number).await;
        assert_eq!(*stage.reported.lock().last().unwrap(), (accepted(), number));
        assert_eq!(stage.gate.finished(), number + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_not_sent_and_says_nothing_of_the_provider() {
    let long = |dispatch: &Dispatch| {
        outgoing(dispatch).map(|outgoing| Outgoing {
            content: Content::Text("x".into()),
            ..outgoing
        })
    };
    let stage = Stage::with(PreparePool::inline(Arc::new(long)), Handle::current());
    for number in 0..9 {
        let verdict = stage.carry(number).await;
        assert!(verdict.is_unsendable(), "{verdict:?}");
        assert_eq!(code(&verdict), "too_long");
    }
    assert_eq!((stage.sent(), stage.gate.finished()), (0, 9));
    assert_eq!(stage.gate.passage(Timestamp(0)), Passage::Free(4));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_panics_leaves_its_attempt_in_doubt() {
    let stage = Stage::new();
    stage.script([Act::PanicAtOnce, Act::PanicLater]);
    for number in 0..2 {
        let verdict = stage.carry(number).await;
        assert_eq!((verdict.name(), code(&verdict)), ("in_doubt", "panic"));
    }
    assert_eq!(stage.carry(2).await, accepted());
    assert_eq!(stage.gate.finished(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_send_without_an_answer_is_in_doubt_at_the_deadline() {
    let stage = Stage::new();
    stage.script([Act::Never]);
    let verdict = tokio::time::timeout(Duration::from_secs(599), stage.carry(0)).await;
    assert!(verdict.is_err(), "not before the deadline");
    stage.supervisor.inbox().drained().await;
    assert_eq!(code(&stage.reported.lock()[0].0), "deadline");
    assert_eq!(
        (stage.names(), stage.gate.finished()),
        (vec!["in_doubt"], 1)
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_not_prepared_in_time_is_withdrawn_and_nothing_is_sent() {
    let (release, held) = crossbeam::channel::bounded::<()>(0);
    let slow = Arc::new(move |dispatch: &Dispatch| {
        // Ends when the test lets go.
        let _ = held.recv();
        outgoing(dispatch)
    });
    let pool = PreparePool::start(1, 4, slow).unwrap();
    let stage = Stage::with(pool.clone(), Handle::current());
    let verdict = stage.carry(0).await;
    assert_eq!((verdict.name(), code(&verdict)), ("withdrawn", "prepare"));
    drop(release);
    pool.close();
    assert_eq!(stage.sent(), 0);
}

#[tokio::test(start_paused = true)]
async fn more_than_the_permits_is_refused_and_the_refused_permit_comes_back() {
    let stage = Stage::new();
    for number in 0..4 {
        stage.supervisor.inbox().offer(dispatch(number)).unwrap();
    }
    assert_eq!(
        stage
            .supervisor
            .inbox()
            .offer(dispatch(9))
            .unwrap_err()
            .attempt,
        dispatch(9).attempt
    );
    assert_eq!(
        (stage.gate.finished(), stage.supervisor.inbox().under_way()),
        (1, 4)
    );
    assert_eq!(stage.activity.count(), 1, "woken once, not yet run");
    stage.supervisor.turn();
    stage.supervisor.inbox().drained().await;
    assert_eq!(
        (stage.names(), stage.gate.finished()),
        (vec!["accepted"; 4], 5)
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_rendered_is_refused_without_blaming_the_provider() {
    let refused = Verdict::Refused {
        class: sluis_model::Refusal::Unsendable,
        why: Why::new("render_missing", ""),
    };
    let (verdict, boom) = (
        refused.clone(),
        Arc::new(|_: &Dispatch| -> Prepared { panic!("as told") }),
    );
    let stage = Stage::with(
        PreparePool::inline(Arc::new(move |_| Err(verdict.clone()))),
        Handle::current(),
    );
    for number in 0..9 {
        assert_eq!(stage.carry(number).await, refused);
    }
    assert_eq!(
        (stage.sent(), stage.gate.passage(Timestamp(0))),
        (0, Passage::Free(4))
    );
    let stage = Stage::with(PreparePool::inline(boom), Handle::current());
    assert_eq!(code(&stage.carry(0).await), "panic");
}

#[tokio::test(start_paused = true)]
async fn lost_connections_open_the_breaker_and_a_good_probe_closes_it() {
    let stage = Stage::new();
    stage.script((0..5).map(|_| lost()));
    for number in 0..5 {
        assert_eq!(stage.gate.passage(Timestamp(0)), Passage::Free(4));
        stage.carry(number).await;
    }
    assert_eq!(
        stage.gate.passage(Timestamp(0)),
        Passage::Shut(Timestamp(1_000))
    );
    assert_eq!(
        code(&stage.carry(5).await),
        "breaker",
        "granted before it opened: not even tried"
    );
    assert_eq!(stage.sent(), 5);
    stage.clock.set(Timestamp(1_000));
    stage.script([lost()]);
    assert_eq!(stage.gate.passage(Timestamp(1_000)), Passage::Probe);
    stage.carry(6).await;
    assert_eq!(
        stage.gate.passage(Timestamp(1_000)),
        Passage::Shut(Timestamp(3_000))
    );
    stage.clock.set(Timestamp(3_000));
    stage.carry(7).await;
    assert_eq!(stage.gate.passage(Timestamp(3_000)), Passage::Free(4));
}

#[tokio::test(start_paused = true)]
async fn throttling_slows_the_provider_and_does_not_open_the_breaker() {
    let stage = Stage::new();
    let throttled = || {
        Act::Answer(Verdict::Retry {
            after_ms: Some(1_000),
            why: Why::new("http 429", ""),
        })
    };
    stage.script((0..6).map(|_| throttled()));
    for number in 0..6 {
        stage.clock.advance(1);
        stage.carry(number).await;
    }
    assert_eq!(stage.gate.passage(Timestamp(0)), Passage::Free(1));
    for number in 6..16 {
        stage.carry(number).await;
    }
    assert_eq!(stage.gate.passage(Timestamp(0)), Passage::Free(4));
}

#[tokio::test(start_paused = true)]
async fn stopping_withdraws_what_was_not_begun_and_waits_for_the_rest_up_to_its_bound() {
    let stage = Stage::new();
    let (answer, later) = oneshot::channel();
    stage.script([Act::When(later), Act::Never]);
    stage.offer(0);
    stage.offer(1);
    stage.supervisor.inbox().offer(dispatch(2)).unwrap();
    let supervisor = stage.supervisor.clone();
    let stopping = tokio::spawn(async move { supervisor.stop(Duration::from_secs(5)).await });
    tokio::task::yield_now().await;
    assert_eq!(code(&stage.reported.lock()[0].0), "stopping");
    answer.send(accepted()).unwrap();
    assert_eq!(stopping.await.unwrap(), 1, "the one that never answers");
    assert_eq!(stage.names(), ["withdrawn", "accepted"]);
    assert!(stage.supervisor.inbox().offer(dispatch(3)).is_err());
}

#[test]
fn an_attempt_whose_runtime_ends_still_reports_and_returns_its_permit() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let stage = Stage::with(
        PreparePool::inline(Arc::new(outgoing)),
        runtime.handle().clone(),
    );
    stage.script([Act::Never]);
    stage.offer(0);
    runtime.block_on(tokio::task::yield_now());
    stage.offer(1);
    drop(runtime);
    // A runtime drops its tasks in no particular order.
    let mut names = stage.names();
    names.sort_unstable();
    assert_eq!(
        (names, stage.gate.finished()),
        (vec!["in_doubt", "withdrawn"], 2)
    );
}

#[test]
fn the_actor_runs_when_its_bell_rings() {
    let system = actix::System::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap();
    let stage = Stage::with(
        PreparePool::inline(Arc::new(outgoing)),
        runtime.handle().clone(),
    );
    stage.supervisor.inbox().offer(dispatch(0)).unwrap();
    let inbox = stage.supervisor.inbox().clone();
    system.block_on(async {
        let arbiter = actix::Arbiter::new();
        let address = SupervisorActor::start_in(
            stage.supervisor.clone(),
            &ArbiterWaker::start(arbiter.handle(), 1),
        );
        inbox.drained().await;
        for number in 1..100 {
            while inbox.offer(dispatch(number)).is_err() {
                inbox.drained().await;
            }
        }
        inbox.drained().await;
        assert!(address.connected());
        arbiter.stop();
    });
    assert!(stage.reported.lock().len() >= 100);
}
