//! Owns the stored tenant: a tenant's whole state as a record of the log, so that everything before
//! it can be forgotten, and put back when it is wanted. It decides nothing, so it is no input.
//! What is too much for one record goes in several pieces; only all of them together count. Bodies
//! may also be carried along by themselves: then the tenant stays as it is.
//! Refuses a set of pieces that is not whole: a crash may have cut it off, and then what stood
//! before still holds.

use std::collections::VecDeque;

use bincode::{Decode, Encode};

use crate::codec::{self, CodecError, FrameKind, Version};
use crate::ids::{NotificationId, TenantKey};
use crate::notification::Notification;
use crate::opens::Opens;
use crate::profile::Profile;
use crate::state::{Open, SubjectMoney, Tenant, Told};
use crate::time::Timestamp;

/// Encoded bytes of a piece's lists from which the next entry begins another piece. The decoder
/// counts a number of one byte as up to sixteen: so many bytes stay below its limit whatever they
/// hold. One entry alone may be larger: admission bounds it, as it does in the record that brought it.
const PIECE_BYTES: usize = 48 << 10;

/// One piece of a stored tenant. The pieces of one follow each other in the log, nothing between
/// them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub struct StoredTenant {
    /// When it was written, by the engine's clock.
    pub at: Timestamp,
    /// Whose.
    pub tenant: TenantKey,
    /// Sequence of the tenant's record before: that of the piece before this one, or, for the first
    /// piece, that after which the tenant was as it is stored. Timeline and explanation walk on.
    pub previous: u64,
    /// Number of this piece, from 0.
    pub piece: u32,
    /// How many pieces there are; 0: only bodies are carried along here.
    pub pieces: u32,
    /// The profile; in the first piece.
    pub profile: Option<Box<Profile>>,
    /// What facts told, but for the money per subject; in the first piece.
    pub told: Option<Box<Told>>,
    /// Money per subject, behind that of the pieces before.
    pub subjects: Vec<SubjectMoney>,
    /// Open notifications. `Open::body` of one whose body is carried along is the sequence of its
    /// piece.
    pub open: Opens,
    /// The bodies that are carried along.
    pub bodies: Vec<Notification>,
}

impl StoredTenant {
    /// The pieces that store `tenant` as it is, with these bodies of what it has open, to be written
    /// one behind the other from the sequence `first` on. At least one.
    #[must_use]
    pub fn pieces(
        key: &TenantKey,
        tenant: &Tenant,
        bodies: Vec<Notification>,
        at: Timestamp,
        first: u64,
    ) -> Vec<Self> {
        let mut cut = Cut::begin(key, tenant, at, first);
        let money = tenant.told.iter().flat_map(|told| &told.subjects);
        money.for_each(|money| cut.subject(money));
        let mut bodies: Vec<_> = bodies.into_iter().map(|body| (body.id, body)).collect();
        bodies.sort_unstable_by_key(|(id, _)| *id);
        let mut bodies = bodies.into_iter().peekable();
        for open in &tenant.open {
            while bodies.next_if(|(id, _)| *id < open.id).is_some() {}
            let body = bodies.next_if(|(id, _)| *id == open.id);
            cut.open(open, body.map(|(_, body)| body));
        }
        cut.end()
    }

    /// Records that carry bodies along and nothing else, to be written one behind the other from the
    /// sequence `first` on; `last`: the tenant's newest record before them.
    #[must_use]
    pub fn bodies_only(
        key: &TenantKey,
        bodies: Vec<Notification>,
        at: Timestamp,
        (last, first): (u64, u64),
    ) -> Vec<Self> {
        let piece = empty(key.clone(), at, last, 0);
        let mut cut = Cut::of(piece, first);
        for body in bodies {
            cut.room(codec::encoded_bytes(&body));
            cut.piece.bodies.push(body);
        }
        cut.done.push(cut.piece);
        cut.done.iter_mut().for_each(|piece| piece.piece = 0);
        cut.done
    }

    /// Whether only bodies are carried along here.
    #[must_use]
    pub const fn is_bodies_only(&self) -> bool {
        self.pieces == 0
    }

    /// The body of an open notification that is carried along in this piece.
    #[must_use]
    pub fn body(&self, id: NotificationId) -> Option<&Notification> {
        self.bodies.iter().find(|body| body.id == id)
    }

    /// Whether it is the last piece.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        self.piece + 1 >= self.pieces
    }

    /// Appends the frame of the record with this in it to `buffer`.
    ///
    /// # Errors
    /// [`CodecError::TooLarge`].
    pub fn encode(&self, buffer: &mut Vec<u8>) -> Result<(), CodecError> {
        /// As a record is encoded, its variants in their order.
        #[derive(Encode)]
        enum Written<'a> {
            #[expect(dead_code, reason = "holds the place of a tenant's record")]
            Tenant,
            #[expect(dead_code, reason = "holds the place of a control")]
            Control,
            Stored(&'a StoredTenant),
        }
        codec::encode_frame(FrameKind::Record, &Written::Stored(self), buffer)
    }
}

impl Tenant {
    /// Whether nothing is known that a later decision could look at.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.profile.is_none() && self.told.is_none() && self.open.is_empty()
    }

    /// The pieces of this tenant were written from the sequence `first` on: the newest record is the
    /// last of them, and bodies that were carried along stand there.
    pub fn was_stored(&mut self, pieces: &[StoredTenant], first: u64) {
        for (piece, sequence) in pieces.iter().zip(first..) {
            for body in &piece.bodies {
                if let Some(open) = self.find_mut(body.id) {
                    open.body = sequence;
                }
            }
            self.last = sequence;
        }
    }
}

