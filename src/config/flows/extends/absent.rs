//! Owns the words for a name that another flow does not have. Refuses to look for it.

use sluis_model::reading::nearest;

/// A name that the extended flow does not have.
pub(super) fn absent(name: &str, known: &[String]) -> String {
    is_not("in the flow that is extended", name, known)
}

/// A name that the included flow does not have.
pub(super) fn not_included(name: &str, known: &[String]) -> String {
    is_not("in the flow that is included", name, known)
}

/// What a name is not.
pub(super) fn is_not(what: &str, name: &str, known: &[String]) -> String {
    let list = known.join(", ");
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => {
            format!("{name:?} is not {what}: expected one of {list}: did you mean {near:?}?")
        }
        None => format!("{name:?} is not {what}: expected one of {list}"),
    }
}
