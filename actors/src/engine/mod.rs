//! The assembly: which actor stands where, who holds whose inbox, and how all of it starts and
//! stops. Refuses configuration, sockets and the clock: `src` brings them.

mod channels;
mod give_up;
mod running;
mod settings;
#[cfg(feature = "simulation")]
mod simulation;
mod start;

pub use running::Engine;
pub use settings::{EngineChange, EngineSettings, ProviderSetup, StartError};
#[cfg(feature = "simulation")]
pub use simulation::GivingUp;
