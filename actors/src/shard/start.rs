//! Owns how a shard begins: at a start of the process, and anew after a failure within it.

use std::collections::HashMap;

use sluis_journal::Sequence;
use sluis_model::{AttemptRef, Control, Input, PauseScope, Timestamp};

use super::carry::work::Carry;
use super::core::ShardCore;
use super::effects::{Effect, Effects};
use super::erased::Beside;
use super::erasure;
use super::going::Rest;
use super::intents::Intents;
use super::message::Lobby;
use super::pauses::Pauses;
use super::recover::{RecoverError, Recovered, recover, recover_from_log};
use super::request::Reply;
use super::schedule::Schedule;
use super::settings::ShardSettings;
use super::tenants::Tenants;
use super::writer::Writer;
use super::written::Written;
use crate::keys::KeyIndex;
use crate::quota::Quota;
use crate::recovery::Recovery;
use crate::telemetry::ShardMetrics;

/// What outlives a turn that is lost: what was handed to the journal, and who waits.
struct Kept {
    writer: Writer,
    effects: Effects,
    /// By intent.
    waiting: HashMap<u64, Reply>,
    carry: Carry,
    written: Written,
}

impl ShardCore {
    /// A shard as the journal has it, at the start of the process: attempts that were under way are
    /// in doubt.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn start(settings: ShardSettings, keys: &KeyIndex) -> Result<Self, RecoverError> {
        Self::start_watched(settings, keys, &Recovery::default())
    }

    /// The same, with somebody who sees how far it is and may end it.
    ///
    /// # Errors
    /// The journal cannot be read, or `watch` ended it.
    pub fn start_watched(
        settings: ShardSettings,
        keys: &KeyIndex,
        watch: &Recovery,
    ) -> Result<Self, RecoverError> {
        let keys = Some((keys, settings.clock.now()));
        let mut recovered = read(&settings, keys, watch)?;
        all_configured(&settings, &recovered.tenants)?;
        count(&settings.quota, &recovered.tenants, 1);
        for ((corporation, hour), bytes) in recovered.written.iter() {
            settings.quota.wrote(corporation, bytes, hour);
        }
        let upto = Sequence(recovered.checkpoint);
        settings.checkpoint.is_stored(upto);
        let under_way = recovered.started();
        let kept = Kept {
            writer: Writer::new(&settings),
            effects: Effects::default(),
            waiting: HashMap::new(),
            carry: Carry::default(),
            written: std::mem::take(&mut recovered.written),
        };
        let mut core = Self::with(settings, recovered, kept);
        core.pause_at_start();
        core.interrupt(under_way);
        core.writer.flush(&core.metrics);
        Ok(core)
    }

    fn pause_at_start(&mut self) {
        if self.settings.paused && !self.pauses.hold_everything() {
            let pause = Control::Pause(PauseScope::EVERYTHING);
            self.control(pause, Reply::nobody());
        }
    }

    /// Attempts that were under way when the process ended: nobody knows how far they came.
    fn interrupt(&mut self, under_way: Vec<AttemptRef>) {
        for attempt in under_way {
            self.decide_by_id(attempt.id, Input::Interrupted { attempt });
        }
    }

    /// A fresh shard from the journal after a failure within the process: what was handed to the
    /// journal stands, attempts under way go on, requests that were not decided are lost to their
    /// senders.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(super) fn rebuild(self) -> Result<Self, RecoverError> {
        let Self {
            settings,
            tenants: lost,
            intents,
            mut writer,
            mut effects,
            carry,
            lobby,
            written,
            ..
        } = self;
        effects.cut_after(writer.appended(), &settings);
        // Dropped claims release the quota once more than the difference below does.
        writer.give_back_claims(&settings.quota);
        writer.recall_too(lobby.into_outcomes());
        let recovered = read(&settings, None, &Recovery::default())?;
        // Both whole: what was lost may have been all that a corporation had here.
        count(&settings.quota, &lost, -1);
        count(&settings.quota, &recovered.tenants, 1);
        let kept = Kept {
            writer: Writer::after(writer, &settings),
            effects,
            waiting: intents.into_waiting(),
            carry: Carry::after(carry),
            written,
        };
        Ok(Self::with(settings, recovered, kept))
    }

    fn with(settings: ShardSettings, recovered: Recovered, kept: Kept) -> Self {
        let now = settings.clock.now();
        let links = &settings.links;
        let metrics = ShardMetrics::of(settings.shard, |channel| {
            links.providers.contains_key(&channel)
        });
        let mut tenants = recovered.tenants;
        let mut core = Self {
            now,
            policy: settings.policy.get(),
            schedule: Schedule::of(&mut tenants, &*settings.flows, recovered.standing, now),
            tenants,
            pauses: Pauses::recovered(recovered.pauses, &settings),
            intents: Intents::recovered(recovered.intents, kept.waiting),
            writer: kept.writer,
            effects: kept.effects,
            carry: kept.carry,
            taking: None,
            written: kept.written,
            lobby: Lobby::default(),
            follows: Vec::new(),
            places: Vec::new(),
            rest: Rest::new(now),
            walked: 0,
            metrics,
            settings,
        };
        core.rest_at_start();
        core.drive_again();
        core
    }

    /// What the records leave open is driven again.
    fn drive_again(&mut self) {
        let appended = self.writer.appended();
        for intent in self.intents.numbers() {
            self.effects.push(appended, Effect::Drive(intent));
        }
    }
}

fn read(
    settings: &ShardSettings,
    keys: Option<(&KeyIndex, Timestamp)>,
    watch: &Recovery,
) -> Result<Recovered, RecoverError> {
    let (journal, shard) = (&*settings.journal, settings.journal_shard());
    let flows = &*settings.flows;
    let beside = Beside {
        endings: &settings.endings,
        erasures: settings.erasures.as_deref(),
    };
    let mut recovered = recover(journal, shard, flows, keys, watch, beside)?;
    if let Some(erasures) = beside.erasures {
        let erased = std::mem::take(&mut recovered.erased);
        if erasure::finish(erasures, settings.shard, erased)? {
            // A key was left, so what was read may have something of an erased tenant.
            drop(recovered);
            recovered = recover_from_log(journal, shard, flows, keys, watch, beside)?;
        }
    }
    Ok(recovered)
}

/// Counts what these tenants have open, and those known from facts alone: once (1), or off (-1).
/// Refuses to decide about a corporation that the configuration does not have: without channels what
/// waits would end as undeliverable.
fn all_configured(settings: &ShardSettings, tenants: &Tenants) -> Result<(), RecoverError> {
    let policy = settings.policy.get();
    let mut open = tenants.counts().filter(|(_, open)| *open > 0);
    let stray = open.find(|(corporation, _)| !policy.knows(*corporation));
    stray.map_or(Ok(()), |(corporation, open)| {
        Err(RecoverError::NotConfigured {
            corporation: corporation.0,
            open,
            shard: settings.shard.0,
        })
    })
}

fn count(quota: &Quota, tenants: &Tenants, times: i64) {
    for (corporation, open) in tenants.counts() {
        quota.add(corporation, times * open);
    }
    for (corporation, unknown) in tenants.unknown() {
        quota.add_unknown(corporation, times * unknown);
    }
}
