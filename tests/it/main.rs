//! Integration tests.

mod api;
mod architecture;
mod demo;
mod fuzz_smoke;
mod hostile;
mod hostile_port;
mod isolation;
mod links;
mod metrics;
mod openapi;
mod receipts;
mod support;
mod tidy;
