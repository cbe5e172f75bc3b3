//! The binary `sluis` as a library, so that tests and the crate `sluis-demo` run the real thing:
//! command line, configuration, HTTP and binary intake, telemetry, the real clock, wiring. Refuses decisions
//! about a tenant: those are the model's.

pub mod access;
pub mod admission;
pub mod allocator;
pub mod app;
mod arbiters;
pub mod archive;
pub mod ask;
pub mod backup;
pub mod binary;
pub mod cli;
pub mod clock;
pub mod config;
pub mod counters;
mod crowd;
pub mod data_version;
pub mod dossier;
mod engine_settings;
pub mod engine_start;
mod erasing;
pub mod explain;
pub mod fact_types;
mod files;
pub mod flows;
mod following;
pub mod http;
pub mod ids;
pub mod intake;
pub mod machine;
pub mod mailings;
pub mod ports;
mod private;
pub mod process;
mod reading;
pub mod reference_key;
mod reload;
pub mod scrape;
pub mod sealing;
pub mod serve;
mod service;
mod start_times;
pub mod surveys;
pub mod telemetry;
pub mod threads;
pub mod tls;
