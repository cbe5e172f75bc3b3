//! Owns what becomes of a tenant's contact points: what the word of a source does to them, what a
//! message shows of them, which are remembered. Refuses to choose one for a message: the
//! [`Profile`](crate::Profile) does.

mod keep;
mod tell;
#[cfg(test)]
mod tests;

#[cfg(feature = "simulation")]
pub use keep::leak;
