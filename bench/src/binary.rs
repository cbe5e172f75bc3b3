//! Owns the measurement of durable accept over the binary port: connections that keep their credit
//! used, and the time from sending a row to its acknowledgement. Refuses an acknowledgement it did
//! not ask for.

use std::net::SocketAddr;
use std::time::Instant;

use hdrhistogram::Histogram;
use sluis_client::{ClientConfig, SendError, connect};
use sluis_model::{Environment, NotificationRequest, Timestamp};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BinaryArgs {
    /// The binary port of a running engine.
    #[arg(long, default_value = "127.0.0.1:8081")]
    target: SocketAddr,
    /// Rows in all.
    #[arg(long, default_value_t = 200_000)]
    count: u64,
    /// Connections.
    #[arg(long, default_value_t = 4)]
    connections: u64,
    /// Rows of a frame.
    #[arg(long, default_value_t = 64)]
    batch: usize,
    /// Most rows unanswered, per connection.
    #[arg(long, default_value_t = 2_048)]
    window: u64,
    /// Tenants.
    #[arg(long, default_value_t = 20_000)]
    tenants: u64,
    /// API key; empty: none.
    #[arg(long, default_value = "")]
    key: String,
    /// Flow.
    #[arg(long, default_value = "notice")]
    flow: String,
    /// Milliseconds since 1970 before which nothing is sent.
    #[arg(long)]
    send_after: Option<i64>,
    /// Distinguishes the idempotency keys of two runs.
    #[arg(long, default_value = "bench")]
    run_id: String,
}

pub(crate) async fn run(args: BinaryArgs) -> anyhow::Result<()> {
    let start = Instant::now();
    let share = args.count / args.connections;
    let tasks: Vec<_> = (0..args.connections)
        .map(|n| tokio::spawn(one(args.clone(), n, share)))
        .collect();
    let mut latency = Histogram::<u64>::new(3)?;
    let (mut acked, mut refused) = (0, 0);
    for task in tasks {
        let (histogram, good, bad) = task.await??;
        latency.add(&histogram)?;
        acked += good;
        refused += bad;
    }
    let seconds = start.elapsed().as_secs_f64();
    let ms = |quantile: f64| latency.value_at_quantile(quantile) as f64 / 1_000.0;
    println!(
        "{}",
        serde_json::json!({
            "what": "binary", "acked": acked, "refused": refused, "seconds": seconds, "rate": acked as f64 / seconds,
            "connections": args.connections, "batch": args.batch, "p50_ms": ms(0.5), "p99_ms": ms(0.99), "max_ms": ms(1.0),
        })
    );
    anyhow::ensure!(acked > 0, "nothing was acknowledged: this run has failed");
    Ok(())
}

async fn one(
    args: BinaryArgs,
    number: u64,
    share: u64,
) -> anyhow::Result<(Histogram<u64>, u64, u64)> {
    let config = ClientConfig::new(args.target.to_string(), args.key.clone(), "sluis-bench");
    let (mut sender, mut answers) = connect(&config).await?;
    let mut latency = Histogram::<u64>::new(3)?;
    let (mut sent, mut good, mut bad) = (0_u64, 0_u64, 0_u64);
    let mut began: Vec<Instant> = Vec::with_capacity(share as usize);
    let mut first = None;
    let mut batch = Vec::new();
    let mut came = Vec::new();
    while good + bad < share {
        while sent < share && sent - good - bad < args.window {
            if batch.is_empty() {
                let rows = (args.batch as u64).min(share - sent);
                batch.extend((0..rows).map(|row| request(&args, number, sent + row)));
            }
            match sender.try_send_batch(&batch) {
                Ok(handed) => {
                    first.get_or_insert(handed.first);
                    let now = Instant::now();
                    began.extend(std::iter::repeat_n(now, handed.rows));
                    sent += handed.rows as u64;
                    batch.drain(..handed.rows);
                }
                Err(SendError::NoCredit | SendError::Busy) => break,
                Err(error) => return Err(error.into()),
            }
        }
        came.clear();
        answers.fill(&mut came).await?;
        for answer in &came {
            let at = (answer.correlation - first.unwrap_or(0)) as usize;
            match (&answer.result, began.get(at)) {
                (Ok(_), Some(began)) => {
                    latency.record(u64::try_from(began.elapsed().as_micros())?)?;
                    good += 1;
                }
                (Err(_), _) => bad += 1,
                (Ok(_), None) => anyhow::bail!("an acknowledgement for a row that was never sent"),
            }
        }
    }
    sender.goodbye();
    Ok((latency, good, bad))
}

fn request(args: &BinaryArgs, connection: u64, number: u64) -> NotificationRequest {
    NotificationRequest {
        tenant_id: format!("load-{:07}", (connection * 7_919 + number) % args.tenants),
        flow: args.flow.clone(),
        category: "information".into(),
        data: format!("{{\"title\":\"Bericht\",\"text\":\"{}\"}}", "x".repeat(850)),
        send_after: args.send_after.map(Timestamp),
        environment: Environment::Production,
        idempotency_key: format!("{}-{connection}-{number}", args.run_id),
        ..NotificationRequest::default()
    }
}
