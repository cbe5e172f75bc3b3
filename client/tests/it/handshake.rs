//! The handshake: what the client says, and which servers it refuses.

use std::time::Duration;

use sluis_client::{Client, ClientError, Durability, ErrorCode, connect};
use sluis_model::wire::{Fatal, Hello, MAX_FRAME, ServerFrame, VERSION, Welcome};

use crate::server::{Server, fatal, welcome};

async fn refusal_of(frame: ServerFrame) -> ClientError {
    let server = Server::start().await;
    let config = server.config();
    let served = async {
        let mut peer = server.accept().await;
        peer.hello().await;
        peer.send(&[frame]).await;
        peer
    };
    let (connected, _peer) = tokio::join!(connect(&config), served);
    connected.err().expect("the client must refuse this server")
}

#[tokio::test]
async fn the_client_introduces_itself_and_learns_who_it_is() {
    let server = Server::start().await;
    let served = async {
        let mut peer = server.accept().await;
        let hello = peer.hello().await;
        peer.send(&[welcome(7)]).await;
        (hello, peer)
    };
    let (client, (hello, _peer)) = tokio::join!(Client::connect(server.config()), served);
    let expected = Hello {
        version_min: VERSION,
        version_max: VERSION,
        api_key: "key".into(),
        client_name: "test".into(),
    };
    assert_eq!(hello, expected);
    let client = client.unwrap();
    assert_eq!(
        (
            client.welcome().corporation.as_str(),
            client.welcome().credit
        ),
        ("demo", 7)
    );
}

#[tokio::test]
async fn an_unknown_key_is_final_and_a_starting_engine_is_not() {
    let unknown = refusal_of(fatal(ErrorCode::Unauthorised)).await;
    assert!(unknown.is_final());
    assert_eq!(
        unknown.to_string(),
        "the server ended the connection: unauthorised: as the test wants"
    );
    let starting = Fatal {
        code: Ok(ErrorCode::Starting),
        retry_after_ms: 1_500,
        message: String::new(),
    };
    let starting = refusal_of(ServerFrame::Error(starting)).await;
    assert!(!starting.is_final());
    assert_eq!(starting.retry_after(), Some(Duration::from_millis(1_500)));
}

#[tokio::test]
async fn another_version_and_another_first_frame_are_refused() {
    let ServerFrame::Welcome(mut other) = welcome(1) else {
        unreachable!()
    };
    other.version = VERSION + 1;
    assert!(matches!(
        refusal_of(ServerFrame::Welcome(other)).await,
        ClientError::Version { found: 2 }
    ));
    assert!(matches!(
        refusal_of(ServerFrame::Credit { grant: 1 }).await,
        ClientError::Unexpected(_)
    ));
}

#[tokio::test]
async fn relaxed_durability_is_refused_unless_the_caller_takes_it() {
    let relaxed = || {
        ServerFrame::Welcome(Welcome {
            version: VERSION,
            corporation: "demo".into(),
            credit: 1,
            max_frame: MAX_FRAME,
            durability: Durability::Relaxed,
        })
    };
    assert!(matches!(refusal_of(relaxed()).await, ClientError::Relaxed));

    let server = Server::start().await;
    let mut config = server.config();
    config.accept_relaxed_durability = true;
    let served = async {
        let mut peer = server.accept().await;
        peer.hello().await;
        peer.send(&[relaxed()]).await;
        peer
    };
    let (connected, _peer) = tokio::join!(connect(&config), served);
    assert_eq!(
        connected.unwrap().0.welcome().durability,
        Durability::Relaxed
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_runs_into_the_connect_timeout() {
    let server = Server::start().await;
    let mut config = server.config();
    config.connect_timeout = Duration::from_millis(20);
    let (connected, _peer) = tokio::join!(connect(&config), server.accept());
    assert!(matches!(connected, Err(ClientError::Timeout { .. })));
}
