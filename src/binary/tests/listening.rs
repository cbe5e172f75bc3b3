//! The port itself: real sockets, the real client, the bound on connections, the end.

use std::net::SocketAddr;
use std::sync::Arc;

use sluis_client::{
    Client, ClientConfig, ClientError, ErrorCode, ReconnectPolicy, SubmitError, Tls,
};
use sluis_model::wire::RefuseCode;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::super::{BinarySettings, Opening, listener};
use super::PACE;
use super::door::{KEY, MASK, Script};
use super::peer::row;
use crate::config::TlsFiles;
use crate::threads::Threads;

// The certificate that the client's tests made for `localhost`.
const CERTIFICATE: &[u8] = include_bytes!("../../../client/tests/it/tls/certificate.pem");
const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/client/tests/it/tls/");

struct Port {
    addr: SocketAddr,
    shutdown: CancellationToken,
    served: JoinHandle<()>,
}

impl Port {
    async fn open(door: &Arc<Script>, credit: u32, max_connections: usize) -> Self {
        Self::open_with(
            door,
            BinarySettings {
                credit,
                max_connections,
                ..BinarySettings::default()
            },
        )
        .await
    }

    async fn open_with(door: &Arc<Script>, settings: BinarySettings) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = socket.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let threads = Threads::new([tokio::runtime::Handle::current()]);
        let opening = Arc::new(Opening::starting(Arc::default()));
        opening.open_to(door.clone(), threads);
        let served = tokio::spawn(listener::serve(
            opening,
            socket,
            settings,
            PACE,
            shutdown.clone(),
        ));
        Self {
            addr,
            shutdown,
            served,
        }
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new(self.addr.to_string(), KEY, "test");
        config.reconnect = ReconnectPolicy::never();
        config
    }
}

#[tokio::test]
async fn the_client_gets_a_receipt_for_every_row_it_sends() {
    let door = Script::new();
    let port = Port::open(&door, 64, 4).await;
    let client = Client::connect(port.config()).await.unwrap();
    let receipts = client.submit_many((0..3_000).map(|_| row("fast"))).await;
    assert!(receipts.iter().all(|receipt| {
        receipt
            .as_ref()
            .is_ok_and(|receipt| receipt.position == 77 + MASK)
    }));

    let bad = client.submit(row("bad")).await;
    assert!(
        matches!(bad, Err(SubmitError::Refused(refused)) if refused.code == RefuseCode::Invalid)
    );
    client.close().await.unwrap();
    port.shutdown.cancel();
    port.served.await.unwrap();
}

#[tokio::test]
async fn rows_and_receipts_travel_over_tls() {
    let files = TlsFiles {
        cert: format!("{TLS}certificate.pem").into(),
        key: format!("{TLS}key.pem").into(),
    };
    let tls = crate::tls::Tls::load(&files, &[]).unwrap();
    let door = Script::new();
    let settings = BinarySettings {
        credit: 64,
        max_connections: 4,
        tls: Some(tls),
        ..BinarySettings::default()
    };
    let port = Port::open_with(&door, settings).await;
    let mut config = port.config();
    config.tls = Some(Tls::trusting("localhost", CERTIFICATE).unwrap());
    let client = Client::connect(config).await.unwrap();
    let receipts = client.submit_many((0..1_000).map(|_| row("fast"))).await;
    assert!(receipts.iter().all(Result::is_ok));
    client.close().await.unwrap();
}

#[tokio::test]
async fn one_connection_too_many_is_told_so_and_its_seat_is_free_again_afterwards() {
    let door = Script::new();
    let port = Port::open(&door, 8, 1).await;
    let client = Client::connect(port.config()).await.unwrap();
    let refused = Client::connect(port.config()).await.err().unwrap();
    assert!(
        matches!(
            &refused,
            ClientError::Ended {
                code: Ok(ErrorCode::TooManyConnections),
                ..
            }
        ),
        "{refused}"
    );
    assert!(refused.retry_after().is_some() && !refused.is_final());
    client.close().await.unwrap();

    let mut config = port.config();
    config.reconnect = ReconnectPolicy::default();
    // The seat is given back a moment after the client saw the end.
    while let Err(error) = Client::connect(config.clone()).await {
        assert!(
            matches!(
                error,
                ClientError::Ended {
                    code: Ok(ErrorCode::TooManyConnections),
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_port_that_stops_answers_its_senders_and_is_gone() {
    let door = Script::new();
    let port = Port::open(&door, 8, 4).await;
    let client = Client::connect(port.config()).await.unwrap();
    let submitted = tokio::spawn({
        let client = client.clone();
        async move { client.submit(row("a")).await }
    });
    door.keys(1).await;
    port.shutdown.cancel();
    door.answer("a", 5);
    assert_eq!(submitted.await.unwrap().unwrap().position, 5 + MASK);
    port.served.await.unwrap();
    assert!(matches!(
        Client::connect(ClientConfig::new(port.addr.to_string(), KEY, "test")).await,
        Err(ClientError::Io { .. })
    ));
}
