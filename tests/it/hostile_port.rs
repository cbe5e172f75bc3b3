//! Wrong input at the binary port: one clear Error frame with a stable code, the connection ends,
//! the process lives.

use std::time::Duration;

use sluis_model::wire::{
    ClientFrame, Decoder, ErrorCode, Frame, Hello, MAGIC, MAX_FRAME, ServerFrame, VERSION,
};
use sluis_model::{Environment, NotificationRequest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Engine, NOORD, Setup, recorder};

fn hello(min: u16, max: u16, key: &str) -> Vec<u8> {
    encoded(&ClientFrame::Hello(Hello {
        version_min: min,
        version_max: max,
        api_key: key.into(),
        client_name: "test".into(),
    }))
}

fn encoded(frame: &ClientFrame) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes).unwrap();
    bytes
}

fn row(key: &str) -> NotificationRequest {
    NotificationRequest {
        tenant_id: "H-1".into(),
        flow: "notice".into(),
        category: "repairs".into(),
        data: r#"{"title":"a","text":"b"}"#.into(),
        environment: Environment::Test,
        idempotency_key: key.into(),
        ..NotificationRequest::default()
    }
}

fn batch(rows: usize, prefix: &str) -> Vec<u8> {
    encoded(&ClientFrame::SubmitBatch {
        first: 0,
        rows: (0..rows).map(|n| row(&format!("{prefix}-{n}"))).collect(),
    })
}

/// Sends bytes, closes the sending half, and reads every frame until the server closes.
async fn said(engine: &Engine, bytes: &[u8]) -> Vec<ServerFrame> {
    let mut stream = TcpStream::connect(engine.binary).await.unwrap();
    drop(stream.write_all(bytes).await);
    drop(stream.shutdown().await);
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the server did not close");
    let mut decoder = Decoder::<ServerFrame>::new(MAX_FRAME);
    decoder.feed(&answer);
    let mut frames = Vec::new();
    while let Some(frame) = decoder.next().expect("frames of the protocol") {
        frames.push(frame);
    }
    assert_eq!(decoder.pending(), 0);
    frames
}

fn error(frames: &[ServerFrame]) -> Option<ErrorCode> {
    match frames.last() {
        Some(ServerFrame::Error(fatal)) => Some(fatal.code.expect("a code of this version")),
        _ => None,
    }
}

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32 + 1).to_be_bytes().to_vec();
    bytes.push(kind);
    bytes.extend_from_slice(payload);
    bytes
}

