//! Owns whether the engine behind the port is there yet. Refuses to close again: an engine that
//! stops says so itself.

use std::sync::{Arc, OnceLock};

use sluis_actors::Recovery;

use super::door::Door;
use crate::app::App;
use crate::threads::Threads;

/// The door of the engine, once there is one.
pub struct Opening {
    opened: OnceLock<(Arc<dyn Door>, Threads)>,
    recovery: Arc<Recovery>,
}

impl Opening {
    /// The engine is still recovering: senders are told, with how far it is.
    #[must_use]
    pub fn starting(recovery: Arc<Recovery>) -> Self {
        Self {
            opened: OnceLock::new(),
            recovery,
        }
    }

    /// The engine is there.
    #[must_use]
    pub fn opened(app: Arc<App>, threads: Threads) -> Self {
        let opening = Self::starting(Arc::default());
        opening.open(app, threads);
        opening
    }

    /// The engine is there from here on; its connections are served on `threads`. Only the first one
    /// counts.
    pub fn open(&self, app: Arc<App>, threads: Threads) {
        self.open_to(app, threads);
    }

    pub(super) fn open_to(&self, door: Arc<dyn Door>, threads: Threads) {
        drop(self.opened.set((door, threads)));
    }

    pub(super) fn door(&self) -> Option<&Arc<dyn Door>> {
        self.opened.get().map(|(door, _)| door)
    }

    pub(super) fn threads(&self) -> Option<&Threads> {
        self.opened.get().map(|(_, threads)| threads)
    }

    pub(super) fn recovery(&self) -> &Recovery {
        &self.recovery
    }
}
