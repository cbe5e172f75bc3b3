//! The open-loop generator: notifications arrive on a fixed schedule, whatever the engine does, and
//! latency counts from the scheduled moment, so a slow engine cannot hide by slowing the generator
//! down. Owns the schedule, the books of what was offered and acknowledged, and the report; refuses
//! to print (the command line does) and to retry unless asked.
//!
//! A new way in is one file or folder: implement [`Target`] and [`Link`].

mod acks;
mod answer;
mod ask;
mod binary;
mod driver;
mod error;
mod flood;
mod halt;
mod http;
mod latency;
mod ndjson;
mod notification;
mod numbers;
mod pace;
mod pool;
mod report;
mod target;
mod tenants;

pub use self::acks::{AckRow, AckWriter};
pub use self::answer::{Answer, Class};
pub use self::ask::{Asked, ask_all};
pub use self::binary::{BinaryOptions, BinaryTarget};
pub use self::driver::{OnProgress, Plan, Progress, Stop, run};
pub use self::error::RunError;
pub use self::flood::{Flooded, flood_sms, flood_smtp};
pub use self::http::HttpTarget;
pub use self::latency::Window;
pub use self::ndjson::NdjsonTarget;
pub use self::notification::{LaneMix, Maker, Moment, Notification, Shape, Subject, filler};
pub use self::numbers::{mobile_of, tenant_id};
pub use self::pace::Pace;
pub use self::report::Report;
pub(crate) use self::target::HttpLink;
pub use self::target::{Endpoint, Link, OnAnswer, Target};
pub use self::tenants::load_tenants;
