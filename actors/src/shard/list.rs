//! Owns the lists of open notifications: what is listed is chosen from the index, the rows of active
//! tenants are copied from their states, and those of passive ones are read beside the arbiters from
//! the records that hold theirs. A list activates nobody. Refuses to look at more of the index than
//! a bound for one list.

use std::sync::Arc;

use sluis_journal::{Journal, Shard};
use sluis_model::{CorporationId, FlowBook, NotificationId, Open, Phase, PhaseKind};

use super::activation::read_stored;
use super::brought::Brought;
use super::brought::LostState;
use super::core::ShardCore;
use super::inbox::Inbox;
use super::request::{Listed, Reply, ShardAnswer, StateFilter};
use super::settings::ShardSettings;
use super::tenants::Located;
use crate::wake::UnderWay;

/// Most open notifications looked at for one list.
const MOST_SCANNED: usize = 2_000;

/// One row of a list.
enum Row {
    Known(Box<Listed>),
    /// Of a passive tenant, whose state this record holds.
    Stored(NotificationId, u64),
}

/// The rows of a list.
#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    /// Up to which id was looked; none: to the end of the shard.
    scanned_to: Option<NotificationId>,
}

impl ShardCore {
    /// Answers with open notifications that the filter takes, in order of id, after one, at most so
    /// many; of one corporation, or of all.
    pub(super) fn list(
        &mut self,
        of: Option<CorporationId>,
        filter: &StateFilter,
        (after, limit): (Option<NotificationId>, usize),
        reply: Reply,
    ) {
        let rows = self.rows(of, filter, after, limit);
        let rows = match rows.all_known() {
            Ok(answer) => return self.answer(reply, answer),
            Err(rows) => rows,
        };
        let look = ListLook::new(&self.settings, filter.clone(), rows, reply);
        let work = Box::new(move || look.run());
        let readers = &self.settings.readers;
        let taken = match of {
            Some(corporation) => readers.ask(corporation, work),
            None => readers.ask_for_the_engine(work),
        };
        // Too much of one corporation is asked for at once: dropped, the reply tells its sender to
        // ask again.
        drop(taken);
    }

    fn rows(
        &self,
        of: Option<CorporationId>,
        filter: &StateFilter,
        after: Option<NotificationId>,
        limit: usize,
    ) -> Rows {
        let mut found = Rows::default();
        let mut last = None;
        for (scanned, located) in self.tenants.iter_open(after).enumerate() {
            if found.rows.len() >= limit || scanned >= MOST_SCANNED {
                found.scanned_to = last;
                return found;
            }
            last = Some(located.id());
            found.rows.extend(self.row(located, of, filter));
        }
        found
    }

    /// The row of an open notification, if it is wanted.
    fn row(
        &self,
        located: &Located,
        of: Option<CorporationId>,
        filter: &StateFilter,
    ) -> Option<Row> {
        let corporation = self.tenants.corporation(located.slot);
        let may_be = match filter {
            StateFilter::Any => true,
            StateFilter::Named(name) => located.phase.name() == &**name,
            StateFilter::TasksAlone | StateFilter::TasksAlike(_) => {
                located.phase == PhaseKind::Task
            }
        };
        if !may_be || of.is_some_and(|of| of != corporation) {
            return None;
        }
        let Some(tenant) = self.tenants.awake(located.slot) else {
            let stored = self.tenants.host.stored_at(located.slot)?;
            return Some(Row::Stored(located.id(), stored));
        };
        let open = self.tenants.state(tenant).find(located.id())?;
        let flows = &*self.settings.flows;
        if !is_wanted(corporation, open, filter, flows) {
            return None;
        }
        Some(Row::Known(Box::new(Listed {
            corporation,
            tenant: self.tenants.key(tenant).tenant.clone(),
            open: open.clone(),
        })))
    }
}

impl Rows {
    /// The answer, if no tenant of a row is passive.
    fn all_known(self) -> Result<ShardAnswer, Self> {
        let stored = |row: &Row| matches!(row, Row::Stored(..));
        if self.rows.iter().any(stored) {
            return Err(self);
        }
        let known = |row| match row {
            Row::Known(listed) => Some(*listed),
            Row::Stored(..) => None,
        };
        Ok(ShardAnswer::List {
            rows: self.rows.into_iter().filter_map(known).collect(),
            scanned_to: self.scanned_to,
        })
    }

    /// With the rows of passive tenants read from their records.
    fn read(
        self,
        journal: &dyn Journal,
        shard: Shard,
        is_wanted: impl Fn(CorporationId, &Open) -> bool,
    ) -> Result<ShardAnswer, LostState> {
        let mut rows = Vec::with_capacity(self.rows.len());
        // What is open of one tenant often stands together.
        let mut last = None;
        for row in self.rows {
            match row {
                Row::Known(listed) => rows.push(*listed),
                Row::Stored(id, sequence) => {
                    let stored = match last.take() {
                        Some((at, stored)) if at == sequence => stored,
                        _ => read_stored(journal, shard, sequence)?,
                    };
                    let open = stored.state.find(id);
                    let open = open.filter(|open| is_wanted(stored.key.corporation, open));
                    rows.extend(open.map(|open| Listed {
                        corporation: stored.key.corporation,
                        tenant: stored.key.tenant.clone(),
                        open: open.clone(),
                    }));
                    last = Some((sequence, stored));
                }
            }
        }
        Ok(ShardAnswer::List {
            rows,
            scanned_to: self.scanned_to,
        })
    }
}

/// Whether the filter takes it.
fn is_wanted(of: CorporationId, open: &Open, filter: &StateFilter, flows: &dyn FlowBook) -> bool {
    let group = || open.task_group(of, flows);
    match filter {
        StateFilter::Any => true,
        StateFilter::Named(name) => open.phase.name() == &**name,
        StateFilter::TasksAlone => matches!(open.phase, Phase::Task { .. }) && group().is_none(),
        StateFilter::TasksAlike(wanted) => group() == Some(*wanted),
    }
}

/// A list with rows of passive tenants. It counts as under way until it is dropped.
struct ListLook {
    journal: Arc<dyn Journal>,
    shard: Shard,
    inbox: Arc<Inbox>,
    flows: Arc<dyn FlowBook + Send + Sync>,
    filter: StateFilter,
    rows: Rows,
    reply: Reply,
    _under_way: UnderWay,
}

impl ListLook {
    fn new(settings: &ShardSettings, filter: StateFilter, rows: Rows, reply: Reply) -> Self {
        Self {
            journal: settings.journal.clone(),
            shard: settings.journal_shard(),
            inbox: settings.inbox().clone(),
            flows: settings.flows.clone(),
            filter,
            rows,
            reply,
            _under_way: UnderWay::begin(&settings.activity),
        }
    }

    /// Reads what is missing, and brings the answer: it leaves behind everything decided so far.
    fn run(self) {
        let (filter, flows) = (&self.filter, &*self.flows);
        let wanted = |of, open: &Open| is_wanted(of, open, filter, flows);
        match self.rows.read(&*self.journal, self.shard, wanted) {
            Ok(answer) => self.inbox.bring(Brought::Answer(self.reply, answer)),
            // The record went, or cannot be read: the reply is dropped, and its sender asks again.
            Err(error) => {
                let shard = self.shard.0;
                tracing::warn!(shard, %error, "a row of a list could not be read");
            }
        }
    }
}
