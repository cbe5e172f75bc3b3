//! A server that breaks the protocol: the client leaves, says what was wrong, and never panics.

use sluis_client::{Client, ClientError, connect};
use sluis_model::wire::ServerFrame;

use crate::server::{Server, ack, row, welcome};

/// How the connection ends when the server sends this behind its `Welcome`.
async fn end_of(bytes: &[u8]) -> ClientError {
    let server = Server::start().await;
    let config = server.config();
    let (connected, mut peer) = tokio::join!(connect(&config), server.welcome(10));
    let (_sender, mut answers) = connected.unwrap();
    peer.send_bytes(bytes).await;
    drop(peer);
    answers.next().await.unwrap_err()
}

#[tokio::test]
async fn bytes_that_are_no_frames_end_the_connection() {
    let http = end_of(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert_eq!(
        http.to_string(),
        "the server sent a malformed frame: frame length 1213486160: expected at most 1048576 bytes"
    );
    assert!(matches!(
        end_of(&[0, 0, 0, 1, 0x02]).await,
        ClientError::Wire(_)
    ));
    assert!(matches!(
        end_of(&[0, 0, 0, 5, 0x85, 0, 0, 0, 0]).await,
        ClientError::Wire(_)
    ));
    assert!(
        matches!(end_of(&[0, 0, 0, 5, 0x85, 0]).await, ClientError::Cut),
        "a frame cut short"
    );
}

#[tokio::test]
async fn a_second_welcome_has_no_place() {
    let server = Server::start().await;
    let config = server.config();
    let (connected, mut peer) = tokio::join!(connect(&config), server.welcome(10));
    let (_sender, mut answers) = connected.unwrap();
    peer.send(&[ServerFrame::Ack(ack(1)), welcome(1)]).await;
    assert_eq!(
        answers.next().await.unwrap().unwrap().correlation,
        1,
        "answers before the mistake count"
    );
    assert!(matches!(
        answers.next().await,
        Err(ClientError::Unexpected(_))
    ));
}

#[tokio::test]
async fn the_client_leaves_a_broken_connection_and_finishes_on_the_next() {
    let server = Server::start().await;
    let served = async {
        let mut broken = server.welcome(10).await;
        broken.rows(1).await;
        broken.ack([77]).await;
        drop(broken);
        let mut garbled = server.welcome(10).await;
        garbled.rows(1).await;
        garbled.send_bytes(&[0xff; 64]).await;
        drop(garbled);
        let mut good = server.welcome(10).await;
        good.rows(1).await;
        good.ack([1]).await;
        good
    };
    let submitted = async {
        Client::connect(server.config())
            .await
            .unwrap()
            .submit(row("a"))
            .await
    };
    let (result, _peer) = tokio::join!(submitted, served);
    assert_eq!(result.unwrap().position, 1);
}
