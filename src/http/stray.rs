//! Owns the ids of what stands in a list beside the tasks: facts that fit nothing, messages that nobody
//! could read. An id is the place of a record, encrypted: the same each time, and of no use to
//! another corporation. Refuses an id of another list.

use sluis_actors::{ShardAnswer, ShardRequest};
use sluis_model::{Control, CorporationId, ShardId};

use super::problem::Problem;
use crate::app::App;
use crate::ask::{AskError, ask};

/// Which list; what its ids begin with before they are encrypted. A place of a page is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stray {
    Fact = b'f' as isize,
    Message = b'm' as isize,
}

impl Stray {
    /// The id of what the record at a sequence of a shard holds.
    pub(super) fn id(
        self,
        app: &App,
        corporation: CorporationId,
        (shard, sequence): (u16, u64),
    ) -> String {
        let mut plain = vec![self as u8];
        plain.extend(shard.to_be_bytes());
        plain.extend(sequence.to_be_bytes());
        // Never twice for two records: a shard has less than 2^48.
        let nonce = u64::from(shard) << 48 ^ sequence;
        app.reference.encrypt(corporation, nonce, &plain)
    }

    /// Shard and sequence of an id of this list.
    pub(super) fn place(
        self,
        app: &App,
        corporation: CorporationId,
        id: &str,
    ) -> Option<(ShardId, u64)> {
        let plain = app.reference.decrypt(corporation, id).ok()?;
        let (shard, sequence) = plain
            .strip_prefix(&[self as u8])?
            .split_first_chunk::<2>()?;
        let sequence = u64::from_be_bytes(sequence.try_into().ok()?);
        Some((ShardId(u16::from_be_bytes(*shard)), sequence))
    }
}

/// Takes what stands at a place from its list for good. Said again, the same.
///
/// # Errors
/// 404: there is no such place. 503: the shard's line is full.
pub(super) async fn dismiss(
    app: &App,
    corporation: CorporationId,
    (shard, sequence): (ShardId, u64),
    (by, what): (&str, &'static str),
) -> Result<(), Problem> {
    let inbox = app.engine.inbox(shard);
    let inbox = inbox.ok_or_else(|| Problem::not_found(what))?;
    let control = Control::StrayDismissed {
        corporation,
        fact: sequence,
        by: by.into(),
    };
    match ask(inbox, |reply| ShardRequest::Control { control, reply }).await? {
        ShardAnswer::Decided { .. } => Ok(()),
        _ => Err(AskError::Lost.into()),
    }
}
