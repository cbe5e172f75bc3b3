//! Owns the word for how a report is called in.

use serde::{Deserialize, Serialize};

/// How the report URL is called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackMethod {
    /// Report in the query, no body: what the provider does.
    #[default]
    Get,
    /// Report as a form in the body.
    Post,
}
