//! Text messages: the kinds of providers that take them, and the counting of segments, which is the
//! same for all. Refuses to retry.

mod bird;
pub mod gsm;
mod originator;
#[cfg(test)]
mod tests;

pub use bird::BirdSmsConfig;
