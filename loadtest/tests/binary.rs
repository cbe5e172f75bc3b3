//! Runs the generator's binary mode against a small server that speaks the protocol with the codec
//! both sides share. Refuses real time: the server decides everything by the key of the row and by
//! the credit it gives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sluis_loadtest::ledger::read_acks;
use sluis_loadtest::run::{
    AckWriter, BinaryOptions, BinaryTarget, LaneMix, Maker, Pace, Plan, Report, Shape, Stop, run,
};
use sluis_model::wire::{
    AckRow, ClientFrame, Decoder, Durability, ErrorCode, Fatal, Frame, MAX_FRAME, MIN_MAX_FRAME,
    RefuseCode, Refused, ServerFrame, VERSION, Welcome, Window,
};
use sluis_model::{Environment, NotificationId, NotificationRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Keys ending in 7 are refused once as `share_full`, in 48 break the connection once, in 9 always
/// `invalid`.
#[derive(Default)]
struct Engine {
    tries: Mutex<BTreeMap<String, u32>>,
    seen: Mutex<Seen>,
    connected: Notify,
}

#[derive(Default)]
struct Seen {
    key: String,
    connections: u64,
    goodbyes: u64,
    most_unanswered: u32,
    row: Option<NotificationRequest>,
}

enum Verdict {
    Ack { duplicate: bool },
    Refuse(RefuseCode),
    Break,
}

impl Engine {
    fn verdict(&self, row: &NotificationRequest) -> Verdict {
        let mut tries = self.tries.lock();
        let nth = tries.entry(row.idempotency_key.clone()).or_default();
        *nth += 1;
        let key = row.idempotency_key.as_bytes();
        match (key, *nth) {
            ([.., b'7'], 1) => Verdict::Refuse(RefuseCode::ShareFull),
            ([.., b'4', b'8'], 1) => Verdict::Break,
            ([.., b'9'], _) => Verdict::Refuse(RefuseCode::Invalid),
            (_, nth) => Verdict::Ack { duplicate: nth > 1 },
        }
    }

    /// Serves one connection; answers come in reverse, so that nothing leans on their order.
    async fn serve(self: Arc<Self>, mut stream: TcpStream, credit: u32) -> std::io::Result<()> {
        let mut decoder = Decoder::<ClientFrame>::new(MAX_FRAME);
        let mut window = Window::new(credit);
        let mut chunk = vec![0; 4096];
        loop {
            while let Some(frame) = decoder.next().map_err(std::io::Error::other)? {
                let mut out = Vec::new();
                match frame {
                    ClientFrame::Hello(hello) => {
                        self.seen.lock().key = hello.api_key;
                        self.seen.lock().connections += 1;
                        let credit = window.grant(u32::MAX);
                        let (version, max_frame, durability) =
                            (VERSION, MIN_MAX_FRAME, Durability::Synced);
                        let welcome = Welcome {
                            version,
                            corporation: "demo".into(),
                            credit,
                            max_frame,
                            durability,
                        };
                        ServerFrame::Welcome(welcome).encode(&mut out).unwrap();
                        self.connected.notify_one();
                    }
                    ClientFrame::SubmitBatch { first, rows } => {
                        window
                            .spend(rows.len() as u32)
                            .expect("the generator respects its credit");
                        let mut seen = self.seen.lock();
                        seen.most_unanswered = seen.most_unanswered.max(window.unanswered());
                        seen.row.get_or_insert(rows[0].clone());
                        drop(seen);
                        if !self.answer(first, &rows, &mut out) {
                            return Ok(());
                        }
                        window.answered(rows.len() as u32);
                        let grant = window.grant(u32::MAX);
                        ServerFrame::Credit { grant }.encode(&mut out).unwrap();
                    }
                    ClientFrame::Submit { .. } => panic!("the generator sends batches"),
                    ClientFrame::Ping { nonce } => {
                        ServerFrame::Pong { nonce }.encode(&mut out).unwrap()
                    }
                    ClientFrame::Goodbye => {
                        self.seen.lock().goodbyes += 1;
                        return Ok(());
                    }
                }
                stream.write_all(&out).await?;
            }
            match stream.read(&mut chunk).await? {
                0 => return Ok(()),
                count => decoder.feed(&chunk[..count]),
            }
        }
    }

    fn answer(&self, first: u64, rows: &[NotificationRequest], out: &mut Vec<u8>) -> bool {
        let mut acks = Vec::new();
        for (at, row) in rows.iter().enumerate().rev() {
            let correlation = first + at as u64;
            let id = NotificationId(
                row.idempotency_key
                    .trim_start_matches("r-")
                    .parse()
                    .unwrap(),
            );
            match self.verdict(row) {
                Verdict::Ack { duplicate } => acks.push(AckRow {
                    correlation,
                    id,
                    position: 1,
                    duplicate,
                }),
                Verdict::Refuse(code) => {
                    let refused = Refused {
                        correlation,
                        code,
                        retry_after_ms: 1,
                        problems: Vec::new(),
                    };
                    ServerFrame::Refuse(refused).encode(out).unwrap();
                }
                Verdict::Break => return false,
            }
        }
        if !acks.is_empty() {
            ServerFrame::AckBatch(acks).encode(out).unwrap();
        }
        true
    }
}

async fn engine(credit: u32) -> (Arc<Engine>, String) {
    let engine = Arc::new(Engine::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let serving = engine.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serving.clone().serve(stream, credit));
        }
    });
    (engine, addr)
}

