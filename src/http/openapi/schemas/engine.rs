//! Owns what providers and machines are told: receipts, readiness.

use serde_json::{Value, json};

use super::super::parts::reference;
use super::super::shapes::{count, instant, list, notification_id, object, text, truth};

pub(super) fn all() -> [(&'static str, Value); 6] {
    [
        ("Receipts", receipts()),
        ("ReceiptTaken", receipt_taken()),
        ("Ready", ready()),
        ("ReadyPaused", ready_paused()),
        ("ReadyArchive", ready_archive()),
        ("ProviderOut", provider_out()),
    ]
}

fn receipts() -> Value {
    object(
        "What each receipt did.",
        &["receipts"],
        json!({ "receipts": list(reference("ReceiptTaken")) }),
    )
}

fn receipt_taken() -> Value {
    object(
        "What one receipt did.",
        &["notification", "attempt", "said", "effect"],
        json!({
            "notification": notification_id(), "attempt": count("Which."),
            "said": text("What was reported, such as `delivered`, `bounced` (no such address), `failed` (it may pass: mailbox full, host out of reach), `blocked` (refused for policy, content or rate), `delayed`, `opened`, `complained`; more may come."),
            "effect": text("`applied`, `noted`, `unknown` (no such attempt) or `unexplained` (kept for people); more may come.")
        }),
    )
}

fn ready() -> Value {
    object(
        "Readiness.",
        &["ready"],
        json!({
            "ready": truth("Whether intake is open."), "durability": text("What an acceptance means."), "reason": text("Stable code of why not."),
            "paused": reference("ReadyPaused"), "providers": list(reference("ProviderOut")), "archive": reference("ReadyArchive"), "replayed": count("While it starts: records replayed."), "of": count("Of how many.")
        }),
    )
}

fn ready_archive() -> Value {
    object(
        "Only while the archive cannot be opened. Sends go on, and nothing is forgotten.",
        &["state"],
        json!({ "state": text("`away`."), "why": text("For operators: what is wrong.") }),
    )
}

fn ready_paused() -> Value {
    object(
        "Whether sends are paused; intake goes on.",
        &["everything", "pauses"],
        json!({
            "everything": truth("An operator paused everything."), "pauses": count("Pauses that stand: those of everybody and the caller's own; to operators all.")
        }),
    )
}

fn provider_out() -> Value {
    object(
        "A provider that lets nothing through now; told to operators, and to a corporation when it is its own account. Intake goes on, and messages wait or go by another provider of the channel.",
        &["channel", "name", "state"],
        json!({
            "channel": text("Its channel."), "name": text("Its name in the configuration."),
            "corporations": list(text("Whose account it is; absent: the street's.")),
            "state": text("`unreachable`, or `barred`: it takes nothing from our account (credentials, rights, balance, address of its API). More may come."),
            "code": text("The provider's code, where it bars us."), "until": instant("When it is tried again; absent while that is being done.")
        }),
    )
}
