//! Owns which purposes a corporation's flows have, by which messages of the past are called. Refuses flows of
//! other corporations.

use sluis_model::CorporationId;

use crate::app::App;

/// The purposes of the corporation's flows.
pub(super) fn purposes(app: &App, corporation: CorporationId) -> Vec<&str> {
    let current = app.book.all_current().into_iter();
    let own = current.filter(|(owner, _)| owner.is_none_or(|owner| owner == corporation));
    own.map(|(_, flow)| &*flow.purpose).collect()
}
