//! What is under way on one connection: the credit that is left, and the frames that wait for
//! answers. Owns correlations; refuses an answer to something that was not asked, and to send
//! without credit.

use std::collections::HashMap;

use sluis_model::wire::{AckRow, Allowance, Overgranted, Refused};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::run::Answer;

/// Low bits of a correlation: the row in its frame. A frame has at most 4,096 rows.
const ROW_BITS: u32 = 16;

/// The answer to a row of a frame, and when it came.
pub(super) type Answered = (usize, Answer, Instant);

#[derive(Debug)]
pub(super) struct InFlight {
    allowance: Allowance,
    next: u64,
    open: HashMap<u64, Open>,
    lost: Option<String>,
}

#[derive(Debug)]
struct Open {
    rows: usize,
    answers: Vec<Answered>,
    done: oneshot::Sender<Vec<Answered>>,
}

/// What becomes of a wish to send.
#[derive(Debug)]
pub(super) enum Opened {
    /// So many rows may go in a frame that begins with this correlation.
    Frame {
        first: u64,
        rows: usize,
        answers: oneshot::Receiver<Vec<Answered>>,
    },
    NoCredit,
    Lost,
}

impl InFlight {
    pub(super) fn new(credit: u32) -> Result<Self, Overgranted> {
        let mut allowance = Allowance::default();
        allowance.add(credit)?;
        Ok(Self {
            allowance,
            next: 1,
            open: HashMap::new(),
            lost: None,
        })
    }

    /// Opens a frame for as many of `want` rows as there is credit for.
    pub(super) fn open(&mut self, want: usize) -> Opened {
        if self.lost.is_some() {
            return Opened::Lost;
        }
        let rows = self
            .allowance
            .available()
            .min(u32::try_from(want).unwrap_or(u32::MAX));
        if rows == 0 || !self.allowance.take(rows) {
            return Opened::NoCredit;
        }
        let rows = rows as usize;
        let (done, answers) = oneshot::channel();
        let frame = self.next;
        self.next += 1;
        self.open.insert(
            frame,
            Open {
                rows,
                answers: Vec::with_capacity(rows),
                done,
            },
        );
        Opened::Frame {
            first: frame << ROW_BITS,
            rows,
            answers,
        }
    }

    pub(super) fn has_credit(&self) -> bool {
        self.allowance.available() > 0
    }

    pub(super) fn grant(&mut self, rows: u32) -> Result<(), String> {
        self.allowance.add(rows).map_err(|error| error.to_string())
    }

    pub(super) fn accepted(&mut self, ack: AckRow, at: Instant) -> Result<(), String> {
        self.answer(
            ack.correlation,
            Answer::accepted(ack.id.to_string(), ack.duplicate),
            at,
        )
    }

    pub(super) fn refused(&mut self, refused: &Refused, at: Instant) -> Result<(), String> {
        self.answer(refused.correlation, Answer::refused(refused), at)
    }

    fn answer(&mut self, correlation: u64, answer: Answer, at: Instant) -> Result<(), String> {
        let (frame, row) = (
            correlation >> ROW_BITS,
            (correlation & ((1 << ROW_BITS) - 1)) as usize,
        );
        let known = self.open.get_mut(&frame).filter(|open| row < open.rows);
        let open = known.ok_or_else(|| {
            format!("an answer to correlation {correlation}, which has no open row")
        })?;
        open.answers.push((row, answer, at));
        if open.answers.len() == open.rows {
            self.hand_over(frame);
        }
        Ok(())
    }

    fn hand_over(&mut self, frame: u64) {
        if let Some(open) = self.open.remove(&frame) {
            // A sender that gave up takes no answers; nothing is lost that it still counted on.
            let _ = open.done.send(open.answers);
        }
    }

    /// The connection is gone: every frame is handed over with the answers it has.
    pub(super) fn lose(&mut self, why: String) {
        self.lost.get_or_insert(why);
        let open: Vec<u64> = self.open.keys().copied().collect();
        open.into_iter().for_each(|frame| self.hand_over(frame));
    }

    pub(super) fn lost(&self) -> Option<&String> {
        self.lost.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use sluis_model::NotificationId;
    use sluis_model::wire::RefuseCode;

    use super::*;
    use crate::clock;
    use crate::run::Class;

    fn frame(
        in_flight: &mut InFlight,
        want: usize,
    ) -> (u64, usize, oneshot::Receiver<Vec<Answered>>) {
        match in_flight.open(want) {
            Opened::Frame {
                first,
                rows,
                answers,
            } => (first, rows, answers),
            other => panic!("{other:?}"),
        }
    }

    fn ack(correlation: u64) -> AckRow {
        AckRow {
            correlation,
            id: NotificationId(7),
            position: 1,
            duplicate: false,
        }
    }

    #[tokio::test]
    async fn credit_bounds_what_is_sent_and_only_a_grant_gives_some_back() {
        let mut in_flight = InFlight::new(3).unwrap();
        let (first, rows, answers) = frame(&mut in_flight, 5);
        assert_eq!(rows, 3);
        assert!(matches!(in_flight.open(1), Opened::NoCredit));
        for row in 0..3 {
            in_flight.accepted(ack(first + row), clock::mono()).unwrap();
        }
        assert_eq!(answers.await.unwrap().len(), 3);
        assert!(
            matches!(in_flight.open(1), Opened::NoCredit),
            "an answer gives no credit back"
        );
        in_flight.grant(2).unwrap();
        assert_eq!(frame(&mut in_flight, 5).1, 2);
        assert!(in_flight.grant(u32::MAX).is_err());
    }

    #[tokio::test]
    async fn answers_come_in_any_order_and_find_their_rows() {
        let mut in_flight = InFlight::new(10).unwrap();
        let (one, _, first) = frame(&mut in_flight, 2);
        let (two, _, second) = frame(&mut in_flight, 1);
        let refusal = Refused {
            correlation: one + 1,
            code: RefuseCode::ShareFull,
            retry_after_ms: 0,
            problems: Vec::new(),
        };
        in_flight.accepted(ack(two), clock::mono()).unwrap();
        in_flight.refused(&refusal, clock::mono()).unwrap();
        in_flight.accepted(ack(one), clock::mono()).unwrap();
        let rows: Vec<_> = first
            .await
            .unwrap()
            .into_iter()
            .map(|(row, answer, _)| (row, answer.class))
            .collect();
        assert_eq!(rows, [(1, Class::TooMany), (0, Class::Accepted)]);
        assert_eq!(
            second.await.unwrap()[0].1.id.as_deref(),
            Some("00000000000000000000000000000007")
        );
        assert!(
            in_flight.accepted(ack(two), clock::mono()).is_err(),
            "answered before"
        );
        assert!(
            in_flight
                .accepted(ack(99 << ROW_BITS), clock::mono())
                .is_err(),
            "never asked"
        );
    }

    #[tokio::test]
    async fn a_lost_connection_hands_over_what_came() {
        let mut in_flight = InFlight::new(10).unwrap();
        let (first, _, answers) = frame(&mut in_flight, 3);
        in_flight.accepted(ack(first + 2), clock::mono()).unwrap();
        in_flight.lose("cut".into());
        in_flight.lose("later".into());
        assert_eq!(answers.await.unwrap().len(), 1);
        assert_eq!(in_flight.lost().map(String::as_str), Some("cut"));
        assert!(matches!(in_flight.open(1), Opened::Lost));
    }
}
