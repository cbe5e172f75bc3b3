//! Owns the time after the demo with `--keep`: the clock runs at its usual pace from where the demo
//! ended, the sinks go on reporting. Refuses to step ahead.

use std::time::Duration;

use sluis_model::{Clock as _, Timestamp};

use super::driver::Driver;

/// How often alarms are looked at.
const TICK: Duration = Duration::from_millis(10);

/// Serves until Ctrl-C.
///
/// # Errors
/// The engine may not go on, or a sink cannot reach it.
pub(super) async fn serve(driver: &mut Driver) -> anyhow::Result<()> {
    let (monotonic, from) = (sluis::clock::monotonic(), driver.stage.clock.now());
    let began = monotonic();
    let mut ticks = tokio::time::interval(TICK);
    let mut ended = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            signal = &mut ended => return Ok(signal?),
            _ = ticks.tick() => {}
        }
        driver.stage.check()?;
        let elapsed = i64::try_from((monotonic() - began) / 1_000_000).unwrap_or(i64::MAX);
        let now = Timestamp(from.0.saturating_add(elapsed));
        driver.stage.step_to(now);
        let events = driver.stage.said_by(now);
        driver
            .inputs
            .post_receipts(&driver.stage.api, events, now)
            .await?;
    }
}
