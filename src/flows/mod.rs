//! Owns what people ask of flows before these run: whether they are right. Refuses to decide about a
//! tenant.

pub mod check;
