//! Owns what an engine that runs takes over of a configuration that is read again: that configuration, with
//! what holds from a start on as the engine was started. Refuses to judge it: it is checked as any other.

use super::problem::{Collector, ConfigProblems};
use super::{Config, Corporation, LimitsSection, ProviderEntry, TlsFiles, check, lists};

impl Config {
    /// This configuration as an engine that runs with `running` can have it now. What differs from this one
    /// waits for a start.
    #[must_use]
    pub fn for_running(&self, running: &Self) -> Self {
        let mut taken = running.clone();
        taken.flows = self.flows.clone();
        taken.retry = self.retry.clone();
        taken.engine.allow_list.clone_from(&self.engine.allow_list);
        taken.engine.max_open = self.engine.max_open;
        taken.sending.normal_per_bulk = self.sending.normal_per_bulk;
        taken.sending.urgent_reserve_percent = self.sending.urgent_reserve_percent;
        limits(&mut taken.limits, &self.limits);
        let operators = &self.http.operator_key_hashes;
        taken.http.operator_key_hashes.clone_from(operators);
        certificate(&mut taken.http.tls, self.http.tls.as_ref());
        certificate(&mut taken.binary.tls, self.binary.tls.as_ref());
        for corporation in &mut taken.corporations {
            let of = self.corporations.iter().find(|one| {
                (one.id, one.name.as_str()) == (corporation.id, corporation.name.as_str())
            });
            self::corporation(corporation, of);
        }
        let fresh = self.corporations.iter();
        let fresh = fresh.filter(|one| may_begin(one, running)).map(begun);
        taken.corporations.extend(fresh);
        for provider in &mut taken.providers {
            let of = self.providers.iter().find(|one| one.name == provider.name);
            if let Some(of) = of {
                self::provider(provider, of);
            }
        }
        taken
    }

    /// Everything that is wrong with it as a whole. A configuration that was put together of two may have
    /// mistakes that neither of them has.
    ///
    /// # Errors
    /// Every mistake.
    pub fn check_again(&self) -> Result<(), ConfigProblems> {
        let mut problems = Collector::default();
        check::check(self, &mut problems);
        lists::check(self, &mut problems);
        let problems = problems.finish();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(ConfigProblems(problems))
        }
    }
}

/// Other files of a certificate; TLS itself begins and ends with a start.
fn certificate(running: &mut Option<TlsFiles>, fresh: Option<&TlsFiles>) {
    if let (Some(running), Some(fresh)) = (running, fresh) {
        running.clone_from(fresh);
    }
}

/// The bounds that are no size of a line or a window.
fn limits(running: &mut LimitsSection, fresh: &LimitsSection) {
    running.max_open_per_tenant = fresh.max_open_per_tenant;
    running.max_unknown_tenants = fresh.max_unknown_tenants;
    running.max_open_per_corporation = fresh.max_open_per_corporation;
    running.intake_per_second = fresh.intake_per_second;
    running.intake_burst = fresh.intake_burst;
    running.bytes_per_day = fresh.bytes_per_day;
}

/// What a corporation that the engine knows gets. One that the configuration does not have any more is let
/// in no longer; what is open of it goes on as it was.
fn corporation(running: &mut Corporation, fresh: Option<&Corporation>) {
    let Some(fresh) = fresh else {
        running.key_hashes.clear();
        return;
    };
    *running = Corporation {
        data_keys: std::mem::take(&mut running.data_keys),
        legal_holds: std::mem::take(&mut running.legal_holds),
        legal_hold_subjects: std::mem::take(&mut running.legal_hold_subjects),
        keep_days: std::mem::take(&mut running.keep_days),
        ..fresh.clone()
    };
}

/// How much a provider is given. Where it is reached, how many connections it has and whose it is wait for a
/// start; what does not fit these does, too.
fn provider(running: &mut ProviderEntry, fresh: &ProviderEntry) {
    running.rate_per_second = fresh.rate_per_second;
    running.burst = fresh.burst;
    let most = running.config.connections();
    if most.is_none_or(|most| fresh.concurrency.get() <= most) {
        running.concurrency = fresh.concurrency;
    }
}

/// Whether a corporation is new, and nothing of it is to be encrypted: the keys for that are fetched at a
/// start, and nothing of it may be written in plain before.
fn may_begin(fresh: &Corporation, running: &Config) -> bool {
    let mut known = running.corporations.iter();
    fresh.data_keys.is_empty() && !known.any(|one| one.id == fresh.id || one.name == fresh.name)
}

/// A new one: what the archive keeps of it for how long holds from the next start on, long before anything of
/// it may go.
fn begun(fresh: &Corporation) -> Corporation {
    Corporation {
        legal_holds: Vec::new(),
        legal_hold_subjects: Vec::new(),
        keep_days: Default::default(),
        ..fresh.clone()
    }
}
