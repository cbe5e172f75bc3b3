//! Closing: what was taken is answered first, then the Goodbye; the wait is bounded.

use std::time::Duration;

use sluis_client::{Client, ClientError, SubmitError};

use crate::server::{Server, row};

#[tokio::test]
async fn close_waits_for_the_answers_says_goodbye_and_takes_nothing_new() {
    let server = Server::start().await;
    let served = async {
        let mut peer = server.welcome(10).await;
        peer.rows(1).await;
        peer.ack([1]).await;
        peer.farewell().await;
    };
    let closed = async {
        let client = Client::connect(server.config()).await.unwrap();
        let (receipt, closed) = tokio::join!(client.submit(row("a")), client.close());
        (receipt, closed, client.submit(row("b")).await)
    };
    let ((receipt, closed, later), ()) = tokio::join!(closed, served);
    assert_eq!(receipt.unwrap().position, 1);
    assert!(closed.is_ok());
    let Err(SubmitError::Down(reason)) = later else {
        panic!("{later:?}")
    };
    assert!(matches!(*reason, ClientError::Closed));
}

#[tokio::test]
async fn close_does_not_wait_for_ever() {
    let server = Server::start().await;
    let mut config = server.config();
    config.close_timeout = Duration::from_millis(20);
    let closed = async {
        let client = Client::connect(config).await.unwrap();
        tokio::join!(client.submit(row("a")), client.close())
    };
    let ((receipt, closed), _peer) = tokio::join!(closed, server.welcome(10));
    assert!(matches!(receipt, Err(SubmitError::Down(_))));
    assert!(matches!(*closed.unwrap_err(), ClientError::Timeout { .. }));
}

#[tokio::test]
async fn dropping_the_last_handle_says_goodbye() {
    let server = Server::start().await;
    let (client, peer) = tokio::join!(Client::connect(server.config()), server.welcome(10));
    drop(client.unwrap());
    peer.farewell().await;
}
