//! Owns the stable numbers of the protocol: why a row was refused, why a connection ends, how
//! durable an ack is. Refuses to renumber: a code keeps its meaning for ever, a new one comes with
//! a new protocol version.

use std::fmt;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal, $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum $name { $($(#[$variant_doc])* $variant = $number,)* }

        impl $name {
            /// Every code, in the order of the numbers.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u16 {
                self as u16
            }

            /// The code with this number, if there is one.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some($name::$variant),)*
                    _ => None,
                }
            }

            /// The stable word for logs, metrics and documents.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// Whether the same thing may succeed later, unchanged: the numbers from 100 on.
            #[must_use]
            pub const fn is_transient(self) -> bool {
                self.number() >= 100
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

codes! {
    /// Why one submission was not taken. Nothing of it was stored. Below 100: sending it again
    /// unchanged is useless.
    RefuseCode {
        /// The row is wrong; the problems say where (HTTP 422).
        Invalid = 1, "invalid";
        /// No flow of that name (HTTP 422).
        UnknownFlow = 2, "unknown_flow";
        /// The idempotency key was used before with another body (HTTP 409).
        Conflict = 3, "conflict";
        /// The row is longer than the engine takes (HTTP 413).
        TooLarge = 4, "too_large";
        /// Reserved: the key of this connection was withdrawn (HTTP 401). The engine ends the
        /// connection instead.
        Unauthorised = 5, "unauthorised";
        /// The corporation has as many open notifications as it may (HTTP 429).
        ShareFull = 101, "share_full";
        /// The engine is full: open notifications in total, or the disk (HTTP 503).
        EngineFull = 102, "engine_full";
        /// The engine is still recovering (HTTP 503).
        Starting = 103, "starting";
        /// The engine stops and takes nothing new (HTTP 503).
        Stopping = 104, "stopping";
        /// The engine failed to decide; nothing was stored (HTTP 500).
        Internal = 105, "internal";
    }
}

impl RefuseCode {
    /// The status the HTTP interface gives for the same refusal.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            RefuseCode::Invalid | RefuseCode::UnknownFlow => 422,
            RefuseCode::Conflict => 409,
            RefuseCode::TooLarge => 413,
            RefuseCode::Unauthorised => 401,
            RefuseCode::ShareFull => 429,
            RefuseCode::EngineFull | RefuseCode::Starting | RefuseCode::Stopping => 503,
            RefuseCode::Internal => 500,
        }
    }
}

codes! {
    /// Why the server ends a connection. Below 100: the client or its configuration is wrong, do
    /// not reconnect by yourself.
    ErrorCode {
        /// The first frame does not begin with the magic.
        BadMagic = 1, "bad_magic";
        /// Server and client share no protocol version.
        NoCommonVersion = 2, "no_common_version";
        /// A frame does not have its layout; the message names the field.
        Malformed = 3, "malformed";
        /// A frame is longer than the bound.
        FrameTooLong = 4, "frame_too_long";
        /// More was submitted than credit was granted.
        OutOfCredit = 5, "out_of_credit";
        /// A frame that has no place here: anything before `Hello`, a second `Hello`, a `Submit`
        /// after `Goodbye`.
        UnexpectedFrame = 6, "unexpected_frame";
        /// The API key is not known.
        Unauthorised = 7, "unauthorised";
        /// Nothing came for too long.
        Idle = 101, "idle";
        /// The engine is still recovering.
        Starting = 102, "starting";
        /// The engine stops; what was submitted before has been answered.
        Stopping = 103, "stopping";
        /// As many connections as the engine takes.
        TooManyConnections = 104, "too_many_connections";
        /// The engine failed.
        Internal = 105, "internal";
    }
}

/// What an ack of this connection means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Durability {
    /// On stable storage: `fdatasync` has returned.
    Synced,
    /// Reserved for a weaker mode, in which an acknowledged submission may be lost in a crash. No
    /// engine has it yet. Clients warn of it.
    Relaxed,
}

impl Durability {
    pub(super) const fn number(self) -> u8 {
        match self {
            Durability::Synced => 0,
            Durability::Relaxed => 1,
        }
    }

    pub(super) const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Durability::Synced),
            1 => Some(Durability::Relaxed),
            _ => None,
        }
    }
}
