//! Owns the short words of the stories: subjects, verdicts, changes of a profile.

use crate::{Barred, Channel, HOUR, Preference, Refusal, Subject, Supplied, Verdict, Why};

pub(in crate::decide::tests) fn invoice(number: u32) -> Subject {
    Subject {
        kind: "invoice".into(),
        id: format!("F-{number}").into(),
    }
}

pub(in crate::decide::tests) fn why(code: &str) -> Why {
    Why::new(code, "said the provider")
}

pub(in crate::decide::tests) fn accepted() -> Verdict {
    Verdict::Accepted {
        provider_id: "p-1".into(),
    }
}

pub(in crate::decide::tests) fn delivered() -> Verdict {
    Verdict::Delivered {
        provider_id: "p-1".into(),
    }
}

pub(in crate::decide::tests) fn refused(class: Refusal) -> Verdict {
    Verdict::Refused {
        class,
        why: why("5.1.1"),
    }
}

pub(in crate::decide::tests) fn retry(after_ms: Option<u64>) -> Verdict {
    Verdict::Retry {
        after_ms,
        why: why("4.2.0"),
    }
}

pub(in crate::decide::tests) fn in_doubt() -> Verdict {
    Verdict::InDoubt {
        why: why("timeout"),
    }
}

pub(in crate::decide::tests) fn withdrawn() -> Verdict {
    Verdict::Withdrawn {
        why: why("connect"),
    }
}

pub(in crate::decide::tests) fn barred(what: Barred) -> Verdict {
    Verdict::Barred {
        what,
        why: why("5.7.8"),
    }
}

pub(in crate::decide::tests) fn prefers(channel: Channel) -> impl FnOnce(&mut Supplied) {
    move |profile| {
        profile.preferences = vec![Preference::new("collection", channel)];
    }
}

pub(in crate::decide::tests) fn only(channel: Channel) -> impl FnOnce(&mut Supplied) {
    move |profile| {
        profile
            .points
            .retain(|given| Some(given.kind) == channel.contact_kind())
    }
}

/// Within which a balance is fresh enough.
pub(in crate::decide::tests) const FRESH: i64 = 24 * HOUR;
