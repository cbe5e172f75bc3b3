//! Owns the bytes of a message as they leave, and the place where a provider leaves a copy of them for
//! whoever keeps it. Refuses to copy them: both share one buffer.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

/// What a message looks like when it leaves.
#[derive(Clone, PartialEq, Eq)]
pub struct Output {
    /// What the bytes are.
    pub media_type: &'static str,
    /// A mail with its headers, the body of a request.
    pub bytes: Bytes,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Output({}, {} B)", self.media_type, self.bytes.len())
    }
}

/// Where a provider puts the bytes that it is about to send. The default one keeps nothing.
#[derive(Clone, Debug, Default)]
pub struct OutputSlot(Option<Arc<OnceLock<Output>>>);

impl OutputSlot {
    /// One that keeps what is put into it first.
    #[must_use]
    pub fn keeping() -> Self {
        Self(Some(Arc::default()))
    }

    /// Puts what is about to leave. To be called before the first byte of it does.
    pub fn put(&self, media_type: &'static str, bytes: &Bytes) {
        if let Some(slot) = &self.0 {
            slot.get_or_init(|| Output {
                media_type,
                bytes: bytes.clone(),
            });
        }
    }

    /// What was put.
    #[must_use]
    pub fn get(&self) -> Option<&Output> {
        self.0.as_ref()?.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_shares_the_bytes_and_the_default_one_keeps_nothing() {
        let bytes = Bytes::from_static(b"as it leaves");
        let (slot, none) = (OutputSlot::keeping(), OutputSlot::default());
        for slot in [&slot, &none] {
            slot.clone().put("text/plain", &bytes);
        }
        let kept = slot.get().expect("kept");
        assert_eq!(kept.bytes.as_ptr(), bytes.as_ptr(), "not copied");
        assert_eq!(none.get(), None);
    }
}
