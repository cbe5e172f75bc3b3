//! Contact points: what is known of one on a channel rests on a record that speaks of that very
//! channel. Refuses to know what a record should have said: the other checks do.

use sluis_model::{Channel, ContactKind, Known, Point, TenantKey, same};

use super::{Check, Findings};
use crate::shadow::{Marks, Shadow};

const CHECK: Check = Check::PointsApart;

/// When everything handed in is durable: every contact point of every tenant.
pub(crate) fn settled(shadow: &Shadow, findings: &mut Findings) {
    let tenants = shadow.logs.iter().flat_map(|log| &log.tenants);
    for (tenant, state) in tenants {
        for point in state.profile.iter().flat_map(|profile| &profile.points) {
            let known = point.per_channel().iter();
            for known in known.filter(|known| !was_told(&shadow.known.marks, tenant, point, known))
            {
                let channel = known.channel;
                findings.blame(CHECK, || {
                    format!("{tenant:?} has {known:?}, and no record speaks of {channel}")
                });
            }
        }
    }
}

fn was_told(marks: &Marks, tenant: &TenantKey, point: &Point, known: &Known) -> bool {
    let told = |(channel, value): &(Channel, Box<str>)| {
        let kind: Option<ContactKind> = channel.contact_kind();
        *channel == known.channel
            && kind == Some(point.kind)
            && same(point.kind, value, &point.value)
    };
    marks
        .get(tenant)
        .is_some_and(|marks| marks.iter().any(told))
}
