//! Requests to a provider over HTTP/1.1, for every kind that has an HTTP API: connecting within one
//! limit, and one request at a time on a connection that is parked and used again.

mod caller;
mod connector;
mod link;
mod retry_after;

pub(crate) use caller::{Caller, host_of};
pub(crate) use connector::TimedConnector;
use link::{Failed, Link};
pub(crate) use retry_after::retry_after;
