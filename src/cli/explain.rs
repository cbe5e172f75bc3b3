//! Owns `sluis explain`: asks a running engine, over its API, why a notification, a group or a mailing is
//! where it is, and prints the answer: short first, then everything behind it. Refuses to know a reason
//! itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use http::{Method, StatusCode};
use serde_json::Value;
use sluis_model::{Channel, ContactKind, Timestamp};

use super::calling::{Call, Caller, EngineArgs};
use super::config::{Reply, Source};
use super::told::told;
use crate::explain::{Language, ReasonRow};

/// The environment variable that usually holds the corporation's key.
const KEY: &str = "SLUIS_KEY";
/// What may have an id, in the order in which it is looked for.
const KINDS: [&str; 3] = ["notifications", "groups", "mailings"];

/// What to explain.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// The id of a notification, of a notification to a household, or of a mailing
    #[arg(value_name = "ID")]
    id: String,
    /// The language: en or nl
    #[arg(long, value_name = "LANG", default_value = "en", value_parser = language)]
    lang: Language,
    /// Which configuration says where the engine listens
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    engine: EngineArgs,
    /// The environment variable that holds a key of the corporation
    #[arg(long, value_name = "NAME", default_value = KEY)]
    key_env: String,
}

fn language(word: &str) -> Result<Language, String> {
    word.parse().map_err(|()| "expected en or nl".to_owned())
}

/// Runs it. `env` is the environment of the process.
#[must_use]
pub(crate) fn run(args: &ExplainArgs, env: &BTreeMap<String, String>) -> Reply {
    let failed = |err: String| Reply {
        err: format!("sluis: {err}\n"),
        code: 1,
        ..Reply::default()
    };
    match asked(args, env) {
        Ok((StatusCode::OK, answer)) => Reply::good(shown(&answer, args.lang)),
        Ok((status, answer)) => failed(format!("{status}: {}", word(&answer, "detail"))),
        Err(error) => failed(told(&error)),
    }
}

/// The first that is there; or what the engine says where none is.
fn asked(
    args: &ExplainArgs,
    env: &BTreeMap<String, String>,
) -> anyhow::Result<(StatusCode, Value)> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    anyhow::ensure!(
        !args.id.is_empty() && args.id.chars().all(is_plain),
        "{:?}: expected the id of a notification, a group or a mailing",
        args.id
    );
    let engine = Caller::new((&args.engine, &args.source), &args.key_env, env)?;
    for kind in KINDS {
        let answer = engine.ask(Call {
            method: Method::GET,
            path: format!("/v1/{kind}/{}?lang={}", args.id, args.lang.code()),
            body: None,
        })?;
        if answer.status != StatusCode::NOT_FOUND {
            let said = serde_json::from_slice(&answer.body).unwrap_or_default();
            return Ok((answer.status, said));
        }
    }
    let detail = format!(
        "no notification, group or mailing of the corporation has the id {}",
        args.id
    );
    Ok((
        StatusCode::NOT_FOUND,
        serde_json::json!({ "detail": detail }),
    ))
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn rows<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The answer as people read it.
fn shown(answer: &Value, lang: Language) -> String {
    let mut text = String::new();
    let short = word(answer, "short");
    let why = word(answer, "why");
    if !short.is_empty() {
        let _ = writeln!(text, "{short}");
    }
    if let Some(version) = answer["flow"]["version"].as_u64() {
        let flow = lang.flow_line(
            word(&answer["flow"], "name"),
            version,
            word(answer, "category"),
        );
        let _ = writeln!(text, "\n{flow}");
    }
    heading(&mut text, &lang.why_heading());
    let _ = writeln!(text, "  {why}");
    attempts(&mut text, answer, lang);
    next(&mut text, answer, lang);
    let not_used = rows(answer, "not_used");
    if !not_used.is_empty() {
        heading(&mut text, &lang.not_used_heading());
        for point in not_used {
            let mut kinds = ContactKind::ALL.into_iter();
            let kind = kinds.find(|kind| kind.name() == word(point, "kind"));
            let called = lang.the_point(lang.point(kind), word(point, "address"));
            let _ = writeln!(text, "  {called} ({})", at(point, "since", lang));
        }
    }
    about_the_same(&mut text, answer, lang);
    parts(&mut text, answer, lang);
    progress(&mut text, answer, lang);
    let history = rows(answer, "history");
    if let (Some(first), Some(last)) = (history.first(), history.last()) {
        heading(&mut text, &lang.history_heading());
        // That of a household begins with the newest.
        let is_reverse = word(first, "at") > word(last, "at");
        let mut lines: Vec<String> = history
            .iter()
            .map(|row| format!("  {}  {}", at(row, "at", lang), word(row, "text")))
            .collect();
        if is_reverse {
            lines.reverse();
        }
        let _ = writeln!(text, "{}", lines.join("\n"));
    }
    text
}