/// A tenant that is being cut into pieces.
struct Cut {
    /// Sequence of the first piece.
    first: u64,
    done: Vec<StoredTenant>,
    piece: StoredTenant,
    /// Encoded bytes of the lists of `piece`.
    bytes: usize,
}

impl Cut {
    fn begin(key: &TenantKey, tenant: &Tenant, at: Timestamp, first: u64) -> Self {
        let told = tenant.told.as_deref().map(without_money);
        let declared = told
            .as_ref()
            .map_or(0, |told| codec::encoded_bytes(&told.declared));
        let piece = StoredTenant {
            profile: tenant.profile.clone(),
            told: told.map(Box::new),
            ..empty(key.clone(), at, tenant.last, 0)
        };
        Self {
            bytes: declared,
            ..Self::of(piece, first)
        }
    }

    /// Goes on behind what stands in the first piece.
    const fn of(piece: StoredTenant, first: u64) -> Self {
        Self {
            first,
            done: Vec::new(),
            piece,
            bytes: 0,
        }
    }

    /// Sequence of the piece at hand.
    fn sequence(&self) -> u64 {
        self.first + self.done.len() as u64
    }

    /// Makes room for an entry of so many bytes.
    fn room(&mut self, bytes: usize) {
        if self.bytes > 0 && self.bytes + bytes > PIECE_BYTES {
            let StoredTenant {
                tenant, at, piece, ..
            } = &self.piece;
            let next = empty(tenant.clone(), *at, self.sequence(), piece + 1);
            self.done.push(std::mem::replace(&mut self.piece, next));
            self.bytes = 0;
        }
        self.bytes += bytes;
    }

    fn subject(&mut self, money: &SubjectMoney) {
        self.room(codec::encoded_bytes(money));
        self.piece.subjects.push(money.clone());
    }

    fn open(&mut self, open: &Open, body: Option<Notification>) {
        let carried = body.as_ref().map_or(0, codec::encoded_bytes);
        self.room(codec::encoded_bytes(open) + carried);
        let mut open = Box::new(open.clone());
        if let Some(body) = body {
            open.body = self.sequence();
            self.piece.bodies.push(body);
        }
        self.piece.open.insert(open);
    }

    fn end(mut self) -> Vec<StoredTenant> {
        self.done.push(self.piece);
        let pieces = self.done.len() as u32;
        self.done.iter_mut().for_each(|piece| piece.pieces = pieces);
        self.done
    }
}

fn empty(tenant: TenantKey, at: Timestamp, previous: u64, piece: u32) -> StoredTenant {
    StoredTenant {
        at,
        tenant,
        previous,
        piece,
        pieces: 0,
        profile: None,
        told: None,
        subjects: Vec::new(),
        open: Opens::default(),
        bodies: Vec::new(),
    }
}

fn without_money(told: &Told) -> Told {
    Told {
        balance: told.balance,
        balance_ahead: told.balance_ahead,
        subjects: VecDeque::new(),
        facts: told.facts.clone(),
        declared: told.declared.clone(),
        history: told.history.clone(),
        grouped: told.grouped.clone(),
        rounds: told.rounds.clone(),
    }
}

/// A stored tenant that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Whose.
    pub key: TenantKey,
    /// Sequence of the first piece: from there on the log has everything of the tenant.
    pub first: u64,
    /// The state; its newest record is the last piece.
    pub state: Tenant,
}

/// Puts pieces together, in the order of the log.
#[derive(Clone, Debug, Default)]
pub struct Assembly(Option<Begun>);

/// A tenant of whom not all pieces came yet.
#[derive(Clone, Debug)]
struct Begun {
    whole: Whole,
    /// The piece that must come now, and at which sequence.
    next: (u64, u32),
}

impl Assembly {
    /// Takes the piece at `sequence`. Gives the tenant when that was the last one of a whole set.
    pub fn take(&mut self, sequence: u64, piece: StoredTenant) -> Option<Whole> {
        let before = self.0.take();
        let is_last = piece.is_last();
        let begun = match (piece.piece, before) {
            _ if piece.is_bodies_only() => return None,
            (0, _) => Begun::begin(sequence, piece),
            (number, Some(begun))
                if begun.next == (sequence, number) && begun.whole.key == piece.tenant =>
            {
                begun.with(sequence, piece)
            }
            _ => return None,
        };
        if is_last {
            return Some(begun.whole);
        }
        self.0 = Some(begun);
        None
    }
}

impl Begun {
    fn begin(sequence: u64, piece: StoredTenant) -> Self {
        let mut told = piece.told;
        if let Some(told) = &mut told {
            told.subjects = piece.subjects.into();
        }
        let state = Tenant {
            last: sequence,
            profile: piece.profile,
            told,
            open: piece.open,
        };
        Self {
            whole: Whole {
                key: piece.tenant,
                first: sequence,
                state,
            },
            next: (sequence + 1, 1),
        }
    }

    fn with(mut self, sequence: u64, piece: StoredTenant) -> Self {
        let state = &mut self.whole.state;
        state.last = sequence;
        if let Some(told) = &mut state.told {
            told.subjects.extend(piece.subjects);
        }
        piece
            .open
            .into_boxes()
            .for_each(|open| state.open.insert(open));
        self.next = (sequence + 1, piece.piece + 1);
        self
    }
}

#[cfg(test)]
mod tests;
