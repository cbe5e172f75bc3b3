//! Runs the generator against a small server that speaks the engine's API, and reconciles what it
//! acknowledged. Refuses real time: the server decides everything by the key it is given.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::{Value, json};
use sluis_loadtest::ledger::read_acks;
use sluis_loadtest::run::{
    AckWriter, Endpoint, HttpTarget, LaneMix, Maker, NdjsonTarget, Pace, Plan, Report, Shape,
    load_tenants, run,
};
use tokio::net::{TcpListener, TcpSocket};

/// Keys ending in 7 are refused with 429 once, in 8 the connection breaks once, in 9 always 400.
#[derive(Default)]
struct Engine {
    tries: Mutex<BTreeMap<String, u32>>,
    authorised: Mutex<bool>,
}

impl Engine {
    fn verdict(&self, row: &Value) -> Option<Value> {
        let key = row["idempotency_key"].as_str()?.to_owned();
        let mut tries = self.tries.lock();
        let nth = tries.entry(key.clone()).or_default();
        *nth += 1;
        let id = format!("id-{key}");
        match (key.chars().last()?, *nth) {
            ('7', 1) => Some(json!({ "error": { "status": 429, "retry_after_s": 0 } })),
            ('8', 1) => None,
            ('8', _) => Some(json!({ "id": id, "status": "accepted", "duplicate": true })),
            ('9', _) => Some(json!({ "error": { "status": 400, "title": "no" } })),
            _ => Some(json!({ "id": id, "status": "accepted" })),
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, String> {
        let path = request.uri().path().to_owned();
        *self.authorised.lock() = request
            .headers()
            .get("Authorization")
            .is_some_and(|v| v == "Bearer k");
        let body = request
            .into_body()
            .collect()
            .await
            .map_err(|e| e.to_string())?
            .to_bytes();
        let rows: Vec<Value> = body
            .split(|b| *b == b'\n')
            .filter(|l| !l.is_empty())
            .map(|l| serde_json::from_slice(l).unwrap())
            .collect();
        let mut status = StatusCode::ACCEPTED;
        let text = match path.as_str() {
            "/v1/notifications" => {
                let verdict = self.verdict(&rows[0]).ok_or("cut")?;
                if let Some(code) = verdict["error"]["status"].as_u64() {
                    status = StatusCode::from_u16(code as u16).unwrap();
                }
                verdict.to_string()
            }
            "/v1/notifications/batch" => {
                let verdicts: Option<Vec<String>> = rows
                    .iter()
                    .map(|row| Some(self.verdict(row)?.to_string()))
                    .collect();
                verdicts.ok_or("cut")?.join("\n")
            }
            _ => json!({ "in": rows.len() }).to_string(),
        };
        let mut response = Response::new(Full::new(Bytes::from(text)));
        *response.status_mut() = status;
        response
            .headers_mut()
            .insert("Retry-After", "0".parse().unwrap());
        Ok(response)
    }
}

async fn engine() -> (Arc<Engine>, Endpoint) {
    let engine = Arc::new(Engine::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = engine.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let engine = serving.clone();
            let service = hyper::service::service_fn(move |request| {
                let engine = engine.clone();
                async move { engine.answer(request).await }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    (engine, Endpoint::new(&url, Some("k")).unwrap())
}

fn plan(pace: Pace, retry: bool, acks: Option<AckWriter>) -> Plan {
    let shape = Shape {
        run_id: "r".into(),
        flow: "notice".into(),
        category: "information".into(),
        subject_kind: "message".into(),
        tenants: 10,
        lanes: LaneMix::parse("mix").unwrap(),
        data: "{\"text\":\"{filler}\"}".into(),
        body_bytes: 100,
        send_after: None,
        expires_at: None,
        environment: "production".into(),
    };
    Plan {
        maker: Maker::new(shape).unwrap(),
        pace,
        count: Some(200),
        lasts: None,
        connections: 4,
        retry,
        drain: Duration::from_secs(30),
        grace: Duration::from_secs(5),
        acks,
        progress: None,
    }
}

fn check(report: &Report, ids: &std::path::Path) {
    assert_eq!(
        (
            report.offered,
            report.acked,
            report.duplicates,
            report.left_over
        ),
        (200, 180, 20, 0),
        "{report:?}"
    );
    assert_eq!(report.rejected["other"], 20);
    assert!(
        report.rejected["429"] == 20 && report.rejected["connection"] >= 20,
        "{report:?}"
    );
    let acked = read_acks(&[ids]).unwrap();
    assert_eq!(acked.len(), 180);
    assert!(acked.iter().all(|(id, key)| *id == format!("id-{key}")));
}

#[tokio::test]
async fn http_counts_retries_and_writes_every_ack() {
    let (engine, endpoint) = engine().await;
    let ids = tempfile::NamedTempFile::new().unwrap();
    let acks = AckWriter::open(ids.path()).unwrap();
    let report = run(
        plan(Pace::PerSecond(2000.0), true, Some(acks)),
        HttpTarget { endpoint },
        |_| (),
    )
    .await
    .unwrap();
    check(&report, ids.path());
    assert!(report.open_loop && report.seconds >= 0.09, "{report:?}");
    assert!(*engine.authorised.lock());
}

#[tokio::test]
async fn ndjson_counts_the_same() {
    let (_engine, endpoint) = engine().await;
    let ids = tempfile::NamedTempFile::new().unwrap();
    let acks = AckWriter::open(ids.path()).unwrap();
    let report = run(
        plan(Pace::Max, true, Some(acks)),
        NdjsonTarget { endpoint, batch: 5 },
        |_| (),
    )
    .await
    .unwrap();
    // A broken batch makes its other rows duplicates or second tries; what counts is that all are
    // in.
    assert_eq!((report.offered, report.left_over), (200, 0), "{report:?}");
    assert_eq!(read_acks(&[ids.path()]).unwrap().len(), 180, "{report:?}");
}

#[tokio::test]
async fn a_run_without_an_engine_delivers_nothing() {
    // Nobody listens, and nobody else gets the port meanwhile.
    let silent = TcpSocket::new_v4().unwrap();
    silent.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let endpoint = Endpoint::new(&url, None).unwrap();
    let report = run(
        plan(Pace::Max, false, None),
        HttpTarget { endpoint },
        |_| (),
    )
    .await
    .unwrap();
    assert!(!report.delivered_something());
    assert_eq!((report.offered, report.rejected["connection"]), (200, 200));
}

#[tokio::test]
async fn tenants_are_loaded_in_requests_of_ten_thousand() {
    let (_engine, endpoint) = engine().await;
    let reports = load_tenants(endpoint, 12_000).await.unwrap();
    assert_eq!(reports, ["{\"in\":10000}", "{\"in\":2000}"]);
}
