//! The client against a scripted server on loopback that speaks through the same codec. One
//! behaviour per file. Refuses sleeps: every test waits for a frame, an answer or the end of a
//! connection.

mod credit;
mod garbage;
mod handshake;
mod pipelining;
mod reconnect;
mod refusals;
mod server;
mod shutdown;
mod tls;
