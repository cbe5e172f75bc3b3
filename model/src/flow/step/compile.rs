//! Owns the step from what stands in the file to a step of its kind. Refuses to know the kinds but
//! by their table.

use super::kind::Step;
use super::kinds::KINDS;
use super::syntax::{Syntax, Written};
use crate::flow::reader::Reader;
use crate::flow::source::StepSource;
use crate::reading::nearest;

/// Reads and checks one step.
pub(in crate::flow) fn compile(reader: &mut Reader, source: &StepSource) -> Option<Step> {
    let path = format!("step.{}", source.id);
    refuse_unknown(reader, &path, source);
    let mut given = KINDS
        .iter()
        .filter(|kind| source.kind.contains_key(kind.key));
    let (Some(kind), None) = (given.next(), given.next()) else {
        reader.problem(path, format!("expected exactly one of {}", keys()));
        return None;
    };
    let written = Written {
        path,
        body: source.kind[kind.key].clone(),
        on: source.on.clone(),
    };
    Some(Step {
        id: source.id.as_str().into(),
        kind: (kind.compile)(reader, &written)?,
    })
}

fn refuse_unknown(reader: &mut Reader, path: &str, source: &StepSource) {
    for key in source.kind.keys() {
        if !KINDS.iter().any(|kind| kind.key == key) {
            let message = format!(
                "unknown key: expected one of id, on, {}: {}",
                keys(),
                meant(key)
            );
            reader.problem(format!("{path}.{key}"), message);
        }
    }
}

/// What may have been meant by a key that nobody knows.
fn meant(key: &str) -> String {
    let known = KINDS
        .iter()
        .map(|kind| kind.key)
        .chain(["id", "on", "include"]);
    match nearest(key, known) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "remove it".to_owned(),
    }
}

/// The keys of all kinds: `send, wait and task`.
fn keys() -> String {
    let keys = KINDS.map(|Syntax { key, .. }| key);
    let (last, others) = keys.split_last().expect("there are kinds of steps");
    format!("{} and {last}", others.join(", "))
}
