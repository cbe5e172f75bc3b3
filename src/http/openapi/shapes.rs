//! Owns the shapes that parts are made of: a text, a count, an object, a list, an id.

use serde_json::{Value, json};

/// An id, for examples.
pub(super) const ID: &str = "0003019c1d4a6000a1b2c3d4e5f60718";
/// Lower-case letters, digits, hyphens and underscores.
const WORD: &str = "^[a-z0-9_-]+$";
/// One line: no control character, no separator of lines or paragraphs.
pub(super) const ONE_LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$";
/// The same, with something in it that is seen: no blank and no character without a shape.
pub(super) const SEEN_LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*[^\\u0000-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u1680\\u180e\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufe00-\\ufe0f\\ufeff][^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$";

/// Remarks beside "taken".
pub(super) fn notes() -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": "What it did not find, for people: it is taken all the same." })
}

pub(super) fn object(description: &str, required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "description": description, "required": required, "properties": properties })
}

/// Something sent: a key nobody knows is a mistake.
pub(super) fn strict(description: &str, required: &[&str], properties: Value) -> Value {
    let mut schema = object(description, required, properties);
    schema["additionalProperties"] = false.into();
    schema
}

pub(super) fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

pub(super) fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

pub(super) fn count(description: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": description })
}

pub(super) fn instant(description: &str) -> Value {
    json!({ "type": "string", "format": "date-time", "description": description })
}

pub(super) fn cents(description: &str) -> Value {
    json!({ "type": "integer", "format": "int64", "description": description })
}

pub(super) fn truth(description: &str) -> Value {
    json!({ "type": "boolean", "description": description })
}

pub(super) fn word(most: u32) -> Value {
    json!({ "type": "string", "pattern": WORD, "minLength": 1, "maxLength": most })
}

pub(super) fn plain(least: u32, most: u32, description: &str) -> Value {
    let pattern = if least > 0 { SEEN_LINE } else { ONE_LINE };
    json!({ "type": "string", "pattern": pattern, "minLength": least, "maxLength": most, "description": description })
}

/// What may be `null`, which is as if it were left out.
pub(super) fn or_null(mut schema: Value) -> Value {
    match schema.get("type") {
        Some(kind) => {
            schema["type"] = json!([kind, "null"]);
            schema
        }
        None => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

/// Which notification.
pub(super) fn notification_id() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f]{32}$", "example": ID })
}

/// Which mailing.
pub(super) fn mailing_id() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f]{32}$", "example": "9f86d081884c7d659a2feaa0c55ad015" })
}

/// What an open notification can be doing.
pub(super) fn open_state() -> Value {
    json!({ "type": "string", "enum": ["scheduled", "ready", "sending", "in_doubt", "sent", "held", "task"] })
}

/// Where a page begins: an id, or nothing for the beginning.
pub(super) fn notification_id_or_empty() -> Value {
    json!({ "type": "string", "pattern": "^([0-9a-f]{32})?$", "example": ID })
}

/// What the flow `storno` wants.
pub(super) fn storno_data() -> Value {
    json!({
        "invoice_id": "F-2026-0118", "amount_cents": 61_250, "reason_code": "AM04",
        "payment_url": "https://betaal.example.nl/F-2026-0118"
    })
}
