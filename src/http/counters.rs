//! Owns what is asked of the daily counters, as JSON and as CSV. Refuses to show one corporation the
//! counts of another, and more days or rows than an answer holds.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use serde::Serialize;
use sluis_model::{Channel, Event};

use super::auth::{Caller, Operator};
use super::pauses;
use super::problem::Problem;
use super::query::{Asked, bad, shown};
use crate::app::App;
use crate::counters::{self, Counted, Days, Full, Row};
use crate::reading;
use crate::surveys::MOST_SURVEYS;

/// The most days of one answer: ten years.
const MOST_DAYS: i32 = 3_660;
/// The most rows of one answer.
const MOST_ROWS: usize = 50_000;
/// Without `from`: so many days before `to`.
const USUAL_DAYS: i32 = 30;
/// Parameters of every call.
const PARAMETERS: [&str; 5] = ["from", "to", "flow", "channel", "event"];
/// Whether everything that was durable when the call came is counted.
const COMPLETE: &str = "sluis-counters-complete";
/// The header of the CSV.
const COLUMNS: [&str; 10] = [
    "day", "flow", "version", "step", "channel", "provider", "event", "end", "reason", "count",
];

/// `GET /v1/counters`
#[derive(Debug, Serialize)]
pub(super) struct CountersBody {
    from: String,
    to: String,
    /// Whether everything that was durable when the call came is counted.
    complete: bool,
    counters: Vec<CountBody>,
}

#[derive(Debug, Serialize)]
struct CountBody {
    day: String,
    /// Only for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    corporation: Option<String>,
    flow: Arc<str>,
    version: u32,
    step: Arc<str>,
    channel: Arc<str>,
    provider: Arc<str>,
    event: Arc<str>,
    end: Arc<str>,
    reason: Arc<str>,
    count: u64,
}

/// What was found.
struct Answer {
    asked: counters::Asked,
    complete: bool,
    rows: Vec<Row>,
}

/// `GET /v1/counters`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    asked: Asked,
) -> Result<Json<CountersBody>, Problem> {
    let asked = wanted(&app, &asked.only(&PARAMETERS)?, Some(corporation.0))?;
    let (counters, look) = (app.counters.clone(), asked.clone());
    let answer = reading::read(&app, corporation, move || look_up(&counters, look)).await??;
    Ok(Json(answer.body(|_| None)))
}

/// `GET /v1/counters.csv`
pub(super) async fn csv(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    asked: Asked,
) -> Result<Response, Problem> {
    let asked = wanted(&app, &asked.only(&PARAMETERS)?, Some(corporation.0))?;
    let counters = app.counters.clone();
    let look = move || {
        let answer = look_up(&counters, asked)?;
        let text = answer.csv().map_err(|_| unreadable())?;
        Ok::<_, Problem>((answer.complete, text))
    };
    let (complete, text) = reading::read(&app, corporation, look).await??;
    let complete = if complete { "true" } else { "false" };
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (HeaderName::from_static(COMPLETE), complete),
    ];
    let head = head.map(|(name, value)| (name, HeaderValue::from_static(value)));
    Ok((head, text).into_response())
}

/// `GET /v1/operator/counters`
pub(super) async fn of_all(
    State(app): State<Arc<App>>,
    Operator(by): Operator,
    asked: Asked,
) -> Result<Json<CountersBody>, Problem> {
    let asked = asked.only(&["from", "to", "flow", "channel", "event", "corporation"])?;
    let named = asked.word("corporation");
    let corporation = match named {
        None => None,
        Some(name) => Some(app.corporation_named(name).ok_or_else(|| {
            bad(format!(
                "corporation {name:?}: expected the name of one in the configuration"
            ))
        })?),
    };
    pauses::audit(&by, "counters", named.unwrap_or("all corporations"));
    let asked = wanted(&app, &asked, corporation.map(|corporation| corporation.0))?;
    let _turn = app.surveys.turn().await.ok_or_else(|| {
        let detail = format!("{MOST_SURVEYS} overviews are being made: ask one after the other");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_reads", detail).retry_after(1)
    })?;
    let counters = app.counters.clone();
    let looked = tokio::task::spawn_blocking(move || look_up(&counters, asked)).await;
    let answer = looked.map_err(|_| unreadable())??;
    let name = |counted: &Counted| Some(app.corporation_name(corporation_of(counted)));
    Ok(Json(answer.body(name)))
}

