//! Owns one frame of each kind, with every field set to something recognisable. Refuses randomness.

use crate::ids::NotificationId;
use crate::notification::{Environment, Lane, NotificationRequest, Subject};
use crate::time::Timestamp;
use crate::wire::{
    AckRow, ClientFrame, Durability, ErrorCode, Fatal, Hello, Problem, RefuseCode, Refused,
    ServerFrame, VERSION, Welcome,
};

pub(super) fn full_row() -> NotificationRequest {
    NotificationRequest {
        tenant_id: "H-1001".into(),
        flow: "storno".into(),
        category: "collection".into(),
        subject: Some(Subject {
            kind: "invoice".into(),
            id: "F-1".into(),
        }),
        data: r#"{"amount_cents":61250}"#.into(),
        priority: Lane::Urgent,
        send_after: Some(Timestamp(1_795_000_000_123)),
        expires_at: None,
        environment: Environment::Production,
        idempotency_key: "run-7/1".into(),
        to_household: false,
    }
}

pub(super) fn small_row() -> NotificationRequest {
    NotificationRequest {
        tenant_id: "H-2".into(),
        flow: "notice".into(),
        category: "repairs".into(),
        data: "{}".into(),
        priority: Lane::Bulk,
        idempotency_key: "run-7/2".into(),
        ..NotificationRequest::default()
    }
}

pub(super) fn client_frames() -> Vec<(&'static str, ClientFrame)> {
    let hello = Hello {
        version_min: VERSION,
        version_max: VERSION,
        api_key: "demo-key".into(),
        client_name: "primus".into(),
    };
    vec![
        ("hello", ClientFrame::Hello(hello)),
        (
            "submit",
            ClientFrame::Submit {
                correlation: 1,
                row: full_row(),
            },
        ),
        (
            "submit_batch",
            ClientFrame::SubmitBatch {
                first: 2,
                rows: vec![small_row(), full_row()],
            },
        ),
        (
            "ping",
            ClientFrame::Ping {
                nonce: 0x0102_0304_0506_0708,
            },
        ),
        ("goodbye", ClientFrame::Goodbye),
    ]
}

fn ack(correlation: u64, duplicate: bool) -> AckRow {
    let id = NotificationId(0x0003_019f_aaaa_bbbb_0123_4567_89ab_cdef);
    AckRow {
        correlation,
        id,
        position: 0x0003_0000_0000_002a,
        duplicate,
    }
}

pub(super) fn server_frames() -> Vec<(&'static str, ServerFrame)> {
    let welcome = Welcome {
        version: VERSION,
        corporation: "demo".into(),
        credit: 4096,
        max_frame: 1 << 20,
        durability: Durability::Synced,
    };
    let refused = Refused {
        correlation: 3,
        code: RefuseCode::Invalid,
        retry_after_ms: 0,
        problems: vec![Problem {
            path: "data.amount_cents".into(),
            message: "\"12\": expected an integer".into(),
        }],
    };
    let full = Refused {
        correlation: 4,
        code: RefuseCode::ShareFull,
        retry_after_ms: 2_000,
        problems: Vec::new(),
    };
    let fatal = Fatal {
        code: Ok(ErrorCode::OutOfCredit),
        retry_after_ms: 0,
        message: "2 rows with 1 credit".into(),
    };
    vec![
        ("welcome", ServerFrame::Welcome(welcome)),
        ("ack", ServerFrame::Ack(ack(1, false))),
        (
            "ack_batch",
            ServerFrame::AckBatch(vec![ack(2, false), ack(5, true)]),
        ),
        ("refuse", ServerFrame::Refuse(refused)),
        ("refuse_full", ServerFrame::Refuse(full)),
        ("credit", ServerFrame::Credit { grant: 512 }),
        (
            "pong",
            ServerFrame::Pong {
                nonce: 0x0102_0304_0506_0708,
            },
        ),
        ("error", ServerFrame::Error(fatal)),
    ]
}
