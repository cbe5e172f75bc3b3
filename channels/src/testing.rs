//! What the tests of all kinds share: a key, an attempt, an originator, an outgoing.

use std::sync::Arc;

use sluis_model::{AttemptRef, CorporationId, NotificationId, ReferenceKey, ShardId, Timestamp};

use crate::originator::Originator;
use crate::outgoing::{Content, Outgoing};
use crate::output::OutputSlot;

pub(crate) fn key() -> ReferenceKey {
    ReferenceKey::new([7; 32])
}

pub(crate) fn originator() -> Arc<Originator> {
    let shown = [
        ("email_from", "huur@woon.example"),
        ("email_name", "Woonstichting Übermaas"),
        ("reply_to", "klant@woon.example"),
        ("bounce_domain", "bounce.woon.example"),
        ("sms_originator", "Woonst"),
    ];
    Arc::new(Originator::new("https://post.woon.example", shown))
}

pub(crate) fn attempt() -> AttemptRef {
    AttemptRef {
        id: NotificationId::new(ShardId(3), 1_795_000_000_000, 42),
        step: 1,
        attempt: 2,
    }
}

pub(crate) fn outgoing(content: Content) -> Outgoing {
    let to = match content {
        Content::Email { .. } => "jan@example.nl",
        _ => "+31612345678",
    };
    Outgoing {
        attempt: attempt(),
        corporation: CorporationId(7),
        reference: key().attempt(CorporationId(7), attempt()),
        to: to.into(),
        content,
        originator: originator(),
        at: Timestamp(1_795_000_000_000),
        output: OutputSlot::default(),
    }
}
