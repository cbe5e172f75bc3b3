//! Owns the parts of what is asked of the archive.

use serde_json::{Value, json};

use super::super::shapes::{count, instant, object};

pub(super) fn all() -> [(&'static str, Value); 1] {
    [("ArchiveHead", head())]
}

fn head() -> Value {
    let hash = json!({
        "type": "string", "pattern": "^[0-9a-f]{64}$", "description": "BLAKE3 hash of its manifest."
    });
    let parts = json!({
        "volume": count("Number of the newest sealed volume; 0: there is none yet."), "hash": hash,
        "sealed_at": instant("When it was sealed.")
    });
    object("The end of the chain.", &["volume", "hash"], parts)
}
