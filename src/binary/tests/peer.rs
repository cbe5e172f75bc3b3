//! Owns a sender that speaks frame by frame. Refuses to be clever: it keeps no credit book.

use std::net::IpAddr;
use std::sync::Arc;

use sluis_model::NotificationRequest;
use sluis_model::wire::{
    AckRow, ClientFrame, Decoder, ErrorCode, Frame, Hello, MAX_FRAME, Refused, ServerFrame, Welcome,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_util::sync::CancellationToken;

use super::super::Pace;
use super::super::connection::{Stranger, converse};
use super::super::greeting::House;
use super::super::seats::Seats;
use super::PACE;
use super::door::{KEY, Script};
use crate::crowd::{Bounds, Crowd};

/// Bytes that each direction holds.
const PIPE: usize = 64 << 10;

/// A sender that a test drives.
pub(super) struct Peer {
    pub(super) stream: DuplexStream,
    pub(super) shutdown: CancellationToken,
    decoder: Decoder<ServerFrame>,
}

impl Peer {
    /// A stranger on a connection of `door`.
    pub(super) fn stranger(door: &Arc<Script>, credit: u32, pace: Pace) -> Self {
        let (stream, server) = duplex(PIPE);
        let shutdown = CancellationToken::new();
        let bounds = Bounds {
            all: 8,
            per_peer: 8,
            per_corporation: 8,
        };
        let seats = Seats::new(bounds);
        let house = House {
            door: door.clone(),
            credit,
            pace,
            shutdown: shutdown.clone(),
            seats,
            shares: door.shares.clone(),
        };
        let peer = IpAddr::from([127, 0, 0, 1]);
        let stranger = Stranger {
            place: Crowd::new(bounds).join(peer).unwrap(),
            peer,
        };
        tokio::spawn(async move {
            let (read, write) = tokio::io::split(server);
            converse(read, write, &house, stranger).await;
        });
        Self {
            stream,
            shutdown,
            decoder: Decoder::new(MAX_FRAME),
        }
    }

    /// A sender that was welcomed.
    pub(super) async fn welcomed(door: &Arc<Script>, credit: u32) -> (Self, Welcome) {
        Self::welcomed_at(door, credit, PACE).await
    }

    /// The same, by a server of another pace.
    pub(super) async fn welcomed_at(
        door: &Arc<Script>,
        credit: u32,
        pace: Pace,
    ) -> (Self, Welcome) {
        let mut peer = Self::stranger(door, credit, pace);
        peer.send(&[hello(KEY)]).await;
        let ServerFrame::Welcome(welcome) = peer.next().await else {
            panic!("expected a Welcome")
        };
        (peer, welcome)
    }

    pub(super) async fn send(&mut self, frames: &[ClientFrame]) {
        let mut bytes = Vec::new();
        frames
            .iter()
            .for_each(|frame| frame.encode(&mut bytes).unwrap());
        self.stream.write_all(&bytes).await.unwrap();
    }

    /// The next frame; panics at the end of the stream.
    pub(super) async fn next(&mut self) -> ServerFrame {
        self.try_next()
            .await
            .expect("a frame, not the end of the stream")
    }

    async fn try_next(&mut self) -> Option<ServerFrame> {
        let mut chunk = [0; 4096];
        loop {
            if let Some(frame) = self.decoder.next().unwrap() {
                return Some(frame);
            }
            match self.stream.read(&mut chunk).await.unwrap() {
                0 => return None,
                count => self.decoder.feed(&chunk[..count]),
            }
        }
    }

    /// The next `count` acks and the credit that came on the way to them and right behind.
    pub(super) async fn acks(&mut self, count: usize) -> Vec<AckRow> {
        let mut acks = Vec::new();
        while acks.len() < count {
            match self.next().await {
                ServerFrame::Ack(ack) => acks.push(ack),
                ServerFrame::AckBatch(many) => acks.extend(many),
                ServerFrame::Credit { .. } => {}
                other => panic!("expected acks, got {other:?}"),
            }
        }
        assert_eq!(acks.len(), count);
        acks
    }

    /// The next refusal, whatever credit comes before it.
    pub(super) async fn refusal(&mut self) -> Refused {
        loop {
            match self.next().await {
                ServerFrame::Refuse(refused) => return refused,
                ServerFrame::Credit { .. } => {}
                other => panic!("expected a refusal, got {other:?}"),
            }
        }
    }

    /// The next credit, which must be the next frame.
    pub(super) async fn credit(&mut self) -> u32 {
        match self.next().await {
            ServerFrame::Credit { grant } => grant,
            other => panic!("expected credit, got {other:?}"),
        }
    }

    /// The server's last word and the end of the stream: nothing but answers and credit may come
    /// before.
    pub(super) async fn last_word(&mut self) -> Option<(ErrorCode, String)> {
        let mut word = None;
        while let Some(frame) = self.try_next().await {
            assert_eq!(word, None, "a frame after the last word");
            if let ServerFrame::Error(fatal) = frame {
                word = Some((fatal.code.unwrap(), fatal.message));
            }
        }
        word
    }
}

pub(super) fn hello(key: &str) -> ClientFrame {
    ClientFrame::Hello(Hello {
        version_min: 1,
        version_max: 1,
        api_key: key.into(),
        client_name: "test".into(),
    })
}

pub(super) fn row(key: &str) -> NotificationRequest {
    NotificationRequest {
        tenant_id: "H-1".into(),
        data: "{}".into(),
        idempotency_key: key.into(),
        ..Default::default()
    }
}

pub(super) fn submit(correlation: u64, key: &str) -> ClientFrame {
    ClientFrame::Submit {
        correlation,
        row: row(key),
    }
}

pub(super) fn batch(first: u64, keys: &[&str]) -> ClientFrame {
    ClientFrame::SubmitBatch {
        first,
        rows: keys.iter().map(|key| row(key)).collect(),
    }
}
