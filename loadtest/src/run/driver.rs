//! Runs a plan against a target: workers take work from the pool, wait for its moment, send it, and
//! record the answers. Refuses to print, to decide what an answer means for the engine, and to wait
//! for ever: `halt` bounds every wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};

use super::acks::{AckRow, AckWriter};
use super::halt::Halt;
use super::latency::{Latencies, Window};
use super::pace::Pace;
use super::pool::{Pool, Taken, Work};
use super::report::{Asked, Refusals, Report, Totals};
use super::{Answer, Class, Link, Maker, RunError, Target};
use crate::clock;

/// Told how a run goes.
pub type OnProgress = Box<dyn Fn(&Progress) + Send + Sync>;

/// What to do.
pub struct Plan {
    /// Makes the notifications.
    pub maker: Maker,
    /// How they arrive.
    pub pace: Pace,
    /// How many, if not by time.
    pub count: Option<u64>,
    /// How long fresh ones arrive, if not by count.
    pub lasts: Option<Duration>,
    /// Connections kept open.
    pub connections: usize,
    /// Offer 429, 503 and unanswered ones again, with the same key.
    pub retry: bool,
    /// How long after the last arrival to keep offering again; with [`Pace::Max`] and a count, how
    /// long without any acknowledgement before giving up.
    pub drain: Duration,
    /// How long sends under way may still wait for answers when the run ends before they came.
    pub grace: Duration,
    /// Where acknowledged ids go.
    pub acks: Option<AckWriter>,
    /// Called about once a second.
    pub progress: Option<OnProgress>,
}

/// Counts so far.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Since the start.
    pub seconds: f64,
    /// Answers per class, in the order of [`Class`].
    pub answers: [u64; Class::COUNT],
    /// What was acknowledged since the last progress, about a second ago.
    pub window: Window,
}

/// Ends a run early; the report covers what was done.
#[derive(Clone)]
pub struct Stop(Arc<Shared>);

impl Stop {
    /// No more work is taken; what is under way may still be answered for a few seconds.
    pub fn stop(&self) {
        self.0.interrupted.store(true, Ordering::Relaxed);
        self.0.halt.stop();
    }
}

struct Shared {
    plan: Plan,
    pool: Pool,
    halt: Halt,
    interrupted: AtomicBool,
    start: Instant,
    answers: [AtomicU64; Class::COUNT],
    offered: AtomicU64,
    retried: AtomicU64,
    latencies: Latencies,
    refusals: Refusals,
    failed: Mutex<Option<RunError>>,
}

/// Runs the plan to its end; `started` gets a handle to stop it early.
///
/// # Errors
/// The ids could not be written; everything else is counted in the report.
pub async fn run<T: Target>(
    plan: Plan,
    target: T,
    started: impl FnOnce(Stop),
) -> Result<Report, RunError> {
    let shared = Arc::new(Shared::new(plan));
    started(Stop(shared.clone()));
    let ticker = tokio::spawn(tick(shared.clone()));
    let guard = tokio::spawn(guard(shared.clone()));
    let rows = target.rows_per_send();
    let senders = shared.plan.connections.max(1) * target.senders_per_connection().max(1);
    let workers: Vec<_> = (0..senders)
        .map(|_| tokio::spawn(work(shared.clone(), target.link(), rows)))
        .collect();
    let mut last_answer = shared.start;
    for worker in workers {
        if let Ok(last) = worker.await {
            last_answer = last_answer.max(last);
        }
    }
    ticker.abort();
    guard.abort();
    if let Some(error) = shared.failed.lock().take() {
        return Err(error);
    }
    Ok(shared.report(&target, last_answer - shared.start))
}

async fn guard(shared: Arc<Shared>) {
    shared
        .halt
        .guard(|| shared.pool.is_over(), shared.plan.grace)
        .await;
}

async fn work<L: Link>(shared: Arc<Shared>, mut link: L, rows: usize) -> Instant {
    let mut last_answer = shared.start;
    loop {
        if shared.halt.is_stopping() {
            return last_answer;
        }
        match shared.pool.take(rows) {
            Taken::Nothing => return last_answer,
            Taken::NotYet => clock::wait_ms(2).await,
            Taken::Work(work) => {
                let due = work.last().map_or(shared.start, |last| last.due);
                if due > clock::mono() {
                    tokio::select! {
                        () = sleep_until(due) => {}
                        () = shared.halt.stopping() => return last_answer,
                    }
                }
                let answers = shared.send(&mut link, &work).await;
                last_answer = clock::mono();
                shared.record(&work, &answers, last_answer);
                if answers
                    .iter()
                    .all(|(answer, _)| answer.class == Class::Connection)
                {
                    // Nobody there: do not spin.
                    clock::wait_ms(20).await;
                }
            }
        }
    }
}

