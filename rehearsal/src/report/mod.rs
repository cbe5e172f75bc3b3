//! Owns what is told of a rehearsal: a text, a page with plots, and a list of what could not be done.
//! Refuses to write a file.

mod csv;
mod html;
mod svg;
mod tables;
mod text;
mod told;

pub use csv::csv;
pub use html::html;
pub use text::text;
pub use told::Told;
