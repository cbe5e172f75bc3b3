//! Owns the open rows and the credit of one sender. Refuses to lose an answer, to give two, and to
//! grant more than there is room for: that is how pressure reaches the sender.

use std::sync::Arc;

use metrics::Histogram;
use sluis_actors::Answers;
use sluis_model::wire::{
    AckRow, OutOfCredit, Refused, Window, encode_acks, encode_credit, encode_refused,
};
use sluis_model::{CorporationId, NotificationRequest};

use super::door::Door;
use super::mailbox::{Arrived, Mailbox, Verdict};
use super::refusal;
use super::shares::{Share, Shares};
use super::slots::{Open, Slots};
use crate::admission::Admitted;
use crate::telemetry::names;

/// One sender after its greeting.
pub(super) struct Session {
    door: Arc<dyn Door>,
    corporation: CorporationId,
    /// The sender's, to notice when it is withdrawn.
    key: String,
    /// Its part of the corporation's room.
    share: Share,
    /// Rows that were admitted or refused since credit was looked at. Until then they count as credit
    /// that is out: before they are admitted their room looks free to other connections.
    decided: u32,
    window: Window,
    slots: Slots,
    mailbox: Arc<Mailbox>,
    /// The mailbox, as the shards know it.
    answers: Arc<dyn Answers>,
    /// Rows were refused for want of room: no credit until the next look at the pressure.
    held: bool,
    arrived: Vec<Arrived>,
    acks: Vec<AckRow>,
    /// The row whose way to its ack is timed, and when it came: one at a time, so that the others
    /// cost nothing.
    timed: Option<(u64, u64)>,
    took: Histogram,
}

impl Session {
    /// A session of whoever has this key, which may have `credit` rows open. `None`: nobody has.
    pub(super) fn open(
        door: Arc<dyn Door>,
        key: &str,
        credit: u32,
        shares: &Arc<Shares>,
    ) -> Option<Self> {
        let corporation = door.authenticate(key)?;
        let mailbox = Arc::<Mailbox>::default();
        Some(Self {
            door,
            corporation,
            key: key.to_owned(),
            share: shares.join(corporation),
            decided: 0,
            window: Window::new(credit.max(1)),
            slots: Slots::default(),
            answers: mailbox.clone(),
            mailbox,
            held: false,
            arrived: Vec::new(),
            acks: Vec::new(),
            timed: None,
            took: names::BINARY_ACK.of(()),
        })
    }

    /// The sender's corporation.
    pub(super) const fn corporation_id(&self) -> CorporationId {
        self.corporation
    }

    /// The name of the sender's corporation.
    pub(super) fn corporation(&self) -> String {
        self.door.name(self.corporation)
    }

    /// Whether the sender's key still stands for its corporation.
    pub(super) fn is_known(&self) -> bool {
        self.door.authenticate(&self.key) == Some(self.corporation)
    }

    /// The credit of `Welcome`.
    pub(super) fn first_grant(&mut self) -> u32 {
        self.grant_part()
    }

    /// Books the rows of a frame.
    pub(super) fn spend(&mut self, rows: usize) -> Result<(), OutOfCredit> {
        self.window.spend(u32::try_from(rows).unwrap_or(u32::MAX))
    }

    /// Admits a booked row. A refusal goes to `out` at once, an ack when it is durable.
    pub(super) fn submit(
        &mut self,
        correlation: u64,
        row: &NotificationRequest,
        out: &mut Vec<u8>,
    ) {
        self.decided = self.decided.saturating_add(1);
        let slot = self.slots.reserve();
        if self.timed.is_none() {
            self.timed = Some((slot, crate::clock::nanos()));
        }
        match self.door.admit(self.corporation, row, &self.answers, slot) {
            Ok(Admitted { id, duplicate }) => self.slots.fill(
                slot,
                Open {
                    correlation,
                    id,
                    duplicate,
                },
            ),
            Err(rejected) => {
                self.timed.take_if(|(timed, _)| *timed == slot);
                self.slots.release(slot);
                self.refuse(&refusal::of(correlation, rejected), out);
            }
        }
    }

    fn refuse(&mut self, refused: &Refused, out: &mut Vec<u8>) {
        self.held |= refused.code.is_transient();
        encode_refused(out, refused);
        self.window.answered(1);
    }

    /// Puts what the shards answered behind `out`.
    pub(super) fn settle(&mut self, out: &mut Vec<u8>) {
        let mut arrived = std::mem::take(&mut self.arrived);
        self.mailbox.swap(&mut arrived);
        for (slot, verdict) in arrived.drain(..) {
            self.time(slot);
            if let Some(open) = self.slots.take(slot) {
                self.answer(open, verdict, out);
            }
        }
        self.arrived = arrived;
        encode_acks(out, &self.acks);
        self.window.answered(self.acks.len() as u32);
        self.acks.clear();
    }

    /// Records how long a row took, where this is the one that is timed.
    fn time(&mut self, slot: u64) {
        if let Some((_, came)) = self.timed.take_if(|(timed, _)| *timed == slot) {
            let took = crate::clock::nanos().saturating_sub(came);
            self.took.record(took as f64 / 1e9);
        }
    }

    /// Answers one row: an ack goes out with the others, a refusal by itself.
    fn answer(&mut self, open: Open, verdict: Verdict, out: &mut Vec<u8>) {
        let Open {
            correlation,
            id,
            duplicate,
        } = open;
        match verdict {
            Verdict::Taken(sequence) => {
                let position = self.door.position(id, sequence);
                self.acks.push(AckRow {
                    correlation,
                    id,
                    position,
                    duplicate,
                });
            }
            Verdict::NotTaken(why) => {
                let rejected = self.door.not_taken(self.corporation, why);
                self.refuse(&refusal::of(correlation, rejected), out);
            }
            Verdict::Lost => self.refuse(&refusal::lost(correlation, self.door.closed()), out),
        }
    }

    /// Grants what is owed as far as there is room.
    pub(super) fn grant(&mut self, out: &mut Vec<u8>) {
        self.share.spend(std::mem::take(&mut self.decided));
        if self.held || self.window.owed() == 0 {
            return;
        }
        encode_credit(out, self.grant_part());
    }

    /// Looks again whether withheld credit can be given. Where only the quota is full, a sender
    /// without credit gets one: so it hears that its share is full, and repeats of what was
    /// accepted get their answers. Where it only came too fast, its room comes in by itself.
    pub(super) fn grant_again(&mut self, out: &mut Vec<u8>) {
        self.held = false;
        self.grant(out);
        if self.window.available() == 0
            && self.window.unanswered() == 0
            && self.door.closed().is_none()
            && !self.door.is_too_fast(self.corporation)
        {
            let window = &mut self.window;
            encode_credit(out, self.share.grant_beyond(|| window.grant(1)));
        }
    }

    /// Grants what is owed, within this connection's part of the room.
    fn grant_part(&mut self) -> u32 {
        let (door, window) = (&self.door, &mut self.window);
        let room = || match door.closed() {
            Some(_) => 0,
            None => door.room(self.corporation),
        };
        self.share.grant(room, |most| window.grant(most))
    }

    /// Whether credit is withheld.
    pub(super) const fn owes_credit(&self) -> bool {
        self.window.owed() > 0
    }

    /// Rows that came in and have no answer yet.
    pub(super) const fn unanswered(&self) -> u32 {
        self.window.unanswered()
    }

    /// Waits for an answer. Safe to cancel.
    pub(super) async fn answered(&self) {
        self.mailbox.filled().await;
    }
}
