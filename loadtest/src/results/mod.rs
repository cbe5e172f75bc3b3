//! What measurements leave behind: one line of JSON each, with the machine it was measured on, and
//! the table of medians made from such lines. Owns the form of the file; refuses to measure and to
//! judge a figure.

mod line;
mod machine;
mod table;

pub use self::line::{Line, ResultsError, append, read};
pub use self::machine::Machine;
pub use self::table::{Row, markdown};
