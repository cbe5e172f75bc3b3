//! Owns the life of one connection: it takes frames in turns, writes what waits, and counts
//! silence. Refuses to read from a peer that does not read, and to keep a processor from the other
//! connections for long.

use std::future::ready;
use std::io;
use std::net::IpAddr;
use std::vec;

use sluis_model::NotificationRequest;
use sluis_model::wire::{ClientFrame, ErrorCode, IDLE_TIMEOUT_MS, ServerFrame};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::Pace;
use super::end::End;
use super::greeting::{House, greet};
use super::line::Line;
use super::session::Session;
use crate::crowd::Place;

/// Rows and frames taken before others get the processor.
const TURN: usize = 256;
/// Silent seconds after which a connection ends.
const IDLE_SECONDS: u32 = (IDLE_TIMEOUT_MS / 1_000) as u32;
/// Seconds without taking a byte after which a peer is given up.
const STALL_SECONDS: u32 = 30;
/// Seconds that open rows are waited for when the process ends.
const STOP_SECONDS: u32 = 10;

/// Whoever has not shown a key yet.
pub(super) struct Stranger {
    /// Among the strangers, for as long as it is one.
    pub(super) place: Place,
    pub(super) peer: IpAddr,
}

/// Serves one peer to its end.
pub(super) async fn converse<R, W>(
    read: R,
    write: W,
    house: &House,
    Stranger { place, peer }: Stranger,
) where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut line = Line::new(read, write);
    match place.life().live(greet(&mut line, house, peer)).await {
        Some(Ok((session, _seat))) => {
            drop(place);
            let end = Connection::new(&mut line, session, house).run().await;
            tracing::info!(%end, "a sender left");
            line.farewell(&end, house.pace).await;
        }
        Some(Err(end)) => {
            // Also whoever only looks whether the port is open.
            tracing::debug!(%end, "a stranger was not let in");
            place.life().live(line.farewell(&end, house.pace)).await;
        }
        None => tracing::debug!("a stranger who said nothing made room for another one"),
    }
}

struct Connection<'a, R, W> {
    line: &'a mut Line<R, W>,
    session: Session,
    /// The rest of a batch, and the correlation of its next row.
    rows: vec::IntoIter<NotificationRequest>,
    correlation: u64,
    /// The peer said goodbye or closed its sending half: it gets its answers, and no credit.
    leaving: bool,
    /// The peer's sending half is open.
    reading: bool,
    /// Seconds since the process began to end.
    stopping: Option<u32>,
    /// Seconds since the last frame.
    silent: u32,
    /// Seconds since the peer last took something, while something waits.
    stalled: u32,
    shutdown: &'a CancellationToken,
    second: Interval,
    regrant: Interval,
}

/// What ended a wait.
enum Woken {
    Read(io::Result<usize>),
    Written(io::Result<()>),
    Answered,
    Second,
    Regrant,
    Stop,
    GoOn,
}

impl<'a, R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<'a, R, W> {
    fn new(line: &'a mut Line<R, W>, session: Session, house: &'a House) -> Self {
        let Pace {
            second, regrant, ..
        } = house.pace;
        Self {
            line,
            session,
            rows: Vec::new().into_iter(),
            correlation: 0,
            leaving: false,
            reading: true,
            stopping: None,
            silent: 0,
            stalled: 0,
            shutdown: &house.shutdown,
            second: every(second),
            regrant: every(regrant),
        }
    }

    async fn run(mut self) -> End {
        loop {
            if let Err(end) = self.step().await {
                // What is durable by now is told, however it ends.
                self.session.settle(self.line.out.frames());
                return end;
            }
        }
    }

    async fn step(&mut self) -> Result<(), End> {
        let more = self.take_in()?;
        self.give_out();
        self.finished()?;
        if more {
            tokio::task::yield_now().await;
        }
        match self.wait(more).await {
            Woken::Read(count) => self.fed(count?),
            Woken::Written(written) => written?,
            Woken::Second => self.a_second_passed()?,
            Woken::Regrant => self.session.grant_again(self.line.out.frames()),
            Woken::Stop => self.stopping = Some(0),
            Woken::Answered | Woken::GoOn => {}
        }
        Ok(())
    }

