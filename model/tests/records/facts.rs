//! Owns the sample value of a fact of a declared type.

use sluis_model::flow::Value;
use sluis_model::{
    Cause, Counts, DeclaredFact, Environment, Event, FactSet, NotSet, NotificationId, Timestamp,
};

use crate::values::{AT, ID, subject};

pub(crate) fn declared() -> DeclaredFact {
    DeclaredFact {
        fact_id: "erp-1".into(),
        body: 98,
        kind: "appointment".into(),
        subject: Some(subject()),
        says: [
            ("day".into(), Value::Text("2026-12-01".into())),
            ("visits".into(), Value::Integer(2)),
            ("urgent".into(), Value::Boolean(true)),
        ]
        .into(),
        counts: Counts::Sum,
        occurred_at: AT,
        holds_until: Timestamp::NEVER,
        environment: Environment::Test,
    }
}

/// A fact that a step told, and what runs for the same subject again.
pub(crate) fn events() -> [Event; 2] {
    let set = FactSet {
        step: 2,
        by: "told".into(),
        flow: "visit".into(),
        version: 3,
        fact: declared(),
    };
    let set = Box::new(set);
    let earlier = NotificationId(ID.0 - 1);
    let follows = Event::Follows {
        id: ID,
        earlier,
        round: 2,
    };
    [Event::FactSet { id: ID, set }, follows]
}

/// A step that told none, for each reason.
pub(crate) fn not_set() -> Vec<Cause> {
    let unknown = NotSet::Unknown(["day".into(), "visits".into()].into());
    [unknown, NotSet::Again, NotSet::TooMany, NotSet::OtherWorld]
        .map(|why| Cause::NotSet { step: 2, why })
        .into()
}
