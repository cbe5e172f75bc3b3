//! Sinks: an SMTP server, an SMS provider and a directory that behave like the world does, and write
//! down what they saw. A sink is one line of the table here and one folder. Owns the wire behaviour,
//! the verdict and the sink's own book; refuses to know what the engine meant by a message.
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

/// The table of sinks, handed to `$make`. A line is: the channel, its name in counts and books, its
/// name for people, what its recipients look like, and the module that has it, which is also its
/// section in profiles. The module has `Arguments`: what the command line says of it, and how it is
/// started.
macro_rules! sinks {
    ($make:ident) => {
        $make! {
            /// The SMTP sink.
            Email = "email", "mail", Mailbox, smtp;
            /// The SMS provider sink.
            Sms = "sms", "SMS", Number, sms;
            /// The directory that messages are written to.
            Echo = "echo", "echo", Anything, echo;
        }
    };
}

mod arguments;
mod book;
mod channel;
mod core;
mod drawn;
pub mod dsn;
pub mod echo;
mod error;
pub mod jwt;
mod listen;
mod method;
mod profile;
mod rate;
mod real_world;
mod reference;
mod running;
pub mod sms;
pub mod smtp;
mod verdict;
mod world;

pub use self::arguments::SinksArguments;
pub use self::book::{Book, Kept, Kind, Row, Stats};
pub use self::channel::Channel;
pub use self::core::{CoreOptions, SinkCore};
pub use self::drawn::{Drawn, link_in};
pub use self::echo::EchoSink;
pub use self::error::SinkError;
pub use self::method::CallbackMethod;
pub use self::profile::{Behaviour, Dead, Flapping, Latency, Profile, SpanMs};
pub use self::real_world::RealWorld;
pub use self::reference::{attempt_of, attempt_of_sender};
pub use self::running::Running;
pub use self::sms::{SmsOptions, SmsSink};
pub use self::smtp::{SmtpOptions, SmtpSink, TlsMode};
pub use self::verdict::{Decision, Reads, Verdict, decide};
pub use self::world::{HeapWorld, LaterEvent, Press, SmsCallback, World};
