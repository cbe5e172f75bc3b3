//! Reads the attempt out of the reference that a message carries (`Message-ID`, VERP address, the SMS
//! `reference`). Refuses to check the MAC: a sink has no secret.

use data_encoding::BASE32_NOPAD;
use sluis_model::AttemptRef;

/// Bytes of a reference: corporation, attempt, MAC.
const BYTES: usize = 31;

/// The attempt that a reference is about.
#[must_use]
pub fn attempt_of(reference: &str) -> Option<AttemptRef> {
    let bytes = BASE32_NOPAD
        .decode(reference.to_ascii_uppercase().as_bytes())
        .ok()?;
    let attempt: &[u8; 19] = bytes.get(2..21)?.try_into().ok()?;
    (bytes.len() == BYTES).then(|| AttemptRef::from_bytes(attempt))
}

/// The attempt that a mail is about, from its envelope sender: `b+REFERENCE@…`.
#[must_use]
pub fn attempt_of_sender(sender: &str) -> Option<AttemptRef> {
    let local = sender.split('@').next().unwrap_or_default();
    attempt_of(local.rsplit('+').next().unwrap_or_default())
}
