//! Owns the measurement of durable accept over the binary port: connections that keep their credit
//! used, and the time from sending a row to its acknowledgement. Refuses an acknowledgement it did
//! not ask for.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::Context as _;
use hdrhistogram::Histogram;
use sluis_client::{Answer, ClientConfig, SendError, Sender, connect};
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

/// What became of the rows of one connection, or of all.
struct Tally {
    /// Microseconds from a row's sending to its acknowledgement.
    latency: Histogram<u64>,
    acked: u64,
    refused: u64,
}

impl Tally {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            latency: Histogram::new(3)?,
            acked: 0,
            refused: 0,
        })
    }

    fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.latency.add(&other.latency)?;
        self.acked += other.acked;
        self.refused += other.refused;
        Ok(())
    }

    const fn answered(&self) -> u64 {
        self.acked + self.refused
    }

    fn print(&self, args: &BinaryArgs, seconds: f64) {
        let ms = |quantile: f64| self.latency.value_at_quantile(quantile) as f64 / 1_000.0;
        let rate = self.acked as f64 / seconds;
        println!(
            "{}",
            serde_json::json!({
                "what": "binary", "acked": self.acked, "refused": self.refused, "seconds": seconds, "rate": rate,
                "connections": args.connections, "batch": args.batch, "p50_ms": ms(0.5), "p99_ms": ms(0.99), "max_ms": ms(1.0),
            })
        );
    }
}

pub(crate) async fn run(args: BinaryArgs) -> anyhow::Result<()> {
    let start = Instant::now();
    let share = args.count / args.connections;
    let one = |number| tokio::spawn(Connection::run(args.clone(), number, share));
    let tasks: Vec<_> = (0..args.connections).map(one).collect();
    let mut all = Tally::new()?;
    for task in tasks {
        all.add(&task.await??)?;
    }
    all.print(&args, start.elapsed().as_secs_f64());
    anyhow::ensure!(
        all.acked > 0,
        "nothing was acknowledged: this run has failed"
    );
    Ok(())
}

/// One connection, which keeps its window full.
struct Connection {
    args: BinaryArgs,
    number: u64,
    /// Rows that it sends in all.
    share: u64,
    /// When each row left, in the order of their correlations.
    began: Vec<Instant>,
    /// Correlation of the first row.
    first: Option<u64>,
    /// Rows that are made and not sent.
    batch: Vec<NotificationRequest>,
    tally: Tally,
}

impl Connection {
    async fn run(args: BinaryArgs, number: u64, share: u64) -> anyhow::Result<Tally> {
        let config = ClientConfig::new(args.target.to_string(), args.key.clone(), "sluis-bench");
        let (mut sender, mut answers) = connect(&config).await?;
        let mut it = Self {
            args,
            number,
            share,
            began: Vec::with_capacity(share as usize),
            first: None,
            batch: Vec::new(),
            tally: Tally::new()?,
        };
        let mut came = Vec::new();
        while it.tally.answered() < share {
            it.fill(&mut sender)?;
            came.clear();
            answers.fill(&mut came).await?;
            came.iter().try_for_each(|answer| it.take(answer))?;
        }
        sender.goodbye();
        Ok(it.tally)
    }

    const fn sent(&self) -> u64 {
        self.began.len() as u64
    }

    /// Sends as long as there is credit and the window has room.
    fn fill(&mut self, sender: &mut Sender) -> anyhow::Result<()> {
        while self.sent() < self.share && self.sent() - self.tally.answered() < self.args.window {
            self.make();
            match sender.try_send_batch(&self.batch) {
                Ok(handed) => {
                    self.first.get_or_insert(handed.first);
                    let now = Instant::now();
                    self.began.extend(std::iter::repeat_n(now, handed.rows));
                    self.batch.drain(..handed.rows);
                }
                Err(SendError::NoCredit | SendError::Busy) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Makes the rows of the next frame, unless some are left.
    fn make(&mut self) {
        if self.batch.is_empty() {
            let sent = self.sent();
            let rows = (self.args.batch as u64).min(self.share - sent);
            let row = |row| request(&self.args, self.number, sent + row);
            self.batch = (0..rows).map(row).collect();
        }
    }

    fn take(&mut self, answer: &Answer) -> anyhow::Result<()> {
        if answer.result.is_err() {
            self.tally.refused += 1;
            return Ok(());
        }
        let at = (answer.correlation - self.first.unwrap_or(0)) as usize;
        let began = self.began.get(at);
        let began = began.context("an acknowledgement for a row that was never sent")?;
        let took = u64::try_from(began.elapsed().as_micros())?;
        self.tally.latency.record(took)?;
        self.tally.acked += 1;
        Ok(())
    }
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
