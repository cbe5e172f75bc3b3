//! Owns the table of channels: name, stored code, what a channel needs of the tenant, how lists call
//! it. A new channel is one row here, and one line in `channels` for each kind of provider that
//! serves it. Refuses to know a provider.
//!
//! The table is in this crate and not beside the kinds, because a channel's code is part of the
//! stored records and its name a word of flows: both must be known where no provider is.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// A row is: variant, code, name, what it needs, and how tenant lists call it (in lower case,
/// without blanks and hyphens). Codes are stored: they count from 0, and none is given twice or
/// changed. A new channel comes last.
macro_rules! channels {
    ($($(#[$doc:meta])* $variant:ident = $code:tt, $name:literal, needs $need:ident, [$($word:literal),*];)+) => {
        /// A way to reach a tenant. Closed, so that every preference a corporation may hold is a
        /// known word; which of them have a provider is configuration.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
        )]
        pub enum Channel {
            $($(#[$doc])* #[serde(rename = $name)] $variant = $code,)+
        }

        /// How many there are.
        const COUNT: usize = [$($code),+].len();

        impl Channel {
            /// Every channel, in the order of their codes.
            pub const ALL: [Channel; COUNT] = [$(Channel::$variant),+];
        }

        const ROWS: [Row; COUNT] = [$(Row { name: $name, need: Need::$need, words: &[$($word),*] }),+];
    };
}

channels! {
    /// E-mail.
    Email = 0, "email", needs Email, ["email", "mail"];
    /// Text message.
    Sms = 1, "sms", needs Mobile, ["sms"];
    /// Letter on paper.
    Letter = 2, "letter", needs Postal, ["letter", "brief", "post", "papier"];
    /// WhatsApp message.
    Whatsapp = 3, "whatsapp", needs Mobile, ["whatsapp"];
    /// Spoken message.
    Voice = 4, "voice", needs Phone, ["voice", "telefoon", "bellen", "spraak"];
    /// Inbox of the tenant portal.
    Portal = 5, "portal", needs Portal, ["portal", "portaal", "huurdersportaal"];
    /// Goes nowhere and always succeeds: for measurements and rehearsals.
    Null = 6, "null", needs Nothing, [];
    /// Reaches nobody and keeps what would have been said: for trials.
    Echo = 7, "echo", needs Nothing, [];
    /// A machine that takes requests: a hand-over, an external check, a payment request.
    Machine = 8, "machine", needs Nothing, [];
}

struct Row {
    name: &'static str,
    need: Need,
    words: &'static [&'static str],
}

/// What a channel needs of the tenant to reach him.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// Nothing: it reaches nobody.
    Nothing,
    /// A mailbox.
    Email,
    /// A phone number that takes messages.
    Mobile,
    /// Any phone number.
    Phone,
    /// A postal address.
    Postal,
    /// An account of the tenant portal.
    Portal,
}

/// What kind of contact point a tenant is reached at. Codes are stored: a new kind comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum ContactKind {
    /// A mailbox.
    Email,
    /// A phone number.
    Phone,
    /// A postal address.
    Postal,
    /// An account of the tenant portal.
    Portal,
    /// What a messenger knows a person by.
    Messenger,
    /// The token by which an app on one device is reached.
    Push,
}

impl ContactKind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 6] = [
        Self::Email,
        Self::Phone,
        Self::Postal,
        Self::Portal,
        Self::Messenger,
        Self::Push,
    ];

    /// The name used in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ContactKind::Email => "email",
            ContactKind::Phone => "phone",
            ContactKind::Postal => "postal",
            ContactKind::Portal => "portal",
            ContactKind::Messenger => "messenger",
            ContactKind::Push => "push",
        }
    }
}

impl Channel {
    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The name used in configuration, flows, metrics and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// What it needs of the tenant.
    #[must_use]
    pub const fn need(self) -> Need {
        self.row().need
    }

