//! Owns the binary protocol between a sender and the engine: frames, their bytes, the stable codes,
//! the credit arithmetic. Server and client use the same code; `docs/binary-protocol.md` is its
//! description for other languages. Refuses sockets, time and policy: who may send, when credit is
//! withheld and what is valid is decided elsewhere.

mod client_frame;
mod code;
mod credit;
mod decoder;
mod error;
mod frame;
mod read;
mod row;
mod server_frame;
mod write;

#[cfg(test)]
mod tests;

pub use client_frame::{encode_submit, encode_submit_batch};
pub use code::{Durability, ErrorCode, RefuseCode};
pub use credit::{Allowance, OutOfCredit, Overgranted, Window};
pub use decoder::Decoder;
pub use error::{At, WireError};
pub use frame::{AckRow, ClientFrame, Fatal, Frame, Hello, Problem, Refused, ServerFrame, Welcome};
pub use row::{check_row, row_len};
pub use server_frame::{encode_acks, encode_credit, encode_refused};

/// First bytes of every connection's first frame.
pub const MAGIC: [u8; 4] = *b"SLUI";
/// The only protocol version so far.
pub const VERSION: u16 = 1;
/// Longest frame in either direction, in bytes behind the length field.
pub const MAX_FRAME: u32 = 1 << 20;
/// Longest first frame of a client: nobody makes the server buffer more before it has shown its
/// key.
pub const MAX_HELLO: u32 = 1024;
/// Smallest bound a server may announce in [`Welcome::max_frame`].
pub const MIN_MAX_FRAME: u32 = 64 << 10;
/// Most rows in one `SubmitBatch` or `AckBatch`. Keeps what a decoded frame takes in memory near
/// the frame bound.
pub const MAX_BATCH_ROWS: usize = 4096;
/// Most problems in one refusal; the encoder leaves out the rest.
pub const MAX_PROBLEMS: usize = 32;
/// Longest path of a problem in bytes; the encoder cuts.
pub const MAX_PATH: usize = 128;
/// Longest text for people (a problem, a fatal error, a name) in bytes; the encoder cuts.
pub const MAX_TEXT: usize = 256;
/// Most credit a connection may ever have unspent.
pub const MAX_CREDIT: u32 = 1 << 20;
/// The server ends a connection that sent no `Hello` for this long, in milliseconds.
pub const HELLO_TIMEOUT_MS: u64 = 10_000;
/// A client that sent nothing for this long sends a `Ping`, in milliseconds.
pub const KEEPALIVE_MS: u64 = 20_000;
/// Either side gives up on a peer that sent nothing for this long, in milliseconds.
pub const IDLE_TIMEOUT_MS: u64 = 60_000;

/// The frame kinds; a client's are below 0x80.
mod kind {
    pub(super) const HELLO: u8 = 0x01;
    pub(super) const SUBMIT: u8 = 0x02;
    pub(super) const SUBMIT_BATCH: u8 = 0x03;
    pub(super) const PING: u8 = 0x04;
    pub(super) const GOODBYE: u8 = 0x05;
    pub(super) const WELCOME: u8 = 0x81;
    pub(super) const ACK: u8 = 0x82;
    pub(super) const ACK_BATCH: u8 = 0x83;
    pub(super) const REFUSE: u8 = 0x84;
    pub(super) const CREDIT: u8 = 0x85;
    pub(super) const PONG: u8 = 0x86;
    pub(super) const ERROR: u8 = 0x87;
}
