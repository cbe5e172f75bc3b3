//! Owns what happens to keys in a run: tenants who come and are erased while the house runs, and deaths
//! of the process between the parts of an erasure, as the engine does them. Those who are erased have
//! nothing open: they come here only. Refuses to look at what is left: the book does.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluis_actors::{EraseOrder, Erasures, FoundErasure, ShardRequest};
use sluis_journal::Shard;
use sluis_model::{ContactKind, CorporationId, Given, Input, Supplied, TenantKey};

use crate::archive::Archive;
use crate::disk::Disk;
use crate::plan::Plan;
use crate::planted::Bug;
use crate::safety::sealed::{Erased, Sealed};
use crate::senders::What;
use crate::vault::Vault;
use crate::world::World;

/// How many of them there are.
const LEAVERS: usize = 4;
/// Of a hundred turns of theirs, how many erase one who is there.
const ERASED: usize = 40;
/// Of a hundred erasures, in how many the process dies after each part.
const DIES: usize = 15;

/// The keys of a house, and whom it has erased.
#[derive(Default)]
pub(crate) struct Keys {
    /// Where corporations have keys.
    pub(crate) vault: Option<Vault>,
    /// Erasures whose record is durable and whose key may be there.
    pub(crate) pending: BTreeMap<TenantKey, FoundErasure>,
    pub(crate) erased: Erased,
    /// How many erasures were done.
    pub(crate) erasures: usize,
    /// How often the process died in one.
    pub(crate) cut_short: usize,
    /// Whether somebody was told of again after his erasure.
    pub(crate) came_back: bool,
}

impl Keys {
    /// Those of a plan; what is written from now on is sealed.
    pub(crate) fn of(plan: &Plan, disk: &Disk, archive: &Archive) -> Self {
        let vault = plan.keys.map(Vault::new);
        if let Some(vault) = &vault {
            archive.restart(Some(vault.store.clone()));
            disk.seal_with(vault);
        }
        Self {
            vault,
            ..Self::default()
        }
    }

    /// Who destroys keys.
    pub(crate) fn erasures(&self) -> Option<Arc<dyn Erasures>> {
        let vault = self.vault.as_ref()?;
        Some(vault.erasures.clone())
    }
}

impl World {
    /// Keys are made and their owners written down, an erasure goes on, or one of the tenants comes or
    /// is to be erased.
    pub(crate) fn turn_of_keys(&mut self) {
        let Some(vault) = &self.keys.vault else {
            return;
        };
        if self.chance.keys.chance(30) {
            vault.store.tend().expect("it can be written");
            return self.note(|| "keys are made, and whose they are is written down".into());
        }
        if !self.keys.pending.is_empty() && self.chance.keys.chance(50) {
            return self.finish_erasure();
        }
        let corporations = usize::from(self.plan.corporations);
        let corporation = CorporationId(1 + self.chance.keys.below(corporations) as u16);
        let number = self.chance.keys.below(LEAVERS);
        let tenant = TenantKey::new(corporation, format!("L-{number}"));
        let is_sealed = vault.store.seals(corporation);
        if is_sealed && self.chance.keys.chance(ERASED) {
            self.erase(tenant);
        } else {
            self.come(tenant);
        }
    }

    /// A profile of a tenant who may be erased.
    fn come(&mut self, tenant: TenantKey) {
        let mail = format!("{}@example.nl", tenant.tenant);
        let supplied = Supplied {
            points: vec![Given::new(ContactKind::Email, mail)],
            ..Supplied::default()
        };
        let shard = tenant.shard(self.plan.shards);
        self.note(|| format!("a profile for {tenant:?}"));
        let input = Input::PutProfile(Box::new(supplied));
        self.hand_in(What::Profile, shard, |reply| ShardRequest::Input {
            tenant,
            input,
            reply,
            claim: None,
        });
    }

