//! Owns how one record of the journal is applied to the tenants of a shard: as the decision that
//! wrote it changed them.

use sluis_model::{
    Applied, Event, FlowBook, Input, NotificationId, Subject, TenantRecord, Unmatched, evolve,
    finish, unmatched,
};

use super::tenants::Tenants;
use crate::tenant::Awake;

impl Tenants {
    /// Applies a record from the journal; calls `ended` for what it ended.
    pub(super) fn replay(
        &mut self,
        sequence: u64,
        record: &TenantRecord,
        flows: &dyn FlowBook,
        mut ended: impl FnMut(NotificationId, &str, u64),
    ) {
        let tenant = self.replayed(&record.tenant);
        let stray = self.stray_before(tenant, record);
        self.unread.heard(sequence, record);
        let applied = Applied {
            sequence,
            at: record.at,
            input: &record.input,
        };
        for event in &record.events {
            let state = self.host.actor_mut(tenant).state_mut();
            let open = evolve(state, applied, event, flows);
            self.index(tenant, &record.input, event, open.as_deref());
            if let Event::Ended { id, end, .. } = event {
                // Where its first records are forgotten it is not open here; it ended all the same.
                ended(*id, end, open.map_or(0, |open| open.body));
            }
        }
        let actor = self.host.actor_mut(tenant);
        if actor.whole_from() == 0 {
            actor.begins_at(sequence);
        }
        finish(actor.state_mut(), sequence);
        if let Some((about, missed)) = stray {
            self.stray(tenant, (sequence, record.at), about, missed);
        }
    }

    /// What of the record fits nothing, as the tenant was before it: strangers are counted, of a
    /// fact it gives what is missed.
    fn stray_before<'a>(
        &mut self,
        tenant: Awake,
        record: &'a TenantRecord,
    ) -> Option<(Option<&'a Subject>, Unmatched)> {
        match &record.input {
            Input::Fact(fact) => {
                let missed = unmatched(self.state(tenant), fact.about())?;
                Some((fact.about(), missed))
            }
            Input::Declared(_) => {
                let missed = unmatched(self.state(tenant), None)?;
                Some((None, missed))
            }
            Input::Notify(_) if self.state(tenant).profile.is_none() => {
                self.unmatched.stranger(record.tenant.corporation);
                None
            }
            _ => None,
        }
    }
}
