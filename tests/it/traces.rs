//! Spans reach a collector when the configuration names one, and none is made otherwise. The
//! collector here is a listener that keeps what it is sent. OTLP is protobuf, in which a text stands
//! as it is.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a notification is looked at until its attempt has ended.
const MOST_LOOKS: usize = 10_000;

/// One request, its head and its body.
type Request = (String, Vec<u8>);

/// Reads a request whose head says how long its body is.
fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.split("content-length: ").nth(1)?;
    let length = length.split("\r\n").next()?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((lower, body))
}

/// A collector. What it is sent comes out of the channel; it ends with its listener's process.
fn collector() -> (SocketAddr, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sent, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sent = sent.clone();
            std::thread::spawn(move || {
                while let Some(request) = read_request(&stream) {
                    drop(sent.send(request));
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                    if (&stream).write_all(answer).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, received)
}

/// The engine as a process of its own: a recorder of spans is one for the whole process.
struct Served {
    process: Child,
    http: SocketAddr,
    _dir: TempDir,
}

impl Served {
    fn start(log: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("sluis.toml");
        let data = dir.path().join("data");
        let data = data.display();
        let text = format!(
            "[engine]\nshards = 2\nallow_list = [\"*\"]\ndata_dir = \"{data}\"\n[log]\n{log}\n"
        );
        std::fs::write(&config, text).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_sluis"))
            .args(["serve", "--http", "127.0.0.1:0"])
            .args(["--binary", "127.0.0.1:0", "--config"])
            .arg(&config)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = lines.by_ref().flatten().find_map(|line| {
            let (_, rest) = line.split_once(" serving http=")?;
            rest.split(' ').next()?.parse().ok()
        });
        // Whoever does not read on would stop the process one day.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            http: address.expect("a line that names the port"),
            _dir: dir,
        }
    }

    /// The status of the answer, and its body.
    fn call(&self, method: &str, path: &str, body: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.http).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: engine\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, body.to_owned())
    }

    /// Reaches a tenant over the null channel, and looks at the result.
    fn reach(&self) {
        let profile = r#"{"addresses":[{"channel":"null","value":"geheim adres"}],
            "preferences":[{"category":"*","channel":"null"}]}"#;
        assert_eq!(self.call("PUT", "/v1/tenants/H-geheim", profile).0, "200");
        let notice = r#"{"tenant_id":"H-geheim","flow":"notice","category":"service",
            "environment":"test","idempotency_key":"k-1",
            "data":{"title":"geheime titel","text":"geheime tekst"}}"#;
        let (status, accepted) = self.call("POST", "/v1/notifications", notice);
        assert_eq!(status, "202", "{accepted}");
        let accepted: serde_json::Value = serde_json::from_str(&accepted).unwrap();
        let path = format!("/v1/notifications/{}", accepted["id"].as_str().unwrap());
        let left = (0..MOST_LOOKS).any(|_| self.call("GET", &path, "").1.contains("\"delivered\""));
        assert!(left, "no attempt was made");
        assert_eq!(
            self.call("GET", "/v1/tenants/H-geheim/timeline", "").0,
            "200"
        );
    }

    fn end(mut self) {
        let pid = i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw);
        kill_process(pid.expect("a process"), Signal::TERM).unwrap();
        assert!(self.process.wait().unwrap().success());
    }
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn spans_of_requests_and_attempts_reach_the_collector_and_name_nobody() {
    let (address, received) = collector();
    let engine = Served::start(&format!("traces_to = \"http://{address}\""));
    engine.reach();
    // What still waits is sent at the end.
    engine.end();
    let (mut head, mut all) = (String::new(), Vec::new());
    while let Ok((said, body)) = received.try_recv() {
        head = said;
        all.extend(body);
    }
    assert!(head.starts_with("post /v1/traces "), "{head}");
    assert!(
        head.contains("content-type: application/x-protobuf"),
        "{head}"
    );
    for named in [
        "sluis",
        "request",
        "/v1/notifications",
        "/v1/tenants/{id}/timeline",
        "http.response.status_code",
        "attempt",
        "verdict",
        "delivered",
        "null",
    ] {
        assert!(holds(&all, named), "no span names {named}");
    }
    for secret in ["geheim", "H-geheim", "k-1"] {
        assert!(!holds(&all, secret), "a span names {secret}");
    }
}

#[test]
fn a_collector_that_does_not_answer_holds_nothing_up() {
    // It takes connections and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let engine = Served::start(&format!("traces_to = \"http://{address}\""));
    engine.reach();
    engine.end();
}

/// The control: without the setting nobody is called.
#[test]
fn without_the_setting_no_span_is_sent() {
    let (_, received) = collector();
    let engine = Served::start("traces_percent = 100");
    engine.reach();
    engine.end();
    assert!(received.try_recv().is_err());
}
