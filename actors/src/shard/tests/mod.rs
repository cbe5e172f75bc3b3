//! The shard on an in-memory journal and a manual clock: nothing leaves before it is durable,
//! nothing is lost on the way.

mod anew;
mod bounds;
mod branch;
mod carry;
mod checkpoint;
mod durable;
mod ended;
mod erasure;
mod households;
mod passive;
mod passive_carried;
mod passive_many;
mod passive_urgent;
mod permits;
mod standing;
mod stored;
mod stored_anywhere;
mod strand;
mod timers;
mod world;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use parking_lot::Mutex;
use sluis_journal::{Journal, MemoryJournal};
use sluis_model::flow::Definition;
use sluis_model::{
    Channel, Clock, ContactKind, Control, CorporationId, Environment, Given, Idempotency, Input,
    Intent, Lane, ManualClock, Notification, NotificationId, OnDoubt, PauseScope, Policy,
    RetryPolicy, ShardId, Subject, Supplied, TenantKey, Timestamp, Verdict,
};

use super::*;
use crate::book::Book;
use crate::claim::{Claim, Claimed};
use crate::dispatch::Dispatch;
use crate::keys::{KeyIndex, KeyWindow};
use crate::outbox::{Grant, Outbox, QueueKey};
use crate::quota::Quota;
use crate::readers::Readers;
use crate::router::Owner;
use crate::wake::{Activity, Waker};

use world::{HOUSE, World, ask_to_carry, restarted, settle, snapshot};
