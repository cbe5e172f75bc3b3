//! Owns the record, the unit of the journal: one input with the events decided from it, recovered
//! whole or not at all. Refuses to know where it is stored.

use bincode::{Decode, Encode};

use crate::codec::{self, CodecError, FrameKind, Version};
use crate::event::Event;
use crate::group::PartNews;
use crate::ids::{CorporationId, NotificationId, TenantKey};
use crate::input::Input;
use crate::notification::Subject;
use crate::stored::StoredTenant;
use crate::time::Timestamp;

/// What one entry of a shard's log says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub enum Record {
    /// Something about one tenant.
    Tenant(TenantRecord),
    /// Something about the shard itself.
    Control(ControlRecord),
    /// A tenant as it is: what is known of it before is replaced.
    Stored(Box<StoredTenant>),
    /// What is left of a record whose key was destroyed. Never written: it is what a reader gets.
    Gone(Gone),
}

/// A record that nobody can read any more: it was about a tenant who was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Gone {
    /// When the record was written.
    pub at: Timestamp,
    /// Whose tenant it was about.
    pub corporation: CorporationId,
    /// Sequence of the record of the same tenant before it.
    pub previous: u64,
    /// When the key was destroyed.
    pub erased: Timestamp,
}

/// One input of one tenant with what was decided from it.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct TenantRecord {
    /// When it was decided, by the engine's clock.
    pub at: Timestamp,
    /// Whose.
    pub tenant: TenantKey,
    /// Sequence of this tenant's previous record in the same shard, 0 for none: timeline and
    /// explanation walk back.
    pub previous: u64,
    /// What came in.
    pub input: Input,
    /// What was decided, in order.
    pub events: Vec<Event>,
}

/// Something about the shard, not about a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub struct ControlRecord {
    /// When.
    pub at: Timestamp,
    /// The control that was decided.
    pub control: Control,
}

/// The list of controls.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub enum Control {
    /// Nothing matching is permitted until resumed.
    Pause(PauseScope),
    /// Ends a pause of the same scope.
    Resume(PauseScope),
    /// Several tenants are to get an input each; a restart finishes it.
    IntentOpened {
        /// Number of the intent, unique within its home shard.
        intent: u64,
        /// What is to be done.
        work: Intent,
    },
    /// Every tenant of the intent has its input, durably.
    IntentDone {
        /// Number of the intent.
        intent: u64,
    },
    /// A message from outside that fits nothing we know: for people, never for a guess.
    Unexplained {
        /// The corporation, when it is known.
        corporation: Option<CorporationId>,
        /// The notification, when it is known.
        id: Option<NotificationId>,
        /// Which provider sent it.
        provider: Box<str>,
        /// What it said, at most 500 bytes, without addresses.
        text: Box<str>,
    },
    /// Somebody looked at a fact that fits nothing, or at a message that nobody could read, and it is
    /// to leave the lists.
    StrayDismissed {
        /// The corporation it is of.
        corporation: CorporationId,
        /// Sequence of the record that holds the fact or the message, in this shard.
        fact: u64,
        /// Who, as they name themselves.
        by: Box<str>,
    },
    /// Something that the shard knows of itself, said again, so that the records that brought it can
    /// be forgotten. An intent that is open is carried by [`Control::IntentOpened`] with its number.
    Carried(Box<Carried>),
    /// A tenant was erased: his key was destroyed right after this record.
    Erased(Box<Erased>),
}

/// What stays of a tenant who was erased: that it happened. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Erased {
    /// Whose tenant.
    pub corporation: CorporationId,
    /// The keyed hash of the tenant: with the file of keys and the number, one can find this record.
    pub tenant: [u8; 16],
    /// Who asked for it, as they name themselves.
    pub by: Box<str>,
    /// Why, in their words; empty where records before version 5 did not say.
    pub why: Box<str>,
    /// Records that can be read no more.
    pub records: u64,
    /// Notifications that they were about.
    pub notifications: u64,
}

/// What a shard says of itself again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub enum Carried {
    /// A pause that lasts.
    Pause {
        /// Of what.
        scope: PauseScope,
        /// Since when.
        since: Timestamp,
    },
    /// The facts of one corporation that fit nothing, and what is remembered to tell which do. It
    /// replaces what is known of them.
    Strays(CarriedStrays),
    /// The messages of one corporation that nobody could read and that wait for people beside the
    /// tasks. It replaces what is known of them.
    Unread(CarriedUnread),
}

/// What a shard knows of the messages of one corporation that nobody could read.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CarriedUnread {
    /// The corporation they are of.
    pub corporation: CorporationId,
    /// Those that are listed, in order of their records.
    pub messages: Vec<CarriedMessage>,
    /// How many there ever were.
    pub ever: u64,
}

