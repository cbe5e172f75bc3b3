//! Owns `GET /v1/outcomes`: what became of everything, in the order of the journal, NDJSON, with a
//! cursor and a long poll. Refuses to keep a queue per reader: the journal is the queue.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::{CorporationId, Event, Record};

use super::auth::Caller;
use super::problem::Problem;
use super::query::{Asked, bad, shown};
use crate::app::App;
use crate::explain;
use crate::reading;

/// Most rows of one answer.
const MOST_ROWS: usize = 10_000;
/// Most records looked at for one answer, so that a reader far behind gets a cursor and not a
/// timeout.
const MOST_RECORDS: usize = 400_000;
/// Most records of one piece of reading: between two, other corporations have their turn.
const PIECE: usize = 4_000;
/// Longest wait for news, in seconds.
const LONGEST_WAIT: usize = 30;

/// `GET /v1/outcomes`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    asked: Asked,
) -> Result<Response, Problem> {
    let asked = asked.only(&["after", "limit", "wait", "corrections"])?;
    let corrections = wants_corrections(&asked)?;
    let mut cursor = match asked.text("after") {
        None => first_cursor(&app),
        Some(text) => parse_cursor(&app, corporation, text)?,
    };
    let limit = asked.number("limit", 1..=MOST_ROWS, 1_000)?;
    let wait = Duration::from_secs(asked.number("wait", 0..=LONGEST_WAIT, 0)? as u64);
    let wanted = Wanted { limit, corrections };
    let body = news(&app, corporation, &mut cursor, wanted, wait).await?;
    Ok(respond(&app, corporation, body, &cursor))
}

/// What a reader asks for.
#[derive(Clone, Copy)]
struct Wanted {
    /// Most rows.
    limit: usize,
    /// Contact points that are to be corrected at their source, too.
    corrections: bool,
}

fn wants_corrections(asked: &Asked) -> Result<bool, Problem> {
    match asked.text("corrections") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => {
            let shown = shown(other);
            Err(bad(format!("corrections {shown}: expected true or false")))
        }
    }
}

/// Rows from `cursor` on; waits for some when there are none.
async fn news(
    app: &Arc<App>,
    corporation: CorporationId,
    cursor: &mut Vec<u64>,
    wanted: Wanted,
    wait: Duration,
) -> Result<Vec<u8>, Problem> {
    let mut news = app.engine.news();
    let end = tokio::time::sleep(wait);
    tokio::pin!(end);
    loop {
        news.mark_unchanged();
        let (body, next) = read(app, corporation, cursor.clone(), wanted).await?;
        let moved = next != *cursor;
        *cursor = next;
        if !body.is_empty() || wait.is_zero() {
            return Ok(body);
        }
        if moved {
            continue;
        }
        tokio::select! {
            () = &mut end => return Ok(body),
            changed = news.changed() => if changed.is_err() { return Ok(body) },
        }
    }
}

/// The cursor before everything that is kept.
fn first_cursor(app: &App) -> Vec<u64> {
    let journal = app.engine.journal();
    let before = |shard: u16| journal.first(Shard(shard)).previous().0;
    (0..app.engine.shards()).map(before).collect()
}

/// The cursor, if everything behind it is kept.
fn kept(
    app: &App,
    corporation: CorporationId,
    cursor: Vec<u64>,
    first: &[u64],
) -> Result<Vec<u64>, Problem> {
    let is_kept = cursor.iter().zip(first).all(|(at, first)| at >= first);
    if is_kept {
        Ok(cursor)
    } else {
        Err(Problem::cursor_expired(sealed(app, corporation, first)))
    }
}

/// A cursor as a reader gets it.
fn sealed(app: &App, corporation: CorporationId, cursor: &[u64]) -> String {
    let plain: Vec<u8> = cursor
        .iter()
        .flat_map(|sequence| sequence.to_be_bytes())
        .collect();
    app.reference
        .encrypt(corporation, crate::ids::nonce(), &plain)
}

fn respond(app: &App, corporation: CorporationId, mut body: Vec<u8>, cursor: &[u64]) -> Response {
    let encrypted = sealed(app, corporation, cursor);
    body.extend_from_slice(format!("{{\"cursor\":\"{encrypted}\"}}\n").as_bytes());
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-ndjson"),
    );
    response
}

