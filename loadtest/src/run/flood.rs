//! Measures a sink by itself: a client that does nothing but send, so that a figure through the
//! engine can be put beside what the sink can take at all. Refuses to be a client of anything else.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::header::HeaderValue;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::target::HttpLink;
use super::{Endpoint, RunError, filler, mobile_of};
use crate::clock;

/// What a flood did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flooded {
    /// Messages answered with 250.
    pub accepted: u64,
    /// From the first connection to the last answer.
    pub took: Duration,
}

/// Sends `count` messages of about `body_bytes` over `connections`, each waiting for the answer
/// before its next message, commands pipelined.
///
/// # Errors
/// A connection could not be made or broke.
pub async fn flood_smtp(
    addr: &str,
    count: u64,
    connections: u64,
    body_bytes: usize,
) -> std::io::Result<Flooded> {
    let start = clock::mono();
    let mut workers = Vec::new();
    for worker in 0..connections.max(1) {
        let share = count / connections.max(1) + u64::from(worker < count % connections.max(1));
        workers.push(tokio::spawn(one(
            addr.to_owned(),
            worker,
            share,
            body_bytes,
        )));
    }
    let mut accepted = 0;
    for worker in workers {
        accepted += worker.await.map_err(std::io::Error::other)??;
    }
    Ok(Flooded {
        accepted,
        took: clock::mono() - start,
    })
}

async fn one(addr: String, worker: u64, share: u64, body_bytes: usize) -> std::io::Result<u64> {
    let mut stream = TcpStream::connect(&addr).await?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 4096];
    answered(&mut stream, &mut buffer, b"220 ").await?;
    stream.write_all(b"EHLO flood\r\n").await?;
    answered(&mut stream, &mut buffer, b"250 ").await?;
    let text = filler(body_bytes)
        .as_bytes()
        .chunks(76)
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join("\r\n");
    let mut accepted = 0;
    for n in 0..share {
        stream.write_all(envelope(worker, n).as_bytes()).await?;
        answered(&mut stream, &mut buffer, b"354 ").await?;
        let message = format!(
            "Message-ID: <f{worker}.{n}@flood.example>\r\nSubject: flood\r\n\r\n{text}\r\n.\r\n"
        );
        stream.write_all(message.as_bytes()).await?;
        accepted += u64::from(answered(&mut stream, &mut buffer, b"250 ").await.is_ok());
    }
    Ok(accepted)
}

/// Sends `count` text messages of `body_bytes` to the SMS sink over `connections`, each waiting for
/// the answer before its next message.
///
/// # Errors
/// The address or the key is wrong, or nothing can be counted because a worker broke off.
pub async fn flood_sms(
    url: &str,
    key: &str,
    count: u64,
    connections: u64,
    body_bytes: usize,
) -> Result<Flooded, RunError> {
    let authorization = HeaderValue::from_str(&format!("AccessKey {key}"));
    let bad_key = |_| RunError::Option {
        option: "--sms-key",
        value: "(hidden)".into(),
        expected: "printable ASCII",
    };
    let endpoint = Endpoint::new(url, None)?.with_authorization(authorization.map_err(bad_key)?);
    let start = clock::mono();
    let connections = connections.max(1);
    let workers: Vec<_> = (0..connections)
        .map(|worker| {
            tokio::spawn(texts(
                endpoint.clone(),
                worker,
                connections,
                count,
                body_bytes,
            ))
        })
        .collect();
    let mut accepted = 0;
    for worker in workers {
        accepted += worker.await.unwrap_or(0);
    }
    Ok(Flooded {
        accepted,
        took: clock::mono() - start,
    })
}

async fn texts(
    endpoint: Endpoint,
    worker: u64,
    connections: u64,
    count: u64,
    body_bytes: usize,
) -> u64 {
    let mut link = HttpLink::new(endpoint.clone());
    let text = filler(body_bytes);
    let mut accepted = 0;
    for n in (worker..count).step_by(connections as usize) {
        let to = mobile_of(n);
        let message = json!({
            "originator": "Flood", "recipients": [to.trim_start_matches('+')], "body": text, "reference": format!("f{n}"),
            "type": "sms", "datacoding": "plain", "reportUrl": "http://127.0.0.1:9/v1/receipts/flood",
        });
        let request = endpoint.post("/messages", "application/json", message.to_string().into());
        let Some(answer) = link.call(request).await else {
            break;
        };
        accepted += u64::from(answer.status().is_success());
        if answer.into_body().collect().await.is_err() {
            link.broken();
        }
    }
    accepted
}

fn envelope(worker: u64, n: u64) -> String {
    format!(
        "MAIL FROM:<b+{worker}.{n}@flood.example>\r\nRCPT TO:<t{worker}.{n}@flood.example>\r\nDATA\r\n"
    )
}

/// Reads until the last line has come that starts with `code`.
async fn answered(stream: &mut TcpStream, buffer: &mut [u8], code: &[u8]) -> std::io::Result<()> {
    let mut held = 0;
    loop {
        let n = stream.read(&mut buffer[held..]).await?;
        held += n;
        let whole = buffer[..held].ends_with(b"\r\n");
        let last = buffer[..held.saturating_sub(2)]
            .rsplit(|b| *b == b'\n')
            .next()
            .unwrap_or_default();
        if whole && last.starts_with(code) {
            return Ok(());
        }
        let refused = whole && last.first().is_some_and(|b| *b == b'4' || *b == b'5');
        if n == 0 || refused || held == buffer.len() {
            return Err(std::io::Error::other(
                String::from_utf8_lossy(&buffer[..held]).into_owned(),
            ));
        }
    }
}