/// One message that nobody could read.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CarriedMessage {
    /// Sequence of the record that brought it.
    pub sequence: u64,
    /// When it was taken.
    pub at: Timestamp,
    /// The notification that it is about, where that is known.
    pub id: Option<NotificationId>,
    /// Number of the attempt; 0: not known.
    pub attempt: u16,
    /// Whether somebody has looked at it.
    pub dismissed: bool,
}

/// What a shard knows of the facts of one corporation that fit nothing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CarriedStrays {
    /// Whose; none: nobody has any more than those that follow, whatever is known so far.
    pub corporation: Option<CorporationId>,
    /// Those that are listed, in order of their records.
    pub facts: Vec<CarriedStray>,
    /// Hashes of subjects that ended notifications were about, with their tenants: those of the
    /// newer set.
    pub newer: Vec<u32>,
    /// Those of the older set.
    pub older: Vec<u32>,
    /// How many facts there ever were.
    pub ever: u64,
    /// How many notifications came for tenants without a profile.
    pub strangers: u64,
}

/// One fact that fits nothing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CarriedStray {
    /// Sequence of the record that brought it.
    pub sequence: u64,
    /// The tenant it tells of.
    pub tenant: Box<str>,
    /// When it was taken.
    pub at: Timestamp,
    /// The hash of its subject, where that is what did not fit.
    pub subject: Option<u64>,
    /// A subject of the tenant that it nearly fits.
    pub near: Option<Box<Subject>>,
    /// Whether somebody dismissed it.
    pub dismissed: bool,
}

/// Work that reaches more than one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub enum Intent {
    /// The same input for each of these tenants.
    Each {
        /// Whom.
        tenants: Vec<TenantKey>,
        /// What is put to each of its tenants.
        input: Input,
    },
    /// Cancel everything open about a subject, on every shard.
    CancelSubject {
        /// Whose.
        corporation: CorporationId,
        /// About what.
        subject: Subject,
        /// Who and why.
        note: Box<str>,
    },
    /// An addressee's part tells its household what became of it. Since record version 6.
    PartNews {
        /// Whose.
        corporation: CorporationId,
        /// The number of the household.
        household: Box<str>,
        /// What.
        news: PartNews,
    },
}

/// Whose a pause is: who began it. What an operator holds, no corporation lets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
pub enum PausedBy {
    /// The corporation whose sends it holds.
    Corporation,
    /// An operator of the engine.
    Operator,
}

/// What a pause covers, and whose it is: every part that is given must match. Two pauses that cover
/// the same and are not the same one's are two.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Encode)]
pub struct PauseScope {
    /// This corporation; none: all.
    pub corporation: Option<CorporationId>,
    /// Flows with this name; none: all.
    pub flow: Option<Box<str>>,
    /// This channel; none: all.
    pub channel: Option<crate::channel::Channel>,
    /// Whose it is.
    pub by: PausedBy,
}

impl PauseScope {
    /// Every send of every corporation. Only an operator may ask for it.
    pub const EVERYTHING: Self = Self {
        corporation: None,
        flow: None,
        channel: None,
        by: PausedBy::Operator,
    };

    /// Whether a send of `corporation` in `flow` over `channel` is covered.
    #[must_use]
    pub fn covers(
        &self,
        corporation: CorporationId,
        flow: &str,
        channel: crate::channel::Channel,
    ) -> bool {
        self.corporation.is_none_or(|c| c == corporation)
            && self.flow.as_deref().is_none_or(|f| f == flow)
            && self.channel.is_none_or(|c| c == channel)
    }
}

impl TenantRecord {
    /// Appends the frame of [`Record::Tenant`] with this in it to `buffer`: whoever writes a record
    /// need not move it first.
    ///
    /// # Errors
    /// [`CodecError::TooLarge`].
    pub fn encode(&self, buffer: &mut Vec<u8>) -> Result<(), CodecError> {
        /// As [`Record`] is encoded, its variants in their order.
        #[derive(Encode)]
        enum Written<'a> {
            Tenant(&'a TenantRecord),
        }
        codec::encode_frame(FrameKind::Record, &Written::Tenant(self), buffer)
    }
}

impl Record {
    /// When it was written, by the engine's clock.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Tenant(record) => record.at,
            Self::Control(record) => record.at,
            Self::Stored(piece) => piece.at,
            Self::Gone(gone) => gone.at,
        }
    }

    /// Appends the record's frame to `buffer`.
    ///
    /// # Errors
    /// [`CodecError::TooLarge`].
    pub fn encode(&self, buffer: &mut Vec<u8>) -> Result<(), CodecError> {
        codec::encode_frame(FrameKind::Record, self, buffer)
    }

    /// Reads one frame.
    ///
    /// # Errors
    /// See [`CodecError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        codec::decode_frame(FrameKind::Record, bytes)
    }
}