fn parse_cursor(app: &App, corporation: CorporationId, text: &str) -> Result<Vec<u64>, Problem> {
    let bad = || {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "bad_cursor",
            "after: expected the cursor of an earlier answer, as it was given",
        )
    };
    let plain = app
        .reference
        .decrypt(corporation, text)
        .map_err(|_| bad())?;
    let (numbers, rest) = plain.as_chunks::<8>();
    if !rest.is_empty() || numbers.len() != usize::from(app.engine.shards()) {
        return Err(bad());
    }
    Ok(numbers
        .iter()
        .map(|bytes| u64::from_be_bytes(*bytes))
        .collect())
}

/// Rows from `cursor` on, and where to go on.
async fn read(
    app: &Arc<App>,
    corporation: CorporationId,
    cursor: Vec<u64>,
    wanted: Wanted,
) -> Result<(Vec<u8>, Vec<u64>), Problem> {
    let mut read = Read {
        cursor,
        ..Read::default()
    };
    for _ in 0..MOST_RECORDS / PIECE {
        // What is behind the cursor may be forgotten between two pieces.
        read.cursor = kept(app, corporation, read.cursor, &first_cursor(app))?;
        let (app_there, before) = (app.clone(), read);
        let piece = move || scan(&app_there, corporation, before, wanted);
        let scanned = reading::read(app, corporation, piece).await?;
        read = scanned.map_err(|error| unreadable(&error))?;
        if read.rows >= wanted.limit || read.looked < PIECE {
            break;
        }
    }
    Ok((read.body, read.cursor))
}

fn unreadable(error: &JournalError) -> Problem {
    tracing::error!(%error, "outcomes cannot be read");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "journal_unreadable",
        "the journal could not be read",
    )
}

/// What was read for one answer so far.
#[derive(Default)]
struct Read {
    cursor: Vec<u64>,
    body: Vec<u8>,
    rows: usize,
    /// Records that the last piece looked at.
    looked: usize,
}

/// One more piece.
fn scan(
    app: &App,
    corporation: CorporationId,
    before: Read,
    wanted: Wanted,
) -> Result<Read, JournalError> {
    let journal: &dyn Journal = &**app.engine.journal();
    let Read {
        mut cursor,
        mut body,
        mut rows,
        ..
    } = before;
    let mut looked = 0;
    for (shard, at) in cursor.iter_mut().enumerate() {
        if journal.durable(Shard(shard as u16)).0 <= *at {
            continue;
        }
        journal.replay(
            Shard(shard as u16),
            Sequence(*at + 1),
            &mut |sequence, bytes| {
                if rows >= wanted.limit || looked >= PIECE {
                    return ControlFlow::Break(());
                }
                looked += 1;
                *at = sequence.0;
                rows += tell(app, corporation, sequence, (bytes, wanted), &mut body);
                ControlFlow::Continue(())
            },
        )?;
    }
    Ok(Read {
        cursor,
        body,
        rows,
        looked,
    })
}

/// Writes what a record says of ends, reminders and facts that flows set, of the corporation's notifications, and of contact points
/// where that is wanted; gives how many rows.
fn tell(
    app: &App,
    corporation: CorporationId,
    sequence: Sequence,
    (record, wanted): (&[u8], Wanted),
    body: &mut Vec<u8>,
) -> usize {
    let Ok(Record::Tenant(record)) = Record::decode(record) else {
        return 0;
    };
    // Of a group its parts are told.
    if record.tenant.corporation != corporation || record.tenant.as_household().is_some() {
        return 0;
    }
    let position = |event: &Event, what| {
        let mask = |id| app.reference.mask_position(id, what, sequence.0);
        event.notification().map_or(0, mask)
    };
    let mut rows = 0;
    for event in &record.events {
        let reminded = || explain::reminder(position(event, "task_reminded"), &record, event);
        if let Some(row) = explain::outcome(position(event, "ended"), &record, event) {
            rows += write(body, &row);
        } else if let Some(row) = reminded() {
            rows += write(body, &row);
        } else if let Some(row) = explain::fact_set(position(event, "fact_set"), &record, event) {
            rows += write(body, &row);
        } else if wanted.corrections {
            let place = |id| app.reference.mask_position(id, "corrected", sequence.0);
            let row = explain::correction(place, &record, event);
            rows += row.map_or(0, |row| write(body, &row));
        }
    }
    rows
}

/// Writes one row.
fn write(body: &mut Vec<u8>, row: &impl serde::Serialize) -> usize {
    // Writing to memory does not fail, and every field serialises.
    drop(serde_json::to_writer(&mut *body, row));
    body.push(b'\n');
    1
}