fn target(addr: &str) -> BinaryTarget {
    let options = BinaryOptions {
        addr: addr.into(),
        key: "k".into(),
        connections: 2,
        rows_per_frame: 8,
        frames_under_way: 4,
    };
    BinaryTarget::new(options)
}

fn plan(pace: Pace, retry: bool, acks: Option<AckWriter>) -> Plan {
    let shape = Shape {
        run_id: "r".into(),
        flow: "notice".into(),
        category: "information".into(),
        subject_kind: "message".into(),
        tenants: 10,
        lanes: LaneMix::parse("urgent").unwrap(),
        data: "{\"text\":\"{filler}\"}".into(),
        body_bytes: 20_000,
        send_after: Some("2030-01-01T00:00:00Z".into()),
        expires_at: None,
        environment: "production".into(),
    };
    Plan {
        maker: Maker::new(shape).unwrap(),
        pace,
        count: Some(200),
        lasts: None,
        connections: 2,
        retry,
        drain: Duration::from_secs(30),
        grace: Duration::from_millis(10),
        acks,
        progress: None,
    }
}

fn check(report: &Report) {
    assert_eq!(
        (report.mode, report.offered, report.acked, report.left_over),
        ("binary", 200, 180, 0),
        "{report:?}"
    );
    assert_eq!(
        (
            report.rejected["other"],
            report.refused["invalid"],
            report.durability
        ),
        (20, 20, Some("synced"))
    );
    // A connection that breaks takes answers along, so some refusals are never seen.
    let full = report.refused["share_full"];
    assert!(
        (1..=20).contains(&full)
            && report.rejected["429"] == full
            && report.rejected["connection"] >= 2,
        "{report:?}"
    );
}

#[tokio::test]
async fn rows_are_retried_over_broken_connections_within_their_credit() {
    // Less credit than a frame holds: frames are split.
    let (engine, addr) = engine(5).await;
    let ids = tempfile::NamedTempFile::new().unwrap();
    let acks = AckWriter::open(ids.path()).unwrap();
    let report = run(
        plan(Pace::PerSecond(4000.0), true, Some(acks)),
        target(&addr),
        |_| (),
    )
    .await
    .unwrap();
    check(&report);
    assert!(report.open_loop && report.seconds >= 0.04, "{report:?}");
    let acked = read_acks(&[ids.path()]).unwrap();
    assert_eq!(acked.len(), 180);
    assert!(
        acked
            .iter()
            .all(|(id, key)| u128::from_str_radix(id, 16).unwrap().to_string() == key[2..])
    );
    let seen = engine.seen.lock();
    assert!(
        seen.connections > 2 && seen.most_unanswered <= 5 && seen.key == "k",
        "{}",
        seen.connections
    );
    let row = seen.row.as_ref().unwrap();
    assert_eq!(
        (row.environment, row.send_after.map(|at| at.0)),
        (Environment::Production, Some(1_893_456_000_000))
    );
}

#[tokio::test]
async fn as_fast_as_the_connections_allow() {
    let (_engine, addr) = engine(4096).await;
    let report = run(plan(Pace::Max, true, None), target(&addr), |_| ())
        .await
        .unwrap();
    check(&report);
    assert!(!report.open_loop && report.p50_ms > 0.0);
}

#[tokio::test]
async fn an_engine_that_ends_the_connection_is_quoted() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let code = Ok(ErrorCode::Unauthorised);
            let fatal = Fatal {
                code,
                retry_after_ms: 0,
                message: "no such key".into(),
            };
            let mut out = Vec::new();
            ServerFrame::Error(fatal).encode(&mut out).unwrap();
            let _ = stream.write_all(&out).await;
            // Kept open until the peer has read it and closes.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    let report = run(
        Plan {
            count: Some(40),
            ..plan(Pace::Max, false, None)
        },
        target(&addr),
        |_| (),
    )
    .await
    .unwrap();
    assert!(!report.delivered_something());
    assert_eq!((report.offered, report.rejected["connection"]), (40, 40));
    assert!(
        report.samples[0].contains("unauthorised: no such key"),
        "{:?}",
        report.samples
    );
}

#[tokio::test]
async fn a_run_without_credit_ends_when_it_is_told_to() {
    let (engine, addr) = engine(0).await;
    let watched = engine.clone();
    let stop_when_connected = |stop: Stop| {
        tokio::spawn(async move {
            watched.connected.notified().await;
            stop.stop();
        });
    };
    let report = run(
        plan(Pace::Max, true, None),
        target(&addr),
        stop_when_connected,
    )
    .await
    .unwrap();
    assert!(report.interrupted && !report.delivered_something());
    assert_eq!(
        engine.seen.lock().most_unanswered,
        0,
        "nothing was sent without credit"
    );
}
