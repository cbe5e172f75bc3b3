//! Owns why nothing is admitted: the state of the engine as a whole, and every refusal of one
//! notification with its stable code and when to come again.

use std::sync::atomic::{AtomicBool, Ordering};

use sluis_actors::{NoRoom, NotTaken};
use sluis_model::NotificationId;

use crate::intake::FieldProblem;

/// Seconds after which a corporation whose share is full may come again.
const SHARE_RETRY: u32 = 10;

/// What makes the engine refuse intake as a whole.
#[derive(Debug, Default)]
pub struct Gatekeeper {
    stopping: AtomicBool,
    disk_low: AtomicBool,
}

impl Gatekeeper {
    /// No more intake: the process is ending.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether the disk has too little room for intake.
    pub fn set_disk_low(&self, low: bool) {
        self.disk_low.store(low, Ordering::SeqCst);
    }

    /// Why intake is refused now, if it is.
    #[must_use]
    pub fn reason(&self) -> Option<Closed> {
        if self.stopping.load(Ordering::SeqCst) {
            return Some(Closed::Stopping);
        }
        self.disk_low
            .load(Ordering::SeqCst)
            .then_some(Closed::DiskLow)
    }
}

/// Why the engine takes no intake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The process is ending.
    Stopping,
    /// The disk is nearly full.
    DiskLow,
    /// The journal or a shard is at its bound, or old records go more slowly than new ones come.
    Busy,
    /// As many notifications are open as the engine may hold.
    Full,
}

impl Closed {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Closed::Stopping => "stopping",
            Closed::DiskLow => "disk_nearly_full",
            Closed::Busy => "busy",
            Closed::Full => "engine_full",
        }
    }

    /// Seconds after which asking again makes sense.
    #[must_use]
    pub const fn retry_after(self) -> u32 {
        match self {
            Closed::Busy => 1,
            Closed::Stopping => 10,
            Closed::DiskLow | Closed::Full => 30,
        }
    }
}

/// Why a notification was not admitted.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejected {
    /// It is wrong; everything wrong with it.
    Invalid(Vec<FieldProblem>),
    /// The flow does not exist; these do.
    UnknownFlow(Vec<String>),
    /// The key stands for another body.
    Conflict(NotificationId),
    /// The corporation's share is used up; ask again after these seconds.
    ShareFull(u32),
    /// Something of the corporation's is at its bound.
    NotTaken(NotTaken),
    /// The corporation sends more a second than it may; ask again after these seconds.
    TooFast(u32),
    /// The corporation has written as much as it may within a day; ask again after these seconds.
    DayFull(u32),
    /// The engine takes nothing now.
    Closed(Closed),
}

/// Seconds after which what was not taken may be: a tenant's notifications end slowly.
#[must_use]
pub const fn retry_after(why: &NotTaken) -> u32 {
    match why {
        NotTaken::TenantFull { .. } | NotTaken::ManyUnknown { .. } => 60,
        NotTaken::NoRoom(_) => SHARE_RETRY,
    }
}

impl Rejected {
    /// Stable code, used in answers and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Rejected::Invalid(_) => "invalid",
            Rejected::UnknownFlow(_) => "unknown_flow",
            Rejected::Conflict(_) => "idempotency_conflict",
            Rejected::ShareFull(_) | Rejected::NotTaken(NotTaken::NoRoom(_)) => "share_full",
            Rejected::NotTaken(NotTaken::TenantFull { .. }) => "tenant_full",
            Rejected::NotTaken(NotTaken::ManyUnknown { .. }) => "unknown_tenants",
            Rejected::TooFast(_) => "too_fast",
            Rejected::DayFull(_) => "day_full",
            Rejected::Closed(closed) => closed.code(),
        }
    }
}

impl From<NoRoom> for Rejected {
    fn from(why: NoRoom) -> Self {
        match why {
            NoRoom::ShareFull => Self::ShareFull(SHARE_RETRY),
            NoRoom::Arriving => Self::ShareFull(1),
            NoRoom::TooFast(ms) => Self::TooFast(seconds(ms)),
            NoRoom::DayFull(ms) => Self::DayFull(seconds(ms)),
            NoRoom::EngineFull => Self::Closed(Closed::Full),
        }
    }
}

/// Milliseconds as whole seconds to wait.
pub(super) fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.max(1).unsigned_abs().div_ceil(1_000)).unwrap_or(u32::MAX)
}
