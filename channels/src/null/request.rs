//! Owns what the null channel would say: only the reference, as its provider id. Refuses the
//! content.

use crate::outgoing::Outgoing;

/// The reference, which stands for the provider's own id.
pub(super) fn compose(outgoing: Outgoing) -> Box<str> {
    outgoing.reference.into_boxed_str()
}
