//! Owns what preparing an attempt comes to: something to send, or why there is nothing.

use std::sync::Arc;

use sluis_channels::Outgoing;
use sluis_model::{Refusal, Verdict, Why};

use crate::dispatch::Dispatch;

/// Something to send, or the verdict that nothing can be.
pub type Prepared = Result<Outgoing, Verdict>;
/// How an attempt is prepared; `Preparer::prepare` in the engine.
pub type Prepare = Arc<dyn Fn(&Dispatch) -> Prepared + Send + Sync>;

/// The engine lacks something.
pub(super) fn ours(code: &str, text: &str) -> Verdict {
    Verdict::Refused {
        class: Refusal::Ours,
        why: Why::new(code, text),
    }
}

/// The message cannot be made for this channel; by another it may.
pub(super) fn unsendable(code: &str, text: &str) -> Verdict {
    Verdict::Refused {
        class: Refusal::Unsendable,
        why: Why::new(code, text),
    }
}
