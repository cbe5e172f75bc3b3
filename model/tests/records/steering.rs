//! Owns the sample values of steered choices: every reason, every new word.

use sluis_model::steering::{Asked, MatrixRow, Passed, Steered, WhyNot};
use sluis_model::{Capped, Channel, Choice, Event, PointSource};

use crate::values::{AT, ID};

/// A weighing in which every reason stands.
pub(crate) fn steered() -> Steered {
    let all = Channel::ALL.into_iter().cycle().zip(WhyNot::ALL);
    let passed = all.map(|(channel, why)| Passed {
        channel,
        why,
        cost: (why == WhyNot::Later).then_some(15_000),
    });
    Steered {
        channel: Some(Channel::Letter),
        row: Some(MatrixRow {
            category: "collection".into(),
            from: "2026-12-01".into(),
        }),
        asked: Some(Asked {
            since: Some(AT),
            source: PointSource::Person,
        }),
        cost: Some(95_000),
        passed: passed.collect(),
    }
}

pub(crate) fn capped() -> Capped {
    Capped {
        cap: "newsletters".into(),
        most: 2,
        within_ms: 604_800_000,
        until: AT,
    }
}

/// Choices that came with steering.
pub(crate) fn choices() -> [Event; 4] {
    use Choice::{Cheapest, LastResort, Legal, Primary};
    [Primary, LastResort, Legal, Cheapest].map(|choice| Event::Ready {
        id: ID,
        channel: Channel::Letter,
        choice,
        pinned: None,
        not_before: AT,
    })
}
