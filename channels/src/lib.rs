//! Everything that speaks to a provider: a folder per channel (`config`, `request`, `send`,
//! `classify`), rendering, the rules for addresses, and the reading of receipts (bounces, status
//! callbacks). Refuses the journal, a tenant's state, a retry decision and a clock read: a send
//! gets all it needs in an [`Outgoing`], does one try and answers with a
//! [`Verdict`](sluis_model::Verdict).

pub mod address;
pub mod config;
pub mod email;
pub mod null;
mod outgoing;
mod pool;
mod provider;
pub mod render;
pub mod sms;
mod tls;
mod words;

pub use config::{
    ChannelError, HumanDuration, OsSecrets, Problem, Problems, ProviderConfig, SecretSource, build,
};
pub use email::bounce::{BounceError, MAX_REPORT, read_bounce};
pub use outgoing::{Content, Outgoing, Sender};
pub use provider::{Callback, Connections, Provider, ProviderReceipt, ReceiptError, ReceiptProof};
pub use render::{Context, CorporationView, RenderError, Templates, TenantView};
