//! Owns the way to what stands in the journal: threads of their own, which give way to everything
//! else, and a line for each corporation. Refuses to let whoever reads much hold up anybody but
//! himself: a full line is 429, and what is long comes in pieces, between which the others have
//! their turn.

use http::StatusCode;
use sluis_actors::LineFull;
use sluis_model::CorporationId;
use tokio::sync::oneshot;

use crate::app::App;
use crate::http::Problem;

/// Most pieces of one corporation that wait.
pub(crate) const MOST_WAITING: usize = 32;

/// Runs a piece of reading and waits for what it gives.
///
/// # Errors
/// 429: as much of this corporation's waits as may. 500: the piece failed.
pub(crate) async fn read<T: Send + 'static>(
    app: &App,
    corporation: CorporationId,
    piece: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let (sender, receiver) = oneshot::channel();
    let work = move || {
        if sender.is_closed() {
            // Nobody waits any more: its connection is gone.
            return;
        }
        drop(sender.send(piece()));
    };
    app.readers
        .ask(corporation, Box::new(work))
        .map_err(|LineFull(_)| too_many())?;
    receiver.await.map_err(|_| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "journal_unreadable",
            "the journal could not be read",
        )
    })
}

fn too_many() -> Problem {
    let detail = format!(
        "{MOST_WAITING} requests of your corporation wait to read the journal: ask one after the other"
    );
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_reads", detail).retry_after(1)
}
