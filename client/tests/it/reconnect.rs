//! Reconnection: what has no answer is sent again under the same key, what has one is not.

use sluis_client::{Client, ClientError, ErrorCode, ReconnectPolicy, SubmitError};
use sluis_model::wire::{AckRow, ServerFrame};

use crate::server::{Server, ack, fatal, row};

#[tokio::test]
async fn unanswered_submissions_are_sent_again_in_order_under_the_same_keys() {
    let server = Server::start().await;
    let served = async {
        let mut first = server.welcome(100).await;
        first.rows(5).await;
        first.ack([2, 4]).await;
        drop(first);
        let mut second = server.welcome(100).await;
        let again = second.rows(3).await;
        let duplicates = again
            .iter()
            .map(|(correlation, _)| AckRow {
                duplicate: true,
                ..ack(*correlation)
            })
            .collect();
        second.send(&[ServerFrame::AckBatch(duplicates)]).await;
        (again, second)
    };
    let submitted = async {
        let client = Client::connect(server.config()).await.unwrap();
        client.submit_many(["a", "b", "c", "d", "e"].map(row)).await
    };
    let (results, (again, _peer)) = tokio::join!(submitted, served);
    assert_eq!(
        again,
        [
            (1, "a".to_owned()),
            (2, "c".to_owned()),
            (3, "e".to_owned())
        ]
    );
    let duplicates: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().unwrap().duplicate)
        .collect();
    assert_eq!(duplicates, [true, false, true, false, true]);
}

#[tokio::test]
async fn a_stopping_engine_is_found_again_and_credit_starts_anew() {
    let server = Server::start().await;
    let served = async {
        let mut first = server.welcome(1).await;
        first.rows(1).await;
        first.send(&[fatal(ErrorCode::Stopping)]).await;
        drop(first);
        let mut starting = server.accept().await;
        starting.hello().await;
        starting.send(&[fatal(ErrorCode::Starting)]).await;
        drop(starting);
        let mut last = server.welcome(3).await;
        let rows = last.rows(3).await;
        last.ack([1, 2, 3]).await;
        (rows, last)
    };
    let submitted = async {
        let client = Client::connect(server.config()).await.unwrap();
        client.submit_many(["a", "b", "c"].map(row)).await
    };
    let (results, (rows, _peer)) = tokio::join!(submitted, served);
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(
        rows.into_iter().map(|(_, key)| key).collect::<String>(),
        "abc"
    );
}

#[tokio::test]
async fn a_final_error_is_not_tried_again_and_reaches_every_caller() {
    let server = Server::start().await;
    let served = async {
        let mut peer = server.welcome(10).await;
        peer.rows(2).await;
        peer.send(&[fatal(ErrorCode::Unauthorised)]).await;
    };
    let submitted = async {
        let client = Client::connect(server.config()).await.unwrap();
        let results = client.submit_many(["a", "b"].map(row)).await;
        (results, client.submit(row("c")).await, client.close().await)
    };
    let ((results, later, closed), ()) = tokio::join!(submitted, served);
    for result in results.into_iter().chain([later]) {
        let Err(SubmitError::Down(reason)) = result else {
            panic!("{result:?}")
        };
        assert!(matches!(
            *reason,
            ClientError::Ended {
                code: Ok(ErrorCode::Unauthorised),
                ..
            }
        ));
    }
    assert!(closed.is_err());
}

#[tokio::test]
async fn the_client_gives_up_as_its_policy_says() {
    let server = Server::start().await;
    let mut config = server.config();
    config.reconnect = ReconnectPolicy::never();
    let served = async {
        server.welcome(10).await.rows(1).await;
    };
    let submitted = async {
        Client::connect(config)
            .await
            .unwrap()
            .submit(row("a"))
            .await
    };
    let (result, ()) = tokio::join!(submitted, served);
    let Err(SubmitError::Down(reason)) = result else {
        panic!("{result:?}")
    };
    assert!(
        matches!(*reason, ClientError::Cut | ClientError::Io { .. }),
        "{reason}"
    );
}
