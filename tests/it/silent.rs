//! Connections that keep the engine waiting: none stands in the way of others, and the end of the
//! process waits for none of them. `silent_limits` has the limits after which each is closed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::select_all;
use sluis::http::{self, Front, HttpSettings, Reception};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{Engine, NOORD, ZUID, notice};

/// Longest a test waits for anything, in real time.
pub(crate) const WATCHDOG: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_secs(3_600);
/// What an HTTP/2 client says first: the preface and empty SETTINGS (RFC 9113 §3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
pub(crate) const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

/// A further listener of an engine.
pub(crate) struct Port {
    pub(crate) at: SocketAddr,
    shutdown: CancellationToken,
    served: JoinHandle<()>,
}

impl Port {
    async fn open(reception: Arc<Reception>, settings: HttpSettings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (at, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
        let served = tokio::spawn(http::serve_with(
            listener,
            reception,
            settings,
            shutdown.clone(),
        ));
        Self {
            at,
            shutdown,
            served,
        }
    }

    pub(crate) async fn of(engine: &Engine, settings: HttpSettings) -> Self {
        Self::open(Arc::new(opened(engine)), settings).await
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.at).await.expect("it listens")
    }

    /// Connections that say so much and no more.
    pub(crate) async fn crowd(&self, count: usize, says: &[u8]) -> Vec<TcpStream> {
        let mut crowd = Vec::new();
        for _ in 0..count {
            let mut stream = self.connect().await;
            stream.write_all(says).await.unwrap();
            crowd.push(stream);
        }
        crowd
    }
}

fn opened(engine: &Engine) -> Reception {
    Reception::opened(Front::new(engine.app().clone()), engine.threads().clone())
}

pub(crate) fn post(path: &str, key: &str, length: usize, body: &str) -> Vec<u8> {
    let media = if path.ends_with("batch") {
        "application/x-ndjson"
    } else {
        "application/json"
    };
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {media}\r\nAuthorization: Bearer {key}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn notification(key: &str, id: &str) -> Vec<u8> {
    let body = notice("H-1", id).to_string();
    post("/v1/notifications", key, body.len(), &body)
}

/// Everything until the other side closes.
pub(crate) async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut all = Vec::new();
    let read = tokio::time::timeout(WATCHDOG, stream.read_to_end(&mut all)).await;
    assert!(
        read.is_ok(),
        "it is still open after {:?}",
        String::from_utf8_lossy(&all)
    );
    String::from_utf8_lossy(&all).into_owned()
}

/// Asks and reads one answer with a body, on a connection that stays.
pub(crate) async fn ask(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: &[u8],
) -> String {
    let answered = try_ask(stream, request).await;
    answered.unwrap_or_else(|said| panic!("closed after {said:?}"))
}

/// The same, where the connection may be closed first: what came until then is the error.
pub(crate) async fn try_ask(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: &[u8],
) -> Result<String, String> {
    // Of a connection that is closed, what it said counts.
    drop(stream.write_all(request).await);
    answer(stream).await
}

/// One answer with its body; what came of it, when the connection was closed before its end.
pub(crate) async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> Result<String, String> {
    let mut all = Vec::new();
    let whole = async {
        loop {
            let text = String::from_utf8_lossy(&all).into_owned();
            if is_whole(&text) {
                return Ok(text);
            }
            if stream.read_buf(&mut all).await.unwrap_or_default() == 0 {
                return Err(text);
            }
        }
    };
    tokio::time::timeout(WATCHDOG, whole)
        .await
        .expect("an answer in time")
}

