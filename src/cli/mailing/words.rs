//! Owns how answers about a mailing are told to people: one line or all counts, what was wrong with a list,
//! what a message says. Refuses to hide a mistake: each stands on a line of its own.

use std::fmt::Write as _;

use serde_json::Value;

use super::super::calling::Answer;
use super::super::config::Reply;

/// What an answer says: the value of its JSON.
pub(super) fn said(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

pub(super) fn line_of(mailing: &Value) -> String {
    let [id, stage, name, flow] = ["id", "stage", "name", "flow"].map(|key| word(&mailing[key]));
    let rows = mailing["rows"]["count"].as_u64().unwrap_or_default();
    format!("{id}  {stage:<9} {rows:>7} rows  {flow}: {name}\n")
}

/// One mailing: what it is, then every count that it has.
pub(super) fn mailing(mailing: &Value) -> String {
    let mut text = line_of(mailing);
    for part in ["rows", "selection", "progress"] {
        let Some(counts) = mailing[part].as_object() else {
            continue;
        };
        let shown = counts.iter().filter(|(_, value)| !value.is_object());
        let shown = shown.map(|(name, value)| format!("{name} {}", word(value)));
        let _ = writeln!(text, "{part}: {}", shown.collect::<Vec<_>>().join(", "));
    }
    for key in ["paused_for", "opens_at", "ended_at"] {
        if !mailing[key].is_null() {
            let _ = writeln!(text, "{key}: {}", word(&mailing[key]));
        }
    }
    text
}

/// What became of a list of rows.
pub(super) fn report(answer: &Value) -> String {
    let mut text = mailing(&answer["mailing"]);
    let counts = ["rows", "taken", "rejected", "repeated"];
    let [rows, taken, rejected, repeated] = counts.map(|key| word(&answer[key]));
    let _ = writeln!(
        text,
        "{rows} rows were read: {taken} taken, {rejected} rejected, {repeated} repeated"
    );
    text.push_str(&what_was_wrong(answer));
    text
}

/// Every mistake of a list, by line, and what is said of it as a whole.
fn what_was_wrong(report: &Value) -> String {
    let mut text = String::new();
    for row in report["rejections"].as_array().into_iter().flatten() {
        for reason in row["reasons"].as_array().into_iter().flatten() {
            let _ = writeln!(text, "line {}: {}", row["line"], mistake(reason));
        }
    }
    for row in report["repeats"].as_array().into_iter().flatten() {
        let (line, first) = (&row["line"], &row["first"]);
        let _ = writeln!(text, "line {line}: the same as line {first}: told once");
    }
    for note in report["notes"].as_array().into_iter().flatten() {
        let [path, hint] = ["path", "hint"].map(|key| word(&note[key]));
        let _ = writeln!(text, "note: {path}: {hint}");
    }
    text
}

/// Where, what stands there, what was expected, and what may help.
fn mistake(problem: &Value) -> String {
    let mut text = word(&problem["path"]);
    if let Some(value) = problem["value"].as_str() {
        let _ = write!(text, ": {value:?}");
    }
    let _ = write!(text, ": expected {}", word(&problem["expected"]));
    if let Some(hint) = problem["hint"].as_str() {
        let _ = write!(text, "; {hint}");
    }
    text
}

pub(super) fn preview(answer: &Value) -> String {
    let mut text = String::new();
    for row in answer["rows"].as_array().into_iter().flatten() {
        let is_known = match row["is_known"] == true {
            true => "",
            false => " (nobody loaded this tenant)",
        };
        let _ = writeln!(text, "tenant {}{is_known}", word(&row["tenant_id"]));
        for message in row["messages"].as_array().into_iter().flatten() {
            let [step, channel] = ["step", "channel"].map(|key| word(&message[key]));
            let _ = writeln!(text, "  step {step}, {channel}:");
            for key in ["problem", "subject", "text"] {
                for line in word(&message[key]).lines() {
                    let _ = writeln!(text, "    {line}");
                }
            }
        }
    }
    let _ = writeln!(text, "checksum {}", word(&answer["checksum"]));
    text
}

/// Every mistake, as the engine tells it.
pub(super) fn refused(answer: &Answer) -> Reply {
    let told = said(answer);
    let mut err = what_was_wrong(&told["report"]);
    for problem in told["errors"].as_array().into_iter().flatten() {
        let _ = writeln!(err, "{}", mistake(problem));
    }
    let (status, [code, detail]) = (
        answer.status.as_u16(),
        ["code", "detail"].map(|k| word(&told[k])),
    );
    let _ = writeln!(err, "sluis: {status} {code}: {detail}");
    Reply {
        err,
        code: 1,
        ..Reply::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_refused_list_every_mistake_is_told() {
        let body = json!({
            "code": "nothing_taken", "detail": "no row was taken",
            "report": {
                "rejections": [{ "line": 2, "reasons": [{ "path": "data.day", "value": "x", "expected": "a day" }] }],
                "repeats": [{ "line": 3, "first": 2 }],
                "notes": [{ "path": "Titel", "hint": "nothing is done with it" }]
            }
        });
        let (status, body) = (
            http::StatusCode::UNPROCESSABLE_ENTITY,
            body.to_string().into(),
        );
        let answer = Answer { status, body };
        assert_eq!(
            refused(&answer).err,
            "line 2: data.day: \"x\": expected a day\nline 3: the same as line 2: told once\n\
             note: Titel: nothing is done with it\nsluis: 422 nothing_taken: no row was taken\n"
        );
    }

    #[test]
    fn one_mailing_is_shown_with_its_counts() {
        let answer = json!({
            "id": "ab", "stage": "draft", "name": "Nieuws", "flow": "notice", "rows": { "count": 3, "checksum": "cd" },
            "selection": { "when": "today > '2026-01-01'", "state": "done", "undecided": 2 }
        });
        assert_eq!(
            mailing(&answer),
            "ab  draft           3 rows  notice: Nieuws\nrows: checksum cd, count 3\n\
             selection: state done, undecided 2, when today > '2026-01-01'\n"
        );
    }
}
