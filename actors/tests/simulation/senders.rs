//! Owns what the corporations' systems and the providers' callbacks ask of the house, and what they
//! were told. A sender that got no answer asks again, with the same key. Refuses to look inside: it
//! knows its own book only.

use std::collections::BTreeSet;

use sluis_model::flow::Value;
use sluis_model::{
    AttemptRef, Erased, Fact, Idempotency, Notification, NotificationId, PauseScope, TenantKey,
};

use crate::mailings::TWICE;
use crate::outside::Evidence;

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// A notification, admitted under this id.
    Notify {
        order: usize,
        id: NotificationId,
    },
    /// The same notification again, while or after the first was accepted as `id`.
    Repeat {
        order: usize,
        id: NotificationId,
    },
    /// A fact of [`Senders::facts`].
    Fact {
        fact: usize,
    },
    /// Something a provider tells.
    Receipt {
        evidence: Evidence,
        attempt: AttemptRef,
    },
    /// The state of a tenant, to be held against the journal's.
    State {
        tenant: TenantKey,
    },
    /// That a tenant is erased, by a record that says this.
    Erase {
        tenant: TenantKey,
        record: Erased,
    },
    /// What is open in a shard, for a migration.
    Look {
        migration: usize,
    },
    /// That a notification goes on under another definition.
    Move {
        migration: usize,
        id: NotificationId,
    },
    /// Something about a row of a mailing.
    Row,
    Profile,
    Cancel,
    Pause,
    Link,
    Task,
}

/// One request that waits for its answer, or did.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) what: What,
    /// The shard that was asked.
    pub(crate) shard: u16,
    pub(crate) waits: bool,
    pub(crate) heard: Heard,
}

/// A notification that a sender wants sent: the body, under its key.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) tenant: TenantKey,
    pub(crate) body: Notification,
    /// What it was told.
    pub(crate) told: Option<NotificationId>,
    /// The id of a row of a mailing: it follows from the row.
    pub(crate) own_id: Option<NotificationId>,
    /// All that its data says, where its flow is drawn.
    pub(crate) says: Box<[(&'static str, Value)]>,
}

/// What was answered, as far as whoever hands rows over cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nothing, or that it was lost.
    Nothing,
    Accepted,
    NotTaken,
    NotThere,
    /// Something else was decided.
    Decided,
}

impl Order {
    /// Whether it is a row of a mailing.
    pub(crate) fn is_row(&self) -> bool {
        *self.body.data != *"{}"
    }
}

/// A fact and whom it is about.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) tenants: Vec<TenantKey>,
    pub(crate) fact: Fact,
    pub(crate) acknowledged: bool,
}

/// The corporations' systems and what they were told.
#[derive(Debug, Default)]
pub(crate) struct Senders {
    pub(crate) requests: Vec<Request>,
    pub(crate) orders: Vec<Order>,
    pub(crate) facts: Vec<Told>,
    /// Pauses ever asked for: all of them are ended before liveness is judged.
    pub(crate) pauses: BTreeSet<PauseScope>,
}

impl Senders {
    /// The order that a notification, or the group that it is a part of, came from.
    pub(crate) fn ordered(&self, of: &Idempotency) -> Option<&Order> {
        let number = (of.key & (TWICE - 1)) >> 4;
        self.orders.get(usize::try_from(number).ok()?)
    }

    /// Notes a request; its number is where the answer goes.
    pub(crate) fn ask(&mut self, what: What, shard: u16) -> usize {
        self.requests.push(Request {
            what,
            shard,
            waits: true,
            heard: Heard::Nothing,
        });
        self.requests.len() - 1
    }

    /// The request was refused at the door.
    pub(crate) fn refused(&mut self, request: usize) {
        self.requests[request].waits = false;
    }

    /// The process died: nobody who waits gets an answer. Gives back what providers will tell
    /// again.
    pub(crate) fn cut_off(&mut self) -> Vec<Evidence> {
        let mut again = Vec::new();
        for request in self.requests.iter_mut().filter(|request| request.waits) {
            request.waits = false;
            if let What::Receipt { evidence, .. } = &request.what {
                again.push(evidence.clone());
            }
        }
        again
    }
}
