//! The journal from outside: one behaviour suite for both implementations, a model, and what only a
//! disk can do.

mod backup;
mod behaviour;
mod damage;
mod matrix;
mod model;
mod support;
mod upgrade;
