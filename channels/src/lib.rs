//! Everything that speaks to a provider: a folder per channel (`config`, `request`, `send`,
//! `classify`), rendering, the rules for addresses, and the reading of receipts (bounces, status
//! callbacks). Refuses the journal, a tenant's state, a retry decision and a clock read: a send
//! gets all it needs in an [`Outgoing`], does one try and answers with a
//! [`Verdict`](sluis_model::Verdict).

pub mod address;
mod checks;
mod config;
mod duration;
pub mod email;
pub mod null;
mod outgoing;
mod pool;
mod problem;
mod provider;
mod receipt;
pub mod render;
mod secrets;
pub mod sms;
#[cfg(test)]
mod testing;
mod tls;
mod web;
mod words;

pub use config::{ChannelError, ProviderConfig, build};
pub use duration::HumanDuration;
pub use email::bounce::{BounceError, MAX_REPORT, read_bounce};
pub use outgoing::{Content, Outgoing, Sender};
pub use problem::{Problem, Problems};
pub use provider::{Connections, Provider};
pub use receipt::{
    Callback, ProviderReceipt, ReceiptError, ReceiptFault, ReceiptProof, Unexplained,
};
pub use render::{Context, CorporationView, RenderError, Templates, TenantView};
pub use secrets::SecretSource;
