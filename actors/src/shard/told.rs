//! Owns the words in which a shard says all that it is: for tests and the simulation, which compare what
//! a start makes of a checkpoint with what it makes of the whole log. Compiled for them only.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};

use sluis_model::{CorporationId, NotificationId, Open, PhaseKind, TenantKey, Timestamp};

use super::activation::read_stored;
use super::core::ShardCore;
use super::endings::Endings;
use super::erased::Beside;
use super::place::Slot;
use super::recover::{RecoverError, Recovered, recover, recover_from_log};
use super::schedule::Schedule;
use super::settings::ShardSettings;
use crate::keys::{KeyCursor, KeyIndex, KeyWindow};
use crate::recovery::Recovery;

impl ShardCore {
    /// What a start would make of the shard now: from its checkpoint and what came since, and from the
    /// log alone; and up to which record that checkpoint has everything, 0: there is none.
    ///
    /// # Errors
    /// The journal cannot be read.
    ///
    /// # Panics
    /// A passive tenant cannot be read.
    pub fn told_twice(
        &self,
        corporations: &[CorporationId],
    ) -> Result<(u64, String, String), RecoverError> {
        told_twice(&self.settings, corporations)
    }
}

/// What a start would make of a shard that is made with this.
pub(super) fn told_twice(
    settings: &ShardSettings,
    corporations: &[CorporationId],
) -> Result<(u64, String, String), RecoverError> {
    let now = settings.clock.now();
    let keys = || KeyIndex::new(KeyWindow::default(), corporations.iter().copied());
    let (journal, shard) = (&*settings.journal, settings.journal_shard());
    let (flows, watch) = (&*settings.flows, Recovery::default());
    let (first, second) = (keys(), keys());
    let beside = Beside {
        endings: &Endings::default(),
        erasures: None,
    };
    let with = recover(journal, shard, flows, Some((&first, now)), &watch, beside)?;
    let second_keys = Some((&second, now));
    let without = recover_from_log(journal, shard, flows, second_keys, &watch, beside)?;
    let upto = with.checkpoint;
    let with = told(settings, with, &first, now);
    Ok((upto, with, told(settings, without, &second, now)))
}

fn told(settings: &ShardSettings, recovered: Recovered, keys: &KeyIndex, now: Timestamp) -> String {
    let mut out = String::new();
    let mut tenants = recovered.tenants;
    let flows = &*settings.flows;
    let first = settings.journal.first(settings.journal_shard()).0;
    let mut schedule = Schedule::of(&mut tenants, flows, recovered.standing, now);
    let mut places: BTreeMap<Slot, TenantKey> = BTreeMap::new();
    let mut states = BTreeMap::new();
    let mut expires: BTreeMap<NotificationId, Timestamp> = BTreeMap::new();
    for slot in 0..tenants.tenant_count() as Slot {
        let (key, state, place) = match tenants.awake(slot) {
            Some(tenant) => {
                let actor = tenants.actor(tenant);
                let place = Some(actor.log_place()).filter(|place| place.is_stored);
                // Of whom nothing was known for a while the log may have forgotten the first records,
                // the stored state among them.
                let stored = place.map_or(0, |place| place.whole_from);
                let stored = if stored < first { 0 } else { stored };
                (actor.key().clone(), actor.state().clone(), stored)
            }
            None => {
                let stored = tenants.host.stored_at(slot).expect("it is passive");
                let journal = &*settings.journal;
                let whole = read_stored(journal, settings.journal_shard(), stored);
                let whole = whole.expect("a passive tenant can be read");
                (whole.key, whole.state, whole.first)
            }
        };
        places.insert(slot, key.clone());
        let ends = |open: &Open| Some((open.id, open.expires_at?));
        expires.extend(state.open.iter().filter_map(ends));
        if !state.is_blank() {
            states.insert(key, (place, state));
        }
    }
    lines(&mut out, "tenant", states);
    for located in tenants.iter_open(None) {
        let group = schedule.group(located);
        let group = group.map(|group| (group.corporation, &group.kind));
        let (mark, phase) = (located.mark, located.phase);
        // A message of a tenant at rest comes into line by its timer, which is over at the first turn.
        let comes_now = phase == PhaseKind::Ready && located.due <= now;
        let queued = located.queued || comes_now;
        let due = match comes_now {
            true => expires
                .get(&located.id())
                .copied()
                .unwrap_or(Timestamp::NEVER),
            false => located.due,
        };
        let key = &places[&located.slot];
        let row = (located.id(), key, due, mark, phase, queued, group);
        lines(&mut out, "open", [row]);
    }
    let subjects = tenants.subjects_from((0, CorporationId(0), 0));
    let subjects = subjects.map(|about| (about.subject, &places[&about.slot], about.count));
    let mut subjects: Vec<_> = subjects.collect();
    subjects.sort_unstable();
    lines(&mut out, "subject", subjects);
    lines(
        &mut out,
        "counts",
        tenants.counts().filter(|(_, n)| *n != 0),
    );
    lines(
        &mut out,
        "unknown",
        tenants.unknown().filter(|(_, n)| *n != 0),
    );
    lines(&mut out, "strays", tenants.carry_strays(0));
    let mut pauses: Vec<_> = recovered.pauses.into_iter().collect();
    pauses.sort_unstable();
    lines(&mut out, "pause", pauses);
    lines(&mut out, "intent", recovered.intents);
    // Of the others a running shard counts none.
    let counted = |((corporation, _), _): &((CorporationId, Timestamp), u64)| {
        settings.quota.counts_bytes(*corporation)
    };
    lines(
        &mut out,
        "written",
        recovered.written.iter().filter(counted),
    );
    lines(&mut out, "timers", [schedule.timers()]);
    let groups = schedule.standing(&tenants).into_iter();
    let groups = groups
        .filter(|(group, _)| group.count > 0)
        .map(|(group, oldest)| {
            format!(
                "{:?} {:?} {} {oldest:?}",
                group.corporation, group.kind, group.count
            )
        });
    let mut groups: Vec<_> = groups.collect();
    groups.sort_unstable();
    lines(&mut out, "group", groups);
    let (mut used, mut cursor) = (Vec::new(), KeyCursor::FIRST);
    while let Some(some) = keys.uses_of(settings.shard, &mut cursor, 1_024) {
        let used_for = some.into_iter();
        used.extend(used_for.map(|(house, key, id)| (house, key.key, key.body, id)));
    }
    used.sort_unstable();
    lines(&mut out, "key", used);
    out
}

fn lines(out: &mut String, name: &str, rows: impl IntoIterator<Item = impl Debug>) {
    for row in rows {
        writeln!(out, "{name} {row:?}").expect("into memory");
    }
}
