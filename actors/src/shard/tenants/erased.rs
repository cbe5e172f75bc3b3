//! Owns what the indexes forget of a tenant who is erased. Nothing of his is open then, so no timer, no
//! ready list and no subject names him.

use sluis_model::NotificationId;

use super::{Tenants, is_counted_unknown};
use crate::tenant::Awake;

impl Tenants {
    /// Forgets a tenant, whose notifications these were; says whether he was known from facts alone.
    pub(in super::super) fn erase(
        &mut self,
        tenant: Awake,
        notifications: &[NotificationId],
    ) -> bool {
        let (slot, corporation) = (tenant.slot(), self.key(tenant).corporation);
        let is_unknown = is_counted_unknown(self.state(tenant));
        if is_unknown {
            *self.unknown.entry(corporation).or_default() -= 1;
        }
        self.unmatched.forget(corporation, slot);
        self.unread.forget(corporation, notifications);
        self.host.erase(tenant);
        is_unknown
    }
}
