//! Owns the channels that have a sink, made from the table in `sink/mod.rs`: their names, and what
//! their recipients look like. Refuses to know a protocol.

use serde::{Deserialize, Serialize};

/// What a recipient looks like: where a word in it can force a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// A mail address.
    Mailbox,
    /// A phone number.
    Number,
    /// Anything, and nothing can be forced.
    Anything,
}

macro_rules! channels {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $label:literal, $recipient:ident, $section:ident;)+) => {
        /// Which sink saw it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Channel {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl Channel {
            /// All of them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// The name in counts and in books.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The name in reports for people.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// The engine's channel that ends there.
            #[must_use]
            pub const fn of_engine(self) -> sluis_model::Channel {
                match self { $(Self::$variant => sluis_model::Channel::$variant,)+ }
            }

            /// What its recipients look like.
            #[must_use]
            pub const fn recipient(self) -> Recipient {
                match self { $(Self::$variant => Recipient::$recipient,)+ }
            }
        }
    };
}

sinks!(channels);
