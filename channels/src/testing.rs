//! What the tests of all kinds share: a key, an attempt, a sender, an outgoing.

use std::sync::Arc;

use sluis_model::{AttemptRef, CorporationId, NotificationId, ReferenceKey, ShardId, Timestamp};

use crate::outgoing::{Content, Outgoing, Sender};

pub(crate) fn key() -> ReferenceKey {
    ReferenceKey::new([7; 32])
}

pub(crate) fn sender() -> Arc<Sender> {
    Arc::new(Sender {
        email_from: "huur@woon.example".into(),
        email_name: Some("Woonstichting Übermaas".into()),
        reply_to: Some("klant@woon.example".into()),
        bounce_domain: "bounce.woon.example".into(),
        sms_originator: "Woonst".into(),
        public_url: "https://post.woon.example".into(),
    })
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
        sender: sender(),
        at: Timestamp(1_795_000_000_000),
    }
}
