//! TLS: the key goes to the server whose certificate is trusted, to no other. The certificate under
//! `tls/` is for this test alone.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sluis_client::{Client, ClientError, Tls};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::server::{Peer, Server, row, welcome};

const CERTIFICATE: &[u8] = include_bytes!("tls/certificate.pem");
const KEY: &[u8] = include_bytes!("tls/key.pem");

async fn accept(listener: &TcpListener) -> std::io::Result<Peer<TlsStream<TcpStream>>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    let stream = listener.accept().await?.0;
    TlsAcceptor::from(Arc::new(config))
        .accept(stream)
        .await
        .map(Peer::new)
}

#[tokio::test]
async fn a_submission_travels_over_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = Server::start().await.config();
    config.addr = listener.local_addr().unwrap().to_string();
    config.tls = Some(Tls::trusting("localhost", CERTIFICATE).unwrap());
    let served = async {
        let mut peer = accept(&listener).await.unwrap();
        peer.hello().await;
        peer.send(&[welcome(1)]).await;
        peer.rows(1).await;
        peer.ack([1]).await;
        peer.farewell().await;
    };
    let submitted = async {
        let client = Client::connect(config).await.unwrap();
        let receipt = client.submit(row("a")).await;
        client.close().await.unwrap();
        receipt
    };
    let (receipt, ()) = tokio::join!(submitted, served);
    assert_eq!(receipt.unwrap().position, 1);
}

#[tokio::test]
async fn a_certificate_for_another_name_gets_no_key() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = Server::start().await.config();
    config.addr = listener.local_addr().unwrap().to_string();
    config.tls = Some(Tls::trusting("engine.example.nl", CERTIFICATE).unwrap());
    let (connected, served) = tokio::join!(Client::connect(config), accept(&listener));
    assert!(matches!(
        connected,
        Err(ClientError::Io {
            doing: "starting tls",
            ..
        })
    ));
    assert!(served.is_err());
}
