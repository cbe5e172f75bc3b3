//! Sends one notice to each tenant whose number is on the command line, over the binary port, with
//! the crate `sluis-client`: it waits for credit, connects again when a connection is lost, and sends
//! what has no answer again under its key.
//!
//! ```text
//! SLUIS_KEY=slk_... cargo run --example send -- 127.0.0.1:8081 run-7 H1001 H1002
//! ```
//!
//! The second argument begins the idempotency keys: run it again with the same one, and nobody gets
//! the message twice. Prints a line for each tenant; the exit code is 1 where one was not accepted.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command: its answers go to a person"
)]

use std::process::ExitCode;

use sluis_client::{Client, ClientConfig, Receipt, SubmitError};
use sluis_model::{Environment, Lane, NotificationRequest};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(run)) = (arguments.next(), arguments.next()) else {
        eprintln!("send: expected ADDRESS RUN TENANT..., such as 127.0.0.1:8081 run-7 H1001");
        return ExitCode::from(2);
    };
    let tenants: Vec<String> = arguments.collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    match runtime.block_on(send(address, &run, &tenants)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("send: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether all were accepted.
async fn send(address: String, run: &str, tenants: &[String]) -> Result<bool, String> {
    // Without a key where the engine runs without keys, which is on this machine only.
    let key = std::env::var("SLUIS_KEY").unwrap_or_default();
    let client = Client::connect(ClientConfig::new(address, key, "send.rs"))
        .await
        .map_err(|error| error.to_string())?;
    let rows = tenants.iter().map(|tenant| notice(run, tenant));
    let answers = client.submit_many(rows).await;
    client.close().await.map_err(|error| error.to_string())?;
    for (tenant, answer) in tenants.iter().zip(&answers) {
        println!("{tenant} {}", words(answer));
    }
    Ok(answers.iter().all(Result::is_ok))
}

fn notice(run: &str, tenant: &str) -> NotificationRequest {
    NotificationRequest {
        tenant_id: tenant.to_owned(),
        flow: "notice".to_owned(),
        category: "repairs".to_owned(),
        subject: None,
        data: r#"{"title": "Onderhoud", "text": "Wij komen dinsdag langs."}"#.to_owned(),
        priority: Lane::Normal,
        send_after: None,
        expires_at: None,
        environment: Environment::Test,
        // The same for the same message, whenever it is sent again.
        idempotency_key: format!("{run}/{tenant}"),
        to_household: false,
    }
}

fn words(answer: &Result<Receipt, SubmitError>) -> String {
    match answer {
        Ok(Receipt { id, duplicate, .. }) if *duplicate => format!("had been accepted: {id}"),
        Ok(Receipt { id, .. }) => format!("accepted: {id}"),
        Err(error) => format!("not accepted: {error}"),
    }
}
