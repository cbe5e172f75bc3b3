//! The echo channel: a text that reaches nobody and is kept where it can be read. For trials of
//! flows and of the engine.

mod file;

pub use file::FileConfig;
