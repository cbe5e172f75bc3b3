//! Pipelining: many rows in flight, answers in any order, each to its own caller.

use sluis_client::{Client, SendError, connect};
use sluis_model::wire::{ClientFrame, ServerFrame};

use crate::server::{Server, ack, row};

#[tokio::test]
async fn answers_in_reverse_order_reach_their_callers() {
    let server = Server::start().await;
    let served = async {
        let mut peer = server.welcome(100).await;
        let rows = peer.rows(100).await;
        peer.ack(rows.iter().rev().map(|(correlation, _)| *correlation))
            .await;
        (rows, peer)
    };
    let submitted = async {
        let client = Client::connect(server.config()).await.unwrap();
        let results = client
            .submit_many((0..100).map(|i| row(&format!("k{i}"))))
            .await;
        (client, results)
    };
    let ((_client, results), (rows, _peer)) = tokio::join!(submitted, served);
    for (index, result) in results.into_iter().enumerate() {
        let position = result.unwrap().position;
        let (_, key) = rows
            .iter()
            .find(|(correlation, _)| *correlation == position)
            .unwrap();
        assert_eq!(*key, format!("k{index}"));
    }
}

#[tokio::test]
async fn the_halves_send_without_waiting_and_batch_what_is_offered_together() {
    let server = Server::start().await;
    let config = server.config();
    let (connected, mut peer) = tokio::join!(connect(&config), server.welcome(10));
    let (mut sender, mut answers) = connected.unwrap();
    assert_eq!(sender.try_send(&row("a")), Ok(1));
    let sent = sender
        .try_send_batch(&[row("b"), row("c"), row("d")])
        .unwrap();
    assert_eq!((sent.first, sent.rows, sender.credit()), (2, 3, 6));
    assert!(matches!(
        peer.next().await,
        Some(ClientFrame::Submit { correlation: 1, .. })
    ));
    assert!(matches!(
        peer.next().await,
        Some(ClientFrame::SubmitBatch { first: 2, .. })
    ));

    peer.send(&[
        ServerFrame::AckBatch(vec![ack(4), ack(2)]),
        ServerFrame::Ack(ack(3)),
        ServerFrame::Ack(ack(1)),
    ])
    .await;
    let mut order = Vec::new();
    for _ in 0..4 {
        order.push(answers.next().await.unwrap().unwrap().correlation);
    }
    assert_eq!(order, [4, 2, 3, 1]);

    sender.goodbye();
    let (end, ()) = tokio::join!(answers.next(), peer.farewell());
    assert_eq!(end.unwrap(), None);
}

#[tokio::test]
async fn a_row_that_fits_no_frame_is_refused_here_and_costs_nothing() {
    let server = Server::start().await;
    let config = server.config();
    let (connected, _peer) = tokio::join!(connect(&config), server.welcome(10));
    let (mut sender, answers) = connected.unwrap();
    let mut long = row("a");
    long.data = "x".repeat(2 << 20);
    assert!(matches!(
        sender.try_send(&long),
        Err(SendError::Unsendable(_))
    ));
    let sent = sender.try_send_batch(&[row("b"), long, row("c")]).unwrap();
    assert_eq!(
        (sent.rows, sender.credit()),
        (1, 9),
        "only the rows before the long one"
    );
    drop(answers);
    assert_eq!(sender.try_send(&row("d")), Err(SendError::Closed));
}
