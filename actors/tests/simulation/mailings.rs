//! Owns the driver of mailings: the test's own copy of the order in which the engine hands rows over. A window of rows
//! is offered under ids and keys that follow from the rows, and has its verdicts before the next one; after a crash
//! the rows of one window are asked for before they are offered; a stop cancels what was handed over. Refuses files: a
//! verdict that was written survives a crash, and one that was not does not.

use std::collections::BTreeSet;

use sluis_actors::{Query, ShardRequest};
use sluis_model::{
    Addressed, CancelTarget, CorporationId, Environment, Idempotency, Input, Lane, Notification,
    NotificationId, TenantKey,
};

use crate::planted::Bug;
use crate::senders::{Heard, Order, What};
use crate::world::World;

/// Mailings of a run.
const MAILINGS: usize = 2;
/// Rows that are handed over together.
const WINDOW: usize = 4;
/// Keys of rows begin here: no sender uses them.
pub(crate) const KEYS: u128 = 1 << 100;
/// By so much the key of a row is another one when it is offered under two.
pub(crate) const TWICE: u128 = 1 << 90;

/// How far a mailing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Running,
    Paused,
    Stopping,
    Stopped,
    Done,
}

/// What became of the handing over of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Admitted,
    Refused,
}

/// What the driver waits for of its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Asking,
    Offering,
    Cancelling,
}

/// A mailing that was released.
#[derive(Debug)]
pub(crate) struct Mailing {
    pub(crate) corporation: CorporationId,
    pub(crate) stage: Stage,
    /// Its first row among the orders.
    first: usize,
    /// Of each row: its own.
    pub(crate) ids: Vec<NotificationId>,
    /// Of each row, durable.
    pub(crate) verdicts: Vec<Option<Verdict>>,
    /// Requests for rows that wait for their answers.
    window: Vec<(usize, usize)>,
    doing: Doing,
    /// Rows before this one may be known to a shard.
    ask_until: usize,
    /// Rows that a shard said it does not have, since they were offered the last time.
    absent: BTreeSet<usize>,
    /// Rows before this one are passed over.
    from: usize,
    /// Rows before this one are cancelled, while it stops.
    cancelled: usize,
}

impl Mailing {
    /// Whether nothing more is to do.
    pub(crate) const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Stopped | Stage::Done)
    }

    /// Whether a shard may have rows of which nothing is written: the driver asks within moments.
    pub(crate) fn is_uncertain(&self) -> bool {
        let next = self.next();
        let may_be_known = next.first().is_some_and(|row| self.may_be_known(*row));
        !self.is_over() && (may_be_known || !self.window.is_empty())
    }

    fn may_be_known(&self, row: usize) -> bool {
        row < self.ask_until && !self.absent.contains(&row)
    }

    /// What stands in the data of a row.
    pub(crate) fn mark(&self, row: usize) -> String {
        format!("{{\"row\":{}}}", self.first + row)
    }

    /// The next rows without a verdict.
    fn next(&self) -> Vec<usize> {
        let rows = self.from..self.ids.len();
        let open = rows.filter(|row| self.verdicts[*row].is_none());
        open.take(WINDOW).collect()
    }
}

impl World {
    /// The driver has its turn: something is released, paused or stopped, or a mailing goes on.
    pub(crate) fn turn_of_mailings(&mut self) {
        if self.mailings.len() < MAILINGS && self.chance.mailings.chance(10) {
            return self.release();
        }
        let under_way = (0..self.mailings.len()).filter(|at| !self.mailings[*at].is_over());
        let under_way: Vec<usize> = under_way.collect();
        if under_way.is_empty() {
            return;
        }
        let at = self.chance.mailings.pick(&under_way);
        let rng = &mut self.chance.mailings;
        let mailing = &mut self.mailings[at];
        let before = mailing.stage;
        mailing.stage = match before {
            Stage::Running if rng.chance(4) => Stage::Paused,
            Stage::Running | Stage::Paused if rng.chance(3) => Stage::Stopping,
            Stage::Paused if rng.chance(40) => Stage::Running,
            stage => stage,
        };
        let after = mailing.stage;
        if after != before {
            self.note(|| format!("mailing {at} is {after:?}"));
        }
        self.go_on(at);
    }

