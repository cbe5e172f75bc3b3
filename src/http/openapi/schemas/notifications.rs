//! Owns what senders are told of notifications: accepted, open, cancelled.

use serde_json::{Value, json};

use super::super::parts::reference;
use super::super::shapes::{count, instant, list, notes, notification_id, object, text, truth};

pub(super) fn all() -> [(&'static str, Value); 8] {
    [
        ("Accepted", accepted()),
        ("BatchRow", batch_row()),
        ("BatchAccepted", batch_accepted()),
        ("BatchRefused", batch_refused()),
        ("NotificationList", notification_list()),
        ("OpenNotification", open_notification()),
        ("Cancelled", cancelled()),
        ("Stopped", stopped()),
    ]
}

fn accepted() -> Value {
    object(
        "Durable.",
        &["id", "status", "position"],
        json!({
            "id": notification_id(), "status": { "type": "string", "const": "accepted" },
            "position": text("Where its record stands in the journal; opaque."),
            "duplicate": truth("It had been accepted before; id and position are those of then."),
            "group": reference("AcceptedGroup"), "notes": notes()
        }),
    )
}

fn batch_row() -> Value {
    json!({ "description": "The verdict of one row.", "oneOf": [reference("BatchAccepted"), reference("BatchRefused")] })
}

fn batch_accepted() -> Value {
    object(
        "A row that was taken.",
        &["row", "id", "status", "position"],
        json!({
            "row": count("Which row, from 1."), "id": notification_id(), "status": { "type": "string", "const": "accepted" },
            "position": text("Where its record stands in the journal; opaque."),
            "duplicate": truth("It had been accepted before; id and position are those of then."),
            "group": reference("AcceptedGroup"), "notes": notes()
        }),
    )
}

fn batch_refused() -> Value {
    object(
        "A row that was not taken.",
        &["row", "error"],
        json!({
            "row": count("Which row, from 1."), "error": reference("Problem")
        }),
    )
}

fn notification_list() -> Value {
    object(
        "A page.",
        &["notifications"],
        json!({
            "notifications": list(reference("OpenNotification")), "next": text("Give this as `after`; absent: that was all.")
        }),
    )
}

fn open_notification() -> Value {
    object(
        "An open notification.",
        &["id", "tenant_id", "state", "category", "accepted_at"],
        json!({
            "id": notification_id(), "tenant_id": text("Whose."), "state": reference("State"), "category": text("Its category."),
            "subject": reference("Subject"), "accepted_at": instant("When it was accepted."), "next_at": instant("When something is next.")
        }),
    )
}

fn cancelled() -> Value {
    object(
        "What a cancellation did.",
        &["stopped", "not_open"],
        json!({
            "stopped": list(reference("Stopped")), "not_open": list(notification_id())
        }),
    )
}

fn stopped() -> Value {
    object(
        "One that was stopped.",
        &["id", "was", "already_gone"],
        json!({
            "id": notification_id(), "was": text("Its state before."), "already_gone": list(reference("Channel"))
        }),
    )
}
