//! Owns the taking of a shard's checkpoint: a part of it in each turn, behind the turn's own work,
//! while tenants change on. So a tenant is in it as it was at some instant between its beginning and
//! its end; a start replays what came since the beginning, and passes over what each tenant has
//! already. What the shard is beside its tenants is taken at the end, in one turn. It is handed
//! over when everything in it is durable. Refuses to store it, and to hold up a turn.

pub(super) mod desk;
pub(super) mod load;
pub(super) mod taking;

use sluis_journal::Sequence;
use sluis_model::checkpoint::{Begin, CHECKPOINT_VERSION, Part, ToldControl};
use sluis_model::{Carried, Control, CorporationId, NotificationId};

use self::desk::Taken;
use self::taking::{Stage, Taking};
use super::core::ShardCore;
use super::place::Slot;
use crate::keys::KeyCursor;

/// What looking at something costs that is not taken, in bytes taken.
const LOOK: usize = 8;
/// Idempotency keys looked at together.
const KEYS: usize = 256;

impl ShardCore {
    /// Goes on with the checkpoint that is asked for; `busy`: other work waits. Whether there is more
    /// to do at once.
    pub(super) fn take_checkpoint(&mut self, busy: bool) -> bool {
        if !self.settings.checkpoint.is_asked() {
            return false;
        }
        if self.tenants.host.is_erasing() {
            // A start from it would pass over the record of the erasure, and never finish that.
            return false;
        }
        let mut taking = match self.taking.take() {
            Some(taking) => taking,
            None => Box::new(self.begin_checkpoint()),
        };
        let mut left = self.settings.checkpoint.turn_bytes(busy);
        while left > 0 && !matches!(taking.stage, Stage::Taken(_)) {
            let cost = self.take_some(&mut taking, left);
            left = left.saturating_sub(cost.max(1));
        }
        let Stage::Taken(end) = taking.stage else {
            self.taking = Some(taking);
            return true;
        };
        if end > self.writer.durable() {
            self.taking = Some(taking);
            return false;
        }
        self.settings.checkpoint.put(Taken {
            upto: Sequence(taking.upto),
            end: Sequence(end),
            chunks: taking.chunks,
        });
        false
    }

    fn begin_checkpoint(&self) -> Taking {
        let (seeds, proof) = self.tenants.host.seeds();
        let begin = Begin {
            version: CHECKPOINT_VERSION,
            shard: self.settings.shard.0,
            shards: self.settings.shards,
            seeds,
            proof,
        };
        Taking::begin(begin, self.writer.durable())
    }

    /// Takes some of what comes next, about so many bytes. Gives what that cost.
    fn take_some(&mut self, taking: &mut Taking, most: usize) -> usize {
        let before = taking.chunk.len();
        let looks = match taking.stage {
            Stage::Tenants => self.take_tenants(taking, most),
            Stage::Opens(after) => self.take_opens(taking, after, most),
            Stage::Subjects(from) => self.take_subjects(taking, from, most),
            Stage::Keys(cursor) => self.take_keys(taking, cursor),
            Stage::Itself => {
                self.take_itself(taking);
                0
            }
            Stage::Taken(_) => 0,
        };
        let bytes = taking.chunk.len().saturating_sub(before);
        taking.cut();
        bytes + looks * LOOK
    }

    fn take_tenants(&self, taking: &mut Taking, most: usize) -> usize {
        let upto = taking.chunk.len() + most;
        let mut looks = 0;
        while taking.passive.len() < self.tenants.tenant_count() {
            if taking.chunk.len() + looks * LOOK >= upto {
                return looks;
            }
            let slot = taking.passive.len() as Slot;
            let passive = self.tenants.append_tenant(slot, &mut taking.chunk);
            taking.passive.push(passive);
            looks += 1;
        }
        taking.stage = Stage::Opens(None);
        looks
    }

    fn take_opens(&self, taking: &mut Taking, after: Option<NotificationId>, most: usize) -> usize {
        let upto = taking.chunk.len() + most;
        let (mut looks, mut last) = (0, after);
        for located in self.tenants.iter_open(after) {
            if taking.chunk.len() + looks * LOOK >= upto {
                taking.stage = Stage::Opens(last);
                return looks;
            }
            (looks, last) = (looks + 1, Some(located.id()));
            if taking.was_passive(located.slot) {
                let group = self.schedule.group(located);
                let stands = group.map(|group| &group.kind);
                let open = self.tenants.passive_open(located, stands);
                <Part>::Open(open).append(&mut taking.chunk);
            }
        }
        taking.stage = Stage::Subjects((0, CorporationId(0), 0));
        looks
    }

    fn take_subjects(
        &self,
        taking: &mut Taking,
        from: (u64, CorporationId, Slot),
        most: usize,
    ) -> usize {
        let upto = taking.chunk.len() + most;
        let mut looks = 0;
        for about in self.tenants.subjects_from(from) {
            if taking.chunk.len() + looks * LOOK >= upto {
                taking.stage = Stage::Subjects((about.subject, about.corporation, about.slot));
                return looks;
            }
            looks += 1;
            if taking.was_passive(about.slot) {
                <Part>::Subject(about).append(&mut taking.chunk);
            }
        }
        taking.stage = Stage::Keys(KeyCursor::FIRST);
        looks
    }

    /// Takes keys of notifications that were handed to the journal: before the end of the checkpoint.
    fn take_keys(&self, taking: &mut Taking, mut cursor: KeyCursor) -> usize {
        let keys = self.settings.checkpoint.keys();
        let Some(uses) = keys.uses_of(self.settings.shard, &mut cursor, KEYS) else {
            taking.stage = Stage::Itself;
            return 0;
        };
        for (corporation, key, id) in uses {
            let key = Part::Key {
                corporation,
                key,
                id,
            };
            <Part>::append(&key, &mut taking.chunk);
        }
        taking.stage = Stage::Keys(cursor);
        KEYS
    }

    /// Takes what the shard is beside its tenants, and ends.
    fn take_itself(&mut self, taking: &mut Taking) {
        let carried = |carried: Carried| Control::Carried(Box::new(carried));
        let pauses = self.pauses.carry().into_iter().map(carried);
        // None is old enough to leave.
        let strays = self.tenants.carry_strays(0).into_iter().map(carried);
        let controls = pauses.chain(strays).chain(self.intents.carry());
        let chunk = &mut taking.chunk;
        controls.for_each(|control| <Part>::Control(ToldControl(control)).append(chunk));
        for ((corporation, hour), bytes) in self.written.iter() {
            <Part>::Written(corporation, hour, bytes).append(chunk);
        }
        let end = self.writer.last();
        <Part>::End(end).append(chunk);
        taking.chunks.push(std::mem::take(chunk));
        taking.stage = Stage::Taken(end);
    }
}