    /// The faults are over: every mailing goes on, and nobody pauses one.
    pub(crate) fn go_on_with_mailings(&mut self) {
        for at in 0..self.mailings.len() {
            if self.mailings[at].stage == Stage::Paused {
                self.mailings[at].stage = Stage::Running;
            }
            if !self.mailings[at].is_over() {
                self.go_on(at);
            }
        }
    }

    /// The process died: what was not written is unknown, and what was asked has no answer.
    pub(crate) fn restart_mailings(&mut self) {
        let skips = self.bug == Some(Bug::RowSkipped);
        let twice = self.bug == Some(Bug::RowTwice);
        for mailing in &mut self.mailings {
            mailing.from = 0;
            // Rows of one window, which need not stand beside each other.
            mailing.ask_until = mailing.next().last().map_or(0, |last| last + 1);
            let first = mailing.verdicts.iter().position(Option::is_none);
            let window = std::mem::take(&mut mailing.window);
            if twice && mailing.doing == Doing::Offering {
                // Under another id and another key, as if they did not follow from the row.
                mailing.ask_until = 0;
                for (row, _) in window {
                    let order = &mut self.senders.orders[mailing.first + row];
                    order.own_id = None;
                    order.body.idempotency.key += TWICE;
                }
            }
            mailing.absent.clear();
            mailing.cancelled = 0;
            mailing.from = match first {
                Some(first) if skips => first + 1,
                _ => 0,
            };
        }
    }

    /// A list of rows is released.
    fn release(&mut self) {
        let rows = 3 + self.chance.mailings.below(15);
        let (first, at) = (self.senders.orders.len(), self.mailings.len());
        let corporation = self.tenant().corporation;
        let now = self.clock.peek();
        let mut mailing = Mailing {
            corporation,
            stage: Stage::Running,
            first,
            ids: Vec::new(),
            verdicts: vec![None; rows],
            window: Vec::new(),
            doing: Doing::Offering,
            ask_until: 0,
            absent: BTreeSet::new(),
            from: 0,
            cancelled: 0,
        };
        for row in 0..rows {
            let number = self.chance.mailings.below(self.plan.tenants);
            let tenant = TenantKey::new(corporation, format!("H-{number}"));
            let random = self.chance.mailings.next();
            let id = NotificationId::new(tenant.shard(self.plan.shards), now.0, random);
            let asked = match self.plan.drawn {
                true => self.asked_of_drawn(),
                false => self.asked(),
            };
            let body = Notification {
                id,
                flow: asked.flow,
                category: asked.category.into(),
                subject: asked.subject,
                data: mailing.mark(row).into(),
                fields: asked.fields,
                lane: Lane::Bulk,
                send_after: None,
                expires_at: None,
                environment: Environment::Production,
                idempotency: Idempotency {
                    key: KEYS + (((first + row) as u128) << 4),
                    body: row as u64,
                },
                addressed: Addressed::Tenant,
            };
            mailing.ids.push(id);
            self.senders.orders.push(Order {
                tenant,
                body,
                told: None,
                own_id: Some(id),
                says: asked.says,
            });
        }
        self.note(|| format!("mailing {at} with {rows} rows is released"));
        self.mailings.push(mailing);
    }

