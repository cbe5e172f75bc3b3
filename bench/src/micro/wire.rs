//! Owns the speed of the binary protocol's codec: a batch of 64 notifications of 1 KiB and its
//! acknowledgements. Refuses sockets.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::json;
use sluis_model::wire::{
    AckRow, ClientFrame, Decoder, MAX_FRAME, ServerFrame, encode_acks, encode_submit_batch,
};
use sluis_model::{Environment, NotificationId, NotificationRequest};

use super::MicroArgs;
use super::decide::data;
use super::harness::Harness;

const ROWS: u64 = 64;
/// Batches a round: enough for the clock.
const BATCHES: u64 = 200;

pub(super) fn run(harness: &mut Harness, _: &MicroArgs) -> anyhow::Result<()> {
    let rows: Vec<_> = (0..ROWS).map(row).collect();
    let acks: Vec<_> = (0..ROWS).map(ack).collect();
    let (mut frame, mut answer) = (Vec::new(), Vec::new());
    encode_submit_batch(&mut frame, 1, rows.iter())?;
    encode_acks(&mut answer, &acks);
    let size = |bytes: usize| json!({ "rows": ROWS, "bytes": bytes });
    let name = "wire: encode a row of a batch";
    harness.batches(name, size(frame.len()), || encode(&rows, frame.len()));
    let name = "wire: decode a row of a batch";
    harness.batches(name, size(frame.len()), || decode::<ClientFrame>(&frame));
    let name = "wire: decode an ack of a batch";
    harness.batches(name, size(answer.len()), || decode::<ServerFrame>(&answer));
    Ok(())
}

fn encode(rows: &[NotificationRequest], room: usize) -> (u64, Duration) {
    let mut out = Vec::with_capacity(room);
    let start = Instant::now();
    for _ in 0..BATCHES {
        out.clear();
        let done = encode_submit_batch(&mut out, 1, black_box(rows).iter());
        debug_assert!(done.is_ok());
        black_box(&out);
    }
    (BATCHES * ROWS, start.elapsed())
}

fn decode<F: sluis_model::wire::Frame>(bytes: &[u8]) -> (u64, Duration) {
    let mut decoder = Decoder::<F>::new(MAX_FRAME);
    let start = Instant::now();
    for _ in 0..BATCHES {
        decoder.feed(black_box(bytes));
        let frame = decoder.next();
        debug_assert!(matches!(frame, Ok(Some(_))));
        let _ = black_box(frame);
    }
    (BATCHES * ROWS, start.elapsed())
}

fn ack(n: u64) -> AckRow {
    AckRow {
        correlation: n,
        id: NotificationId(n.into()),
        position: n,
        duplicate: false,
    }
}

fn row(n: u64) -> NotificationRequest {
    NotificationRequest {
        tenant_id: format!("load-{n:07}"),
        flow: "notice".into(),
        category: "information".into(),
        data: data(),
        environment: Environment::Production,
        idempotency_key: format!("bench-{n}"),
        ..NotificationRequest::default()
    }
}
