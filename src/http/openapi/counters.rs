//! Owns the description of the daily counters. Refuses to list events that may still come.

use serde_json::{Value, json};

use super::parts::{Op, reference};

const ABOUT: &str = "How often what was decided, per day, flow, version, step, channel, provider, end and reason. Kept for years, whatever \
                     was forgotten or erased; they name nobody. A part that an event has not is empty. For `task_opened`, `end` is the list of \
                     the task. Days are Dutch days. A corporation has at most 2,000 rows of a day with every part; \
                     what is beyond has `(other)` as its reason.";
const CSV: &str = "The same with a header line (RFC 4180). `Sluis-Counters-Complete` says whether everything that was durable when the call came is \
                   counted.";

pub(super) fn operations() -> Vec<Op> {
    let get = Op::new(
        "get",
        "/v1/counters",
        "getCounters",
        "results",
        "What was decided, counted by day",
    )
    .about(ABOUT);
    let csv = Op::new(
        "get",
        "/v1/counters.csv",
        "getCountersCsv",
        "results",
        "What was decided, counted by day, as CSV",
    )
    .about("As `/v1/counters`, for a spreadsheet.");
    let of_all = Op::new(
        "get",
        "/v1/operator/counters",
        "getAllCounters",
        "operation",
        "What was decided, counted by day, of all corporations",
    )
    .about("As `/v1/counters`, with the corporation of each row. Leaves an audit line.");
    let whose = json!({ "type": "string", "example": "waterpoort" });
    let example = "day,flow,version,step,channel,provider,event,end,reason,count\n\
                   2026-02-02,storno,3,mail,email,relay,attempt_started,,,412\n";
    vec![
        filtered(get)
            .gives_json(200, "In order of days.", "Counters", &answer(None))
            .fails(&[(429, "too_many_reads"), (500, "counters_unreadable")]),
        filtered(csv)
            .gives(
                200,
                CSV,
                "text/csv",
                &json!({ "type": "string" }),
                &example.into(),
            )
            .fails(&[(429, "too_many_reads"), (500, "counters_unreadable")]),
        filtered(of_all)
            .query(
                "corporation",
                "Only this corporation, by its name in the configuration.",
                &whose,
            )
            .gives_json(
                200,
                "In order of days.",
                "Counters",
                &answer(Some("waterpoort")),
            )
            .fails(&[(429, "too_many_reads"), (500, "counters_unreadable")]),
    ]
}

fn filtered(op: Op) -> Op {
    let day = json!({ "type": "string", "format": "date", "example": "2026-02-02" });
    op.query(
        "from",
        "The first day; without it 30 days before `to`. At most 3,660 days before it.",
        &day,
    )
    .query(
        "to",
        "The last day, which is part of it; without it today.",
        &day,
    )
    .query(
        "flow",
        "Only this flow.",
        &json!({ "type": "string", "example": "storno" }),
    )
    .query("channel", "Only this channel.", &reference("Channel"))
    .query("event", "Only this event.", &reference("CountedEvent"))
}

fn answer(corporation: Option<&str>) -> Value {
    let mut row = json!({
        "day": "2026-02-02", "flow": "storno", "version": 3, "step": "mail", "channel": "email", "provider": "relay",
        "event": "attempt_started", "end": "", "reason": "", "count": 412
    });
    if let Some(corporation) = corporation {
        row["corporation"] = corporation.into();
    }
    json!({ "from": "2026-01-03", "to": "2026-02-02", "complete": true, "counters": [row] })
}
