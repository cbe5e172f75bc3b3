//! Requests to a provider over HTTP/1.1, for every kind that has an HTTP API: connecting within one
//! limit, and one request at a time on a connection that is parked and used again.

mod connector;
mod link;

pub(crate) use connector::TimedConnector;
pub(crate) use link::{Failed, Link};
