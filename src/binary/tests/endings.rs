//! A connection ends with its answers given where the peer is right, and with the reason where it
//! is wrong.

use std::time::Duration;

use sluis_model::wire::{ClientFrame, ErrorCode, MAX_FRAME};
use tokio::io::AsyncWriteExt;

use super::super::Pace;
use super::PACE;
use super::door::{KEY, Script};
use super::peer::{Peer, hello, submit};

/// A server whose seconds are short.
const HASTY: Pace = Pace {
    second: Duration::from_millis(1),
    ..PACE
};

#[tokio::test]
async fn after_goodbye_everything_open_is_answered_and_nothing_granted() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed(&door, 8).await;
    peer.send(&[submit(1, "a"), submit(2, "b"), ClientFrame::Goodbye])
        .await;
    door.keys(2).await;
    door.answer("b", 2);
    peer.acks(1).await;
    door.answer("a", 1);
    peer.acks(1).await;
    assert_eq!(peer.last_word().await, None);
}

#[tokio::test]
async fn a_peer_that_closes_its_sending_half_still_gets_its_answers() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed(&door, 8).await;
    peer.send(&[submit(1, "a")]).await;
    peer.stream.shutdown().await.unwrap();
    door.keys(1).await;
    door.answer("a", 1);
    assert_eq!(peer.acks(1).await[0].correlation, 1);
    assert_eq!(peer.last_word().await, None);
}

#[tokio::test]
async fn a_frame_that_has_no_place_ends_the_connection() {
    let cases: [&[ClientFrame]; 2] = [
        &[hello(KEY)],
        &[submit(1, "a"), ClientFrame::Goodbye, submit(2, "b")],
    ];
    for frames in cases {
        let (mut peer, _) = Peer::welcomed(&Script::new(), 8).await;
        peer.send(frames).await;
        assert_eq!(
            peer.last_word().await.unwrap().0,
            ErrorCode::UnexpectedFrame
        );
    }
}

#[tokio::test]
async fn bytes_that_are_no_frames_end_the_connection_with_the_field() {
    let (mut peer, _) = Peer::welcomed(&Script::new(), 8).await;
    peer.stream.write_all(&[0, 0, 0, 3, 4, 1, 2]).await.unwrap();
    let (code, message) = peer.last_word().await.unwrap();
    assert_eq!(
        (code, message.split(':').next()),
        (ErrorCode::Malformed, Some("nonce"))
    );
}

#[tokio::test]
async fn a_frame_over_the_bound_ends_the_connection_before_it_is_there() {
    let (mut peer, _) = Peer::welcomed(&Script::new(), 8).await;
    peer.stream
        .write_all(&(MAX_FRAME + 1).to_be_bytes())
        .await
        .unwrap();
    assert_eq!(peer.last_word().await.unwrap().0, ErrorCode::FrameTooLong);
}

#[tokio::test]
async fn the_last_word_arrives_behind_the_answers_that_were_there() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed(&door, 8).await;
    peer.send(&[
        submit(1, "fast"),
        ClientFrame::Goodbye,
        ClientFrame::Ping { nonce: 1 },
    ])
    .await;
    peer.acks(1).await;
    assert_eq!(
        peer.last_word().await.unwrap().0,
        ErrorCode::UnexpectedFrame
    );
}

#[tokio::test]
async fn an_engine_that_stops_answers_what_is_open_first() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed(&door, 8).await;
    peer.send(&[submit(1, "a")]).await;
    door.keys(1).await;
    peer.shutdown.cancel();
    door.answer("a", 1);
    assert_eq!(peer.acks(1).await[0].correlation, 1);
    assert_eq!(peer.last_word().await.unwrap().0, ErrorCode::Stopping);
}

#[tokio::test]
async fn an_engine_that_stops_does_not_wait_for_ever() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed_at(&door, 8, HASTY).await;
    peer.send(&[submit(1, "a")]).await;
    door.keys(1).await;
    peer.shutdown.cancel();
    assert_eq!(peer.last_word().await.unwrap().0, ErrorCode::Stopping);
}

#[tokio::test]
async fn a_silent_sender_is_told_so() {
    let (mut peer, _) = Peer::welcomed_at(&Script::new(), 8, HASTY).await;
    assert_eq!(peer.last_word().await.unwrap().0, ErrorCode::Idle);
}

#[tokio::test]
async fn a_sender_whose_key_is_withdrawn_is_told_so() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed_at(&door, 8, HASTY).await;
    door.withdraw_key();
    assert_eq!(peer.last_word().await.unwrap().0, ErrorCode::Unauthorised);
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_given_up() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed_at(&door, 8, HASTY).await;
    // The pongs fill the pipe; then the server stops reading, and gives up. Only then does this
    // writing end.
    let pings = [0, 0, 0, 9, 4, 0, 0, 0, 0, 0, 0, 0, 0].repeat(1 << 10);
    while peer.stream.write_all(&pings).await.is_ok() {}
}
