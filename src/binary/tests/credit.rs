//! Credit: granted with the answers, withheld under pressure and given when it is gone; more than
//! granted ends the connection.

use std::sync::Arc;

use sluis_model::wire::{ClientFrame, ErrorCode, RefuseCode, ServerFrame};

use super::door::Script;
use super::peer::{Peer, batch, submit};
use crate::admission::Closed;

/// Sends a row and has it acked.
async fn one_row(peer: &mut Peer, door: &Arc<Script>, key: &str, seen: usize) {
    peer.send(&[submit(1, key)]).await;
    door.keys(seen).await;
    door.answer(key, 1);
    peer.acks(1).await;
}

/// Nothing but the Pong is on its way.
async fn nothing_else(peer: &mut Peer) {
    peer.send(&[ClientFrame::Ping { nonce: 99 }]).await;
    assert_eq!(peer.next().await, ServerFrame::Pong { nonce: 99 });
}

#[tokio::test]
async fn every_answer_gives_its_credit_back() {
    let door = Script::new();
    let (mut peer, welcome) = Peer::welcomed(&door, 4).await;
    assert_eq!(welcome.credit, 4);
    one_row(&mut peer, &door, "a", 1).await;
    assert_eq!(peer.credit().await, 1);
    peer.send(&[batch(1, &["bad", "bad"])]).await;
    peer.refusal().await;
    peer.refusal().await;
    assert_eq!(peer.credit().await, 2);
}

#[tokio::test]
async fn rows_without_credit_end_the_connection_and_none_is_taken() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed(&door, 2).await;
    peer.send(&[batch(1, &["a", "b", "c"])]).await;
    let (code, message) = peer.last_word().await.unwrap();
    assert_eq!(code, ErrorCode::OutOfCredit);
    assert!(
        message.starts_with("3 rows submitted with 2 credit left"),
        "{message}"
    );
    assert!(door.keys(0).await.is_empty());
}

#[tokio::test]
async fn credit_is_withheld_under_pressure_and_given_when_it_is_gone() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed(&door, 3).await;
    for closed in [Closed::Busy, Closed::DiskLow] {
        peer.send(&[batch(1, &["fast", "fast", "fast"])]).await;
        peer.acks(3).await;
        assert_eq!(peer.credit().await, 3);
        door.close(Some(closed));
        peer.send(&[batch(1, &["fast", "fast"])]).await;
        peer.acks(2).await;
        nothing_else(&mut peer).await;
        door.close(None);
        assert_eq!(peer.credit().await, 2);
    }
}

#[tokio::test]
async fn a_sender_is_welcome_under_pressure_and_waits_for_its_first_credit() {
    let door = Script::new();
    door.close(Some(Closed::Busy));
    let (mut peer, welcome) = Peer::welcomed(&door, 3).await;
    assert_eq!(welcome.credit, 0);
    nothing_else(&mut peer).await;
    door.close(None);
    assert_eq!(peer.credit().await, 3);
}

#[tokio::test]
async fn no_more_is_granted_than_the_share_has_room_for() {
    let door = Script::new();
    door.set_room(2);
    let (mut peer, welcome) = Peer::welcomed(&door, 5).await;
    assert_eq!(welcome.credit, 2);
    nothing_else(&mut peer).await;
    door.set_room(4);
    assert_eq!(peer.credit().await, 2);
}

#[tokio::test]
async fn connections_of_one_corporation_share_its_room() {
    let door = Script::new();
    door.set_room(6);
    let mut peers = Vec::new();
    for expected in [6, 0] {
        let (peer, welcome) = Peer::welcomed(&door, 6).await;
        assert_eq!(welcome.credit, expected, "the first one has it all");
        peers.push(peer);
    }
    let (mut first, mut second) = (peers.remove(0), peers.remove(0));
    assert_eq!(second.credit().await, 1, "whoever has none may ask");
    first.send(&[batch(1, &["fast"; 6])]).await;
    first.acks(6).await;
    let credit = [first.credit().await, second.credit().await];
    assert_eq!(
        credit,
        [3, 2],
        "each has its part, with the one that is out"
    );
}

#[tokio::test]
async fn a_sender_whose_share_is_full_may_ask_one_row_at_a_time() {
    let door = Script::new();
    door.set_room(0);
    let (mut peer, welcome) = Peer::welcomed(&door, 5).await;
    assert_eq!((welcome.credit, peer.credit().await), (0, 1));
    peer.send(&[submit(1, "share")]).await;
    let refused = peer.refusal().await;
    assert_eq!(
        (refused.code, refused.retry_after_ms),
        (RefuseCode::ShareFull, 10_000)
    );
    assert_eq!(peer.credit().await, 1);
    // A repeat of what was accepted gets its answer although the share is full.
    one_row(&mut peer, &door, "again-a", 1).await;
}

#[tokio::test]
async fn a_sender_that_is_too_fast_is_not_invited_to_be_refused() {
    let door = Script::new();
    door.set_too_fast(true);
    let (mut peer, welcome) = Peer::welcomed(&door, 5).await;
    assert_eq!(welcome.credit, 0);
    nothing_else(&mut peer).await;
    door.set_too_fast(false);
    assert_eq!(peer.credit().await, 1, "its room has come in");
}

#[tokio::test]
async fn a_row_refused_for_want_of_room_gives_its_credit_back_after_a_pause() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed(&door, 1).await;
    peer.send(&[submit(1, "share"), ClientFrame::Ping { nonce: 1 }])
        .await;
    peer.refusal().await;
    let mut frames = [peer.next().await, peer.next().await];
    frames.sort_unstable_by_key(|frame| matches!(frame, ServerFrame::Credit { .. }));
    assert_eq!(
        frames,
        [
            ServerFrame::Pong { nonce: 1 },
            ServerFrame::Credit { grant: 1 }
        ]
    );
}
