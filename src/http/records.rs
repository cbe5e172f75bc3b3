//! Owns the reading of a tenant's records back from the journal, on the threads that are there for
//! it. Refuses to interpret them: `explain` does.

use std::sync::Arc;

use http::StatusCode;
use sluis_journal::{Journal, Sequence, Shard};
use sluis_model::{CorporationId, Record, TenantKey, TenantRecord};

use super::problem::Problem;
use crate::app::App;
use crate::explain::{self, Page};
use crate::reading;

/// The records of one tenant.
pub(super) struct Records {
    journal: Arc<dyn Journal>,
    corporation: CorporationId,
    shard: Shard,
}

impl Records {
    pub(super) fn of(app: &App, tenant: &TenantKey) -> Self {
        let shard = Shard(tenant.shard(app.engine.shards()).0);
        Self {
            journal: app.engine.journal().clone(),
            corporation: tenant.corporation,
            shard,
        }
    }

    /// At most `limit` records that `keep` wants, newest first, from `last` (or what lies before
    /// `before`) backwards.
    pub(super) async fn walk(
        self,
        app: &App,
        last: u64,
        before: Option<u64>,
        limit: usize,
        keep: impl Fn(&TenantRecord) -> bool + Send + 'static,
    ) -> Result<Page, Problem> {
        let corporation = self.corporation;
        let walk = move || {
            let Self { journal, shard, .. } = self;
            let mut read = |sequence: u64| -> Result<Option<Record>, String> {
                let bytes = journal
                    .read(shard, Sequence(sequence))
                    .map_err(|error| error.to_string())?;
                bytes
                    .map(|bytes| Record::decode(&bytes).map_err(|error| error.to_string()))
                    .transpose()
            };
            explain::walk(&mut read, last, before, limit, keep)
        };
        reading::read(app, corporation, walk)
            .await?
            .map_err(|error| {
                tracing::error!(%error, "a tenant's records cannot be read");
                unreadable()
            })
    }
}

fn unreadable() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "journal_unreadable",
        "the journal could not be read; the operators were told",
    )
}
