//! What comes back by mail, and the corpus it is held against.

mod bounce;
mod corpus;
