//! A notification as the binary port takes it. Refuses to change anything: the engine must see what
//! it would see over HTTP.

use sluis_model::{NotificationRequest, Subject, Timestamp};

use crate::run::{Moment, Notification};

pub(super) fn of(row: &Notification) -> NotificationRequest {
    let at = |moment: &Option<Moment>| moment.as_ref().map(|moment| Timestamp(moment.at_ms));
    NotificationRequest {
        tenant_id: row.tenant_id.clone(),
        flow: row.flow.to_string(),
        category: row.category.to_string(),
        subject: Some(Subject {
            kind: (*row.subject.kind).into(),
            id: row.subject.id.as_str().into(),
        }),
        data: row.data.get().to_owned(),
        priority: row.priority,
        send_after: at(&row.send_after),
        expires_at: at(&row.expires_at),
        environment: row.environment,
        idempotency_key: row.idempotency_key.clone(),
        to_household: false,
    }
}
