//! Owns what becomes of an open notification that closes what it opened before it ends.

use super::applied::FlowBook;
use crate::flow::Value;
use crate::state::Open;

/// Its end waits, and nothing takes it away meanwhile: a close that expired would be lost.
pub(super) fn closing(open: &mut Open, end: &str, flows: &dyn FlowBook) {
    open.expires_at = None;
    let close = flows.flow(open.flow).and_then(|flow| flow.close);
    let place = close.and_then(|close| open.fields.get_mut(close.place));
    if let Some(place) = place {
        *place = Value::Text(end.into());
    }
}