fn corporation_of(counted: &Counted) -> sluis_model::CorporationId {
    sluis_model::CorporationId(counted.corporation)
}

/// What a call asks for.
fn wanted(app: &App, asked: &Asked, corporation: Option<u16>) -> Result<counters::Asked, Problem> {
    let today = Days::new().map_err(|_| unreadable())?.of(app.clock.now());
    let to = day(asked, "to")?.unwrap_or(today);
    let usual = || earlier(to, USUAL_DAYS.days());
    let from = day(asked, "from")?.unwrap_or_else(usual);
    if from > to {
        return Err(bad(format!(
            "from {from} is after to {to}: expected an earlier day, or the same"
        )));
    }
    if from < earlier(to, MOST_DAYS.days()) {
        return Err(bad(format!(
            "from {from}: expected at most {MOST_DAYS} days before to {to}"
        )));
    }
    Ok(counters::Asked {
        days: from..=to,
        corporation,
        flow: asked.text("flow").map(str::to_owned),
        channel: word(asked, "channel", &Channel::ALL.map(Channel::name))?,
        event: word(asked, "event", Event::NAMES)?,
        most: MOST_ROWS,
    })
}

fn earlier(day: Date, by: Span) -> Date {
    day.checked_sub(by).unwrap_or(Date::MIN)
}

fn day(asked: &Asked, name: &str) -> Result<Option<Date>, Problem> {
    let Some(text) = asked.word(name) else {
        return Ok(None);
    };
    let is_day = text.len() == "2026-02-02".len();
    match text.parse() {
        Ok(day) if is_day => Ok(Some(day)),
        Ok(_) | Err(_) => Err(bad(format!(
            "{name} {:?}: expected a day in Dutch time, such as 2026-02-02",
            shown(text)
        ))),
    }
}

/// A word from a list.
fn word(asked: &Asked, name: &str, words: &[&str]) -> Result<Option<String>, Problem> {
    match asked.word(name) {
        Some(word) if !words.contains(&word) => {
            let words = words.join(", ");
            Err(bad(format!(
                "{name} {:?}: expected one of {words}",
                shown(word)
            )))
        }
        word => Ok(word.map(str::to_owned)),
    }
}

fn look_up(counters: &counters::Counters, asked: counters::Asked) -> Result<Answer, Problem> {
    let complete = counters.catch_up();
    let found = counters.rows(&asked).map_err(|error| {
        tracing::error!(%error, "the counters cannot be read");
        unreadable()
    })?;
    let rows = found.map_err(|Full| {
        bad(format!(
            "there are more than {MOST_ROWS} rows: ask for fewer days, or for one flow, channel or event"
        ))
    })?;
    Ok(Answer {
        asked,
        complete,
        rows,
    })
}

impl Answer {
    fn body(self, corporation: impl Fn(&Counted) -> Option<String>) -> CountersBody {
        let counters = self.rows.into_iter();
        let counters = counters.map(
            |Row {
                 day,
                 counted,
                 count,
             }| CountBody {
                day: day.to_string(),
                corporation: corporation(&counted),
                flow: counted.flow,
                version: counted.version,
                step: counted.step,
                channel: counted.channel,
                provider: counted.provider,
                event: counted.event,
                end: counted.end,
                reason: counted.reason,
                count,
            },
        );
        CountersBody {
            from: self.asked.days.start().to_string(),
            to: self.asked.days.end().to_string(),
            complete: self.complete,
            counters: counters.collect(),
        }
    }

    fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(COLUMNS)?;
        for Row {
            day,
            counted,
            count,
        } in &self.rows
        {
            let (day, version, count) = (
                day.to_string(),
                counted.version.to_string(),
                count.to_string(),
            );
            writer.write_record([
                &*day,
                &*counted.flow,
                &*version,
                &*counted.step,
                &*counted.channel,
                &*counted.provider,
                &*counted.event,
                &*counted.end,
                &*counted.reason,
                &*count,
            ])?;
        }
        writer
            .into_inner()
            .map_err(|error| error.into_error().into())
    }
}

fn unreadable() -> Problem {
    let text = "the counters could not be read; the operators were told";
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "counters_unreadable",
        text,
    )
}
