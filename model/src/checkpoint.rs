//! Owns the parts of a shard's checkpoint as they are stored: what a shard is, written beside the
//! log while the shard works on, so that a start replays only what came since. It is no promise:
//! whoever cannot read one replays the log. So it has one version, and no older one is read.
//! Refuses to say how a shard is put together from them: the shard does.

use bincode::de::Decoder;
use bincode::error::DecodeError;
use bincode::{Decode, Encode};

use crate::codec::{self, CodecError, RECORD_VERSION, Version};
use crate::flow::FlowRef;
use crate::ids::{CorporationId, NotificationId, TenantKey};
use crate::notification::Idempotency;
use crate::record::Control;
use crate::state::{PhaseKind, Tenant};
use crate::stored::StoredTenant;
use crate::time::Timestamp;

/// Raised with every change of what is below, or of what a tenant's state is made of. Another
/// version is passed over.
pub const CHECKPOINT_VERSION: u16 = 4;
/// Bytes of a part's length.
const LENGTH: usize = 4;

/// One part of a checkpoint. `K` and `S`: a key and a state, owned or borrowed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[bincode(
    decode_context = "Version",
    decode_bounds = "K: Decode<Version>, S: Decode<Version>",
    borrow_decode_bounds = "K: bincode::BorrowDecode<'__de, Version>, S: bincode::BorrowDecode<'__de, Version>"
)]
pub enum Part<K = TenantKey, S = Tenant> {
    /// The first.
    Begin(Begin),
    /// An active tenant. Tenants come in the order of their places, none is left out.
    Active {
        /// Whose.
        key: K,
        /// Where it stands in the log.
        place: LogPlace,
        /// Its state.
        state: S,
    },
    /// An active tenant whose state is too large for one part: its pieces follow.
    Large {
        /// Where it stands in the log.
        place: LogPlace,
        /// Its newest record.
        last: u64,
    },
    /// A piece of the state of the tenant before.
    Piece(Box<StoredTenant>),
    /// A passive tenant.
    Passive(PassiveTenant),
    /// What a passive tenant has open.
    Open(PassiveOpen),
    /// Passive tenants with something open about a subject.
    Subject(PassiveSubject),
    /// An idempotency key that was used.
    Key {
        /// Whose.
        corporation: CorporationId,
        /// The key and the body.
        key: Idempotency,
        /// What it was used for.
        id: NotificationId,
    },
    /// What the shard is beside its tenants, as a control that makes it so.
    Control(ToldControl),
    /// Bytes that a corporation wrote within an hour.
    Written(CorporationId, Timestamp, u64),
    /// The last. Parts before it hold what records up to this one changed, and none behind it.
    End(u64),
}

/// A control in a checkpoint. It is always written in today's form.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct ToldControl(pub Control);

impl<C> Decode<C> for ToldControl {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let mut today = decoder.with_context(Version(RECORD_VERSION));
        Control::decode(&mut today).map(Self)
    }
}

bincode::impl_borrow_decode!(ToldControl);

/// How a checkpoint begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Begin {
    /// [`CHECKPOINT_VERSION`]
    pub version: u16,
    /// The shard.
    pub shard: u16,
    /// Of how many.
    pub shards: u16,
    /// What keys are hashed with.
    pub seeds: [u64; 2],
    /// The hash of a certain key: a build that hashes in another way finds nobody.
    pub proof: u64,
}

/// Where an active tenant stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LogPlace {
    /// From this record on the log has everything of it.
    pub whole_from: u64,
    /// Whether that is a stored state.
    pub is_stored: bool,
}

/// A passive tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PassiveTenant {
    /// The hash of its key.
    pub hash: u64,
    /// The record that holds its state.
    pub stored: u64,
    /// How many records before that one the log must keep for it.
    pub behind: u32,
    /// Whose it is.
    pub corporation: CorporationId,
    /// Whether it is known from facts alone.
    pub is_unknown: bool,
}

/// What a shard's index knows of an open notification of a passive tenant.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PassiveOpen {
    /// The place of its tenant, counted from 0.
    pub slot: u32,
    /// Which one.
    pub id: NotificationId,
    /// When its timer falls due.
    pub due: Timestamp,
    /// The instant of its phase.
    pub mark: Timestamp,
    /// What it is doing.
    pub phase: PhaseKind,
    /// Where it is counted as standing still.
    pub stand: StandsAs,
}

