//! Owns one attempt from being taken to its outcome. Refuses to lose it: dropped half-way, it still
//! reports and gives its permit back.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use sluis_channels::{Outgoing, OutputSlot, Provider};
use sluis_model::{AttemptRef, Left, Refusal, Timestamp, Verdict, Why};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::{Level, Span, field};

use super::inbox::Ticket;
use super::shared::Shared;
use crate::dispatch::Outcome;
use crate::prepare::Prepared;
use crate::spool::Spooled;
use crate::telemetry::TRACE;

/// An attempt whose outcome is owed.
pub(super) struct Attempt {
    shared: Arc<Shared>,
    attempt: AttemptRef,
    since: Timestamp,
    /// Whether bytes may have left.
    sending: bool,
    /// Where the provider puts them.
    output: OutputSlot,
    /// Taken out when the outcome is reported.
    ticket: Option<Ticket>,
}

impl Attempt {
    pub(super) fn new(shared: Arc<Shared>, attempt: AttemptRef, ticket: Ticket) -> Self {
        let since = shared.clock.now();
        Self {
            shared,
            attempt,
            since,
            sending: false,
            output: OutputSlot::default(),
            ticket: Some(ticket),
        }
    }

    /// Its span, if somebody wants spans.
    pub(super) fn span(&self) -> Span {
        let provider = &self.shared.provider;
        tracing::trace_span!(
            target: TRACE,
            "attempt",
            otel.kind = "client",
            channel = provider.channel().name(),
            provider = provider.name(),
            notification = %self.attempt.id,
            verdict = field::Empty,
        )
    }

    /// Waits for the preparation, sends, ends.
    pub(super) async fn carry_out(mut self, prepared: oneshot::Receiver<Prepared>) {
        let verdict = match timeout(self.shared.settings.start_within, prepared).await {
            Ok(Ok(Ok(outgoing))) => self.send(outgoing).await,
            Ok(Ok(Err(verdict))) => {
                self.shared.meters.render_failures.increment(1);
                verdict
            }
            Ok(Err(_)) => withdrawn("stopping", "the engine is stopping"),
            Err(_) => withdrawn("prepare", "not prepared within the limit"),
        };
        self.end(verdict);
    }

    async fn send(&mut self, mut outgoing: Outgoing) -> Verdict {
        self.sending = true;
        if self.shared.spool.is_some() {
            self.output = OutputSlot::keeping();
            outgoing.output = self.output.clone();
        }
        let shared = self.shared.clone();
        let sending = guarded(shared.provider.clone(), outgoing);
        let verdict = match timeout(shared.settings.deadline, sending).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(panic)) => self.broke_off(&*panic),
            Err(_) => in_doubt("deadline", "no answer within the overall limit"),
        };
        shared.health.learn(&verdict, self.since, &shared.meters);
        verdict
    }

    /// The provider panicked: nobody knows how far the send came.
    fn broke_off(&self, panic: &(dyn Any + Send)) -> Verdict {
        self.shared.meters.panics.increment(1);
        let (provider, panic) = (self.shared.provider.name(), panic_text(panic));
        tracing::error!(provider, panic, attempt = %self.attempt.id, "a send panicked: its attempt is in doubt");
        in_doubt("panic", "the send broke off inside the engine")
    }

    /// Reports the outcome, then gives the permit back.
    pub(super) fn end(mut self, verdict: Verdict) {
        self.report(verdict);
    }

    fn report(&mut self, verdict: Verdict) {
        // Dropped at the end of this block, after the report, and also if the report panics.
        let Some(_ticket) = self.ticket.take() else {
            return;
        };
        if tracing::enabled!(target: TRACE, Level::TRACE) {
            Span::current().record("verdict", verdict.name());
        }
        self.shared
            .meters
            .ended(&verdict, self.shared.clock.now().since(self.since));
        let left = self.left(&verdict);
        (self.shared.outcomes)(Outcome {
            attempt: self.attempt,
            verdict,
            left,
        });
    }

    /// What the provider took, or may have taken, is kept; in the spool before its hash is in the
    /// journal.
    fn left(&self, verdict: &Verdict) -> Option<Left> {
        let spool = self.shared.spool.as_ref()?;
        let output = self.output.get().filter(|_| may_have_been_taken(verdict))?;
        Some(spool.put(Spooled {
            at: self.shared.clock.now(),
            channel: self.shared.provider.channel(),
            provider: self.shared.name.clone(),
            output: output.clone(),
        }))
    }
}

const fn may_have_been_taken(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Accepted { .. } | Verdict::Delivered { .. } | Verdict::InDoubt { .. } => true,
        Verdict::Retry { .. }
        | Verdict::Refused { .. }
        | Verdict::Withdrawn { .. }
        | Verdict::Barred { .. } => false,
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let verdict = if self.sending {
            in_doubt("dropped", "the engine stopped before the provider answered")
        } else {
            withdrawn("stopping", "the engine stopped before the send began")
        };
        self.report(verdict);
    }
}

fn in_doubt(code: &str, text: &str) -> Verdict {
    Verdict::InDoubt {
        why: Why::new(code, text),
    }
}

pub(super) fn withdrawn(code: &str, text: &str) -> Verdict {
    Verdict::Withdrawn {
        why: Why::new(code, text),
    }
}

/// Sends what fits; a panic of the provider, before it sends or in its future, comes back as an
/// error.
async fn guarded(
    provider: Arc<dyn Provider>,
    outgoing: Outgoing,
) -> Result<Verdict, Box<dyn Any + Send>> {
    let begun = catch_unwind(AssertUnwindSafe(|| {
        provider
            .fits(&outgoing)
            .map(|()| provider.clone().send(outgoing))
    }))?;
    let mut send = match begun {
        Ok(send) => send,
        Err(why) => {
            let class = Refusal::Unsendable;
            return Ok(Verdict::Refused { class, why });
        }
    };
    poll_fn(
        move |context| match catch_unwind(AssertUnwindSafe(|| send.as_mut().poll(context))) {
            Ok(Poll::Ready(verdict)) => Poll::Ready(Ok(verdict)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(panic) => Poll::Ready(Err(panic)),
        },
    )
    .await
}

/// The message of a panic.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no text)")
}
