//! Each row has exactly one answer, under its own correlation, in whatever order the shards speak.

use sluis_model::wire::{AckRow, ClientFrame, Decoder, Frame, MAX_FRAME, RefuseCode, ServerFrame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::door::{MASK, Script, id_of};
use super::peer::{Peer, batch, row, submit};

#[tokio::test]
async fn a_row_is_acked_with_its_id_and_masked_position_once_the_shard_has_answered() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed(&door, 8).await;
    peer.send(&[
        submit(41, "a"),
        submit(42, "again-b"),
        ClientFrame::Ping { nonce: 5 },
    ])
    .await;
    // Nothing was answered before the Pong: no ack leaves before the shard has spoken.
    assert_eq!(peer.next().await, ServerFrame::Pong { nonce: 5 });
    door.answer("a", 7);
    assert_eq!(
        peer.acks(1).await,
        [AckRow {
            correlation: 41,
            id: id_of(0),
            position: 7 + MASK,
            duplicate: false
        }]
    );
    door.answer("again-b", 3);
    assert_eq!(
        peer.acks(1).await,
        [AckRow {
            correlation: 42,
            id: id_of(1),
            position: 3 + MASK,
            duplicate: true
        }]
    );
}

#[tokio::test]
async fn answers_in_another_order_reach_their_own_rows() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed(&door, 8).await;
    peer.send(&[batch(u64::MAX, &["a", "b", "c"])]).await;
    assert_eq!(
        door.keys(3).await,
        ["a", "b", "c"],
        "rows come to the door in the order they were sent"
    );
    for (key, correlation, index) in [("c", 1, 2), ("a", u64::MAX, 0), ("b", 0, 1)] {
        door.answer(key, 9);
        let acks = peer.acks(1).await;
        assert_eq!(
            (acks[0].correlation, acks[0].id),
            (correlation, id_of(index))
        );
    }
}

#[tokio::test]
async fn an_answer_may_come_before_the_door_has_said_yes() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed(&door, 8).await;
    peer.send(&[submit(1, "fast")]).await;
    assert_eq!(
        peer.acks(1).await,
        [AckRow {
            correlation: 1,
            id: id_of(0),
            position: 77 + MASK,
            duplicate: false
        }]
    );
}

#[tokio::test]
async fn one_correlation_used_twice_gets_two_answers() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed(&door, 8).await;
    peer.send(&[submit(1, "a"), submit(1, "b")]).await;
    door.keys(2).await;
    door.answer("b", 2);
    door.answer("a", 1);
    let mut ids: Vec<_> = peer
        .acks(2)
        .await
        .into_iter()
        .map(|ack| (ack.correlation, ack.id))
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, [(1, id_of(0)), (1, id_of(1))]);
}

#[tokio::test]
async fn a_refused_row_does_not_touch_its_neighbours() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed(&door, 8).await;
    peer.send(&[batch(10, &["a", "bad", "conflict", "b"])])
        .await;
    let bad = peer.refusal().await;
    assert_eq!(
        (bad.correlation, bad.code, bad.problems[0].path.as_str()),
        (11, RefuseCode::Invalid, "data.x")
    );
    let conflict = peer.refusal().await;
    assert_eq!(
        (conflict.correlation, conflict.code),
        (12, RefuseCode::Conflict)
    );
    door.keys(2).await;
    door.answer("a", 1);
    door.answer("b", 2);
    let mut acked: Vec<_> = peer
        .acks(2)
        .await
        .into_iter()
        .map(|ack| ack.correlation)
        .collect();
    acked.sort_unstable();
    assert_eq!(acked, [10, 13]);
}

#[tokio::test]
async fn a_row_the_shard_lost_is_refused_for_now() {
    let door = Script::new();
    let (mut peer, _) = Peer::welcomed(&door, 8).await;
    peer.send(&[submit(6, "a")]).await;
    door.keys(1).await;
    door.lose("a");
    let refused = peer.refusal().await;
    assert_eq!(
        (refused.correlation, refused.code),
        (6, RefuseCode::Internal)
    );
    assert!(refused.code.is_transient() && refused.retry_after_ms > 0);
}

#[tokio::test]
async fn much_more_than_the_pipes_hold_is_answered_to_the_last_row() {
    let door = Script::new();
    let (peer, _) = Peer::welcomed(&door, 100_000).await;
    let rows = 4_000;
    let mut frames: Vec<_> = (0..10)
        .map(|_| ClientFrame::SubmitBatch {
            first: 0,
            rows: vec![row("bad"); rows],
        })
        .collect();
    frames.push(ClientFrame::Goodbye);
    let mut bytes = Vec::new();
    frames
        .iter()
        .for_each(|frame| frame.encode(&mut bytes).unwrap());
    let (mut reading, mut writing) = tokio::io::split(peer.stream);
    let written = writing.write_all(&bytes);
    let mut decoder = Decoder::<ServerFrame>::new(MAX_FRAME);
    let read = async {
        let (mut refused, mut chunk) = (0, vec![0; 1 << 16]);
        loop {
            match reading.read(&mut chunk).await.unwrap() {
                0 => return refused,
                count => decoder.feed(&chunk[..count]),
            }
            while let Some(frame) = decoder.next().unwrap() {
                refused += usize::from(matches!(frame, ServerFrame::Refuse(_)));
            }
        }
    };
    let (written, refused) = tokio::join!(written, read);
    assert_eq!((written.is_ok(), refused), (true, 10 * rows));
}
