//! Owns the sample value of a fact of a declared type.

use sluis_model::flow::Value;
use sluis_model::{Counts, DeclaredFact, Environment, Timestamp};

use crate::values::{AT, subject};

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