/// Whether it is a head with as long a body as it says.
fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_port_answers_others_whatever_fills_it() {
    let engine = Engine::start().await;
    let settings = HttpSettings {
        max_connections: 16,
        max_per_peer: 16,
        idle: LONG,
        request: LONG,
        ..HttpSettings::default()
    };
    let port = Port::of(&engine, settings).await;
    let mut sender = port.connect().await;
    let half = post("/v1/notifications/batch", NOORD, 1_000, "{");
    for (number, says) in [&b""[..], PREFACE, b"GET / HT", HEALTH, &half]
        .into_iter()
        .enumerate()
    {
        let accepted = ask(
            &mut sender,
            &notification(ZUID, &format!("before-{number}")),
        )
        .await;
        assert!(accepted.starts_with("HTTP/1.1 202"), "{accepted}");
        let crowd = port.crowd(40, says).await;
        let healthy = ask(&mut port.connect().await, HEALTH).await;
        assert!(healthy.ends_with("ok\n"), "{healthy}");
        // The half bodies showed a key, too, and are as known as the sender: it may have to connect
        // again.
        if says != half {
            let accepted = ask(&mut sender, &notification(ZUID, &format!("after-{number}"))).await;
            assert!(accepted.starts_with("HTTP/1.1 202"), "{accepted}");
        }
        let accepted = ask(
            &mut port.connect().await,
            &notification(ZUID, &format!("new-{number}")),
        )
        .await;
        assert!(accepted.starts_with("HTTP/1.1 202"), "{accepted}");
        drop(crowd);
    }
    port.shutdown.cancel();
    tokio::time::timeout(WATCHDOG, port.served)
        .await
        .expect("it ends with half a body open")
        .unwrap();
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_all_are_at_work_health_has_places_of_its_own() {
    let engine = Engine::start().await;
    let settings = HttpSettings {
        max_connections: 2,
        max_per_peer: 2,
        ..HttpSettings::default()
    };
    let port = Port::of(&engine, settings).await;
    // Of a corporation for which nothing ends meanwhile.
    let waits = format!(
        "GET /v1/outcomes?wait=30 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ZUID}\r\n\r\n"
    );
    let mut working = Vec::new();
    let busy = loop {
        // One that is not at work yet goes in favour of the next: so one more each time, until two
        // are.
        working.extend(port.crowd(1, waits.as_bytes()).await);
        let mut late = port.crowd(1, &notification(NOORD, "late")).await;
        let mut said = vec![0; 4_096];
        let read = tokio::time::timeout(WATCHDOG, late[0].read(&mut said))
            .await
            .expect("an answer, or the end");
        let said = String::from_utf8_lossy(&said[..read.unwrap_or_default()]).into_owned();
        if said.starts_with("HTTP/1.1 503") {
            break said;
        }
        assert!(working.len() < 200, "there is no bound: {said}");
    };
    assert!(
        busy.contains("\"busy\"")
            && busy.contains("retry-after: 1")
            && busy.contains("connection: close"),
        "{busy}"
    );
    let healthy = rest(&mut port.crowd(1, HEALTH).await[0]).await;
    assert!(healthy.ends_with("ok\n"), "{healthy}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corporation_has_its_part_of_the_connections() {
    let engine = Engine::start().await;
    let port = Port::of(
        &engine,
        HttpSettings {
            max_per_corporation: 2,
            ..HttpSettings::default()
        },
    )
    .await;
    let (mut first, mut second, mut other) = (
        port.connect().await,
        port.connect().await,
        port.connect().await,
    );
    for (stream, key, id) in [
        (&mut other, ZUID, "z"),
        (&mut first, NOORD, "a"),
        (&mut second, NOORD, "b"),
    ] {
        assert!(
            ask(stream, &notification(key, id))
                .await
                .starts_with("HTTP/1.1 202")
        );
    }
    assert!(
        ask(&mut port.connect().await, &notification(NOORD, "c"))
            .await
            .starts_with("HTTP/1.1 202")
    );
    let gone = tokio::select! {
        gone = rest(&mut first) => gone,
        gone = rest(&mut second) => gone,
    };
    assert_eq!(gone, "", "one of its own silent ones went");
    assert!(
        ask(&mut other, &notification(ZUID, "y"))
            .await
            .starts_with("HTTP/1.1 202"),
        "another's did not"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_under_way_have_one_budget() {
    let engine = Engine::start().await;
    let port = Port::of(
        &engine,
        HttpSettings {
            max_bodies: 1 << 20,
            ..HttpSettings::default()
        },
    )
    .await;
    let large = " ".repeat(400_000);
    let half = post("/v1/notifications/batch", NOORD, 900_000, &large);
    let mut halves = Vec::new();
    for _ in 0..3 {
        let mut stream = port.connect().await;
        // The one that is refused may be closed before all of it has left.
        drop(stream.write_all(&half).await);
        halves.push(stream);
    }
    // Two find room and wait for the rest of theirs. Which one does not is a matter of chance.
    let answers = halves.iter_mut().map(|stream| Box::pin(answer(stream)));
    let (refused, number, _) = select_all(answers).await;
    let refused = refused.unwrap_or_else(|said| panic!("closed after {said:?}"));
    halves.remove(number);
    assert!(
        refused.starts_with("HTTP/1.1 503")
            && refused.contains("retry-after: 2")
            && refused.contains("\"busy\""),
        "{refused}"
    );
    let small = ask(&mut port.connect().await, &notification(ZUID, "small")).await;
    assert!(
        small.starts_with("HTTP/1.1 202"),
        "what is small goes on: {small}"
    );
    drop(halves);
    let body = format!("{}{}", notice("H-1", "large"), " ".repeat(400_000));
    loop {
        // The budget is given back a moment after the others are gone.
        let said = ask(
            &mut port.connect().await,
            &post("/v1/notifications/batch", NOORD, body.len(), &body),
        )
        .await;
        if said.starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(said.starts_with("HTTP/1.1 503"), "{said}");
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_answers_at_once_and_the_same_listener_goes_on() {
    let engine = Engine::start().await;
    let reception = Arc::new(Reception::starting(Arc::default()));
    let port = Port::open(reception.clone(), HttpSettings::default()).await;
    let healthy = rest(&mut port.crowd(1, HEALTH).await[0]).await;
    assert!(
        healthy.starts_with("HTTP/1.1 200") && healthy.ends_with("ok\n"),
        "{healthy}"
    );
    let ready = rest(
        &mut port
            .crowd(1, b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
            .await[0],
    )
    .await;
    assert!(
        ready.starts_with("HTTP/1.1 503") && ready.contains("\"reason\":\"starting\""),
        "{ready}"
    );
    let mut held = port.connect().await;
    let early = rest(&mut port.crowd(1, &notification(NOORD, "early")).await[0]).await;
    assert!(
        early.starts_with("HTTP/1.1 503")
            && early.contains("\"starting\"")
            && early.contains("retry-after: 5"),
        "{early}"
    );
    reception.open(Front::new(engine.app().clone()), engine.threads().clone());
    let accepted = ask(&mut held, &notification(NOORD, "early")).await;
    assert!(
        accepted.starts_with("HTTP/1.1 202"),
        "one that came before: {accepted}"
    );
    assert!(
        ask(&mut port.connect().await, &notification(NOORD, "next"))
            .await
            .starts_with("HTTP/1.1 202")
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_of_its_own_answers_short_questions_alone() {
    let engine = Engine::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (at, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
    let served = tokio::spawn(http::serve_status(
        listener,
        Arc::new(opened(&engine)),
        HttpSettings::default(),
        shutdown.clone(),
    ));
    let mut stream = TcpStream::connect(at).await.unwrap();
    assert!(ask(&mut stream, HEALTH).await.ends_with("ok\n"));
    assert!(
        ask(&mut stream, b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .contains("\"ready\":true")
    );
    assert!(
        ask(&mut stream, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 401")
    );
    assert!(
        ask(&mut stream, &notification(NOORD, "wrong door"))
            .await
            .contains("\"no_such_route\"")
    );
    shutdown.cancel();
    tokio::time::timeout(WATCHDOG, served)
        .await
        .expect("it ends")
        .unwrap();
    engine.end().await;
}
