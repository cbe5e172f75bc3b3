//! Owns the actix side of a shard: one message, one turn, and supervision. A panic loses the inputs
//! of that turn, not the shard: a fresh one is built from the journal as soon as everything handed
//! to it is durable. Refuses to decide and to block.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use actix::{Actor, Context, Handler};

use super::core::ShardCore;
use super::recover::RecoverError;
use crate::telemetry;
use crate::wake::{Wake, Waker};

/// One message at most is ever waiting: wakes are coalesced.
const MAILBOX: usize = 4;

/// Called when a shard cannot be rebuilt: the process must end.
pub type OnFatal = Arc<dyn Fn(&RecoverError) + Send + Sync>;

/// The actix actor around a [`ShardCore`].
pub struct ShardActor {
    state: State,
    waker: Arc<Waker>,
    on_fatal: OnFatal,
}

enum State {
    Running(Box<ShardCore>),
    /// After a panic: waits until what was handed to the journal is durable.
    Failed(Box<ShardCore>),
    Gone,
}

impl ShardActor {
    /// An actor around a started shard.
    #[must_use]
    pub fn new(core: ShardCore, waker: Arc<Waker>, on_fatal: OnFatal) -> Self {
        Self {
            state: State::Running(Box::new(core)),
            waker,
            on_fatal,
        }
    }

    fn turn(&mut self) {
        let more = match std::mem::replace(&mut self.state, State::Gone) {
            State::Running(core) => self.run(core),
            State::Failed(core) if core.is_settled() => self.rebuild(core),
            State::Failed(core) => {
                self.state = State::Failed(core);
                false
            }
            State::Gone => false,
        };
        if more {
            self.waker.wake();
        }
    }

    fn run(&mut self, mut core: Box<ShardCore>) -> bool {
        match catch_unwind(AssertUnwindSafe(|| core.turn())) {
            Ok(more) => {
                self.state = State::Running(core);
                more
            }
            Err(_) => {
                telemetry::actor_panicked("shard");
                tracing::error!("a shard panicked: it is rebuilt from the journal");
                self.state = State::Failed(core);
                true
            }
        }
    }

    fn rebuild(&mut self, core: Box<ShardCore>) -> bool {
        match core.rebuild() {
            Ok(fresh) => {
                telemetry::actor_restarted("shard");
                self.state = State::Running(Box::new(fresh));
                true
            }
            Err(error) => {
                (self.on_fatal)(&error);
                false
            }
        }
    }
}

impl Actor for ShardActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        self.waker.wake();
    }
}

impl Handler<Wake> for ShardActor {
    type Result = ();

    fn handle(&mut self, _: Wake, _: &mut Self::Context) {
        let waker = self.waker.clone();
        waker.turn(|| self.turn());
    }
}
