//! Owns the parts that requests and answers share: problems, subjects, words.

use serde_json::{Value, json};
use sluis_channels::KINDS;
use sluis_model::Channel;

use super::super::parts::reference;
use super::super::shapes::{list, object, plain, strict, text, word};
use crate::explain::Language;

pub(super) fn all() -> [(&'static str, Value); 9] {
    [
        ("Problem", problem()),
        ("FieldProblem", field_problem()),
        ("Subject", subject()),
        ("Channel", channel()),
        ("Environment", environment()),
        ("Language", language()),
        ("Priority", priority()),
        ("State", state()),
        ("Reason", reason()),
    ]
}

fn language() -> Value {
    let codes: Vec<&str> = Language::ALL.map(Language::code).to_vec();
    json!({ "type": "string", "enum": codes, "description": "A language of explanations, by ISO 639-1." })
}

fn problem() -> Value {
    object(
        "RFC 9457: every answer that is not what was asked for. Programs compare `code`.",
        &["type", "title", "status", "code", "detail"],
        json!({
            "type": { "type": "string", "format": "uri", "example": "https://sluis.dev/problems/invalid" },
            "title": text("The status in words."),
            "status": { "type": "integer", "minimum": 400, "maximum": 599, "example": 422 },
            "code": { "type": "string", "description": "Stable; more may come. docs/errors.md lists them.", "example": "invalid" },
            "detail": text("What happened and what to do, for people."),
            "errors": list(reference("FieldProblem")),
            "retry_after": { "type": "integer", "minimum": 1, "description": "Seconds, as in the header `Retry-After`; a row of a batch has no header." },
            "cursor": text("With `cursor_expired`: the first cursor that is left."),
            "report": reference("LoadReport")
        }),
    )
}

fn field_problem() -> Value {
    object(
        "One mistake.",
        &["path", "code", "expected"],
        json!({
            "path": { "type": "string", "description": "Where; `body` for the whole.", "example": "data.amount_cents" },
            "code": { "type": "string", "example": "too_long", "description": "Stable; more may come. Now `not_utf8`, `not_json`, \
                `not_a_list`, `missing`, `wrong_type`, `unknown_key`, `twice`, `unknown_word`, `too_long`, `empty`, `bad_characters`, \
                `bad_time`, `ahead`, `out_of_range`, `bad_url`, `bad_address`, `contradiction`, `ignored`, `placeholder`, `cleaned`, `wrong_setting`." },
            "value": text("What stood there, cut; addresses are masked."),
            "expected": text("What was expected."),
            "hint": text("What may help.")
        }),
    )
}

fn subject() -> Value {
    strict(
        "What a notification is about. One live instance of a flow runs for each.",
        &["kind", "id"],
        json!({
            "kind": word(64), "id": plain(1, 128, "Its number at its source.")
        }),
    )
}

fn channel() -> Value {
    json!({ "type": "string", "enum": Channel::ALL.map(Channel::name), "description": "A way to a tenant." })
}

fn environment() -> Value {
    json!({ "type": "string", "enum": ["production", "acceptance", "test", "development"], "description": "The world that data comes from." })
}

fn priority() -> Value {
    json!({ "type": "string", "enum": ["urgent", "normal", "bulk"], "description": "The lane; normal when left out. Bulk never holds up urgent." })
}

fn state() -> Value {
    json!({ "type": "string", "enum": ["scheduled", "ready", "sending", "in_doubt", "sent", "held", "task", "ended"], "description": "Where a notification stands." })
}

fn reason() -> Value {
    object(
        "A provider's reason.",
        &["code", "text"],
        json!({ "code": text(&reason_codes()), "text": text("Without addresses.") }),
    )
}

/// The codes of reasons, as each kind of provider says its own.
fn reason_codes() -> String {
    let mut codes = "Stable. `render…`: the message could not be made; `no_provider`: the corporation has none any more; \
        `deadline`, `dropped`, `interrupted`, `panic`, `stopping`, `busy`, `breaker`, `prepare`: the engine's own."
        .to_owned();
    for kind in KINDS.iter().filter(|kind| !kind.reasons.is_empty()) {
        let reasons = kind.reasons.iter();
        let each = reasons.map(|reason| format!("`{}` {}", reason.code, reason.meaning));
        let each: Vec<String> = each.collect();
        codes.push_str(&format!(" Of {}: {}.", kind.name, each.join("; ")));
    }
    codes
}
