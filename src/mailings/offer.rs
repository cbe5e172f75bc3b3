//! Owns the handing over of one window of rows: which rows are next, which of them a shard may have
//! already, and what the answers mean. Refuses to offer a second window before the first has its
//! verdicts, and to offer a row again that a shard has.

use std::sync::Arc;

use sluis_actors::{Answers, NotTaken, Query, Refused, Reply, ShardAnswer, ShardRequest};
use sluis_model::{Answer, CancelTarget, CorporationId, Input, NotificationId};
use tokio::sync::mpsc;

use super::around::Around;
use super::hands::{Hands, WINDOW};
use super::live::{Live, Verdict};
use super::mailing::Mailing;
use super::rows::{Got, key_of};
use crate::admission::Rejected;

/// Seconds to wait when a shard's line was full or an answer was lost.
const LOST_RETRY: u32 = 1;

/// Which of at most `most` rows a shard has already; the others stay in hand, if `keep`.
pub(super) async fn ask(
    hands: &mut Hands,
    live: &Live,
    around: &Around<'_>,
    most: usize,
    keep: bool,
) -> Vec<(usize, Verdict)> {
    let rows = hands.take(most);
    let ids = rows.iter().map(|(number, _)| live.ids[*number]).collect();
    let known = ask_for(live.corporation, ids, around).await;
    let (mut verdicts, mut back, mut lost) = (Vec::new(), Vec::new(), false);
    for (row, known) in rows.into_iter().zip(known) {
        match known {
            Some(true) => {
                verdicts.push((row.0, Verdict::Admitted));
                // Windows are offered in order: more may be known behind one that is.
                hands.ask_until = hands.ask_until.max(row.0 + 1 + WINDOW);
            }
            Some(false) if !keep => {}
            Some(false) => back.push(row),
            None => {
                lost = true;
                back.push(row);
            }
        }
    }
    if lost {
        hands.rest(around.clock.now(), LOST_RETRY);
    }
    hands.put_back(back);
    verdicts
}

/// Offers at most so many rows, in order, and waits for their answers.
pub(super) async fn offer(
    hands: &mut Hands,
    mailing: &Mailing,
    live: &Live,
    around: &Around<'_>,
    most: usize,
) -> Vec<(usize, Verdict)> {
    let now = around.clock.now();
    let (answers, mut heard) = Ear::open();
    let (mut verdicts, mut offered, mut back) = (Vec::new(), Vec::new(), Vec::new());
    let mut rows = hands.take(most).into_iter();
    for (number, got) in rows.by_ref() {
        match offer_one(mailing, live, around, (number, &got), &answers) {
            Ok(None) => offered.push((number, got)),
            Ok(Some(verdict)) => verdicts.push((number, verdict)),
            Err(seconds) => {
                hands.rest(now, seconds);
                back.push((number, got));
                break;
            }
        }
    }
    back.extend(rows);
    drop(answers);
    let heard = listen(&mut heard, offered.len()).await;
    for (number, got) in offered {
        let answer = heard.iter().find(|(row, _)| *row == number as u64);
        match answer.and_then(|(_, answer)| verdict_of(answer, live, around)) {
            Some(verdict) => verdicts.push((number, verdict)),
            None => {
                hands.ask_until = hands.ask_until.max(number + 1);
                hands.rest(now, LOST_RETRY);
                back.push((number, got));
            }
        }
    }
    hands.put_back(back);
    verdicts
}

/// Offers one row. None: the answer will come. An error: wait so many seconds.
fn offer_one(
    mailing: &Mailing,
    live: &Live,
    around: &Around<'_>,
    (number, got): (usize, &Got),
    answers: &Arc<dyn Answers>,
) -> Result<Option<Verdict>, u32> {
    let (row, id) = match (got, live.ids[number]) {
        (Got::Row(row), Some(id)) => (row, id),
        (Got::Erased, _) => return Ok(Some(Verdict::Erased)),
        (Got::Damaged, _) | (Got::Row(_), None) => return Ok(Some(Verdict::Damaged)),
    };
    let corporation = live.corporation;
    let flow = around.book.current(corporation, &mailing.frame.flow);
    let flow = flow.and_then(|reference| around.flow(reference));
    let subject = flow.and_then(|flow| flow.subject.as_deref());
    let key = key_of(live.id, number);
    let request = mailing.frame.request(row, subject, &mailing.id, key);
    let admission = around.admission;
    match admission.admit_as(corporation, &request, id, answers, number as u64) {
        Ok(_) => Ok(None),
        Err(Rejected::Invalid(_) | Rejected::UnknownFlow(_)) => Ok(Some(Verdict::Invalid)),
        Err(Rejected::Conflict(_)) => Ok(Some(Verdict::Conflict)),
        Err(Rejected::NotTaken(why)) => Ok(Some(refused_by(&why))),
        Err(Rejected::ShareFull(wait) | Rejected::TooFast(wait) | Rejected::DayFull(wait)) => {
            Err(wait.max(1))
        }
        Err(Rejected::Closed(closed)) => Err(closed.retry_after()),
    }
}

