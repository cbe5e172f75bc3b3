//! Integration tests.

mod demo;
mod architecture;
mod tidy;
mod api;
mod links;
mod openapi;
mod receipts;
mod support;
