//! Owns the flows of the stories: the shipped ones, and those that a story adds.

use std::collections::BTreeMap;

use crate::FlowBook;
use crate::flow::{Definition, Flow, FlowRef};

pub(in crate::decide::tests) const STORNO: &str =
    include_str!("../../../../../config/flows/storno.toml");
pub(super) const NOTICE: &str = include_str!("../../../../../config/flows/notice.toml");
const STORNO_CLASS: &str = include_str!("../../../../../config/flows/classes/storno-class.toml");
const CALENDAR: &str = include_str!("../../../../../config/flows/calendars/nl.toml");

/// Types of facts: two that are built in, and one that is added up.
const FACTS: [(&str, &str); 3] = [
    (
        "exception",
        include_str!("../../../../../config/flows/facts/exception.toml"),
    ),
    (
        "appointment",
        include_str!("../../../../../config/flows/facts/appointment.toml"),
    ),
    (
        "complaint",
        "about = \"tenant\"\nholds = \"30d\"\ncounts = \"sum\"\n[fields]\ncount = \"integer\"\nabout_what = \"line?\"",
    ),
];

/// Compiled flows by reference.
#[derive(Default)]
pub(in crate::decide::tests) struct Book(BTreeMap<FlowRef, Flow>);

impl Book {
    /// The newest version.
    pub(in crate::decide::tests) fn named(&self, name: &str) -> &Flow {
        let of_that_name = self.0.values().filter(|flow| &*flow.name == name);
        of_that_name
            .max_by_key(|flow| flow.version)
            .expect("a flow of that name")
    }

    pub(in crate::decide::tests) fn add(&mut self, text: &str) {
        let classes = [("storno-class".to_owned(), STORNO_CLASS.to_owned())].into();
        let calendars = [("nl".to_owned(), CALENDAR.to_owned())].into();
        let facts = FACTS.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let definition = Definition {
            flow: text.into(),
            classes,
            calendars,
            facts: facts.into(),
            ..Definition::default()
        };
        let flow = Flow::compile(&definition).expect("the flow compiles");
        self.0.insert(flow.reference, flow);
    }
}

impl FlowBook for Book {
    fn flow(&self, reference: FlowRef) -> Option<&Flow> {
        self.0.get(&reference)
    }
}