async fn tick(shared: Arc<Shared>) {
    let Some(progress) = &shared.plan.progress else {
        return;
    };
    loop {
        // Seconds in which nobody ran (a machine that was halted) are one long window, not many
        // empty ones.
        let passed = (clock::mono() - shared.start).as_secs();
        sleep_until(shared.start + Duration::from_secs(passed + 1)).await;
        let seconds = (clock::mono() - shared.start).as_secs_f64();
        progress(&Progress {
            seconds,
            answers: shared.counts(),
            window: shared.latencies.cut(),
        });
    }
}

impl Shared {
    fn new(plan: Plan) -> Self {
        Self {
            pool: Pool::new(plan.pace, plan.count, plan.lasts, plan.drain),
            halt: Halt::new(),
            interrupted: AtomicBool::new(false),
            start: clock::mono(),
            answers: Default::default(),
            offered: AtomicU64::new(0),
            retried: AtomicU64::new(0),
            latencies: Latencies::new(),
            refusals: Refusals::default(),
            failed: Mutex::default(),
            plan,
        }
    }

    async fn send<L: Link>(&self, link: &mut L, work: &[Work]) -> Vec<(Answer, Instant)> {
        let rows: Vec<_> = work
            .iter()
            .map(|work| self.plan.maker.make(work.number))
            .collect();
        let fresh = work.iter().filter(|work| work.tries == 0).count() as u64;
        self.offered.fetch_add(fresh, Ordering::Relaxed);
        let mut answers: Vec<Option<(Answer, Instant)>> = vec![None; rows.len()];
        let mut acked = Vec::new();
        let mut on_answer = |at: usize, answer: Answer, when: Instant| {
            if let (Some(id), Some(row), Some(_)) = (&answer.id, rows.get(at), &self.plan.acks) {
                acked.push(AckRow {
                    id: id.clone(),
                    key: row.idempotency_key.clone(),
                });
            }
            if let Some(place) = answers.get_mut(at) {
                *place = Some((answer, when));
            }
        };
        tokio::select! {
            () = link.send(&rows, &mut on_answer) => {}
            () = self.halt.over() => {}
        }
        self.write(&acked);
        let now = clock::mono();
        answers
            .into_iter()
            .map(|answer| answer.unwrap_or((Answer::connection(), now)))
            .collect()
    }

    fn write(&self, acked: &[AckRow]) {
        let Some(acks) = self.plan.acks.as_ref().filter(|_| !acked.is_empty()) else {
            return;
        };
        if let Err(error) = acks.write(acked) {
            // A run whose record is incomplete proves nothing: end it.
            self.failed.lock().get_or_insert(error);
            self.halt.stop();
        }
    }

    fn record(&self, work: &[Work], answers: &[(Answer, Instant)], now: Instant) {
        let mut acked = 0;
        for (work, (answer, _)) in work.iter().zip(answers) {
            self.answers[answer.class as usize].fetch_add(1, Ordering::Relaxed);
            self.refusals.note(answer);
            if answer.class.is_acked() {
                acked += 1;
            } else if self.plan.retry && answer.class.is_retriable() {
                self.retried.fetch_add(1, Ordering::Relaxed);
                let backoff = Duration::from_millis(100 << work.tries.min(5));
                self.pool
                    .again(*work, now + answer.retry_after.unwrap_or(backoff));
            }
        }
        if acked > 0 {
            let waited = |(work, (answer, at)): (&Work, &(Answer, Instant))| {
                let micros = at.saturating_duration_since(work.first).as_micros();
                answer
                    .class
                    .is_acked()
                    .then(|| u64::try_from(micros).unwrap_or(u64::MAX))
            };
            self.latencies
                .record(work.iter().zip(answers).filter_map(waited));
            self.pool.progressed(now);
        }
        self.pool.settled(work.len() as u64);
    }

    fn counts(&self) -> [u64; Class::COUNT] {
        std::array::from_fn(|class| self.answers[class].load(Ordering::Relaxed))
    }

    fn report<T: Target>(&self, target: &T, took: Duration) -> Report {
        let asked = Asked {
            mode: target.name(),
            rate: match self.plan.pace {
                Pace::PerSecond(rate) => Some(rate),
                Pace::Max => None,
            },
            connections: self.plan.connections.max(1),
            rows_per_send: target.rows_per_send(),
            durability: target.durability(),
        };
        let totals = Totals {
            offered: self.offered.load(Ordering::Relaxed),
            retried: self.retried.load(Ordering::Relaxed),
            left_over: self.pool.left_over(),
            seconds: took.as_secs_f64(),
            interrupted: self.interrupted.load(Ordering::Relaxed),
            answers: self.counts(),
        };
        Report::new(asked, totals, &self.latencies.total(), &self.refusals)
    }
}