    /// The kind of contact point it uses; none when it reaches nobody.
    #[must_use]
    pub const fn contact_kind(self) -> Option<ContactKind> {
        match self.row().need {
            Need::Nothing => None,
            Need::Email => Some(ContactKind::Email),
            Need::Mobile | Need::Phone => Some(ContactKind::Phone),
            Need::Postal => Some(ContactKind::Postal),
            Need::Portal => Some(ContactKind::Portal),
        }
    }

    /// How tenant lists call it: in lower case, without blanks and hyphens. Empty when no tenant can
    /// prefer it.
    #[must_use]
    pub const fn words(self) -> &'static [&'static str] {
        self.row().words
    }

    /// All names, as a message lists them: `email, sms or null`.
    #[must_use]
    pub fn listed() -> &'static str {
        static LISTED: LazyLock<String> = LazyLock::new(|| in_a_row(&Channel::ALL));
        &LISTED
    }

    /// The names of those a tenant can prefer, as a message lists them.
    #[must_use]
    pub fn listed_preferable() -> &'static str {
        static LISTED: LazyLock<String> = LazyLock::new(|| {
            let preferable = Channel::ALL.into_iter().filter(|c| !c.words().is_empty());
            in_a_row(&preferable.collect::<Vec<_>>())
        });
        &LISTED
    }
}

/// `a, b or c`.
fn in_a_row(channels: &[Channel]) -> String {
    let names: Vec<&str> = channels.iter().map(|channel| channel.name()).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
        None => String::new(),
    }
}

/// Some of the channels: a bit for each code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct ChannelSet(u32);

const _: () = assert!(COUNT <= 32, "a set of channels has a bit for each");

impl ChannelSet {
    const fn bit(channel: Channel) -> u32 {
        1 << channel as u32
    }

    /// Whether `channel` is one of them.
    #[must_use]
    pub const fn contains(self, channel: Channel) -> bool {
        self.0 & Self::bit(channel) != 0
    }

    /// With `channel` among them.
    #[must_use]
    pub const fn with(self, channel: Channel) -> Self {
        Self(self.0 | Self::bit(channel))
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Channel {
    type Err = UnknownChannel;

    fn from_str(text: &str) -> Result<Self, UnknownChannel> {
        Channel::ALL
            .into_iter()
            .find(|c| c.name() == text)
            .ok_or_else(|| UnknownChannel(text.chars().take(64).collect()))
    }
}

/// The text names no channel.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a channel: expected {listed}", listed = Channel::listed())]
pub struct UnknownChannel(String);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::codec;

    #[test]
    fn a_code_is_the_place_in_the_table_and_what_is_stored() {
        for (place, channel) in Channel::ALL.into_iter().enumerate() {
            assert_eq!(channel as usize, place, "{channel}: codes count from 0");
            assert_eq!(
                codec::encode_plain(&channel),
                [u8::try_from(place).unwrap()],
                "{channel}: one byte is stored, its code"
            );
        }
        // These stand in data directories: their codes stay.
        let stored = [
            "email", "sms", "letter", "whatsapp", "voice", "portal", "null",
        ];
        for (place, name) in stored.into_iter().enumerate() {
            assert_eq!(Channel::ALL[place].name(), name);
        }
    }

    #[test]
    fn names_and_words_belong_to_one_channel() {
        let mut names = BTreeSet::new();
        let mut words = BTreeSet::new();
        for channel in Channel::ALL {
            assert!(names.insert(channel.name()), "{channel} is there twice");
            assert_eq!(channel.name().parse::<Channel>().unwrap(), channel);
            let json = serde_json::to_string(&channel).unwrap();
            assert_eq!(json, format!("{:?}", channel.name()));
            assert_eq!(serde_json::from_str::<Channel>(&json).unwrap(), channel);
            for word in channel.words() {
                assert!(words.insert(*word), "{word} means two channels");
            }
        }
        let row = in_a_row(&[Channel::Email, Channel::Sms, Channel::Null]);
        assert_eq!(row, "email, sms or null");
        assert!(!Channel::listed_preferable().contains("null"));
    }
}
