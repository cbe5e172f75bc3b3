//! Owns what is told to whoever answers a task too late: what closed it, and when. Refuses to make anything
//! of the answer.

use http::StatusCode;
use sluis_model::{CorporationId, Event, Flow, FlowBook, NotificationId, TenantRecord};

use super::named::snapshot;
use super::problem::Problem;
use super::records::Records;
use crate::app::App;
use crate::explain::{self, cause_words, rfc3339};

/// Records of a tenant that are looked at.
const MOST_RECORDS: usize = 2_000;

/// 409: somebody answered it, its time was over, or its flow has ended.
pub(super) async fn not_open(
    app: &App,
    corporation: CorporationId,
    task: (NotificationId, u16),
) -> Problem {
    let detail = match what_happened(app, corporation, task).await {
        Ok(Some(what)) => format!("this task is not open any more: {what}"),
        Ok(None) | Err(_) => "this task is not open any more".to_owned(),
    };
    Problem::new(StatusCode::CONFLICT, "task_not_open", detail)
}

/// What closed it, where its records are kept.
async fn what_happened(
    app: &App,
    corporation: CorporationId,
    (id, number): (NotificationId, u16),
) -> Result<Option<String>, Problem> {
    let Some(snapshot) = snapshot(app, corporation, id).await? else {
        return Ok(None);
    };
    let wanted = explain::Wanted {
        before: None,
        limit: MOST_RECORDS,
        of: Some(id),
    };
    let page = Records::of(app, &snapshot.key)
        .walk(app, snapshot.tenant.last, wanted, explain::about(id))
        .await?;
    let open = snapshot.tenant.find(id).map(|open| open.flow);
    let flow = open.or_else(|| explain::ran_by(id, &page));
    let flow = flow.and_then(|flow| app.book.flow(flow));
    let oldest_first = page.records.iter().rev().map(|(_, record)| record);
    Ok(closed(oldest_first, (id, number), flow))
}

/// The first thing that happened to it after the task had opened.
fn closed<'a>(
    records: impl Iterator<Item = &'a TenantRecord>,
    (id, number): (NotificationId, u16),
    flow: Option<&Flow>,
) -> Option<String> {
    let mut is_open = false;
    for record in records {
        for event in record
            .events
            .iter()
            .filter(|of| of.notification() == Some(id))
        {
            match event {
                Event::TaskOpened { task, .. } if *task == number => is_open = true,
                event if is_open => {
                    if let Some(moved) = moved(event, flow) {
                        return Some(format!("at {} {moved}", rfc3339(record.at)));
                    }
                }
                _ => {}
            }
        }
    }
    None
}

/// Where an event took the flow, if it took it anywhere.
fn moved(event: &Event, flow: Option<&Flow>) -> Option<String> {
    let because = |cause| {
        flow.map_or_else(String::new, |flow| {
            format!(", because {}", cause_words(cause, flow))
        })
    };
    match event {
        Event::Ended { end, cause, .. } => {
            Some(format!("the flow ended '{end}'{}", because(cause)))
        }
        Event::StepEntered { step, cause, .. } => {
            let step = flow.and_then(|flow| flow.step(*step));
            let step = step.map_or("?", |step| &step.id);
            Some(format!(
                "the flow went on with step '{step}'{}",
                because(cause)
            ))
        }
        Event::TaskOpened { list, cause, .. } => Some(format!(
            "people were asked on list '{list}'{}",
            because(cause)
        )),
        Event::AttemptDelivered { .. } | Event::AttemptFailed { .. } => {
            Some("somebody said what became of the message".to_owned())
        }
        _ => None,
    }
}
