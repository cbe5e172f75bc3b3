//! Owns the way to what stands in the journal: threads of their own, which give way to everything
//! else, and a line for each corporation. Refuses to let whoever reads much hold up anybody but
//! himself: a full line is 429, and what is long comes in pieces, between which the others have
//! their turn.

use sluis_actors::LineFull;
use sluis_model::CorporationId;
use tokio::sync::oneshot;

use crate::app::App;

/// Most pieces of one corporation that wait.
pub(crate) const MOST_WAITING: usize = 32;

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// As much of this corporation's waits as may.
    TooMany,
    /// The piece failed.
    Failed,
}

/// Runs a piece of reading and waits for what it gives.
///
/// # Errors
/// See [`Unread`].
pub(crate) async fn read<T: Send + 'static>(
    app: &App,
    corporation: CorporationId,
    piece: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Unread> {
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
        .map_err(|LineFull(_)| Unread::TooMany)?;
    receiver.await.map_err(|_| Unread::Failed)
}