/// An instant as the language writes it.
fn at(value: &Value, key: &str, lang: Language) -> String {
    let written = word(value, key);
    let known = written.parse::<jiff::Timestamp>();
    known.map_or_else(
        |_| written.to_owned(),
        |at| lang.instant(Timestamp(at.as_millisecond())),
    )
}

fn heading(text: &mut String, heading: &str) {
    let _ = writeln!(text, "\n{heading}");
}

fn channel(word: &str, lang: Language) -> String {
    let known = word.parse::<Channel>();
    known.map_or_else(|_| word.to_owned(), |channel| lang.channel(channel))
}

fn outcome(word: &str, lang: Language) -> String {
    match word {
        "sending" => lang.outcome_sending(),
        "accepted" => lang.outcome_accepted(),
        "delivered" => lang.outcome_delivered(),
        "deferred" => lang.outcome_deferred(),
        "withdrawn" => lang.outcome_withdrawn(),
        "failed" => lang.outcome_failed(),
        "in_doubt" => lang.outcome_in_doubt(),
        other => other.to_owned(),
    }
}

fn attempts(text: &mut String, answer: &Value, lang: Language) {
    let attempts = rows(answer, "attempts");
    if attempts.is_empty() {
        return;
    }
    heading(text, &lang.attempts_heading());
    for attempt in attempts {
        let number = attempt["number"].as_u64().unwrap_or_default();
        let over = channel(word(attempt, "channel"), lang);
        let outcome = outcome(word(attempt, "outcome"), lang);
        let line = lang.attempt_line(number, over, outcome);
        let (to, via) = (word(attempt, "address"), word(attempt, "provider"));
        let at = at(attempt, "started_at", lang);
        let _ = writeln!(text, "  {line} ({to}, {via}, {at})");
        for reason in ["channel_reason", "step_reason"] {
            let reason = word(attempt, reason);
            if !reason.is_empty() {
                let _ = writeln!(text, "     {reason}");
            }
        }
        // Those that matter stand in the reason already.
        let said = word(attempt, "channel_reason");
        for other in rows(attempt, "other_channels") {
            let over = channel(word(other, "channel"), lang);
            let not = lang.not_this(over, word(other, "why"));
            if !said.contains(&not) {
                let _ = writeln!(text, "     {not}");
            }
        }
        for guard in rows(attempt, "guards") {
            let name = lang.guard_named(word(guard, "name"));
            let held = lang.this_guard_held(name, word(guard, "when"), word(guard, "observed"));
            let _ = writeln!(text, "     {held}");
        }
        let why = &attempt["why"];
        if why.is_object() {
            let reason = ReasonRow {
                code: word(why, "code").to_owned(),
                text: word(why, "text").to_owned(),
            };
            let _ = writeln!(text, "     {}", reason.words());
        }
    }
}

fn next(text: &mut String, answer: &Value, lang: Language) {
    let next = &answer["next"];
    let what = word(next, "what");
    if what.is_empty() {
        return;
    }
    heading(text, &lang.next_heading());
    let _ = match word(next, "at") {
        "" => writeln!(text, "  {what}"),
        _ => writeln!(
            text,
            "  {what} ({})",
            lang.at_the_latest(at(next, "at", lang))
        ),
    };
    for delay in rows(next, "delays") {
        let _ = writeln!(text, "  {}", word(delay, "text"));
    }
}

fn about_the_same(text: &mut String, answer: &Value, lang: Language) {
    let before = rows(answer, "contacted_about_this");
    if before.is_empty() {
        return;
    }
    heading(text, &lang.about_heading());
    for message in before {
        let over = channel(word(message, "channel"), lang);
        let (at, id) = (at(message, "at", lang), word(message, "id"));
        let _ = writeln!(text, "  {at}  {over}  {id}");
    }
}

