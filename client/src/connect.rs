//! Owns getting from a configuration to an open connection: TCP, TLS, the handshake. Refuses to
//! send the key in plain text to a peer that is not loopback, and acks that mean less than the
//! caller expects.

use std::sync::Arc;

use sluis_model::wire::{
    ClientFrame, Decoder, Durability, Frame, Hello, MAX_FRAME, ServerFrame, VERSION, Welcome,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::error::millis;
use crate::outbox::{Outbox, write_out};
use crate::{Answers, ClientConfig, ClientError, Sender};

type ReadHalf = Box<dyn AsyncRead + Send + Unpin>;
type WriteHalf = Box<dyn AsyncWrite + Send + Unpin>;

/// Opens one connection and returns its two halves. It is never reopened: [`Client`](crate::Client)
/// does that.
///
/// # Errors
/// [`ClientError`] when there is no connection, or the server or this side refuses it.
pub async fn connect(config: &ClientConfig) -> Result<(Sender, Answers), ClientError> {
    let within = config.connect_timeout;
    let opened = timeout(within, open(config)).await;
    opened.unwrap_or(Err(ClientError::Timeout {
        doing: "connecting",
        within,
    }))
}

async fn open(config: &ClientConfig) -> Result<(Sender, Answers), ClientError> {
    let (mut read, mut write) = dial(config).await?;
    let hello = ClientFrame::Hello(Hello {
        version_min: VERSION,
        version_max: VERSION,
        api_key: config.api_key.clone(),
        client_name: config.name.clone(),
    });
    let mut bytes = Vec::new();
    hello.encode(&mut bytes)?;
    write
        .write_all(&bytes)
        .await
        .map_err(ClientError::io("saying hello"))?;
    write
        .flush()
        .await
        .map_err(ClientError::io("saying hello"))?;

    let mut decoder = Decoder::new(MAX_FRAME);
    let welcome = await_welcome(&mut read, &mut decoder).await?;
    if welcome.durability == Durability::Relaxed && !config.accept_relaxed_durability {
        return Err(ClientError::Relaxed);
    }
    let outbox = Arc::new(Outbox::new(welcome.credit)?);
    let welcome = Arc::new(welcome);
    tokio::spawn(write_out(Arc::clone(&outbox), write));
    Ok((
        Sender::new(Arc::clone(&outbox), Arc::clone(&welcome)),
        Answers::new(read, decoder, outbox, welcome),
    ))
}

async fn dial(config: &ClientConfig) -> Result<(ReadHalf, WriteHalf), ClientError> {
    let stream = TcpStream::connect(&config.addr)
        .await
        .map_err(ClientError::io("connecting"))?;
    // Frames are gathered here; waiting for more in the kernel would only add to the time to the
    // ack.
    stream
        .set_nodelay(true)
        .map_err(ClientError::io("connecting"))?;
    let Some(tls) = &config.tls else {
        let peer = stream.peer_addr().map_err(ClientError::io("connecting"))?;
        if !peer.ip().is_loopback() && !config.plain_text_off_loopback {
            return Err(ClientError::PlainText { peer });
        }
        let (read, write) = stream.into_split();
        return Ok((Box::new(read), Box::new(write)));
    };
    let connector = TlsConnector::from(Arc::clone(&tls.config));
    let stream = connector
        .connect(tls.server_name.clone(), stream)
        .await
        .map_err(ClientError::io("starting tls"))?;
    let (read, write) = tokio::io::split(stream);
    Ok((Box::new(read), Box::new(write)))
}

async fn await_welcome(
    read: &mut ReadHalf,
    decoder: &mut Decoder<ServerFrame>,
) -> Result<Welcome, ClientError> {
    let mut chunk = [0; 1024];
    loop {
        match decoder.next()? {
            Some(ServerFrame::Welcome(welcome)) if welcome.version == VERSION => {
                return Ok(welcome);
            }
            Some(ServerFrame::Welcome(welcome)) => {
                return Err(ClientError::Version {
                    found: welcome.version,
                });
            }
            Some(ServerFrame::Error(fatal)) => {
                let retry_after = millis(fatal.retry_after_ms);
                return Err(ClientError::Ended {
                    code: fatal.code,
                    retry_after,
                    message: fatal.message,
                });
            }
            Some(_) => return Err(ClientError::Unexpected("a frame before Welcome")),
            None => {}
        }
        match read
            .read(&mut chunk)
            .await
            .map_err(ClientError::io("waiting for Welcome"))?
        {
            0 => return Err(ClientError::Cut),
            count => decoder.feed(&chunk[..count]),
        }
    }
}
