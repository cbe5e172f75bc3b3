//! Owns what the process tells the manager of services that started it (systemd's `sd_notify`): how
//! far the start is, ready, reading again, stopping, and that it lives. Refuses to say that it lives
//! while a shard does not answer. Where nobody listens nothing is sent.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use sd_notify::NotifyState;
use sluis_actors::{Inbox, Query, ShardRequest};
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::ask::{AskError, ask};

/// How many rounds of questions fit into the time in which the watchdog wants a sign of life.
const ROUNDS: u32 = 3;
/// How long a full line is left alone before the shard is asked again.
const FULL_FOR: Duration = Duration::from_millis(50);
/// What a stop may take beside the time that attempts under way get: connections and the journal.
const STOP_BESIDE: Duration = Duration::from_secs(60);

/// Where a start is: shown by `systemctl status`.
pub(crate) fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}

/// Intake is open.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready, NotifyState::Status("serving")]);
}

/// Keys and certificates are being read again; [`ready`] ends it.
pub(crate) fn reading_again() {
    tell(&[NotifyState::Reloading]);
}

/// Intake is shut. Attempts under way get `grace`.
pub(crate) fn stopping(grace: Duration) {
    let bound = (grace + STOP_BESIDE).as_micros();
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status("stopping: no more intake"),
        NotifyState::ExtendTimeoutUsec(u32::try_from(bound).unwrap_or(u32::MAX)),
    ]);
}

/// Tells why nothing is acknowledged any more.
pub(crate) fn failed(why: &str) {
    status(why);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the manager of services could not be told");
    }
}

/// Begins to give the watchdog signs of life; none: nobody wants them.
pub(crate) fn watch(app: Arc<App>, stop: CancellationToken) -> Option<JoinHandle<()>> {
    let patience = sd_notify::watchdog_enabled()?;
    Some(tokio::spawn(live(app, patience / ROUNDS, stop)))
}

/// A sign of life for each round in which every shard answered.
async fn live(app: Arc<App>, round: Duration, stop: CancellationToken) {
    let mut rounds = interval(round);
    while !stop.is_cancelled() {
        rounds.tick().await;
        if every_shard_answers(app.engine.inboxes(), round).await {
            tell(&[NotifyState::Watchdog]);
        } else {
            tracing::warn!("a shard does not answer: the watchdog gets no sign of life");
        }
    }
}

/// Whether each shard takes a question and answers it within `bound`. A shard answers between two
/// turns, on its arbiter's thread.
async fn every_shard_answers(inboxes: &[Arc<Inbox>], bound: Duration) -> bool {
    let answers = inboxes.iter().map(|inbox| timeout(bound, answers(inbox)));
    join_all(answers).await.iter().all(Result::is_ok)
}

/// Comes back when the shard answered. A shard that is busy has a full line now and then; one that
/// is rebuilt loses questions.
async fn answers(inbox: &Arc<Inbox>) {
    let question = |reply| ShardRequest::Query {
        query: Query::Census,
        reply,
    };
    while let Err(AskError::Full | AskError::Lost) = ask(inbox, question).await {
        sleep(FULL_FOR).await;
    }
}

#[cfg(test)]
mod tests {
    use sluis_actors::{Activity, InboxBounds, Waker};

    use super::*;

    /// The inbox of a shard that never takes a turn.
    fn stuck(business: usize) -> Arc<Inbox> {
        let activity = Arc::<Activity>::default();
        let bounds = InboxBounds {
            business,
            ..InboxBounds::default()
        };
        Inbox::new(bounds, Waker::new(activity.clone()), activity)
    }

    #[tokio::test(start_paused = true)]
    async fn a_shard_that_takes_no_turn_gives_no_sign_of_life() {
        let bound = Duration::from_secs(60);
        assert!(every_shard_answers(&[], bound).await);
        let with_room = stuck(4);
        assert!(!every_shard_answers(&[with_room], bound).await);
        let full = stuck(1);
        // The first question takes the only place; the second finds none.
        for _ in 0..2 {
            assert!(!every_shard_answers(std::slice::from_ref(&full), bound).await);
        }
    }
}
