//! Whoever is not let in hears why, and nothing else.

use std::time::Duration;

use sluis_model::wire::{ClientFrame, ErrorCode, Frame, Hello, MAX_FRAME, MAX_HELLO};
use tokio::io::AsyncWriteExt;

use super::super::Pace;
use super::PACE;
use super::door::{KEY, NAME, Script};
use super::peer::{Peer, hello, submit};
use crate::admission::Closed;

async fn told(bytes: &[u8]) -> (ErrorCode, String) {
    let mut peer = Peer::stranger(&Script::new(), 8, PACE);
    peer.stream.write_all(bytes).await.unwrap();
    peer.last_word().await.unwrap()
}

async fn told_for(frame: &ClientFrame) -> (ErrorCode, String) {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes).unwrap();
    told(&bytes).await
}

#[tokio::test]
async fn the_welcome_says_who_and_how_much() {
    let (_peer, welcome) = Peer::welcomed(&Script::new(), 8).await;
    assert_eq!((welcome.version, welcome.corporation.as_str()), (1, NAME));
    assert_eq!((welcome.credit, welcome.max_frame), (8, MAX_FRAME));
}

#[tokio::test]
async fn each_way_of_not_being_let_in_has_its_code() {
    assert_eq!(
        told_for(&hello("slk_wrong")).await,
        (ErrorCode::Unauthorised, "the API key is not known".into())
    );
    assert_eq!(told_for(&hello("")).await.0, ErrorCode::Unauthorised);
    assert_eq!(
        told_for(&submit(1, "a")).await.0,
        ErrorCode::UnexpectedFrame
    );
    let future = Hello {
        version_min: 7,
        version_max: 9,
        api_key: KEY.into(),
        client_name: "test".into(),
    };
    assert_eq!(
        told_for(&ClientFrame::Hello(future)).await.0,
        ErrorCode::NoCommonVersion
    );

    let mut wrong_magic = Vec::new();
    hello(KEY).encode(&mut wrong_magic).unwrap();
    wrong_magic[5] = b'X';
    assert_eq!(told(&wrong_magic).await.0, ErrorCode::BadMagic);
    for foreign in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"EHLO x\r\n",
        &[0xff; 4],
    ] {
        let (code, message) = told(foreign).await;
        assert_eq!(code, ErrorCode::BadMagic, "{foreign:?}: {message}");
    }
    assert_eq!(
        told(&(MAX_HELLO + 1).to_be_bytes()).await.0,
        ErrorCode::FrameTooLong
    );
    assert_eq!(told(&[0, 0, 0, 0]).await.0, ErrorCode::Malformed);
}

#[tokio::test]
async fn a_stranger_who_says_nothing_is_told_to_leave() {
    let mut peer = Peer::stranger(
        &Script::new(),
        8,
        Pace {
            hello: Duration::from_millis(1),
            ..PACE
        },
    );
    assert_eq!(peer.last_word().await.unwrap().0, ErrorCode::Idle);
}

#[tokio::test]
async fn an_engine_that_stops_lets_nobody_in() {
    let door = Script::new();
    door.close(Some(Closed::Stopping));
    let mut peer = Peer::stranger(&door, 8, PACE);
    peer.send(&[hello(KEY)]).await;
    assert_eq!(peer.last_word().await.unwrap().0, ErrorCode::Stopping);

    let mut silent = Peer::stranger(&door, 8, PACE);
    silent.shutdown.cancel();
    assert_eq!(silent.last_word().await.unwrap().0, ErrorCode::Stopping);
}