async fn lives(engine: &Engine) {
    let good = [
        hello(VERSION, VERSION, NOORD),
        batch(2, "alive"),
        encoded(&ClientFrame::Goodbye),
    ]
    .concat();
    let frames = said(engine, &good).await;
    let acked: usize = frames
        .iter()
        .map(|frame| match frame {
            ServerFrame::Ack(_) => 1,
            ServerFrame::AckBatch(acks) => acks.len(),
            _ => 0,
        })
        .sum();
    assert_eq!(acked, 2, "{frames:?}");
    assert_eq!(engine.ask("", "/healthz").await.text(), "ok\n");
    let panics = crate::metrics::series(&recorder().render(), "sluis_actor_panics_total", &[]);
    assert!(panics.is_none_or(|count| count == 0.0), "an actor panicked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_is_told_once_why_he_is_not_let_in() {
    let engine = Engine::start().await;
    let wrong_magic = {
        let mut bytes = hello(VERSION, VERSION, NOORD);
        bytes[5..9].copy_from_slice(b"HTTP");
        bytes
    };
    let cases: Vec<(&str, Vec<u8>, ErrorCode)> = vec![
        ("wrong magic", wrong_magic, ErrorCode::BadMagic),
        (
            "HTTP",
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
            ErrorCode::BadMagic,
        ),
        (
            "a version of tomorrow",
            hello(VERSION + 1, 99, NOORD),
            ErrorCode::NoCommonVersion,
        ),
        ("no version", hello(0, 0, NOORD), ErrorCode::NoCommonVersion),
        (
            "versions backwards",
            frame(1, &[&MAGIC[..], &[0, 9, 0, 1]].concat()),
            ErrorCode::Malformed,
        ),
        (
            "an unknown key",
            hello(VERSION, VERSION, "slk_other"),
            ErrorCode::Unauthorised,
        ),
        (
            "no key",
            hello(VERSION, VERSION, ""),
            ErrorCode::Unauthorised,
        ),
        (
            "a hello that is cut inside",
            frame(1, &MAGIC[..]),
            ErrorCode::Malformed,
        ),
        (
            "a hello that goes on",
            {
                let bytes = hello(VERSION, VERSION, NOORD);
                frame(1, &[&bytes[5..], b"more"].concat())
            },
            ErrorCode::Malformed,
        ),
        (
            "TLS",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
            ErrorCode::BadMagic,
        ),
        (
            "a length beyond all bounds",
            vec![0xff; 4],
            ErrorCode::BadMagic,
        ),
        (
            "a hello of two kilobytes",
            frame(1, &[b'x'; 2_048]),
            ErrorCode::FrameTooLong,
        ),
        ("an empty frame", vec![0; 4], ErrorCode::Malformed),
        ("an unknown kind", frame(0x7f, b"?"), ErrorCode::Malformed),
        ("a server's frame", frame(0x81, b"?"), ErrorCode::Malformed),
        (
            "a ping before hello",
            encoded(&ClientFrame::Ping { nonce: 1 }),
            ErrorCode::UnexpectedFrame,
        ),
        (
            "a row before hello",
            encoded(&ClientFrame::Submit {
                correlation: 1,
                row: row("x"),
            }),
            ErrorCode::UnexpectedFrame,
        ),
    ];
    for (what, bytes, code) in cases {
        let frames = said(&engine, &bytes).await;
        assert_eq!(
            (frames.len(), error(&frames)),
            (1, Some(code)),
            "{what}: {frames:?}"
        );
    }
    for cut in 0..hello(VERSION, VERSION, NOORD).len() {
        let frames = said(&engine, &hello(VERSION, VERSION, NOORD)[..cut]).await;
        assert!(frames.len() <= 1, "{cut}: {frames:?}");
    }
    lives(&engine).await;
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_who_breaks_the_rules_is_told_which() {
    let engine = Engine::with(Setup {
        credit: 4,
        ..Setup::default()
    })
    .await;
    let after = |rest: Vec<u8>| [hello(VERSION, VERSION, NOORD), rest].concat();
    let text = |bytes: &[u8]| {
        let mut row = encoded(&ClientFrame::Submit {
            correlation: 1,
            row: row("utf8"),
        });
        let at = row.windows(3).position(|three| three == b"H-1").unwrap();
        row[at..at + 3].copy_from_slice(bytes);
        row
    };
    let cases: Vec<(&str, Vec<u8>, ErrorCode)> = vec![
        (
            "more rows than credit",
            batch(5, "over"),
            ErrorCode::OutOfCredit,
        ),
        (
            "a second hello",
            hello(VERSION, VERSION, NOORD),
            ErrorCode::UnexpectedFrame,
        ),
        (
            "a row after goodbye",
            [encoded(&ClientFrame::Goodbye), batch(1, "late")].concat(),
            ErrorCode::UnexpectedFrame,
        ),
        (
            "a frame beyond the bound",
            ((1_u32 << 20) + 1).to_be_bytes().to_vec(),
            ErrorCode::FrameTooLong,
        ),
        ("a batch of none", frame(3, &[0; 10]), ErrorCode::Malformed),
        (
            "a batch that promises more than it has",
            frame(3, &[&[0_u8; 8][..], &[0x0f, 0xff]].concat()),
            ErrorCode::Malformed,
        ),
        ("Latin-1", text(b"\xe9\xe9\xe9"), ErrorCode::Malformed),
        ("an unknown kind", frame(0x42, b""), ErrorCode::Malformed),
        (
            "garbage",
            (128..=255).cycle().take(5_000).collect(),
            ErrorCode::FrameTooLong,
        ),
    ];
    for (what, rest, code) in cases {
        let frames = said(&engine, &after(rest)).await;
        assert!(
            matches!(frames[0], ServerFrame::Welcome(ref welcome) if welcome.credit == 4),
            "{what}: {frames:?}"
        );
        assert_eq!(error(&frames), Some(code), "{what}: {frames:?}");
    }
    // A row that is wrong is no broken rule: it is refused by itself, and the others are taken.
    let mut wrong = row("w-1");
    wrong.tenant_id = "a\0b".into();
    let rows = encoded(&ClientFrame::SubmitBatch {
        first: 7,
        rows: vec![wrong, row("w-2")],
    });
    let frames = said(
        &engine,
        &after([rows, encoded(&ClientFrame::Goodbye)].concat()),
    )
    .await;
    assert!(
        frames
            .iter()
            .any(|f| matches!(f, ServerFrame::Refuse(r) if r.correlation == 7)),
        "{frames:?}"
    );
    assert!(
        frames
            .iter()
            .any(|f| matches!(f, ServerFrame::Ack(a) if a.correlation == 8)),
        "{frames:?}"
    );
    let whole = after(batch(3, "cut"));
    for cut in (hello(VERSION, VERSION, NOORD).len()..whole.len()).step_by(11) {
        said(&engine, &whole[..cut]).await;
    }
    lives(&engine).await;
    engine.end().await;
}

/// What docs/binary-protocol.md says under "What a client may wonder".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_may_wonder_is_as_the_document_says() {
    let engine = Engine::start().await;
    let past = Some(sluis_model::Timestamp(1));
    let rows = [
        row("first"),
        row("second"),
        NotificationRequest {
            tenant_id: "nobody-knows".into(),
            ..row("unknown tenant")
        },
        NotificationRequest {
            expires_at: past,
            ..row("expired")
        },
        NotificationRequest {
            environment: Environment::Production,
            ..row("foreign world")
        },
        NotificationRequest {
            send_after: Some(sluis_model::Timestamp(2)),
            expires_at: past,
            ..row("contradiction")
        },
    ];
    // One correlation for all; in one piece with Hello, before Welcome can have been read; ended by
    // a half close.
    let submits = rows.iter().map(|row| {
        encoded(&ClientFrame::Submit {
            correlation: 7,
            row: row.clone(),
        })
    });
    let mut bytes = [vec![hello(VERSION, VERSION, NOORD)], submits.collect()]
        .concat()
        .concat();
    bytes.extend_from_slice(&frame(2, b"half")[..6]);
    let frames = said(&engine, &bytes).await;
    let mut ids = Vec::new();
    let mut refused = Vec::new();
    for frame in &frames {
        match frame {
            ServerFrame::Ack(ack) => ids.push((ack.correlation, ack.id)),
            ServerFrame::AckBatch(acks) => {
                ids.extend(acks.iter().map(|ack| (ack.correlation, ack.id)))
            }
            ServerFrame::Refuse(row) => refused.push((row.correlation, row.code)),
            ServerFrame::Welcome(_) | ServerFrame::Credit { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, [(7, sluis_model::wire::RefuseCode::Invalid)]);
    assert!(
        ids.len() == 5 && ids.iter().all(|(correlation, _)| *correlation == 7),
        "{ids:?}"
    );
    let mut ends = Vec::new();
    for (_, id) in ids {
        ends.push(
            engine.get(NOORD, &id.to_string()).await["end"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        );
    }
    ends.sort();
    assert_eq!(
        ends,
        [
            "expired",
            "quarantined",
            "undeliverable",
            "undeliverable",
            "undeliverable"
        ]
    );
    let unknown = said(
        &engine,
        &[hello(VERSION, VERSION, NOORD), frame(0x7f, b"")].concat(),
    )
    .await;
    assert_eq!(error(&unknown), Some(ErrorCode::Malformed));
    let strange = said(
        &engine,
        &[hello(VERSION, VERSION, "slk_nobody"), batch(1, "x")].concat(),
    )
    .await;
    assert_eq!(
        (strange.len(), error(&strange)),
        (1, Some(ErrorCode::Unauthorised)),
        "no row is looked at"
    );
    engine.end().await;
}
