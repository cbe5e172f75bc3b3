//! Owns the reading of a shard's newest checkpoint at a start. Refuses one that is damaged, of another
//! version or shard, that the log has gone on without, or that the table is behind: then the log
//! is replayed, which has everything.

use sluis_journal::{CheckpointChunks, Journal, JournalError, Shard};
use sluis_model::checkpoint::{Begin, CHECKPOINT_VERSION, LogPlace, Part, ToldControl};
use sluis_model::codec::CodecError;
use sluis_model::{
    Assembly, Control, CorporationId, Idempotency, NotificationId, StoredTenant, Timestamp,
};

use super::super::tenants::{AtRest, Tenants};

/// From what a replay begins.
#[derive(Debug, Default)]
pub(in super::super) struct Base {
    /// Everything up to this record is in it; 0: nothing is.
    pub upto: u64,
    /// Nothing behind this record is in it.
    pub end: u64,
    pub tenants: Tenants,
    pub keys: Vec<(CorporationId, Idempotency, NotificationId)>,
    pub at_rest: AtRest,
    pub itself: Itself,
    /// A large tenant whose pieces come.
    large: Option<(Assembly, LogPlace, u64)>,
}

/// What the shard is beside its tenants.
#[derive(Debug, Default)]
pub(in super::super) struct Itself {
    pub controls: Vec<Control>,
    pub written: Vec<(CorporationId, Timestamp, u64)>,
}

/// A checkpoint is passed over.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum NoBase {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("a part of it cannot be read: {0}")]
    Part(#[from] CodecError),
    #[error("it was written by another version of the engine, or with other shards")]
    Foreign,
    #[error("it has no end")]
    NoEnd,
    #[error("the log has records {first} to {last}, it needs those behind {upto} up to {end}")]
    Log {
        first: u64,
        last: u64,
        upto: u64,
        end: u64,
    },
    #[error("the table has what ended up to {tabled}, it needs that up to {end}")]
    Table { tabled: u64, end: u64 },
}

/// The newest checkpoint of the shard, put together; none: it has none.
///
/// # Errors
/// See [`NoBase`].
pub(in super::super) fn load(journal: &dyn Journal, shard: Shard) -> Result<Option<Base>, NoBase> {
    let Some((upto, chunks)) = journal.latest_checkpoint(shard)? else {
        return Ok(None);
    };
    let base = read(chunks, (shard.0, journal.shards()))?;
    let (first, last) = (journal.first(shard).0, journal.last(shard).0);
    let (upto, end) = (upto.0, base.end);
    if upto == 0 {
        // Of a shard that had nothing yet.
        return Ok(None);
    }
    if first > upto + 1 || last < end || end < upto {
        return Err(NoBase::Log {
            first,
            last,
            upto,
            end,
        });
    }
    let tabled = journal.table_applied(shard).0;
    if tabled < end {
        return Err(NoBase::Table { tabled, end });
    }
    Ok(Some(Base { upto, ..base }))
}

fn read(chunks: CheckpointChunks, shard: (u16, u16)) -> Result<Base, NoBase> {
    let mut base: Option<Base> = None;
    for chunk in chunks {
        for part in Part::of(&chunk?) {
            match (&mut base, part?) {
                (None, Part::Begin(begin)) => base = Some(begin_with(&begin, shard)?),
                (Some(base), part) => base.take(part)?,
                (None, _) => return Err(NoBase::Foreign),
            }
        }
    }
    base.filter(|base| base.end > 0 || base.tenants.tenant_count() == 0)
        .ok_or(NoBase::NoEnd)
}

/// An empty one, if what follows is this shard's and can be read.
fn begin_with(begin: &Begin, shard: (u16, u16)) -> Result<Base, NoBase> {
    let tenants = Tenants::seeded(begin.seeds);
    let (_, proof) = tenants.host.seeds();
    let is_ours = begin.version == CHECKPOINT_VERSION
        && (begin.shard, begin.shards) == shard
        && begin.proof == proof;
    is_ours
        .then(|| Base {
            tenants,
            ..Base::default()
        })
        .ok_or(NoBase::Foreign)
}

impl Base {
    fn take(&mut self, part: Part) -> Result<(), NoBase> {
        match part {
            Part::Begin(_) => return Err(NoBase::Foreign),
            Part::Active { key, place, state } => self.tenants.restore(key, state, place),
            Part::Large { place, last } => self.large = Some((Assembly::default(), place, last)),
            Part::Piece(piece) => self.piece(*piece),
            Part::Passive(passive) => self.tenants.restore_passive(passive),
            Part::Open(open) => self.at_rest.open(open),
            Part::Subject(subject) => self.at_rest.subject(subject),
            Part::Key {
                corporation,
                key,
                id,
            } => self.keys.push((corporation, key, id)),
            Part::Control(ToldControl(control)) => self.itself.controls.push(control),
            Part::Written(corporation, hour, bytes) => {
                self.itself.written.push((corporation, hour, bytes));
            }
            Part::End(end) => self.end = end,
        }
        Ok(())
    }

    fn piece(&mut self, piece: StoredTenant) {
        let Some((assembly, place, last)) = &mut self.large else {
            return;
        };
        // Pieces were numbered as if the first stood in the first record.
        let sequence = u64::from(piece.piece) + 1;
        if let Some(mut whole) = assembly.take(sequence, piece) {
            whole.state.last = *last;
            self.tenants.restore(whole.key, whole.state, *place);
            self.large = None;
        }
    }
}
