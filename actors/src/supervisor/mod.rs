//! Carries out attempts, one provider each: takes what shards hand over, has it prepared, sends it,
//! reports what it amounts to and gives the permit back. Refuses every policy about a message: it
//! tries once. It judges only its provider: whether the circuit breaker lets anything through, and
//! how much at once.
//!
//! **In which order an attempt ends.** First the provider's health is updated, then the outcome
//! reported, then the permit given back. So whoever sees the permit back can rely on the outcome
//! being in its shard's inbox. A ticket made when the attempt is offered holds the permit; it comes
//! back when the ticket is dropped, whatever happened, and an attempt that is dropped without an
//! outcome reports one: withdrawn, or in doubt if its send had begun.

mod actor;
mod attempt;
mod breaker;
mod health;
mod inbox;
mod metric;
mod pace;
mod run;
mod settings;
mod shared;
#[cfg(feature = "simulation")]
mod simulation;
#[cfg(test)]
mod tests;
mod warned;

pub use actor::SupervisorActor;
pub use breaker::{Breaker, BreakerSettings};
pub use inbox::{SupervisorInbox, Ticket};
pub use pace::Pace;
pub use run::Supervisor;
pub use settings::{OutcomeSink, SupervisorParts, SupervisorSettings};
#[cfg(feature = "simulation")]
pub use simulation::ProviderHealth;
