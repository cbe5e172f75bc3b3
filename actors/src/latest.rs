//! Owns a value that is replaced as a whole while others read it: what a running engine takes over. Refuses
//! to be changed in parts: whoever has one of its values keeps that one.

use std::sync::Arc;

use parking_lot::RwLock;

/// The value of now.
#[derive(Debug, Default)]
pub struct Latest<T>(RwLock<Arc<T>>);

impl<T> Latest<T> {
    /// With this one at first.
    pub fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// The value of now; it stays what it is for whoever has it.
    pub fn get(&self) -> Arc<T> {
        self.0.read().clone()
    }

    /// Puts another one in its place.
    pub fn set(&self, value: T) {
        *self.0.write() = Arc::new(value);
    }
}
