//! Send windows: no permit is granted outside of a corporation's hours, but for what is urgent.
//! Refuses the router's idea of the hours: it looks at the clock itself.

use std::sync::Arc;

use sluis_actors::Grant;
use sluis_actors::router::{self, SendWindow};
use sluis_model::{CorporationId, Lane, ShardId};

use super::{Check, Findings};
use crate::clock::SimClock;

/// How far a restless clock may have gone on within a turn.
const RESTLESS_MS: i64 = 20;

/// The hours of corporation 1, when it has some.
pub(crate) struct Hours {
    pub(crate) window: Option<SendWindow>,
    pub(crate) clock: Arc<SimClock>,
}

impl Hours {
    /// The router granted these just now.
    pub(crate) fn granted(&self, grants: &[(ShardId, Grant)], findings: &mut Findings) {
        let Some(window) = &self.window else { return };
        let now = self.clock.peek();
        let open = |at| matches!(window.at(at), router::Hours::Open(_));
        let held = |grant: &Grant| {
            grant.queue.corporation == CorporationId(1) && grant.queue.lane != Lane::Urgent
        };
        let outside = grants.iter().any(|(_, grant)| held(grant))
            && !open(now)
            && !open(now.plus(-RESTLESS_MS));
        findings.expect(!outside, Check::HoursKept, || {
            format!("a permit at {now}, outside of {window}")
        });
    }
}
