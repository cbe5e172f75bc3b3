//! Tests of the crate from outside: the life of keys, power cuts, and what is left of a destroyed key.

mod life;
mod power_cut;
mod support;
