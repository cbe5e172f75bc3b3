//! Owns the address of receipts: whose callback a path names, and whether a mail is posted there.
//! Refuses to read a receipt.

use sluis_channels::intake;

use crate::app::App;

/// Where receipts are posted.
pub(super) const PATH: &str = "/v1/receipts/{provider}";
/// `PATH` up to the provider's name.
const BEFORE: &str = "/v1/receipts/";

/// The provider whose callback is posted to `path`, if its name stands there as it is configured.
pub(super) fn callback_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix(BEFORE)?;
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (plain && intake(name).is_none()).then_some(name)
}

/// How much of what is posted to `path` is read, where that is a mail: a report is read at its
/// beginning, however long what it returns is. None where it is a callback, which is read whole or
/// not at all.
pub(super) fn most_of_a_mail(app: &App, path: &str) -> Option<usize> {
    let name = path.strip_prefix(BEFORE)?;
    match intake(name) {
        Some(intake) => Some(intake.most),
        None => app.providers.get(name)?.provider.most_of_a_receipt(),
    }
}
