//! What is logged names no tenant, no address and no key, however fine the level.

use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use crate::metrics::busy;
use crate::support::{Body, NOORD, OPERATOR, ZUID};

/// Everything that is logged in this process, at a level finer than anybody runs with.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let copy = log.clone();
        let lines = tracing_subscriber::fmt()
            .with_env_filter("info,sluis=trace,sluis_actors=trace,sluis_channels=trace");
        drop(
            lines
                .with_ansi(false)
                .with_writer(move || copy.clone())
                .try_init(),
        );
        log
    })
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_names_no_tenant_no_address_and_no_key() {
    let log = log();
    let engine = busy().await;
    engine
        .call("slk_geheime_sleutel", "GET", "/v1/tasks", Body::Nothing)
        .await;
    engine.end().await;
    tracing::info!("the log is listened to");
    let text = String::from_utf8_lossy(&log.0.lock()).into_owned();
    assert!(text.contains("the log is listened to"));
    for secret in [
        "geheim",
        "612345678",
        "Wij komen langs",
        "mevrouw De Vries",
        NOORD,
        ZUID,
        OPERATOR,
    ] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} stands in the log");
    }
}
