//! Owns the samples of answers with fields: of people, and of a tenant.

use sluis_model::flow::Value;
use sluis_model::{TaskAnswered, TenantAnswered};

use crate::values::ID;

/// What a tenant answered.
pub(crate) fn of_tenant() -> TenantAnswered {
    TenantAnswered {
        id: ID,
        step: 1,
        answer: "given".into(),
        by: "desk".into(),
        says: [("score".into(), Value::Integer(4))].into(),
        shown: Some([7; 32]),
    }
}

/// What a person answered.
pub(crate) fn of_people() -> TaskAnswered {
    let says = [
        ("amount_cents", Value::Integer(5_000)),
        ("pay_on", Value::Text("2026-12-01".into())),
        ("at_home", Value::Boolean(true)),
    ];
    TaskAnswered {
        id: ID,
        task: 3,
        answer: "promised".into(),
        by: "desk".into(),
        says: says.map(|(name, value)| (name.into(), value)).into(),
    }
}
