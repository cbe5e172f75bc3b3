//! Owns the place of a supervisor on an arbiter. Refuses every message but `Wake`.

use std::sync::Arc;

use actix::{Actor, Addr, Context, Handler};

use super::run::Supervisor;
use crate::arbiter_waker::ArbiterWaker;
use crate::wake::Wake;

/// The actor of one supervisor.
#[derive(Debug)]
pub struct SupervisorActor(Arc<Supervisor>);

impl SupervisorActor {
    /// One `Wake` in hand and one that waits are all there can be.
    const MAILBOX: usize = 2;

    /// Starts it on an arbiter and connects its waker.
    pub fn start_in(supervisor: Arc<Supervisor>, arbiter_waker: &ArbiterWaker) -> Addr<Self> {
        let waker = supervisor.waker().clone();
        let address = Self::start_in_arbiter(arbiter_waker.arbiter(), |_| Self(supervisor));
        arbiter_waker.connect(&waker, address.clone());
        address
    }
}

impl Actor for SupervisorActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        context.set_mailbox_capacity(Self::MAILBOX);
    }
}

impl Handler<Wake> for SupervisorActor {
    type Result = ();

    fn handle(&mut self, _: Wake, _: &mut Context<Self>) {
        self.0.waker().turn(|| self.0.turn());
    }
}
