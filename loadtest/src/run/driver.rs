//! Runs a plan against a target: workers take work from the pool, wait for its moment, send it, and
//! book the answers. Refuses to print and to decide what an answer means for the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};

use super::acks::{AckRow, AckWriter};
use super::pool::{Pool, Taken, Work};
use super::report::{Report, Samples};
use super::{Answer, Class, Link, Maker, RunError, Target};
use crate::clock;

/// How notifications arrive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// A fixed schedule, so many a second.
    PerSecond(f64),
    /// As fast as the connections allow: a closed loop, no honest latency under overload.
    Max,
}

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
    /// How long after the last arrival to keep offering again; with [`Pace::Max`] and a count, how long
    /// without any acknowledgement before giving up.
    pub drain: Duration,
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
    /// Acknowledged since the last progress, per second.
    pub acked_per_second: f64,
}

/// Ends a run early; the report covers what was done.
#[derive(Clone)]
pub struct Stop(Arc<Shared>);

impl Stop {
    /// No more work is taken.
    pub fn stop(&self) {
        self.0.pool.stopped.store(true, Ordering::Relaxed);
    }
}

struct Shared {
    plan: Plan,
    pool: Pool,
    start: Instant,
    answers: [AtomicU64; Class::COUNT],
    offered: AtomicU64,
    retried: AtomicU64,
    samples: Samples,
    failed: Mutex<Option<RunError>>,
}

/// Runs the plan to its end; `started` gets a handle to stop it early.
///
/// # Errors
/// The ids could not be written; everything else is counted in the report.
pub async fn run<T: Target>(plan: Plan, target: T, started: impl FnOnce(Stop)) -> Result<Report, RunError> {
    let pool = Pool::new(plan.pace, plan.count, plan.lasts, plan.drain);
    let shared = Arc::new(Shared {
        pool,
        start: clock::mono(),
        answers: Default::default(),
        offered: AtomicU64::new(0),
        retried: AtomicU64::new(0),
        samples: Samples::default(),
        failed: Mutex::default(),
        plan,
    });
    started(Stop(shared.clone()));
    let ticker = tokio::spawn(tick(shared.clone()));
    let rows = target.rows_per_send();
    let workers: Vec<_> =
        (0..shared.plan.connections.max(1)).map(|_| tokio::spawn(work(shared.clone(), target.link(), rows))).collect();
    let mut latency = histogram();
    let mut last_answer = shared.start;
    for worker in workers {
        if let Ok((own, last)) = worker.await {
            let _ = latency.add(&own);
            last_answer = last_answer.max(last);
        }
    }
    ticker.abort();
    if let Some(error) = shared.failed.lock().take() {
        return Err(error);
    }
    Ok(shared.report(target.name(), &latency, last_answer - shared.start))
}

/// Microseconds up to an hour, three digits.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000, 3).expect("constant bounds")
}

async fn work<L: Link>(shared: Arc<Shared>, mut link: L, rows: usize) -> (Histogram<u64>, Instant) {
    let mut latency = histogram();
    let mut last_answer = shared.start;
    loop {
        match shared.pool.take(rows) {
            Taken::Nothing => return (latency, last_answer),
            Taken::NotYet => clock::wait_ms(2).await,
            Taken::Work(work) => {
                if let Some(last) = work.last() {
                    sleep_until(last.due).await;
                }
                let answers = shared.send(&mut link, &work).await;
                last_answer = clock::mono();
                shared.book(&work, &answers, last_answer, &mut latency);
                if answers.iter().all(|(answer, _)| answer.class == Class::Connection) {
                    // Nobody there: do not spin.
                    clock::wait_ms(20).await;
                }
            }
        }
    }
}

async fn tick(shared: Arc<Shared>) {
    let Some(progress) = &shared.plan.progress else { return };
    let mut acked_before = 0;
    for second in 1.. {
        sleep_until(shared.start + Duration::from_secs(second)).await;
        let answers = shared.counts();
        let acked = answers[Class::Accepted as usize] + answers[Class::Duplicate as usize];
        let acked_per_second = (acked - acked_before) as f64;
        progress(&Progress { seconds: second as f64, answers, acked_per_second });
        acked_before = acked;
    }
}

impl Shared {
    async fn send<L: Link>(&self, link: &mut L, work: &[Work]) -> Vec<(Answer, Instant)> {
        let rows: Vec<_> = work.iter().map(|work| self.plan.maker.make(work.number)).collect();
        let fresh = work.iter().filter(|work| work.tries == 0).count() as u64;
        self.offered.fetch_add(fresh, Ordering::Relaxed);
        let mut answers: Vec<Option<(Answer, Instant)>> = vec![None; rows.len()];
        let mut acked = Vec::new();
        let mut on_answer = |at: usize, answer: Answer| {
            if let (Some(id), Some(row)) = (&answer.id, rows.get(at)) {
                acked.push(AckRow { id: id.clone(), key: row.idempotency_key.clone() });
            }
            if let Some(place) = answers.get_mut(at) {
                *place = Some((answer, clock::mono()));
            }
        };
        link.send(&rows, &mut on_answer).await;
        self.write(&acked);
        let now = clock::mono();
        answers.into_iter().map(|answer| answer.unwrap_or((Answer::connection(), now))).collect()
    }

    fn write(&self, acked: &[AckRow]) {
        let Some(acks) = self.plan.acks.as_ref().filter(|_| !acked.is_empty()) else { return };
        if let Err(error) = acks.write(acked) {
            // A run whose book is incomplete proves nothing: end it.
            self.failed.lock().get_or_insert(error);
            self.pool.stopped.store(true, Ordering::Relaxed);
        }
    }

    fn book(&self, work: &[Work], answers: &[(Answer, Instant)], now: Instant, latency: &mut Histogram<u64>) {
        for (work, (answer, at)) in work.iter().zip(answers) {
            self.answers[answer.class as usize].fetch_add(1, Ordering::Relaxed);
            self.samples.note(answer);
            if answer.class.is_acked() {
                self.pool.progressed(now);
                let waited = at.saturating_duration_since(work.first).as_micros();
                latency.saturating_record(u64::try_from(waited).unwrap_or(u64::MAX).max(1));
            } else if self.plan.retry && answer.class.is_retriable() {
                self.retried.fetch_add(1, Ordering::Relaxed);
                let backoff = Duration::from_millis(100 << work.tries.min(5));
                self.pool.again(*work, now + answer.retry_after.unwrap_or(backoff));
            }
        }
        self.pool.settled(work.len() as u64);
    }

    fn counts(&self) -> [u64; Class::COUNT] {
        std::array::from_fn(|class| self.answers[class].load(Ordering::Relaxed))
    }

    fn report(&self, mode: &'static str, latency: &Histogram<u64>, took: Duration) -> Report {
        let rate = match self.plan.pace {
            Pace::PerSecond(rate) => Some(rate),
            Pace::Max => None,
        };
        Report::new(mode, rate, self.counts(), latency, took.as_secs_f64(), &self.samples).with_offered(
            self.offered.load(Ordering::Relaxed),
            self.retried.load(Ordering::Relaxed),
            self.pool.left_over(),
        )
    }
}
