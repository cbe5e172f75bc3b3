//! Owns the running of one provider's attempts, without its actor. Refuses to block: preparing has
//! its own threads, sends run on tokio.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::attempt::{Attempt, withdrawn};
use super::breaker::Breaker;
use super::health::Health;
use super::inbox::{SupervisorInbox, Ticket};
use super::metric::Meters;
use super::pace::Pace;
use super::settings::SupervisorParts;
use super::shared::Shared;
use crate::dispatch::Dispatch;
use crate::prepare::PreparePool;
use crate::wake::Waker;

/// Carries out the attempts of one provider.
pub struct Supervisor {
    inbox: Arc<SupervisorInbox>,
    waker: Arc<Waker>,
    pool: Arc<PreparePool>,
    threads: Arc<[tokio::runtime::Handle]>,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Supervisor")
            .field("provider", &self.shared.provider)
            .field("inbox", &self.inbox)
            .finish_non_exhaustive()
    }
}

impl Supervisor {
    /// A supervisor with nothing under way.
    #[must_use]
    pub fn new(parts: SupervisorParts) -> Arc<Self> {
        let SupervisorParts {
            provider,
            gate,
            waker,
            concurrency,
            room,
            pool,
            threads,
            outcomes,
            spool,
            clock,
            settings,
        } = parts;
        let meters = Meters::new(provider.channel(), provider.name(), &clock);
        meters.allowed.set(concurrency.get());
        let (breaker, pace) = (Breaker::new(settings.breaker), Pace::new(concurrency.get()));
        let load = provider.load_sign();
        let health = Health::new(breaker, pace, gate.clone(), clock.clone(), load);
        let inbox = SupervisorInbox::new(room, waker.clone(), gate);
        let shared = Arc::new(Shared {
            name: provider.name().into(),
            provider,
            outcomes,
            spool,
            clock,
            settings,
            health,
            meters,
        });
        Arc::new(Self {
            inbox,
            waker,
            pool,
            threads,
            shared,
        })
    }

    /// Where shards hand over attempts.
    #[must_use]
    pub fn inbox(&self) -> &Arc<SupervisorInbox> {
        &self.inbox
    }

    pub(super) fn waker(&self) -> &Arc<Waker> {
        &self.waker
    }

    /// Starts everything that was handed over. Runs when it was woken.
    pub fn turn(&self) {
        while let Some((dispatch, ticket)) = self.inbox.take() {
            self.start(dispatch, ticket);
        }
    }

    fn start(&self, dispatch: Dispatch, ticket: Ticket) {
        let attempt = Attempt::new(self.shared.clone(), dispatch.attempt, ticket);
        if self.inbox.is_closed() {
            return attempt.end(withdrawn("stopping", "the engine is stopping"));
        }
        if self.shared.health.is_open() {
            return attempt.end(withdrawn(
                "breaker",
                "the provider is taken for unreachable",
            ));
        }
        let thread = &self.threads[usize::from(dispatch.attempt.id.shard().0) % self.threads.len()];
        let (done, prepared) = oneshot::channel();
        match self
            .pool
            .submit(dispatch, Box::new(move |result| drop(done.send(result))))
        {
            Ok(()) => {
                let span = attempt.span();
                // It is large, and a task moves its future several times before and after it runs.
                let carried_out = Box::pin(attempt.carry_out(prepared));
                drop(thread.spawn(carried_out.instrument(span)));
            }
            Err(_) => attempt.end(withdrawn("prepare", "no room in the prepare queue")),
        }
    }

    /// From here on at most so many attempts at once. More than its inbox has room for are never under way.
    pub fn allow(&self, most: std::num::NonZeroU32) {
        let Shared { health, meters, .. } = &*self.shared;
        health.heal_to(most.get(), meters);
    }

    /// Tells the warnings that were held back; to be called every few seconds.
    pub fn flush_warnings(&self) {
        self.shared.meters.warned.flush();
    }

    /// Tells them at the end of the process.
    pub fn finish_warnings(&self) {
        self.shared.meters.warned.finish();
    }

    /// Takes nothing more; what was handed over and not begun is withdrawn. Then waits, at most
    /// `bound`, for what is under way. Returns how much still is: that stays journaled as started
    /// and is in doubt at the next start.
    pub async fn stop(&self, bound: Duration) -> usize {
        self.inbox.close();
        self.turn();
        // Over time: the count says so.
        let _ = timeout(bound, self.inbox.drained()).await;
        self.inbox.under_way()
    }
}
