//! Refusals: each reaches its caller with code, delay and problems; the connection goes on.

use std::time::Duration;

use sluis_client::{Client, RefuseCode, SubmitError};
use sluis_model::wire::{Problem, Refused, ServerFrame};

use crate::server::{Server, ack, row};

#[tokio::test]
async fn a_refusal_tells_why_and_when_and_ends_nothing() {
    let server = Server::start().await;
    let problems = vec![Problem {
        path: "data.amount_cents".into(),
        message: "missing, expected an integer".into(),
    }];
    let served = async {
        let mut peer = server.welcome(10).await;
        let invalid = Refused {
            correlation: 1,
            code: RefuseCode::Invalid,
            retry_after_ms: 0,
            problems: problems.clone(),
        };
        let full = Refused {
            correlation: 2,
            code: RefuseCode::ShareFull,
            retry_after_ms: 2_000,
            problems: Vec::new(),
        };
        peer.rows(3).await;
        peer.send(&[
            ServerFrame::Refuse(full),
            ServerFrame::Refuse(invalid),
            ServerFrame::Ack(ack(3)),
        ])
        .await;
        peer
    };
    let submitted = async {
        let client = Client::connect(server.config()).await.unwrap();
        client.submit_many(["a", "b", "c"].map(row)).await
    };
    let (results, _peer) = tokio::join!(submitted, served);
    let [
        Err(SubmitError::Refused(invalid)),
        Err(SubmitError::Refused(full)),
        Ok(receipt),
    ] = &results[..]
    else {
        panic!("{results:?}")
    };
    assert_eq!(
        invalid.to_string(),
        "refused: invalid; data.amount_cents: missing, expected an integer"
    );
    assert!(!invalid.code.is_transient() && full.code.is_transient());
    assert_eq!(
        (full.retry_after, invalid.retry_after),
        (Some(Duration::from_secs(2)), None)
    );
    assert_eq!(receipt.position, 3);
}

#[tokio::test]
async fn what_could_not_be_sent_again_safely_is_refused_here() {
    let server = Server::start().await;
    let (client, _peer) = tokio::join!(Client::connect(server.config()), server.welcome(10));
    let client = client.unwrap();
    assert!(matches!(
        client.submit(row("")).await,
        Err(SubmitError::NoKey)
    ));
    let mut long = row("a");
    long.tenant_id = "x".repeat(1 << 16);
    let error = client.submit(long).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the row cannot be sent: tenant_id: length 65536, expected at most 65535"
    );
}
