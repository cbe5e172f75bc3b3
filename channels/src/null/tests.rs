//! The null channel delivers, at once, with the reference as its id.

use std::sync::Arc;

use futures::FutureExt;
use sluis_model::Verdict;

use super::NullProvider;
use crate::outgoing::Content;
use crate::provider::Provider;
use crate::testing::outgoing;

#[test]
fn everything_is_delivered_at_once() {
    let out = outgoing(Content::Null);
    let provider_id = out.reference.clone().into_boxed_str();
    let verdict = Arc::new(NullProvider::new("null")).send(out).now_or_never();
    assert_eq!(verdict, Some(Verdict::Delivered { provider_id }));
}
