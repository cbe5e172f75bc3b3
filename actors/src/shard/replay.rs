//! Owns how one record of the journal is applied to the tenants of a shard: as the decision that
//! wrote it changed them.

use sluis_model::{
    Applied, Event, Fact, FlowBook, Input, NotificationId, TenantRecord, Unmatched, evolve, finish,
    unmatched,
};

use super::place::Slot;
use super::tenants::Tenants;

impl Tenants {
    /// Applies a record from the journal; calls `ended` for what it ended.
    pub(super) fn replay(
        &mut self,
        sequence: u64,
        record: &TenantRecord,
        flows: &dyn FlowBook,
        mut ended: impl FnMut(NotificationId, &str, u64),
    ) {
        let slot = self.slot(&record.tenant);
        let stray = self.stray_before(slot, record);
        let applied = Applied {
            sequence,
            at: record.at,
            input: &record.input,
        };
        for event in &record.events {
            let open = evolve(self.tenant_mut(slot), applied, event, flows);
            self.index(slot, &record.input, event, open.as_deref());
            if let Event::Ended { id, end, .. } = event {
                // Where its first records are forgotten it is not open here; it ended all the same.
                ended(*id, end, open.map_or(0, |open| open.body));
            }
        }
        if self.whole_from(slot) == 0 {
            self.begins_at(slot, sequence);
        }
        finish(self.tenant_mut(slot), sequence);
        if let Some((fact, missed)) = stray {
            self.stray(slot, (sequence, record.at), fact, missed);
        }
    }

    /// What of the record fits nothing, as the tenant was before it: strangers are counted, of a
    /// fact it gives what is missed.
    fn stray_before<'a>(
        &mut self,
        slot: Slot,
        record: &'a TenantRecord,
    ) -> Option<(&'a Fact, Unmatched)> {
        match &record.input {
            Input::Fact(fact) => {
                let missed = unmatched(self.tenant(slot), fact)?;
                Some((fact, missed))
            }
            Input::Notify(_) if self.tenant(slot).profile.is_none() => {
                self.unmatched.stranger(record.tenant.corporation);
                None
            }
            _ => None,
        }
    }
}
