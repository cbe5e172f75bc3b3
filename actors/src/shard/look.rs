//! Owns one look into the table, on the thread of a reader: how a notification ended. Refuses to
//! decide: what it brings back goes through the shard's inbox.

use std::sync::Arc;

use sluis_journal::{Journal, JournalError, Shard};
use sluis_model::NotificationId;

use super::brought::Brought;
use super::endings::Endings;
use super::found::{Asked, Found, Then, accepted};
use super::inbox::Inbox;
use super::late;
use super::settings::ShardSettings;
use super::table::Ended;
use crate::wake::UnderWay;

/// A look that is asked for. It counts as under way until it is dropped.
pub(super) struct Look {
    endings: Arc<Endings>,
    journal: Arc<dyn Journal>,
    shard: Shard,
    inbox: Arc<Inbox>,
    id: NotificationId,
    asked: Asked,
    _under_way: UnderWay,
}

impl Look {
    pub(super) fn new(settings: &ShardSettings, id: NotificationId, asked: Asked) -> Self {
        Self {
            endings: settings.endings.clone(),
            journal: settings.journal.clone(),
            shard: settings.journal_shard(),
            inbox: settings.inbox().clone(),
            id,
            asked,
            _under_way: UnderWay::begin(&settings.activity),
        }
    }

    /// Looks, and answers or brings back what was found.
    pub(super) fn run(mut self) {
        match self.look() {
            Ok(ended) => self.found(ended),
            // Nothing is "not there" because it could not be read: the reply is dropped, and its
            // sender asks again.
            Err(error) => {
                let shard = self.shard.0;
                tracing::error!(shard, %error, "how a notification ended could not be read: see `sluis journal verify`");
            }
        }
    }

    /// How it ended, and where the attempt went that is asked about.
    fn look(&mut self) -> Result<Option<Ended>, JournalError> {
        let ended = self.endings.find(&*self.journal, self.shard, self.id)?;
        let ended = self.asked.may_know(ended);
        if let (Some(ended), Some(attempt)) = (&ended, self.asked.then.asks_where()) {
            let went = late::went(&*self.journal, self.shard, ended, attempt)?;
            self.asked.told_where(went);
        }
        Ok(ended)
    }

    fn found(self, ended: Option<Ended>) {
        match self.asked.then {
            // It is in the table, so it is durable: nothing of the shard's is needed.
            Then::Accepted => {
                self.asked.reply.send(accepted(ended.as_ref()));
            }
            Then::Decide(_) | Then::Snapshot => self.inbox.bring(Brought::Found(Found {
                ended,
                asked: self.asked,
            })),
        }
    }
}
