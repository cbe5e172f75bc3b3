//! Owns the parts of what is told of the configuration and of reading it again.

use serde_json::{Value, json};

use super::super::parts::reference;
use super::super::shapes::{count, instant, list, object, text, truth};

pub(super) fn all() -> [(&'static str, Value); 3] {
    [
        ("RunningConfiguration", running()),
        ("Reloaded", reloaded()),
        ("ConfigurationChange", change()),
    ]
}

fn checksum() -> Value {
    text(
        "Of all that runs: settings, flows, types of facts, steering. The same until something changes; it compares within one version of the program.",
    )
}

fn since() -> Value {
    instant("Since when this is what runs.")
}

fn waiting() -> Value {
    list(text(
        "A setting that differs in the files and waits for the next start, by its path.",
    ))
}

fn running() -> Value {
    object(
        "The configuration that runs.",
        &["checksum", "since", "waiting"],
        json!({ "checksum": checksum(), "since": since(), "waiting": waiting() }),
    )
}

fn reloaded() -> Value {
    object(
        "What came of it.",
        &["taken", "checksum", "since", "changes", "waiting"],
        json!({
            "taken": truth("Whether it was taken over; else only looked at."), "checksum": checksum(), "since": since(),
            "changes": list(reference("ConfigurationChange")), "waiting": waiting()
        }),
    )
}

fn change() -> Value {
    object(
        "One thing that is different.",
        &["kind", "name", "change"],
        json!({
            "kind": text("`flow`, `fact_type`, `steering` (a section of the file), `corporation`, `provider` or `setting`; more may come."),
            "corporation": text("Whose it is, by its name in the configuration; absent: everybody's."),
            "name": text("Its name; of a setting the path."),
            "change": text("`added`, `changed` or `removed`."),
            "from_version": count("Of a flow: the version so far."), "to_version": count("Of a flow: the version from now on.")
        }),
    )
}
