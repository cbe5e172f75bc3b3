//! Owns what happens before a stranger is a sender: version, key, the first credit. Refuses
//! everybody else with one frame.

use std::net::IpAddr;
use std::sync::Arc;

use sluis_model::wire::{
    ClientFrame, Durability, ErrorCode, Hello, MAX_FRAME, ServerFrame, VERSION, Welcome,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Pace;
use super::door::Door;
use super::end::End;
use super::line::Line;
use super::seats::{Seat, Seats};
use super::session::Session;
use super::shares::Shares;
use crate::admission::Closed;

/// What the connections of a listener share.
#[derive(Clone)]
pub(super) struct House {
    pub(super) door: Arc<dyn Door>,
    pub(super) credit: u32,
    pub(super) pace: Pace,
    pub(super) shutdown: CancellationToken,
    pub(super) seats: Arc<Seats>,
    pub(super) shares: Arc<Shares>,
}

/// Seconds after which whoever found no seat may come back.
const COME_BACK: u32 = 5;

/// Reads `Hello` and puts `Welcome` on the line.
pub(super) async fn greet<R, W>(
    line: &mut Line<R, W>,
    house: &House,
    peer: IpAddr,
) -> Result<(Session, Seat), End>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let first = tokio::select! {
        first = timeout(house.pace.hello, line.next()) => first,
        () = house.shutdown.cancelled() => return Err(End::stopping()),
    };
    let Ok(first) = first else {
        return Err(End::told(
            ErrorCode::Idle,
            format!("no Hello within {:?}", house.pace.hello),
        ));
    };
    match first? {
        Some(ClientFrame::Hello(hello)) => welcome(line, house, &hello, peer),
        Some(_) => Err(End::unexpected("the first frame is no Hello")),
        None => Err(End::Gone(std::io::ErrorKind::UnexpectedEof.into())),
    }
}

fn welcome<R, W>(
    line: &mut Line<R, W>,
    house: &House,
    hello: &Hello,
    peer: IpAddr,
) -> Result<(Session, Seat), End>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let version = version_of(hello)?;
    let mut session = open(house, hello)?;
    // Any other pressure passes: the sender is welcome and waits for credit.
    if house.door.closed() == Some(Closed::Stopping) {
        return Err(End::stopping());
    }
    let seat = house.seats.take(session.corporation_id(), peer);
    let seat = seat.map_err(|why| End::later(ErrorCode::TooManyConnections, why, COME_BACK))?;
    let corporation = session.corporation();
    tracing::info!(client = ?hello.client_name, corporation, "a sender connected");
    line.open();
    line.put(&ServerFrame::Welcome(Welcome {
        version,
        corporation,
        credit: session.first_grant(),
        max_frame: MAX_FRAME,
        durability: Durability::Synced,
    }));
    Ok((session, seat))
}

/// The version that both sides speak.
fn version_of(hello: &Hello) -> Result<u16, End> {
    hello.common_version(VERSION, VERSION).ok_or_else(|| {
        let (least, most) = (hello.version_min, hello.version_max);
        let message = format!("versions {least} to {most}: expected {VERSION} among them");
        End::told(ErrorCode::NoCommonVersion, message)
    })
}

/// A session for whoever has the key.
fn open(house: &House, hello: &Hello) -> Result<Session, End> {
    let session = Session::open(
        house.door.clone(),
        &hello.api_key,
        house.credit,
        &house.shares,
    );
    session.ok_or_else(|| {
        house.door.stranger(&hello.client_name);
        End::told(ErrorCode::Unauthorised, "the API key is not known")
    })
}
