//! What a mailing or a flow would do for a list of tenants, before anybody is told anything: the rules of
//! the model and the routers of the engine, on a clock that jumps, with an outside that is drawn from
//! channel models. Nothing leaves: the crate has no socket, no file and no provider, and sends by drawing
//! what would have become of a message. Refuses to read a file and to know a journal.

mod agenda;
mod calls;
mod compare;
mod counted;
mod homes;
mod post;
mod report;
mod run;
mod shard;
mod spread;
mod stage;
mod street;
mod tally;
#[cfg(test)]
mod tests;

pub use compare::{Change, Compared, compare};
pub use counted::{Counted, Difference, counted, differences, listed, read_counts};
pub use report::{Told, csv, html, text};
pub use run::run;
pub use spread::Spread;
pub use stage::{Audience, Body, Carrier, Common, Fact, Group, Person, Row, Stage, TextBound};
pub use tally::{Counts, Exception, Outcome, Results, Trouble, Via};
