//! Owns the speed of the record codec on an acceptance of 1 KiB. Refuses the journal's share: pages
//! and groups are its own.

use serde_json::json;
use sluis_model::{CorporationId, Event, Input, Record, TenantKey, TenantRecord, Timestamp};

use super::MicroArgs;
use super::decide::notification;
use super::harness::Harness;

pub(super) fn run(harness: &mut Harness, _: &MicroArgs) -> anyhow::Result<()> {
    let notification = notification(sluis_model::FlowRef([7; 16]));
    let id = notification.id;
    let record = Record::Tenant(TenantRecord {
        at: Timestamp(1),
        tenant: TenantKey::new(CorporationId(1), "load-0000001"),
        previous: 17,
        input: Input::Notify(Box::new(notification)),
        events: vec![Event::Accepted { id }],
    });
    let mut buffer = Vec::new();
    record.encode(&mut buffer)?;
    anyhow::ensure!(
        Record::decode(&buffer)? == record,
        "what was decoded is not what was encoded"
    );
    let size = json!({ "bytes": buffer.len() });
    let mut out = Vec::with_capacity(buffer.len());
    harness.each("codec: encode a record", size.clone(), || {
        out.clear();
        std::hint::black_box(&record).encode(&mut out)
    });
    harness.each("codec: decode a record", size, || {
        Record::decode(std::hint::black_box(&buffer))
    });
    Ok(())
}
