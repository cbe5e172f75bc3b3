//! Owns what a connection needs of the engine, and nothing more. Refuses to know sockets.

use std::sync::Arc;

use sluis_actors::{Answers, NotTaken};
use sluis_model::{CorporationId, NotificationId, NotificationRequest};

use crate::access::Access;
use crate::admission::{Admitted, Closed, Rejected};
use crate::app::App;
use crate::telemetry::Edge;

/// Who may send: `Hello` shows the key.
pub const ACCESS: Access = Access::Corporation;

/// The engine, as the binary port sees it.
pub(super) trait Door: Send + Sync {
    /// The corporation whose key this is; empty: no key.
    fn authenticate(&self, key: &str) -> Option<CorporationId>;

    /// Somebody came with a key that nobody has. `client`: what it calls itself.
    fn stranger(&self, client: &str) {
        let _ = client;
    }

    /// Its name.
    fn name(&self, corporation: CorporationId) -> String;

    /// Why nothing is taken now, if nothing is.
    fn closed(&self) -> Option<Closed>;

    /// Notifications there is room for, in this corporation's share and in all.
    fn room(&self, corporation: CorporationId) -> u32;

    /// Whether the corporation's rate of intake is at work, so that more room comes in by itself.
    fn is_too_fast(&self, corporation: CorporationId) -> bool;

    /// See [`crate::admission::Admission::admit`].
    fn admit(
        &self,
        corporation: CorporationId,
        request: &NotificationRequest,
        answers: &Arc<dyn Answers>,
        slot: u64,
    ) -> Result<Admitted, Rejected>;

    /// See [`crate::admission::Admission::not_taken`].
    fn not_taken(&self, corporation: CorporationId, why: NotTaken) -> Rejected {
        let _ = corporation;
        Rejected::NotTaken(why)
    }

    /// A position as senders see it.
    fn position(&self, id: NotificationId, sequence: u64) -> u64;
}

impl Door for App {
    fn authenticate(&self, key: &str) -> Option<CorporationId> {
        ACCESS
            .admit(self, (!key.is_empty()).then_some(key))
            .ok()?
            .corporation()
    }

    fn stranger(&self, client: &str) {
        self.watch.stranger(Edge::Binary, Some(client));
    }

    fn name(&self, corporation: CorporationId) -> String {
        self.corporation_name(corporation)
    }

    fn closed(&self) -> Option<Closed> {
        self.admission.closed()
    }

    fn room(&self, corporation: CorporationId) -> u32 {
        let quota = self.engine.quota();
        let to_write = quota.room_to_write(corporation, self.clock.now());
        let left = |open: i64, most: i64| most.saturating_sub(open);
        let (open, most) = quota.total();
        let share = quota
            .shares()
            .find(|(c, ..)| *c == corporation)
            .map_or(0, |(_, open, most)| left(open, most));
        u32::try_from(left(open, most).min(share).max(0))
            .unwrap_or(u32::MAX)
            .min(to_write)
    }

    fn is_too_fast(&self, corporation: CorporationId) -> bool {
        let quota = self.engine.quota();
        quota.is_too_fast(corporation, self.clock.now())
    }

    fn admit(
        &self,
        corporation: CorporationId,
        request: &NotificationRequest,
        answers: &Arc<dyn Answers>,
        slot: u64,
    ) -> Result<Admitted, Rejected> {
        self.admission.admit(corporation, request, answers, slot)
    }

    fn not_taken(&self, corporation: CorporationId, why: NotTaken) -> Rejected {
        self.admission.not_taken(corporation, why)
    }

    fn position(&self, id: NotificationId, sequence: u64) -> u64 {
        self.reference.mask_position(id, "accepted", sequence)
    }
}
