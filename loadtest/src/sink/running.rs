//! Owns the word for a sink that runs, whatever it speaks.

use std::pin::Pin;

/// A sink that runs; dropping it ends it.
pub trait Running: Send {
    /// Where it is reached: an address, a directory.
    fn place(&self) -> String;

    /// Ends it; resolves when it is gone.
    fn stop(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}