const fn refused_by(why: &NotTaken) -> Verdict {
    match why {
        // A row of a mailing goes to a tenant, and has its place.
        NotTaken::TenantFull { .. } | NotTaken::NoRoom(_) => Verdict::TenantFull,
        NotTaken::ManyUnknown { .. } => Verdict::UnknownTenants,
    }
}

/// None: nobody knows whether it was decided.
fn verdict_of(answer: &ShardAnswer, live: &Live, around: &Around<'_>) -> Option<Verdict> {
    match answer {
        ShardAnswer::Decided {
            answer: Answer::Accepted { .. },
            ..
        }
        | ShardAnswer::Accepted { .. } => Some(Verdict::Admitted),
        ShardAnswer::NotTaken(why) => {
            let verdict = refused_by(why);
            around.admission.not_taken(live.corporation, why.clone());
            Some(verdict)
        }
        _ => None,
    }
}

/// Whether each of these is known to its shard; none: it did not say.
async fn ask_for(
    corporation: CorporationId,
    ids: Vec<Option<NotificationId>>,
    around: &Around<'_>,
) -> Vec<Option<bool>> {
    let (answers, mut heard) = Ear::open();
    let mut known: Vec<Option<bool>> = vec![None; ids.len()];
    let mut asked = 0;
    for (place, id) in ids.into_iter().enumerate() {
        let Some(id) = id else {
            // Of whoever was erased nothing is known.
            known[place] = Some(false);
            continue;
        };
        let request = ShardRequest::Query {
            query: Query::Accepted { corporation, id },
            reply: Reply::to(answers.clone(), place as u64),
        };
        asked += usize::from(tell(id, request, around));
    }
    drop(answers);
    for (place, answer) in listen(&mut heard, asked).await {
        known[place as usize] = match answer {
            ShardAnswer::Accepted { .. } => Some(true),
            ShardAnswer::NotFound => Some(false),
            _ => None,
        };
    }
    known
}

/// Cancels these; whether all of them were told.
pub(super) async fn cancel(
    corporation: CorporationId,
    ids: &[NotificationId],
    note: &str,
    around: &Around<'_>,
) -> bool {
    let (answers, mut heard) = Ear::open();
    let mut told = 0;
    for (place, id) in ids.iter().enumerate() {
        let request = ShardRequest::ById {
            corporation,
            id: *id,
            input: Input::Cancel {
                target: CancelTarget::Notification(*id),
                note: note.into(),
            },
            reply: Reply::to(answers.clone(), place as u64),
        };
        told += usize::from(tell(*id, request, around));
    }
    drop(answers);
    let heard = listen(&mut heard, told).await;
    let is_lost = |answer: &ShardAnswer| matches!(answer, ShardAnswer::Dropped);
    told == ids.len() && !heard.iter().any(|(_, answer)| is_lost(answer))
}

/// Puts a request into the line of the shard that has this id; whether there was room.
fn tell(id: NotificationId, request: ShardRequest, around: &Around<'_>) -> bool {
    let Some(inbox) = around.engine.inbox_by_id(id) else {
        return false;
    };
    match inbox.offer_business(request) {
        Ok(()) => true,
        Err(Refused(request)) => {
            if let ShardRequest::Query { reply, .. } | ShardRequest::ById { reply, .. } = *request {
                reply.forget();
            }
            false
        }
    }
}

/// Hears the answers of one window.
struct Ear(mpsc::UnboundedSender<(u64, ShardAnswer)>);

impl Ear {
    fn open() -> (
        Arc<dyn Answers>,
        mpsc::UnboundedReceiver<(u64, ShardAnswer)>,
    ) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Arc::new(Self(sender)), receiver)
    }
}

impl Answers for Ear {
    fn answer(&self, correlation: u64, answer: ShardAnswer) {
        // Nobody listens any more: the engine ends.
        drop(self.0.send((correlation, answer)));
    }
}

/// So many answers; as many as were asked for, which is at most a window.
async fn listen(
    heard: &mut mpsc::UnboundedReceiver<(u64, ShardAnswer)>,
    expected: usize,
) -> Vec<(u64, ShardAnswer)> {
    let mut answers = Vec::with_capacity(expected);
    while answers.len() < expected
        && let Some(answer) = heard.recv().await
    {
        answers.push(answer);
    }
    answers
}
