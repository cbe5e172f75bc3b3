//! `sluis-loadtest sink`: the sinks as a process of their own, in real time.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use sluis_loadtest::sink::{CoreOptions, Profile, RealWorld, SinkCore, SinksArguments};
use tokio::signal::unix::{SignalKind, signal};

use super::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct SinkArguments {
    #[command(flatten)]
    sinks: SinksArguments,
    /// How the world behaves; see loadtest/profiles/.
    #[arg(long)]
    profile: Option<PathBuf>,
    /// Where the ledger is written at the end, NDJSON.
    #[arg(long)]
    ledger: Option<PathBuf>,
    /// Where bounces are posted, such as http://127.0.0.1:8080/v1/receipts/email; without it they
    /// are dropped.
    #[arg(long)]
    receipts_url: Option<String>,
    /// API key with which bounces are posted: KEY for all, or BOUNCE-DOMAIN=KEY for those of one
    /// corporation; repeatable.
    #[arg(long)]
    receipts_key: Vec<String>,
    /// Mail headers to write into the ledger.
    #[arg(long)]
    header: Vec<String>,
}

pub(crate) async fn sink(arguments: SinkArguments) -> Done {
    let profile = arguments
        .profile
        .as_deref()
        .map_or(Ok(Profile::perfect()), Profile::load)?;
    let world = Arc::new(RealWorld::start(
        arguments.receipts_url.clone(),
        &arguments.receipts_key,
    ));
    let options = CoreOptions {
        headers: arguments.header.clone(),
        keep_bodies: false,
        drawn: None,
    };
    let core = SinkCore::with_options(profile, world.clone(), options);
    let running = arguments.sinks.start(&core).await?;
    let mut started: Map<String, Value> = running
        .iter()
        .map(|(name, sink)| ((*name).to_owned(), sink.place().into()))
        .collect();
    started.insert("profile".to_owned(), core.profile().name.clone().into());
    println!("{}", Value::Object(started));
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    for (_, sink) in running {
        sink.stop().await;
    }
    if let Some(path) = &arguments.ledger {
        core.book().write(path)?;
    }
    let (posted, dropped, pending) = world.counts();
    let later = json!({ "posted": posted, "dropped": dropped, "pending": pending });
    println!(
        "{}",
        json!({ "stats": core.book().stats(), "later_events": later })
    );
    Ok(ExitCode::SUCCESS)
}
