//! Owns the description of the HTTP API, OpenAPI 3.1. Refuses to drift: a test compares it with `docs/openapi.json` and
//! with the routes.

use serde_json::{Value, json};

/// The document.
#[must_use]
pub fn document() -> Value {
    json!({ "openapi": "3.1.0", "info": { "title": "Sluis", "version": env!("CARGO_PKG_VERSION") }, "paths": {} })
}
