//! The archive as its users see it, in one program. Refuses network and sleep.
#![allow(unreachable_pub, reason = "the world is shared between files")]

mod authority;
mod crash;
mod find;
mod foreign;
mod removal_steps;
mod retain;
mod s3;
mod s3_server;
mod sealed;
mod size;
mod stamps;
mod tamper;
mod world;