    /// A tenant is to be erased, if anything is known of him: everything about him goes to the archive, and
    /// his shard is told which record was the newest then.
    fn erase(&mut self, tenant: TenantKey) {
        self.settle();
        let shard = tenant.shard(self.plan.shards);
        let state = self.shadow.logs[usize::from(shard.0)].tenants.get(&tenant);
        let (Some(state), Some(vault)) = (state, &self.keys.vault) else {
            return;
        };
        let seen = state.last;
        let named = vault.store.tag(&tenant).0;
        self.shadow.named.insert(named, tenant.clone());
        if self.bug != Some(Bug::KeyDestroyedBeforeTheArchive) {
            self.archive.catch_up(&*self.disk, Shard(shard.0));
        }
        let record = sluis_model::Erased {
            corporation: tenant.corporation,
            tenant: named,
            by: "desk".into(),
            why: "asked".into(),
            records: 0,
            notifications: 0,
        };
        self.note(|| format!("{tenant:?} is to be erased, as of record {seen}"));
        let order = Box::new(EraseOrder {
            tenant: tenant.clone(),
            seen,
            record: record.clone(),
            notifications: Vec::new(),
        });
        self.hand_in(What::Erase { tenant, record }, shard, |reply| {
            ShardRequest::Erase { order, reply }
        });
    }

    /// Finishes every erasure that is under way.
    pub(crate) fn finish_erasures(&mut self) {
        while !self.keys.pending.is_empty() && self.findings.0.is_none() {
            self.finish_erasure();
            self.settle();
        }
    }

    /// Destroys the keys of an erasure that is under way, and lets the tenant's messages through.
    fn finish_erasure(&mut self) {
        let Some((tenant, found)) = self.keys.pending.pop_first() else {
            return;
        };
        self.note(|| format!("the keys of {tenant:?} are destroyed"));
        let Some(vault) = &self.keys.vault else {
            return;
        };
        let dies = !self.calm && self.chance.keys.chance(DIES);
        let destroyed = vault.dying(dies, || match self.bug {
            Some(Bug::CheckpointOutlivesErasure) => vault.store.erase(&tenant, found.at),
            _ => vault.erasures.destroy(&found),
        });
        if destroyed.is_err() {
            self.keys.cut_short += 1;
            return self.crash(true);
        }
        let place = (found.shard.0, found.sequence);
        self.keys.erased.insert(tenant.clone(), place);
        self.keys.erasures += 1;
        if !self.calm && self.chance.keys.chance(DIES) {
            self.keys.cut_short += 1;
            return self.crash(true);
        }
        self.house.inboxes[usize::from(found.shard.0)].end_erasure(tenant);
        self.look_at_keys();
    }

    /// The keys after a start of the process, before anything is read.
    pub(crate) fn restart_keys(&mut self, tail: bool) {
        self.keys.pending.clear();
        let Some(vault) = &mut self.keys.vault else {
            return;
        };
        vault.restart(tail.then_some(&mut self.chance.keys));
        self.archive.restart(Some(vault.store.clone()));
        self.disk.seal_with(vault);
        if self.bug == Some(Bug::ErasedAgainAtTheStart) {
            for tenant in self.keys.erased.keys() {
                let again = vault.store.erase(tenant, self.clock.peek());
                again.expect("it can be written");
            }
        }
    }

    /// Everything was read: every erasure whose record is there is finished, and keys that are nobody's may
    /// be given.
    pub(crate) fn settle_keys(&mut self) {
        self.keys.erased = self.shadow.erased.clone();
        self.look_at_keys();
        let Some(vault) = &mut self.keys.vault else {
            return;
        };
        if self.bug == Some(Bug::KeysNotLearned) {
            vault.open_again();
            self.archive.restart(Some(vault.store.clone()));
            self.disk.seal_with(vault);
        }
        vault.store.settle().expect("it can be read");
    }

    /// Opens the book of keys.
    pub(crate) fn look_at_keys(&mut self) {
        if self.keys.vault.is_none() {
            return;
        }
        let sealed = Sealed {
            disk: &self.disk,
            archive: &self.archive,
            shadow: &self.shadow,
            erased: &self.keys.erased,
        };
        sealed.check(&mut self.findings);
        let lives = |(tenant, (shard, _)): (&TenantKey, &(u16, u64))| {
            let log = &self.shadow.logs[usize::from(*shard)];
            log.tenants.contains_key(tenant)
        };
        self.keys.came_back |= self.keys.erased.iter().any(lives);
    }
}