/// In which group something stands still.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum StandsAs {
    /// In none.
    Nothing,
    /// A task on this list.
    Task(Box<str>),
    /// Held by this guard of this flow.
    Held(FlowRef, u8),
    /// In doubt, by this flow.
    InDoubt(FlowRef),
}

/// A passive tenant with something open about a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PassiveSubject {
    /// The place of the tenant.
    pub slot: u32,
    /// The hash of the subject.
    pub subject: u64,
    /// Whose.
    pub corporation: CorporationId,
    /// How many are open about it.
    pub count: u16,
}

impl<K: Encode, S: Encode> Part<K, S> {
    /// Appends the part to a chunk.
    pub fn append(&self, chunk: &mut Vec<u8>) {
        let bytes = codec::encode_plain(self);
        chunk.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        chunk.extend_from_slice(&bytes);
    }
}

impl Part {
    /// The parts of a chunk, in order. After one that cannot be read there are no more.
    pub fn of(chunk: &[u8]) -> impl Iterator<Item = Result<Self, CodecError>> {
        let mut rest = Some(chunk);
        std::iter::from_fn(move || {
            let bytes = rest.take().filter(|bytes| !bytes.is_empty())?;
            let part = cut(bytes).and_then(|(part, behind)| {
                rest = Some(behind);
                codec::decode_plain(part)
            });
            if part.is_err() {
                rest = None;
            }
            Some(part)
        })
    }
}

/// The bytes of the first part, and those behind it.
fn cut(bytes: &[u8]) -> Result<(&[u8], &[u8]), CodecError> {
    let short = |expected| CodecError::Short {
        actual: bytes.len(),
        expected,
    };
    let (length, rest) = bytes
        .split_first_chunk::<LENGTH>()
        .ok_or_else(|| short(LENGTH))?;
    let length = u32::from_le_bytes(*length) as usize;
    rest.split_at_checked(length)
        .ok_or_else(|| short(length.saturating_add(LENGTH)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back_in_order_and_a_cut_chunk_ends_with_an_error() {
        let key = TenantKey::new(CorporationId(1), "H-1");
        let (mut chunk, state) = (Vec::new(), Tenant::default());
        let place = LogPlace {
            whole_from: 7,
            is_stored: false,
        };
        let active = Part::Active {
            key: &key,
            place,
            state: &state,
        };
        active.append(&mut chunk);
        <Part>::End(9).append(&mut chunk);
        let read: Result<Vec<Part>, _> = Part::of(&chunk).collect();
        let expected = [Part::Active { key, place, state }, Part::End(9)];
        assert_eq!(read.expect("whole"), expected);
        for cut in 1..chunk.len() {
            let read: Vec<_> = Part::of(&chunk[..cut]).collect();
            let whole = read.iter().all(Result::is_ok);
            assert!(!whole || read.len() == 1, "cut to {cut} bytes");
        }
    }

    /// A build that stores something else under the same version would read nonsense.
    #[test]
    fn what_is_stored_under_this_version_does_not_change() {
        let begin = Begin {
            version: CHECKPOINT_VERSION,
            shard: 3,
            shards: 16,
            seeds: [1, 2],
            proof: 5,
        };
        let open = PassiveOpen {
            slot: 1,
            id: NotificationId(2),
            due: Timestamp(3),
            mark: Timestamp(4),
            phase: PhaseKind::Held,
            stand: StandsAs::Held(FlowRef([7; 16]), 1),
        };
        let mut chunk = Vec::new();
        <Part>::Begin(begin).append(&mut chunk);
        <Part>::Open(open).append(&mut chunk);
        <Part>::End(300).append(&mut chunk);
        let golden = [
            &[7, 0, 0, 0, 0, 4, 3, 16, 1, 2, 5][..],
            &[24, 0, 0, 0, 5, 1, 2, 6, 8, 5, 2],
            &[7; 16],
            &[1],
            &[4, 0, 0, 0, 10, 251, 44, 1],
        ];
        assert_eq!(chunk, golden.concat());
    }
}
