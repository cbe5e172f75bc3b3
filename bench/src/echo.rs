//! Owns the floor of HTTP intake: hyper, one POST, a constant answer of the size of ours. Refuses
//! to read the body's meaning.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

#[derive(Debug, clap::Args)]
pub(crate) struct EchoArgs {
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:19999")]
    address: SocketAddr,
}

pub(crate) async fn run(args: EchoArgs) -> anyhow::Result<()> {
    let listener = TcpListener::bind(args.address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(answer)),
        );
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    // The body must be read, as intake would.
    drop(request.into_body().collect().await);
    let body = r#"{"id":"000201a2015ec815ce19df7c52677715","status":"accepted","position":"6e1c5597886a1215"}"#;
    let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}
