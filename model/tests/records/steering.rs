//! Owns the sample values of steered choices: every reason, every new word.

use sluis_model::steering::{
    Asked, MatrixRow, NotYet, Passed, PhaseName, SegmentSeen, Steered, Wanted, WhyNot,
};
use sluis_model::{Capped, Cause, Channel, Choice, Event, HeldBack, PointSource};

use crate::values::{AT, ID};

/// A weighing in which every reason stands.
pub(crate) fn steered() -> Steered {
    // Those that there were when the files were written: a later one changes nothing here.
    let held = Channel::ALL.into_iter().take(8);
    let all = held.cycle().zip(WhyNot::ALL);
    let passed = all.map(|(channel, why)| Passed {
        channel,
        why,
        cost: (why == WhyNot::Later).then_some(15_000),
        arrives: (why == WhyNot::TooLate).then_some(AT),
    });
    Steered {
        channel: Some(Channel::Letter),
        row: Some(MatrixRow {
            category: "collection".into(),
            from: "2026-12-01".into(),
            segment: "intensive".into(),
            phase: Some(Box::new(PhaseName {
                share: 10,
                complexes: Default::default(),
                more: 0,
            })),
        }),
        asked: Some(Asked {
            since: Some(AT),
            source: PointSource::Person,
        }),
        cost: Some(95_000),
        passed: passed.collect(),
        segment: Some(SegmentSeen {
            name: Some("intensive".into()),
            is_named: true,
        }),
        not_yet: Some(NotYet {
            row: MatrixRow {
                category: "*".into(),
                from: "".into(),
                segment: "".into(),
                phase: Some(Box::new(PhaseName {
                    share: 0,
                    complexes: ["Noord".into()].into(),
                    more: 2,
                })),
            },
            asks_complex: true,
            complex: Some("Zuid".into()),
        }),
        wanted: Some(Wanted {
            by: "by data.due_date".into(),
            before: Some(AT),
            arrives: Some(AT),
        }),
    }
}

/// As version 5 told it.
pub(crate) fn steered_then() -> Steered {
    let now = steered();
    Steered {
        row: now.row.map(|row| MatrixRow {
            segment: "".into(),
            phase: None,
            ..row
        }),
        segment: None,
        not_yet: None,
        wanted: None,
        passed: now
            .passed
            .into_iter()
            .filter(|passed| passed.why != WhyNot::TooLate)
            .collect(),
        ..now
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

/// Causes that came with segments and with rules between flows.
pub(crate) fn causes() -> [Cause; 4] {
    [
        Cause::PeopleFirst {
            segment: "intensive".into(),
        },
        Cause::Superseded {
            rule: "no newsletter while we collect".into(),
            by: Some(ID),
        },
        Cause::AllOff,
        Cause::TooLate,
    ]
}

/// What is told of a message that waits, and of a variant.
pub(crate) fn events() -> [Event; 2] {
    let id = ID;
    [
        Event::HeldBack {
            id,
            held: Box::new(HeldBack::Conflict {
                rule: "no newsletter while we collect".into(),
                by: Some(ID),
                until: AT,
            }),
        },
        Event::Varied {
            id,
            number: 2,
            variant: "warm".into(),
        },
    ]
}
