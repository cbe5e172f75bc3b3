//! Owns what a connection's requests take of the machine: how many wait for their peer, and the
//! bytes of bodies and answers under way, of which there is one budget for all. Refuses a body for
//! which the budget has no room: its sender is told to come again.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::BoxError;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use sluis_model::CorporationId;

use super::problem::Problem;
use crate::crowd::{Asked, Crowd, Place};

/// Bytes of a body or an answer that the budget does not count: nearly every notification. What all
/// connections together hold uncounted is this often their number.
const UNCOUNTED: usize = 16 << 10;

/// How many bytes of bodies and answers there may be at once.
#[derive(Debug)]
pub(super) struct Budget {
    most: usize,
    held: AtomicUsize,
}

impl Budget {
    pub(super) const fn new(most: usize) -> Self {
        Self {
            most,
            held: AtomicUsize::new(0),
        }
    }

    /// Takes bytes for a body. False: there are not so many.
    fn take(&self, bytes: usize) -> bool {
        let before = self.held.fetch_add(bytes, Ordering::Relaxed);
        let fits = before.saturating_add(bytes) <= self.most;
        if !fits {
            self.give(bytes);
        }
        fits
    }

    /// Takes bytes for an answer, also beyond the bound: what it tells of was done, and bodies make
    /// room.
    fn force(&self, bytes: usize) {
        self.held.fetch_add(bytes, Ordering::Relaxed);
    }

    fn give(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// What a connection may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Anything.
    Whole,
    /// Whether the engine is well: a listener of its own.
    Status,
    /// The same, once: every place is taken by a connection that waits for us.
    Reserve,
}

/// One connection, as its requests see it.
#[derive(Debug)]
pub(super) struct Seat {
    place: Place,
    budget: Arc<Budget>,
    pub(super) manner: Manner,
}

impl Seat {
    /// A seat for a peer; none: nobody silent can make room, and the reserve is full, too.
    pub(super) fn take(
        crowd: &Arc<Crowd>,
        reserve: Option<&Arc<Crowd>>,
        peer: IpAddr,
        budget: &Arc<Budget>,
    ) -> Option<Arc<Self>> {
        let manner = if reserve.is_some() {
            Manner::Whole
        } else {
            Manner::Status
        };
        let taken = crowd.join(peer).map(|place| (place, manner));
        let (place, manner) = taken.or_else(|| Some((reserve?.join(peer)?, Manner::Reserve)))?;
        Some(Arc::new(Self {
            place,
            budget: budget.clone(),
            manner,
        }))
    }

    pub(super) const fn life(&self) -> &Arc<crate::crowd::Life> {
        self.place.life()
    }
}

/// One request, from its head to the last byte of its answer.
#[derive(Debug)]
pub(super) struct Flight {
    seat: Arc<Seat>,
    asked: Asked,
    /// Bytes of the budget.
    held: AtomicUsize,
    /// The budget had no room for its body.
    refused: AtomicBool,
}

impl Flight {
    pub(super) fn begin(seat: &Arc<Seat>) -> Arc<Self> {
        let asked = seat.life().ask();
        Arc::new(Self {
            seat: seat.clone(),
            asked,
            held: AtomicUsize::new(0),
            refused: AtomicBool::new(false),
        })
    }

    /// The request is a corporation's.
    ///
    /// # Errors
    /// 429: it has as many connections as it may.
    pub(super) fn belongs_to(&self, corporation: CorporationId) -> Result<(), Problem> {
        if self.seat.place.belongs_to(corporation) {
            return Ok(());
        }
        let detail = "your corporation has as many connections with a request under way as it may: share them";
        Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_connections",
            detail,
        )
        .retry_after(1))
    }

    fn hold(&self, more: usize) -> bool {
        let taken = self.seat.budget.take(more);
        if taken {
            self.held.fetch_add(more, Ordering::Relaxed);
        } else {
            self.refused.store(true, Ordering::Relaxed);
        }
        taken
    }

    /// The answer, which is under way from here on.
    pub(super) fn answered(
        self: Arc<Self>,
        mut response: Response,
    ) -> http::Response<ResponseBody> {
        if self.refused.load(Ordering::Relaxed) {
            response = axum::response::IntoResponse::into_response(no_room());
        }
        self.give_back();
        if let Some(size) = response
            .body()
            .size_hint()
            .exact()
            .and_then(|size| usize::try_from(size).ok())
            && size > UNCOUNTED
        {
            self.seat.budget.force(size);
            self.held.store(size, Ordering::Relaxed);
        }
        if self.seat.manner == Manner::Reserve {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        self.asked.answered();
        response.map(|body| ResponseBody {
            body,
            _flight: self,
        })
    }

    fn give_back(&self) {
        self.seat.budget.give(self.held.swap(0, Ordering::Relaxed));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.give_back();
    }
}

fn no_room() -> Problem {
    let detail = "too many large bodies are under way at once; nothing of yours was taken: send it again later";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).retry_after(2)
}

/// The budget has no room.
#[derive(Debug, thiserror::Error)]
#[error("too many bytes are under way")]
pub(super) struct NoRoom;

/// A request's body: counted, and known to wait for its peer while it does.
#[derive(Debug)]
pub(super) struct Upload {
    body: Incoming,
    flight: Arc<Flight>,
    read: usize,
    waits: bool,
    /// Nobody keeps what comes.
    thrown_away: bool,
}

impl Upload {
    pub(super) fn of(request: Request<Incoming>, flight: &Arc<Flight>) -> Request<Self> {
        request.map(|body| Self {
            body,
            flight: flight.clone(),
            read: 0,
            waits: false,
            thrown_away: false,
        })
    }

    fn goes_on(&mut self) {
        if std::mem::take(&mut self.waits) {
            self.flight.asked.life().has();
        }
    }

    /// The rest of it is read for nobody, and takes nothing of the budget.
    pub(super) const fn is_thrown_away(&mut self) {
        self.thrown_away = true;
    }

    /// Books a piece of it.
    fn book(&mut self, bytes: usize) -> bool {
        if self.thrown_away {
            return true;
        }
        let counted = self.read.saturating_sub(UNCOUNTED);
        self.read += bytes;
        let more = self.read.saturating_sub(UNCOUNTED) - counted;
        more == 0 || self.flight.hold(more)
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.body).poll_frame(context);
        if polled.is_pending() {
            if !std::mem::replace(&mut this.waits, true) {
                this.flight.asked.life().wants();
            }
            return Poll::Pending;
        }
        this.goes_on();
        match ready!(polled) {
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                Poll::Ready(Some(if this.book(bytes) {
                    Ok(frame)
                } else {
                    Err(NoRoom.into())
                }))
            }
            Some(Err(error)) => Poll::Ready(Some(Err(error.into()))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.goes_on();
    }
}

/// An answer's body; its request is over when this is dropped.
#[derive(Debug)]
pub(super) struct ResponseBody {
    body: axum::body::Body,
    _flight: Arc<Flight>,
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_gives_what_it_has_and_an_answer_its_place_in_any_case() {
        let budget = Budget::new(100);
        assert!(budget.take(60) && !budget.take(41) && budget.take(40));
        budget.force(50);
        assert!(!budget.take(1));
        budget.give(100);
        assert!(budget.take(50) && !budget.take(1));
    }
}
