//! Owns time stamps of the archive: now and then the newest volume is shown to an authority (RFC 3161), and
//! its answer is kept beside the volume. Refuses to hold up anything: an authority that is away, slow or
//! wrong costs the stamp, and it is asked again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sluis_archive::{check_stamp, nonce_of, stamp_request};
use sluis_model::Timestamp;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::opening::Standing;
use crate::explain::rfc3339;
use crate::telemetry::names;

/// How long after the start the first volume is shown.
const FIRST_REST: Duration = Duration::from_secs(10);
/// How long it rests at most after a failure.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(600);
/// Longest wait for the authority's answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest answer that is read: a stamp with its certificates has some KB.
const MOST_ANSWER_BYTES: usize = 256 << 10;
/// What a request is, and what an answer is: RFC 3161, section 3.4.
const QUERY: &str = "application/timestamp-query";

/// Who stamps.
pub(super) struct Stamper {
    standing: Arc<Standing>,
    authority: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
    /// The newest volume that is known to have a stamp.
    stamped: AtomicU64,
}

impl Stamper {
    pub(super) fn new(standing: Arc<Standing>, authority: Uri) -> Self {
        Self {
            standing,
            authority,
            client: Client::builder(TokioExecutor::new()).build_http(),
            stamped: AtomicU64::new(0),
        }
    }

    /// Goes on until it is told to stop.
    pub(super) async fn run(self, every: Duration, stop: CancellationToken) {
        let mut rest = FIRST_REST.min(every);
        let work = async {
            loop {
                sleep(rest).await;
                rest = match self.turn().await {
                    Ok(_) => every,
                    Err(error) => {
                        names::ARCHIVE_STAMP_FAILURES.of(()).increment(1);
                        tracing::warn!(
                            error = format!("{error:#}"),
                            "the archive's newest volume has no time stamp yet: it is tried again"
                        );
                        REST_AFTER_FAILURE.min(every)
                    }
                };
            }
        };
        stop.run_until_cancelled(work).await;
    }

    /// Has the newest volume stamped; whether there was something to do.
    async fn turn(&self) -> anyhow::Result<bool> {
        let Some(archive) = self.standing.archive().cloned() else {
            return Ok(false);
        };
        let tip = archive.tip();
        if tip.volume <= self.stamped.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let looked = archive.clone();
        let imprint = tokio::task::spawn_blocking(move || looked.unstamped(tip)).await??;
        let Some(imprint) = imprint else {
            self.has_stamp(tip.volume);
            return Ok(false);
        };
        let nonce = nonce_of(rand::random());
        let answer = self.ask(stamp_request(&imprint, nonce)).await;
        let answer = answer.with_context(|| self.authority.to_string())?;
        let stamp = check_stamp(&answer, &imprint, Some(nonce));
        let stamp = stamp.with_context(|| self.authority.to_string())?;
        tokio::task::spawn_blocking(move || archive.keep_stamp(tip.volume, answer)).await??;
        self.has_stamp(tip.volume);
        tracing::info!(
            volume = tip.volume,
            head = %tip.hash,
            at = rfc3339(Timestamp(stamp.at)),
            "the archive's newest volume has a time stamp"
        );
        Ok(true)
    }

    fn has_stamp(&self, volume: u64) {
        self.stamped.fetch_max(volume, Ordering::Relaxed);
        names::ARCHIVE_STAMPED_VOLUMES.of(()).set(volume as f64);
    }

    async fn ask(&self, request: Vec<u8>) -> anyhow::Result<Bytes> {
        let request = Request::post(self.authority.clone())
            .header(CONTENT_TYPE, QUERY)
            .body(Full::from(request))?;
        let answered = async {
            let answer = self.client.request(request).await?;
            let status = answer.status();
            ensure!(status == StatusCode::OK, "it answered {status}");
            let body = Limited::new(answer.into_body(), MOST_ANSWER_BYTES).collect();
            let body = body.await.map_err(|error| anyhow::anyhow!(error))?;
            Ok(body.to_bytes())
        };
        let answered = timeout(PATIENCE, answered).await;
        answered.with_context(|| format!("no answer in {} s", PATIENCE.as_secs()))?
    }
}

#[cfg(test)]
mod tests;
