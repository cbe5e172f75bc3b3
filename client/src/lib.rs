//! The client of the binary protocol of Sluis (`docs/binary-protocol.md`).
//!
//! [`Client`] is for systems that send notifications: it waits for credit, for the ack, reconnects,
//! and sends again what was not answered under the same idempotency keys. [`connect`] gives the two
//! halves of one connection, [`Sender`] and [`Answers`], to programs that must never wait for an
//! answer: open-loop load generators.
//!
//! Refuses to know the engine: it needs the words and the wire codec of `sluis-model`, nothing
//! else. Refuses to read a clock and to keep anything beyond the process: what was not acknowledged
//! when it ends is the caller's to send again.

mod answers;
mod client;
mod config;
mod connect;
mod driver;
mod error;
mod outbox;
mod receipt;
mod sender;

pub use answers::{Answer, Answers};
pub use client::Client;
pub use config::{ClientConfig, ReconnectPolicy, Tls};
pub use connect::connect;
pub use error::{ClientError, Refused, SendError, SubmitError};
pub use receipt::Receipt;
pub use sender::{Sender, Sent};
pub use sluis_model::wire::{Durability, ErrorCode, Problem, RefuseCode, Welcome};
