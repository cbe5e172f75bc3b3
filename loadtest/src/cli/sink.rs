//! `sluis-loadtest sink`: both sinks as a process of their own, in real time.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;
use sluis_loadtest::sink::{
    CallbackMethod, CoreOptions, Profile, RealWorld, SinkCore, SmsOptions, SmsSink, SmtpOptions,
    SmtpSink,
};
use tokio::signal::unix::{SignalKind, signal};

use super::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct SinkArguments {
    /// Address of the SMTP sink; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:2525")]
    smtp: String,
    /// Address of the SMS sink, which also answers /__sink/stats, /__sink/ledger and
    /// /__sink/profile.
    #[arg(long, default_value = "127.0.0.1:2580")]
    sms: String,
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
    /// API key the SMS sink asks; without it any is taken.
    #[arg(long)]
    sms_key: Option<String>,
    /// Key that signs delivery reports; without it they are not signed.
    #[arg(long)]
    signing_key: Option<String>,
    /// Call report URLs with POST and a form instead of GET.
    #[arg(long)]
    post_callbacks: bool,
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
    };
    let core = SinkCore::with_options(profile, world.clone(), options);
    let smtp = SmtpSink::start(core.clone(), &arguments.smtp, SmtpOptions::default()).await?;
    let method = if arguments.post_callbacks {
        CallbackMethod::Post
    } else {
        CallbackMethod::Get
    };
    let options = SmsOptions {
        access_key: arguments.sms_key.clone(),
        signing_key: arguments.signing_key.clone().map(String::into_bytes),
        callback_method: method,
        ..SmsOptions::default()
    };
    let sms = SmsSink::start(core.clone(), &arguments.sms, options).await?;
    println!(
        "{}",
        json!({ "smtp": smtp.addr(), "sms": sms.addr(), "profile": core.profile().name })
    );
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    smtp.stop().await;
    sms.stop().await;
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
