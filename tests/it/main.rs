//! Integration tests.
#![allow(
    unreachable_pub,
    reason = "support and fuzz cases are shared between files, and the latter with another crate"
)]

mod access;
mod accounts;
mod api;
mod architecture;
mod archive;
mod backup;
mod bounds;
mod bucket;
mod circles;
mod clocks;
mod counters;
mod coverage;
mod credentials;
mod damage;
mod delays;
mod docs_truth;
mod encryption;
mod engine_state;
mod erasure;
mod facts;
mod first_release;
mod forgotten;
mod fuzz_smoke;
mod hostile;
mod hostile_bodies;
mod hostile_port;
mod http_bodies;
mod http_rules;
mod isolation;
mod links;
mod lists;
mod lists_page;
mod log;
mod mailings;
mod mailings_ends;
mod metrics;
mod mistakes;
mod openapi;
mod package;
mod pauses;
mod process;
mod receipts;
mod reload;
mod removed_timeline;
mod retention;
mod sealed_archive;
mod service;
mod short_way;
mod silent;
mod silent_binary;
mod silent_limits;
mod steering;
mod strays;
mod support;
mod task_answers;
mod task_groups;
mod tidy;
mod traces;
mod unread;
mod upgrade;
mod watching;
mod ways;