    /// One turn of a mailing: what was asked is heard, or the next window goes out.
    fn go_on(&mut self, at: usize) {
        let waits = |(_, request): &(usize, usize)| self.senders.requests[*request].waits;
        if self.mailings[at].window.iter().any(waits) {
            return;
        }
        if !self.mailings[at].window.is_empty() {
            return self.hear(at);
        }
        let mailing = &self.mailings[at];
        let next = mailing.next();
        let (unsure, sure): (Vec<usize>, Vec<usize>) =
            next.iter().partition(|row| mailing.may_be_known(**row));
        match mailing.stage {
            Stage::Running | Stage::Paused | Stage::Stopping if !unsure.is_empty() => {
                self.ask_for(at, unsure);
            }
            Stage::Running if next.is_empty() => {
                self.note(|| format!("mailing {at} is done"));
                self.mailings[at].stage = Stage::Done;
            }
            Stage::Running => self.offer(at, sure),
            Stage::Stopping => self.cancel_rows(at),
            Stage::Paused | Stage::Stopped | Stage::Done => {}
        }
    }

    fn ask_for(&mut self, at: usize, rows: Vec<usize>) {
        self.mailings[at].doing = Doing::Asking;
        let corporation = self.mailings[at].corporation;
        for row in rows {
            let id = self.mailings[at].ids[row];
            let query = Query::Accepted { corporation, id };
            let request = self.senders.requests.len();
            self.hand_in(What::Row, id.shard(), |reply| ShardRequest::Query {
                query,
                reply,
            });
            self.mailings[at].window.push((row, request));
        }
    }

    fn offer(&mut self, at: usize, rows: Vec<usize>) {
        self.mailings[at].doing = Doing::Offering;
        for row in rows {
            let order = self.mailings[at].first + row;
            match self.admit(order) {
                Some(request) => {
                    self.mailings[at].absent.remove(&row);
                    self.mailings[at].window.push((row, request));
                }
                // It is tried again, and nothing behind it is tried before.
                None => break,
            }
        }
    }

    /// Cancels the next rows that there are notifications of; none left: it has stopped.
    fn cancel_rows(&mut self, at: usize) {
        let mailing = &mut self.mailings[at];
        mailing.doing = Doing::Cancelling;
        let rows = mailing.cancelled..mailing.ids.len();
        let is_there = |row: &usize| mailing.verdicts[*row] == Some(Verdict::Admitted);
        let rows: Vec<usize> = rows.filter(is_there).take(WINDOW).collect();
        if rows.is_empty() {
            mailing.stage = Stage::Stopped;
            return self.note(|| format!("mailing {at} has stopped"));
        }
        let corporation = mailing.corporation;
        for row in rows {
            let id = self.mailings[at].ids[row];
            let input = Input::Cancel {
                target: CancelTarget::Notification(id),
                note: "mailing stopped".into(),
            };
            let request = self.senders.requests.len();
            self.hand_in(What::Row, id.shard(), |reply| ShardRequest::ById {
                corporation,
                id,
                input,
                reply,
            });
            self.mailings[at].window.push((row, request));
        }
    }

    /// Every row of the window has its answer, or never will.
    fn hear(&mut self, at: usize) {
        let mailing = &mut self.mailings[at];
        let doing = mailing.doing;
        let mut is_lost = false;
        for (row, request) in std::mem::take(&mut mailing.window) {
            let heard = self.senders.requests[request].heard;
            match (doing, heard) {
                (Doing::Asking | Doing::Offering, Heard::Accepted) => {
                    mailing.verdicts[row] = Some(Verdict::Admitted);
                    if doing == Doing::Asking {
                        mailing.ask_until = mailing.ask_until.max(row + 1 + WINDOW);
                    }
                }
                (Doing::Offering, Heard::NotTaken) => {
                    mailing.verdicts[row] = Some(Verdict::Refused);
                }
                (Doing::Asking, Heard::NotThere) => {
                    mailing.absent.insert(row);
                }
                (Doing::Cancelling, Heard::Decided | Heard::NotThere) => {
                    mailing.cancelled = row + 1;
                }
                _ => {
                    is_lost = true;
                    mailing.ask_until = mailing.ask_until.max(row + 1);
                }
            }
            if is_lost && doing == Doing::Cancelling {
                break;
            }
        }
    }
}
