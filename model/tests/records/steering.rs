//! Owns the sample values of steered choices: every reason, every new word.

use sluis_model::steering::{MatrixRow, Passed, Steered, WhyNot};
use sluis_model::{Channel, Choice, Event};

use crate::values::{AT, ID};

/// A weighing in which every reason stands.
pub(crate) fn steered() -> Steered {
    let all = Channel::ALL.into_iter().zip(WhyNot::ALL);
    let passed = all.map(|(channel, why)| Passed { channel, why });
    Steered {
        channel: None,
        row: MatrixRow {
            category: "collection".into(),
            from: "2026-12-01".into(),
        },
        passed: passed.collect(),
    }
}

/// Choices that came with steering.
pub(crate) fn choices() -> [Event; 2] {
    [Choice::Primary, Choice::LastResort].map(|choice| Event::Ready {
        id: ID,
        channel: Channel::Letter,
        choice,
        pinned: None,
        not_before: AT,
    })
}