/// Whom a group tells, and whom not.
fn parts(text: &mut String, answer: &Value, lang: Language) {
    for (key, title) in [
        ("told", lang.people_heading()),
        ("not_told", lang.not_told_heading()),
    ] {
        let people = rows(answer, key);
        if people.is_empty() {
            continue;
        }
        heading(text, &title);
        for person in people {
            let role = word(person, "role");
            let role = role
                .parse()
                .map_or_else(|_| role.to_owned(), |role| lang.role(role));
            let stands = [
                lang.part_is(word(person, "state")),
                word(person, "end").to_owned(),
                why_not(person, &role, lang),
                word(person, "id").to_owned(),
            ];
            let stands: Vec<String> = stands.into_iter().filter(|word| !word.is_empty()).collect();
            let who = lang.addressee(word(person, "tenant_id"), role);
            let _ = writeln!(text, "  {}", lang.stands_at(who, stands.join(" ")));
        }
    }
}

/// Why somebody is not told; empty: he is.
fn why_not(person: &Value, role: &str, lang: Language) -> String {
    match word(person, "why") {
        "role_not_told" => lang.nobody_as(role),
        "deceased" => lang.has_died(),
        "not_yet" => lang.not_begun(),
        "left" => lang.is_over(),
        "represented" => lang.told_instead(word(person, "by")),
        "represents_nobody_told" => lang.nobody_represented(),
        other => other.to_owned(),
    }
}

/// What a number of a mailing counts.
fn count(name: &str, lang: Language) -> String {
    match name {
        "rows" => lang.count_rows(),
        "admitted" => lang.count_admitted(),
        "left" => lang.count_left(),
        "open" => lang.count_open(),
        "ended" => lang.count_ended(),
        "taken" => lang.count_taken(),
        "delivered" => lang.count_delivered(),
        "bounced" => lang.count_bounced(),
        "in_doubt" => lang.count_in_doubt(),
        "under_way" => lang.count_under_way(),
        "with_people" => lang.count_with_people(),
        other => other.to_owned(),
    }
}

/// How far a mailing is, in numbers.
fn progress(text: &mut String, answer: &Value, lang: Language) {
    let Some(progress) = answer["progress"].as_object() else {
        return;
    };
    heading(text, &lang.progress_heading());
    for (key, number) in progress.iter().filter(|(_, number)| number.is_u64()) {
        let _ = writeln!(text, "  {}: {number}", count(key, lang));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_short_sentence_comes_first_and_everything_behind_it() {
        let answer = json!({
            "short": "Nothing has been sent yet.", "why": "Tenant H-1 is told.", "category": "repairs",
            "flow": { "name": "notice", "version": 2 },
            "attempts": [{
                "number": 1, "channel": "email", "outcome": "failed", "address": "j***@example.nl",
                "provider": "relay", "started_at": "2026-02-02T08:00:00Z", "channel_reason": "first way",
                "step_reason": "it was accepted", "why": { "code": "5.1.1", "text": "no such user" },
                "other_channels": [{ "channel": "letter", "why": "off" }],
                "guards": [{ "name": "feed", "when": "a == b", "observed": "'test'" }]
            }],
            "next": { "what": "a receipt", "at": "2026-02-03T08:00:00Z", "delays": [{ "text": "a pause" }] },
            "history": [{ "at": "2026-02-02T08:00:00Z", "text": "accepted" }]
        });
        let english = shown(&answer, Language::English);
        let lines: Vec<&str> = english.lines().collect();
        assert_eq!(lines[0], "Nothing has been sent yet.");
        for part in [
            "Flow 'notice' version 2, category 'repairs'",
            "  1. email: failed (j***@example.nl, relay, 2026-02-02T08:00:00Z)",
            "     not letter (off)",
            "     guard 'feed': a == b held with 'test'",
            "     5.1.1 no such user",
            "  a receipt (at the latest 2026-02-03T08:00:00Z)",
            "  a pause",
            "Everything that was decided",
        ] {
            assert!(lines.contains(&part), "{part:?} is missing in {english}");
        }
        let dutch = shown(&answer, Language::Dutch);
        for part in [
            "Waarom",
            "  1. e-mail: mislukt",
            "     niet brief (off)",
            "Alles wat besloten is",
        ] {
            assert!(dutch.contains(part), "{part:?} is missing in {dutch}");
        }
    }
}
