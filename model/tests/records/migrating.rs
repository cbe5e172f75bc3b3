//! Owns the samples of notifications that go on under another definition of their flow.

use sluis_model::flow::{FlowRef, Value};
use sluis_model::{Event, Input, Migrate, Moved};

use crate::values::ID;

const FROM: FlowRef = FlowRef([7; 16]);
const TO: FlowRef = FlowRef([8; 16]);

pub(crate) fn order() -> Input {
    Input::Migrate(Box::new(Migrate {
        id: ID,
        from: FROM,
        to: TO,
        by: "desk".into(),
        values: [("floor".into(), Value::Integer(4))].into(),
    }))
}

pub(crate) fn moved() -> Event {
    let moved = Moved {
        from: FROM,
        from_version: 2,
        to: TO,
        to_version: 3,
        step: 1,
    };
    Event::Migrated {
        id: ID,
        moved: Box::new(moved),
    }
}