    /// Takes what is there, a turn's worth. True: there may be more.
    fn take_in(&mut self) -> Result<bool, End> {
        for _ in 0..TURN {
            if self.line.out.is_full() {
                return Ok(false);
            }
            if let Some(row) = self.rows.next() {
                self.session
                    .submit(self.correlation, &row, self.line.out.frames());
                self.correlation = self.correlation.wrapping_add(1);
                continue;
            }
            if self.stopping.is_some() {
                return Ok(false);
            }
            match self.line.decoder.next()? {
                Some(frame) => self.take(frame)?,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    fn take(&mut self, frame: ClientFrame) -> Result<(), End> {
        self.silent = 0;
        if self.leaving {
            return Err(End::unexpected("a frame after Goodbye"));
        }
        match frame {
            ClientFrame::Submit { correlation, row } => {
                self.session.spend(1)?;
                self.session
                    .submit(correlation, &row, self.line.out.frames());
            }
            ClientFrame::SubmitBatch { first, rows } => {
                self.session.spend(rows.len())?;
                (self.rows, self.correlation) = (rows.into_iter(), first);
            }
            ClientFrame::Ping { nonce } => self.line.put(&ServerFrame::Pong { nonce }),
            ClientFrame::Goodbye => self.leaving = true,
            ClientFrame::Hello(_) => return Err(End::unexpected("a second Hello")),
        }
        Ok(())
    }

    fn give_out(&mut self) {
        if self.line.out.is_full() {
            return; // the answers wait in the mailbox, the credit is not given
        }
        let stays = self.stays();
        let out = self.line.out.frames();
        self.session.settle(out);
        if stays {
            self.session.grant(out);
        }
    }

    /// The peer may still send.
    const fn stays(&self) -> bool {
        !self.leaving && self.stopping.is_none()
    }

    fn finished(&self) -> Result<(), End> {
        let answered = self.session.unanswered() == 0 && self.line.out.is_done();
        match self.stopping {
            _ if !answered => Ok(()),
            _ if self.leaving => Err(End::Done),
            Some(_) => Err(End::stopping()),
            None => Ok(()),
        }
    }

    async fn wait(&mut self, more: bool) -> Woken {
        let owing = self.stays() && self.session.owes_credit() && !self.line.out.is_full();
        let Line {
            read,
            write,
            chunk,
            out,
            ..
        } = &mut *self.line;
        let may_read = self.reading && self.stopping.is_none() && !more && !out.is_full();
        tokio::select! {
            biased;
            () = self.shutdown.cancelled(), if self.stopping.is_none() => Woken::Stop,
            _ = self.second.tick() => Woken::Second,
            written = out.advance(write), if !out.is_done() => Woken::Written(written),
            _ = self.regrant.tick(), if owing => Woken::Regrant,
            read = read.read(chunk), if may_read => Woken::Read(read),
            () = self.session.answered(), if !more => Woken::Answered,
            () = ready(()), if more => Woken::GoOn,
        }
    }

    fn fed(&mut self, count: usize) {
        if count == 0 {
            // A peer that closed its sending half may still read its answers.
            (self.reading, self.leaving) = (false, true);
        } else {
            self.line.decoder.feed(&self.line.chunk[..count]);
        }
    }

    fn a_second_passed(&mut self) -> Result<(), End> {
        let stays = self.stays();
        let out = &mut self.line.out;
        let stuck = !out.is_done() && !out.moved();
        self.stalled = if stuck { self.stalled + 1 } else { 0 };
        if self.stalled >= STALL_SECONDS {
            return Err(End::Gone(io::ErrorKind::TimedOut.into()));
        }
        // Silence counts while we listen.
        self.silent = if stays && !out.is_full() {
            self.silent + 1
        } else {
            0
        };
        if self.silent > IDLE_SECONDS {
            return Err(End::told(
                ErrorCode::Idle,
                format!("no frame for {IDLE_SECONDS} s: send a Ping now and then"),
            ));
        }
        if !self.session.is_known() {
            return Err(End::told(
                ErrorCode::Unauthorised,
                "the API key was withdrawn",
            ));
        }
        if let Some(seconds) = &mut self.stopping {
            *seconds += 1;
            if *seconds >= STOP_SECONDS {
                return Err(End::stopping());
            }
        }
        Ok(())
    }
}

fn every(period: std::time::Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
