//! Sinks: an SMTP server and an SMS provider that behave like the world does, and write down what
//! they saw. Owns the wire behaviour, the verdict and the sink's own book; refuses to know what the
//! engine meant by a message.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use sluis_loadtest::sink::{HeapWorld, Profile, SinkCore, SmsOptions, SmsSink, SmtpOptions, SmtpSink};
//! # async fn demo() -> Result<(), sluis_loadtest::sink::SinkError> {
//! let world = Arc::new(HeapWorld::new(|| 0));
//! let core = SinkCore::new(Profile::perfect(), world.clone());
//! let smtp = SmtpSink::start(core.clone(), "127.0.0.1:0", SmtpOptions::default()).await?;
//! let sms = SmsSink::start(core.clone(), "127.0.0.1:0", SmsOptions::default()).await?;
//! println!("{} {}", smtp.addr(), sms.addr());
//! while let Some((_at_ms, _event)) = world.pop_due(i64::MAX) { /* hand it to the engine */ }
//! for row in core.book().rows() { println!("{} {}", row.to, row.seen); }
//! # Ok(()) }
//! ```

mod book;
mod core;
pub mod dsn;
mod error;
pub mod jwt;
mod listen;
mod method;
mod profile;
mod rate;
mod real_world;
pub mod sms;
pub mod smtp;
mod verdict;
mod world;

pub use self::book::{Book, Channel, Kept, Kind, Row, Stats};
pub use self::core::{CoreOptions, SinkCore};
pub use self::error::SinkError;
pub use self::method::CallbackMethod;
pub use self::profile::{Behaviour, Dead, Flapping, Latency, Profile, SpanMs};
pub use self::real_world::RealWorld;
pub use self::sms::{SmsOptions, SmsSink};
pub use self::smtp::{SmtpOptions, SmtpSink, TlsMode};
pub use self::verdict::{Decision, Verdict, decide};
pub use self::world::{HeapWorld, LaterEvent, SmsCallback, World};
