//! One open connection to the binary port: the handshake, a task that writes and one that reads.
//! Owns frames on the wire and keeping the connection alive; refuses to reconnect, and to hold more
//! than a few frames before the socket.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sluis_model::NotificationRequest;
use sluis_model::wire::{
    ClientFrame, Decoder, Durability, Frame, Hello, IDLE_TIMEOUT_MS, KEEPALIVE_MS, MAX_BATCH_ROWS,
    MAX_FRAME, ServerFrame, VERSION, Welcome, check_row, encode_submit_batch, row_len,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::timeout;

use super::in_flight::{Answered, InFlight, Opened};
use crate::clock;

const CONNECT: Duration = Duration::from_secs(10);
const KEEPALIVE: Duration = Duration::from_millis(KEEPALIVE_MS);
const SILENT: Duration = Duration::from_millis(IDLE_TIMEOUT_MS);
/// Frames that may wait for the socket; a sender with one more waits itself.
const QUEUED_FRAMES: usize = 32;
const CHUNK: usize = 64 << 10;
/// Bytes of a batch frame before its first row, with room to spare.
const FRAME_HEAD: usize = 64;

/// Rows on their way, the first of those offered.
pub(super) struct Part {
    pub(super) rows: usize,
    pub(super) answers: oneshot::Receiver<Vec<Answered>>,
}

/// Why not even the first row went.
#[derive(Debug)]
pub(super) enum Unsent {
    /// It fits no frame.
    Row(String),
    /// The connection is lost.
    Gone,
}

pub(super) struct Live {
    shared: Arc<Shared>,
    frames: mpsc::Sender<Vec<u8>>,
    welcome: Welcome,
}

struct Shared {
    in_flight: Mutex<InFlight>,
    credit: Notify,
    gone: watch::Sender<bool>,
    retry_after: Mutex<Option<Duration>>,
}

impl Live {
    /// Connects and shakes hands.
    pub(super) async fn open(addr: &str, key: &str) -> Result<Self, String> {
        let opened = timeout(CONNECT, Self::shake_hands(addr, key)).await;
        opened.unwrap_or_else(|_| Err(format!("{addr}: no Welcome within {} s", CONNECT.as_secs())))
    }

    async fn shake_hands(addr: &str, key: &str) -> Result<Self, String> {
        let io = |error: std::io::Error| format!("{addr}: {error}");
        let stream = TcpStream::connect(addr).await.map_err(io)?;
        stream.set_nodelay(true).map_err(io)?;
        let (mut read, mut write) = stream.into_split();
        let hello = Hello {
            version_min: VERSION,
            version_max: VERSION,
            api_key: key.into(),
            client_name: "loadtest".into(),
        };
        let mut bytes = Vec::new();
        ClientFrame::Hello(hello)
            .encode(&mut bytes)
            .map_err(|error| error.to_string())?;
        write.write_all(&bytes).await.map_err(io)?;
        let mut decoder = Decoder::new(MAX_FRAME);
        let welcome = await_welcome(&mut read, &mut decoder).await?;
        let in_flight = InFlight::new(welcome.credit).map_err(|error| error.to_string())?;
        let gone = watch::Sender::new(false);
        let shared = Arc::new(Shared {
            in_flight: Mutex::new(in_flight),
            credit: Notify::new(),
            gone,
            retry_after: Mutex::default(),
        });
        let (frames, queued) = mpsc::channel(QUEUED_FRAMES);
        tokio::spawn(write_frames(shared.clone(), write, queued));
        tokio::spawn(read_frames(shared.clone(), read, decoder));
        Ok(Self {
            shared,
            frames,
            welcome,
        })
    }

    pub(super) fn is_open(&self) -> bool {
        !*self.shared.gone.borrow()
    }

    pub(super) fn why_lost(&self) -> Option<String> {
        self.shared.in_flight.lock().lost().cloned()
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        *self.shared.retry_after.lock()
    }

    pub(super) const fn durability(&self) -> Durability {
        self.welcome.durability
    }

    /// Sends as many of the first `rows` as credit and one frame hold, as soon as there is credit
    /// for one.
    pub(super) async fn submit(&self, rows: &[NotificationRequest]) -> Result<Part, Unsent> {
        let fitting = fitting(rows, self.welcome.max_frame)?;
        loop {
            let granted = self.shared.credit.notified();
            let opened = self.shared.in_flight.lock().open(fitting);
            match opened {
                Opened::Frame {
                    first,
                    rows: taken,
                    answers,
                } => {
                    self.pass_credit_on();
                    let mut bytes = Vec::with_capacity(
                        FRAME_HEAD + rows[..taken].iter().map(row_len).sum::<usize>(),
                    );
                    encode_submit_batch(&mut bytes, first, rows[..taken].iter())
                        .map_err(|e| Unsent::Row(e.to_string()))?;
                    // The writer is gone only when the connection is: then the answers come back
                    // empty.
                    let _ = self.frames.send(bytes).await;
                    return Ok(Part {
                        rows: taken,
                        answers,
                    });
                }
                Opened::NoCredit => granted.await,
                Opened::Lost => return Err(Unsent::Gone),
            }
        }
    }

    /// One grant wakes one sender; it wakes the next when some is left.
    fn pass_credit_on(&self) {
        if self.shared.in_flight.lock().has_credit() {
            self.shared.credit.notify_one();
        }
    }
}

/// How many of the first rows one frame holds.
fn fitting(rows: &[NotificationRequest], max_frame: u32) -> Result<usize, Unsent> {
    let mut bytes = FRAME_HEAD;
    for (index, row) in rows.iter().take(MAX_BATCH_ROWS).enumerate() {
        let checked = check_row(row, max_frame);
        bytes += row_len(row);
        match checked {
            Err(error) if index == 0 => return Err(Unsent::Row(error.to_string())),
            Ok(()) if index == 0 || bytes <= max_frame as usize => {}
            _ => return Ok(index),
        }
    }
    Ok(rows.len().min(MAX_BATCH_ROWS))
}

async fn await_welcome(
    read: &mut OwnedReadHalf,
    decoder: &mut Decoder<ServerFrame>,
) -> Result<Welcome, String> {
    let mut chunk = [0; 1024];
    loop {
        match decoder.next().map_err(|error| error.to_string())? {
            Some(ServerFrame::Welcome(welcome)) if welcome.version == VERSION => {
                return Ok(welcome);
            }
            Some(ServerFrame::Error(fatal)) => return Err(ended(&fatal)),
            Some(_) => return Err("expected Welcome in our version".into()),
            None => {}
        }
        match read.read(&mut chunk).await {
            Ok(0) => return Err("closed before Welcome".into()),
            Ok(count) => decoder.feed(&chunk[..count]),
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn ended(fatal: &sluis_model::wire::Fatal) -> String {
    let code = fatal
        .code
        .map_or_else(|number| number.to_string(), |code| code.to_string());
    format!("the engine ended the connection: {code}: {}", fatal.message)
}

impl Shared {
    fn lose(&self, why: String) {
        self.in_flight.lock().lose(why);
        self.gone.send_replace(true);
        self.credit.notify_waiters();
    }

    fn take(&self, decoder: &mut Decoder<ServerFrame>) -> Result<(), String> {
        let at = clock::mono();
        let mut in_flight = self.in_flight.lock();
        while let Some(frame) = decoder.next().map_err(|error| error.to_string())? {
            match frame {
                ServerFrame::Ack(ack) => in_flight.accepted(ack, at)?,
                ServerFrame::AckBatch(acks) => acks
                    .into_iter()
                    .try_for_each(|ack| in_flight.accepted(ack, at))?,
                ServerFrame::Refuse(refused) => in_flight.refused(&refused, at)?,
                ServerFrame::Credit { grant } => {
                    in_flight.grant(grant)?;
                    self.credit.notify_one();
                }
                ServerFrame::Pong { .. } => {}
                ServerFrame::Welcome(_) => return Err("a second Welcome".into()),
                ServerFrame::Error(fatal) => {
                    let after = Duration::from_millis(fatal.retry_after_ms.into());
                    *self.retry_after.lock() = (!after.is_zero()).then_some(after);
                    return Err(ended(&fatal));
                }
            }
        }
        Ok(())
    }
}

async fn read_frames(
    shared: Arc<Shared>,
    mut read: OwnedReadHalf,
    mut decoder: Decoder<ServerFrame>,
) {
    let mut chunk = vec![0; CHUNK];
    let why = loop {
        if let Err(why) = shared.take(&mut decoder) {
            break why;
        }
        match timeout(SILENT, read.read(&mut chunk)).await {
            Ok(Ok(0)) => break "closed by the engine".into(),
            Ok(Ok(count)) => decoder.feed(&chunk[..count]),
            Ok(Err(error)) => break error.to_string(),
            Err(_) => break format!("nothing came for {} s", SILENT.as_secs()),
        }
    };
    shared.lose(why);
}

async fn write_frames(
    shared: Arc<Shared>,
    mut write: OwnedWriteHalf,
    mut queued: mpsc::Receiver<Vec<u8>>,
) {
    let mut gone = shared.gone.subscribe();
    let done = tokio::select! {
        done = write_all(&mut write, &mut queued) => done,
        _ = gone.wait_for(|gone| *gone) => Ok(()),
    };
    if let Err(error) = done {
        shared.lose(error.to_string());
    }
}

/// Writes until nobody can send any more, then says goodbye.
async fn write_all(
    write: &mut OwnedWriteHalf,
    queued: &mut mpsc::Receiver<Vec<u8>>,
) -> std::io::Result<()> {
    let (mut frames, mut bytes) = (Vec::new(), Vec::new());
    loop {
        bytes.clear();
        let came = timeout(KEEPALIVE, queued.recv_many(&mut frames, QUEUED_FRAMES)).await;
        let last = came == Ok(0);
        match came {
            Ok(0) => say(&mut bytes, &ClientFrame::Goodbye)?,
            // Frames that came together go in one call.
            Ok(_) => frames
                .drain(..)
                .for_each(|frame| bytes.extend_from_slice(&frame)),
            Err(_) => say(&mut bytes, &ClientFrame::Ping { nonce: 1 })?,
        }
        write.write_all(&bytes).await?;
        if last {
            return write.shutdown().await;
        }
    }
}

fn say(bytes: &mut Vec<u8>, frame: &ClientFrame) -> std::io::Result<()> {
    frame.encode(bytes).map_err(std::io::Error::other)
}
