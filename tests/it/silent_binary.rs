//! Silent peers of the binary port, and what senders hear while the engine starts: as `silent` does
//! for HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sluis::binary::{self, BinarySettings, Opening};
use sluis_actors::Recovery;
use sluis_client::{Client, ClientConfig, ClientError, ErrorCode, ReconnectPolicy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::silent::{WATCHDOG, rest};
use crate::support::{Engine, NOORD, ZUID};

struct BinaryPort {
    at: SocketAddr,
    shutdown: CancellationToken,
    served: JoinHandle<()>,
}

impl BinaryPort {
    async fn open(opening: Opening, settings: BinarySettings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (at, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
        let served = tokio::spawn(binary::serve_opening(
            Arc::new(opening),
            listener,
            settings,
            shutdown.clone(),
        ));
        Self {
            at,
            shutdown,
            served,
        }
    }

    async fn sender(&self, key: &str) -> Result<Client, ClientError> {
        let mut config = ClientConfig::new(self.at.to_string(), key, "test");
        config.reconnect = ReconnectPolicy::never();
        Client::connect(config).await
    }
}

fn code(error: &ClientError) -> Option<ErrorCode> {
    match error {
        ClientError::Ended { code, .. } => code.ok(),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_sockets_on_the_binary_port_keep_nobody_out() {
    let engine = Engine::start().await;
    let opening = Opening::opened(engine.app().clone(), engine.threads().clone());
    let settings = BinarySettings {
        max_connections: 3,
        max_per_corporation: 2,
        max_greetings: 16,
        ..BinarySettings::default()
    };
    let port = BinaryPort::open(opening, settings).await;
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(TcpStream::connect(port.at).await.unwrap());
    }
    let first = port.sender(NOORD).await.expect("a good Hello is welcome");
    let second = port.sender(NOORD).await.expect("and one more");
    let third = port
        .sender(NOORD)
        .await
        .err()
        .expect("one key does not get every seat");
    assert_eq!(code(&third), Some(ErrorCode::TooManyConnections), "{third}");
    assert!(third.to_string().contains("one corporation"), "{third}");
    let other = port.sender(ZUID).await.expect("another one has its own");
    assert_eq!(rest(&mut silent[0]).await, "", "the oldest is gone");
    port.shutdown.cancel();
    tokio::time::timeout(WATCHDOG, port.served)
        .await
        .expect("it ends with strangers and senders open")
        .unwrap();
    drop((first, second, other, silent));
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_hears_that_the_engine_starts() {
    let port = BinaryPort::open(
        Opening::starting(Arc::<Recovery>::default()),
        BinarySettings::default(),
    )
    .await;
    let error = port.sender(NOORD).await.err().expect("nobody is there yet");
    assert_eq!(code(&error), Some(ErrorCode::Starting), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));
    assert!(
        error.to_string().contains("looks through its journal"),
        "{error}"
    );
    port.shutdown.cancel();
    tokio::time::timeout(WATCHDOG, port.served)
        .await
        .expect("it ends")
        .unwrap();
}
