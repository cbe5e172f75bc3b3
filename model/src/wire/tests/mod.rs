//! Tests of the wire codec: the bytes stay what they are, nothing malformed passes, nothing makes
//! it panic.

mod credit;
mod golden;
mod malformed;
mod round_trip;
mod samples;
