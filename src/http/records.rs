//! Owns the reading of a tenant's records back from journal and archive, on the threads that are there for
//! it. Refuses to interpret them: `explain` does.

use std::sync::Arc;

use http::StatusCode;
use sluis_archive::{Cover, Found, Removed};
use sluis_journal::{Journal, Sequence, Shard};
use sluis_model::{Gone, Record, TenantKey, TenantRecord, Timestamp};

use super::problem::Problem;
use crate::app::App;
use crate::archive::Archiving;
use crate::explain::{self, Page, Wanted};
use crate::reading;

/// The records of one tenant.
pub(super) struct Records {
    journal: Arc<dyn Journal>,
    archiving: Option<Arc<Archiving>>,
    tenant: TenantKey,
    shard: Shard,
}

impl Records {
    pub(super) fn of(app: &App, tenant: &TenantKey) -> Self {
        let shard = Shard(tenant.shard(app.engine.shards()).0);
        Self {
            journal: app.engine.journal().clone(),
            archiving: app.archiving.clone(),
            tenant: tenant.clone(),
            shard,
        }
    }

    /// The records that are wanted and that `keep` takes, newest first, from `last` backwards.
    pub(super) async fn walk(
        self,
        app: &App,
        last: u64,
        wanted: Wanted,
        keep: impl Fn(&TenantRecord) -> bool + Send + 'static,
    ) -> Result<Page, Problem> {
        let corporation = self.tenant.corporation;
        let walk = move || {
            let mut removed = None;
            let mut read = |sequence: u64| self.read(sequence, &mut removed);
            let mut page = explain::walk(&mut read, last, wanted, keep)?;
            page.is_cut |= removed.is_some();
            page.removed = removed;
            Ok::<_, String>(page)
        };
        reading::read(app, corporation, walk)
            .await?
            .map_err(|error| {
                tracing::error!(%error, "a tenant's records cannot be read");
                unreadable()
            })
    }

    /// One record, from the journal, or from the archive where the journal has it no more. What was
    /// removed there is noted.
    fn read(
        &self,
        sequence: u64,
        removed: &mut Option<explain::Gone>,
    ) -> Result<Option<Record>, String> {
        let decode = |bytes: &[u8]| Record::decode(bytes).map_err(|error| error.to_string());
        let bytes = self.journal.read(self.shard, Sequence(sequence));
        if let Some(bytes) = bytes.map_err(|error| error.to_string())? {
            return decode(&bytes).map(Some);
        }
        // While the archive is away, what the journal has is all that can be said.
        let Some(archive) = self.archiving.as_ref().and_then(|it| it.archive()) else {
            return Ok(None);
        };
        let found = archive.record(&self.tenant, self.shard.0, sequence);
        let (found, gone) = found.map_err(|error| error.to_string())?;
        let is_it = |found: &Found| found.head.sequence == sequence;
        if !found.as_ref().is_some_and(is_it) {
            *removed = removed.take().or_else(|| gone.first().map(told));
        }
        found
            .map(|found| match found.cover {
                Cover::Bare | Cover::Opened => decode(&found.body),
                Cover::Erased(erased) => Ok(Record::Gone(Gone {
                    at: Timestamp(found.head.at),
                    corporation: self.tenant.corporation,
                    previous: 0,
                    erased: Timestamp(erased),
                })),
                Cover::Closed => Err("the archive is sealed, and there are no keys".to_owned()),
            })
            .transpose()
    }
}

/// What was removed, for people.
pub(super) fn told(removed: &Removed) -> explain::Gone {
    explain::Gone {
        at: explain::rfc3339(Timestamp(removed.at)),
        rule: removed.rule.clone(),
    }
}

fn unreadable() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "journal_unreadable",
        "the journal could not be read; the operators were told",
    )
}
