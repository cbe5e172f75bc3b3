//! Asks an engine and its process once a second and writes samples down. Owns the pace and the
//! bounds of a look; refuses to let a slow engine delay the next look: a second without an answer
//! is a gap.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use tokio::time::{sleep_until, timeout};

use super::{Process, Sample, prometheus};
use crate::clock;
use crate::results::{self, ResultsError};
use crate::run::{Endpoint, HttpLink};

/// Within this the page must have come.
const LOOK: Duration = Duration::from_millis(800);
/// The most of a page that is read.
const MAX_PAGE: usize = 4 << 20;

/// Looks at one engine.
pub struct Watcher {
    link: Option<HttpLink>,
    pid: Option<u32>,
}

impl Watcher {
    /// At the engine whose metrics stand behind `endpoint`, with the process `pid`; either may be
    /// missing.
    #[must_use]
    pub fn new(endpoint: Option<Endpoint>, pid: Option<u32>) -> Self {
        Self {
            link: endpoint.map(HttpLink::new),
            pid,
        }
    }

    /// Adds what the engine shows now.
    pub async fn look(&mut self, sample: Sample) -> Sample {
        let engine = match &mut self.link {
            Some(link) => timeout(LOOK, metrics(link))
                .await
                .ok()
                .flatten()
                .unwrap_or_else(|| {
                    // Whatever of the answer is still on its way must not be taken for the next
                    // one.
                    link.broken();
                    BTreeMap::new()
                }),
            None => BTreeMap::new(),
        };
        sample.with_engine(engine, self.pid.and_then(Process::read))
    }
}

async fn metrics(link: &mut HttpLink) -> Option<BTreeMap<String, f64>> {
    let request = link.endpoint.get("/metrics");
    let answer = link.call(request).await?;
    let good = answer.status().is_success();
    let page = Limited::new(answer.into_body(), MAX_PAGE)
        .collect()
        .await
        .ok()?
        .to_bytes();
    good.then(|| prometheus::read(&String::from_utf8_lossy(&page)))
}

/// Writes a sample a second until `until` is over; returns how many.
///
/// # Errors
/// The file cannot be written.
pub async fn follow(
    mut watcher: Watcher,
    out: &Path,
    until: impl Future<Output = ()>,
) -> Result<u64, ResultsError> {
    let start = clock::mono();
    tokio::pin!(until);
    let mut written = 0;
    loop {
        let passed = (clock::mono() - start).as_secs();
        tokio::select! {
            biased; // the last second's sample is taken, not lost to a coin
            () = sleep_until(start + Duration::from_secs(passed + 1)) => {}
            () = &mut until => return Ok(written),
        }
        let sample = Sample {
            seconds: (clock::mono() - start).as_secs_f64(),
            ..Sample::default()
        };
        results::append(out, &watcher.look(sample).await)?;
        written += 1;
    }
}
