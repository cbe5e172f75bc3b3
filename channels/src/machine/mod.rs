//! Requests to machines: a hand-over, an external check, a payment request and its closing. Each is an
//! attempt like a message. Refuses to reach a tenant.

mod webhook;

pub use webhook::WebhookConfig;
