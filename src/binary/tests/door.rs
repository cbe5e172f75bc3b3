//! Owns a door that does what a test tells it. What becomes of a row stands in its idempotency key:
//! the word before the first hyphen.

use std::sync::Arc;

use parking_lot::Mutex;
use sluis_actors::{Answers, ShardAnswer};
use sluis_model::{Answer, CorporationId, NotificationId, NotificationRequest};
use tokio::sync::watch;

use super::super::door::Door;
use super::super::shares::Shares;
use crate::admission::{Admitted, Closed, Rejected};
use crate::intake::{FieldProblem, ProblemCode};

/// The key of the one corporation.
pub(super) const KEY: &str = "slk_right";
/// Its name.
pub(super) const NAME: &str = "Woonstichting De Brug";
/// What the door adds to a position.
pub(super) const MASK: u64 = 1_000;

/// A door that a test drives.
pub(super) struct Script {
    state: Mutex<State>,
    /// How many rows came to the door.
    seen: watch::Sender<usize>,
    /// Of the connections at this door.
    pub(super) shares: Arc<Shares>,
}

struct State {
    known: bool,
    closed: Option<Closed>,
    room: u32,
    too_fast: bool,
    rows: Vec<Row>,
}

struct Row {
    key: String,
    duplicate: bool,
    waiting: Option<(Arc<dyn Answers>, u64)>,
}

impl Script {
    pub(super) fn new() -> Arc<Self> {
        let state = State {
            known: true,
            closed: None,
            room: u32::MAX,
            too_fast: false,
            rows: Vec::new(),
        };
        Arc::new(Self {
            state: Mutex::new(state),
            seen: watch::Sender::new(0),
            shares: Arc::default(),
        })
    }

    pub(super) fn close(&self, closed: Option<Closed>) {
        self.state.lock().closed = closed;
    }

    pub(super) fn set_room(&self, room: u32) {
        self.state.lock().room = room;
    }

    /// No room, until the rate of intake gives some.
    pub(super) fn set_too_fast(&self, too_fast: bool) {
        let mut state = self.state.lock();
        state.too_fast = too_fast;
        state.room = u32::from(!too_fast);
    }

    pub(super) fn withdraw_key(&self) {
        self.state.lock().known = false;
    }

    /// Waits until `count` rows came to the door, and returns their keys.
    pub(super) async fn keys(&self, count: usize) -> Vec<String> {
        self.seen
            .subscribe()
            .wait_for(|seen| *seen >= count)
            .await
            .unwrap();
        self.state
            .lock()
            .rows
            .iter()
            .map(|row| row.key.clone())
            .collect()
    }

    /// The shard's answer to the row with this key: it stands at `position`.
    pub(super) fn answer(&self, key: &str, position: u64) {
        let mut state = self.state.lock();
        let (index, row) = state
            .rows
            .iter_mut()
            .enumerate()
            .find(|(_, row)| row.key == key)
            .unwrap();
        let (answers, slot) = row.waiting.take().unwrap();
        answers.answer(slot, said(row.duplicate, id_of(index), position));
    }

    /// The shard lost the row with this key.
    pub(super) fn lose(&self, key: &str) {
        let row = self
            .state
            .lock()
            .rows
            .iter_mut()
            .find(|row| row.key == key)
            .and_then(|row| row.waiting.take());
        let (answers, slot) = row.unwrap();
        answers.answer(slot, ShardAnswer::Dropped);
    }
}

fn said(duplicate: bool, id: NotificationId, position: u64) -> ShardAnswer {
    if duplicate {
        return ShardAnswer::Accepted { position };
    }
    ShardAnswer::Decided {
        answer: Answer::Accepted {
            id,
            state: "ready",
            unknown_tenant: false,
            near: None,
        },
        position,
    }
}

/// The id of the row that came to the door as number `index`.
pub(super) fn id_of(index: usize) -> NotificationId {
    NotificationId(0xF00 + index as u128)
}

impl Door for Script {
    fn authenticate(&self, key: &str) -> Option<CorporationId> {
        (self.state.lock().known && key == KEY).then_some(CorporationId(3))
    }

    fn name(&self, corporation: CorporationId) -> String {
        assert_eq!(corporation, CorporationId(3));
        NAME.to_owned()
    }

    fn closed(&self) -> Option<Closed> {
        self.state.lock().closed
    }

    fn room(&self, _: CorporationId) -> u32 {
        self.state.lock().room
    }

    fn is_too_fast(&self, _: CorporationId) -> bool {
        self.state.lock().too_fast
    }

    fn admit(
        &self,
        corporation: CorporationId,
        request: &NotificationRequest,
        answers: &Arc<dyn Answers>,
        slot: u64,
    ) -> Result<Admitted, Rejected> {
        assert_eq!(corporation, CorporationId(3));
        let key = request.idempotency_key.clone();
        let word = key.split('-').next().unwrap().to_owned();
        let mut state = self.state.lock();
        let id = id_of(state.rows.len());
        let duplicate = word == "again";
        let waiting = match word.as_str() {
            "bad" => {
                return Err(Rejected::Invalid(vec![FieldProblem::new(
                    "data.x",
                    ProblemCode::Missing,
                    "a number",
                )]));
            }
            "conflict" => return Err(Rejected::Conflict(NotificationId(1))),
            "share" => return Err(Rejected::ShareFull(10)),
            // Its answer is there before the door has said yes.
            "fast" => {
                answers.answer(slot, said(false, id, 77));
                None
            }
            _ => Some((answers.clone(), slot)),
        };
        state.rows.push(Row {
            key,
            duplicate,
            waiting,
        });
        self.seen.send_replace(state.rows.len());
        Ok(Admitted { id, duplicate })
    }

    fn position(&self, _: NotificationId, sequence: u64) -> u64 {
        sequence + MASK
    }
}
