//! Owns the speed of the record codec on a notification of 1 KiB. Refuses to be a benchmark of the machine: it is run
//! beside the others.

use std::hint::black_box;
use std::time::Instant;

use sluis_model::{
    CorporationId, Environment, Event, FlowRef, Idempotency, Input, Lane, Notification, NotificationId, Record, TenantKey,
    TenantRecord, Timestamp,
};

const ROUNDS: usize = 300_000;

pub(crate) fn run() -> anyhow::Result<()> {
    let id = NotificationId(0x0003_0198_aaaa_bbbb_0123_4567_89ab_cdef);
    let notification = Notification {
        id,
        flow: FlowRef([7; 16]),
        category: "information".into(),
        subject: None,
        data: format!("{{\"title\":\"x\",\"text\":\"{}\"}}", "y".repeat(900)).into(),
        fields: Box::new([]),
        lane: Lane::Normal,
        send_after: None,
        expires_at: None,
        environment: Environment::Production,
        idempotency: Idempotency { key: 1, body: 2 },
    };
    let record = Record::Tenant(TenantRecord {
        at: Timestamp(1),
        tenant: TenantKey::new(CorporationId(1), "load-0000001"),
        previous: 17,
        input: Input::Notify(Box::new(notification)),
        events: vec![Event::Accepted { id }],
    });
    let mut buffer = Vec::new();
    let start = Instant::now();
    for _ in 0..ROUNDS {
        buffer.clear();
        black_box(&record).encode(&mut buffer)?;
    }
    let encode = start.elapsed().as_nanos() as f64 / ROUNDS as f64;
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(Record::decode(black_box(&buffer))?);
    }
    let decode = start.elapsed().as_nanos() as f64 / ROUNDS as f64;
    println!("{}", serde_json::json!({"what": "codec", "bytes": buffer.len(), "encode_ns": encode, "decode_ns": decode}));
    Ok(())
}
