//! Credit: never more in flight than granted; an answer gives none back, a grant does.

use sluis_client::{Client, SendError, connect};
use sluis_model::wire::ServerFrame;

use crate::server::{Server, ack, row};

#[tokio::test]
async fn without_credit_nothing_is_sent_until_a_grant_comes() {
    let server = Server::start().await;
    let config = server.config();
    let (connected, mut peer) = tokio::join!(connect(&config), server.welcome(2));
    let (mut sender, mut answers) = connected.unwrap();
    assert_eq!(
        sender
            .try_send_batch(&[row("a"), row("b"), row("c")])
            .unwrap()
            .rows,
        2
    );
    assert_eq!(sender.try_send(&row("c")), Err(SendError::NoCredit));

    peer.rows(2).await;
    peer.ack([1, 2]).await;
    for _ in 0..2 {
        answers.next().await.unwrap().unwrap();
    }
    assert_eq!(
        sender.try_send(&row("c")),
        Err(SendError::NoCredit),
        "answers are no credit"
    );

    peer.send(&[ServerFrame::Credit { grant: 1 }]).await;
    // The grant arrives through the answers, which somebody must read.
    let third = row("c");
    let (sent, answered) = tokio::join!(sender.send(&third), async {
        let read = answers.next();
        let acked = async {
            assert_eq!(peer.rows(1).await, [(3, "c".to_owned())]);
            peer.send(&[ServerFrame::Ack(ack(3))]).await;
        };
        tokio::join!(read, acked).0
    });
    assert_eq!((sent, answered.unwrap().unwrap().correlation), (Ok(3), 3));
}

#[tokio::test]
async fn the_client_waits_for_credit_and_stays_within_it() {
    let server = Server::start().await;
    let served = async {
        let mut peer = server.welcome(0).await;
        for _ in 0..25 {
            peer.send(&[ServerFrame::Credit { grant: 4 }]).await;
            // `rows` fails on a fifth row in the same frame; a later one would be counted in the
            // next turn.
            let rows = peer.rows(4).await;
            peer.ack(rows.into_iter().map(|(correlation, _)| correlation))
                .await;
        }
        peer
    };
    let submitted = async {
        let client = Client::connect(server.config()).await.unwrap();
        client
            .submit_many((0..100).map(|i| row(&format!("k{i}"))))
            .await
    };
    let (results, _peer) = tokio::join!(submitted, served);
    assert!(results.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_server_that_grants_beyond_every_bound_is_left() {
    let server = Server::start().await;
    let config = server.config();
    let (connected, mut peer) = tokio::join!(connect(&config), server.welcome(1 << 20));
    let (mut sender, mut answers) = connected.unwrap();
    peer.send(&[ServerFrame::Credit { grant: 1 }]).await;
    let error = answers.next().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("1 credit granted on top of 1048576"),
        "{error}"
    );
    assert_eq!(sender.try_send(&row("a")), Err(SendError::Closed));
}
