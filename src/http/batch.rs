//! Owns `POST /v1/notifications/batch`: NDJSON in, a verdict a row out, in order. Bad rows fail
//! alone. Refuses to hold more than one window of undecided rows.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use parking_lot::Mutex;
use serde::Serialize;
use sluis_actors::{Answers, ShardAnswer};
use sluis_model::CorporationId;
use tokio::sync::Notify;

use super::auth::Caller;
use super::body::{LinesBody, line_without_mark};
use super::notifications::{AcceptedBody, accepted};
use super::problem::Problem;
use crate::admission::{Admitted, Rejected};
use crate::app::App;
use crate::intake::{self, FieldProblem, ProblemCode};

/// Most rows of one request.
const MOST_ROWS: usize = 50_000;
/// Rows handed over and not yet answered, per request.
const WINDOW: usize = 2_048;
/// Bytes of an answer from which on a bad row gets its code alone: fifty thousand of them would
/// take 44 MB else.
const MOST_DESCRIBED: usize = 4 << 20;
/// Says how many rows did.
const LEFT_OUT: HeaderName = HeaderName::from_static("sluis-problems-left-out");

#[derive(Serialize)]
struct Row {
    row: usize,
    #[serde(flatten)]
    verdict: Verdict,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Verdict {
    Accepted(AcceptedBody),
    Failed { error: Problem },
}

/// `POST /v1/notifications/batch`
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    LinesBody(body): LinesBody,
) -> Result<Response, Problem> {
    let rows: Vec<Bytes> = rows(&body);
    check_count(rows.len())?;
    let mut report = Report::for_rows(rows.len());
    for window in rows.chunks(WINDOW) {
        let verdicts = run_window(&app, corporation, window).await;
        verdicts.into_iter().for_each(|verdict| report.add(verdict));
    }
    Ok(report.answer())
}

/// Whether there are rows, and not too many.
fn check_count(rows: usize) -> Result<(), Problem> {
    if rows == 0 {
        // Nobody means to send nothing: a file that was not filled, or a body that was lost on the
        // way.
        let expected = format!("1 to {MOST_ROWS} lines, a notification each");
        let empty = FieldProblem::new("body", ProblemCode::Empty, expected);
        return Err(Problem::invalid(vec![empty]));
    }
    if rows > MOST_ROWS {
        let detail = format!("{rows} rows: expected at most {MOST_ROWS} a request; split it");
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        return Err(Problem::new(status, "too_many_rows", detail));
    }
    Ok(())
}

/// The answer, a line a row.
struct Report {
    out: Vec<u8>,
    rows: usize,
    left_out: u32,
}

impl Report {
    fn for_rows(rows: usize) -> Self {
        Self {
            out: Vec::with_capacity(rows * 96),
            rows: 0,
            left_out: 0,
        }
    }

    fn add(&mut self, verdict: Verdict) {
        self.rows += 1;
        let mut row = Row {
            row: self.rows,
            verdict,
        };
        if let Verdict::Failed { error } = &mut row.verdict
            && self.out.len() >= MOST_DESCRIBED
        {
            error.shorten();
            self.left_out += 1;
        }
        // Writing to memory does not fail, and every field serialises.
        drop(serde_json::to_writer(&mut self.out, &row));
        self.out.push(b'\n');
    }

    fn answer(self) -> Response {
        let mut response = Response::new(Body::from(self.out));
        let headers = response.headers_mut();
        let lines = HeaderValue::from_static("application/x-ndjson");
        headers.insert(header::CONTENT_TYPE, lines);
        if self.left_out > 0 {
            headers.insert(LEFT_OUT, HeaderValue::from(self.left_out));
        }
        response
    }
}

/// Lines that are not blank, as slices of the body.
fn rows(body: &Bytes) -> Vec<Bytes> {
    lines(body)
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .map(line_without_mark)
        .filter(|line| !line.trim_ascii().is_empty())
        .map(|line| body.slice_ref(line))
        .collect()
}

/// What stands between line feeds. They are looked for many bytes at a time.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', text).chain([text.len()]);
    ends.scan(0, |begin, end| {
        let line = &text[*begin..end];
        *begin = end + 1;
        Some(line)
    })
}

async fn run_window(app: &App, corporation: CorporationId, rows: &[Bytes]) -> Vec<Verdict> {
    let gather = Gather::of(rows.len());
    let answers: Arc<dyn Answers> = gather.clone();
    let admitted: Vec<Result<Admitted, Problem>> = rows
        .iter()
        .enumerate()
        .map(|(number, row)| admit(app, corporation, row, &answers, number as u64))
        .collect();
    let expected = admitted.iter().filter(|row| row.is_ok()).count();
    let mut answered = gather.wait(expected).await;
    let verdict = |(number, row): (usize, Result<Admitted, Problem>)| {
        let answer = answered[number].take().unwrap_or(ShardAnswer::Dropped);
        match row.and_then(|admitted| accepted(app, corporation, admitted, answer)) {
            Ok(body) => Verdict::Accepted(body),
            Err(error) => Verdict::Failed { error },
        }
    };
    admitted.into_iter().enumerate().map(verdict).collect()
}

/// Hands one row over; `answers` tells under `number` what became of it.
fn admit(
    app: &App,
    corporation: CorporationId,
    row: &Bytes,
    answers: &Arc<dyn Answers>,
    number: u64,
) -> Result<Admitted, Problem> {
    let request = intake::notification::parse(row).map_err(|problems| {
        app.admission.unreadable(corporation);
        Problem::invalid(problems)
    })?;
    let admitted = app.admission.admit(corporation, &request, answers, number);
    admitted.map_err(|rejected: Rejected| rejected.into())
}

/// Collects the answers of one window.
struct Gather {
    answers: Mutex<Vec<Option<ShardAnswer>>>,
    arrived: Notify,
}

impl Answers for Gather {
    fn answer(&self, correlation: u64, answer: ShardAnswer) {
        if let Some(place) = self.answers.lock().get_mut(correlation as usize) {
            *place = Some(answer);
        }
        self.arrived.notify_one();
    }
}

impl Gather {
    fn of(rows: usize) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new((0..rows).map(|_| None).collect()),
            arrived: Notify::new(),
        })
    }

    async fn wait(&self, expected: usize) -> Vec<Option<ShardAnswer>> {
        loop {
            {
                let mut answers = self.answers.lock();
                if answers.iter().filter(|answer| answer.is_some()).count() >= expected {
                    return std::mem::take(&mut *answers);
                }
            }
            self.arrived.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &'static [u8]) -> Vec<Bytes> {
        rows(&Bytes::from_static(body))
    }

    #[test]
    fn every_line_that_is_not_blank_is_a_row() {
        assert_eq!(
            of(b"{}\r\n\n \t\r\n\xEF\xBB\xBF{1}\n{2}"),
            ["{}", "{1}", "{2}"]
        );
        assert_eq!(of(b"{}\n{1}\n"), ["{}", "{1}"]);
        assert_eq!(of(b"\n{}"), ["{}"]);
        assert!(of(b"").is_empty());
        assert!(of(b"\r\n\n").is_empty());
    }
}
