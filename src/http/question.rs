//! Owns a tenant's answer on the page behind a link: the question is looked up, what was filled in is
//! checked as an answer of people is, and told to the shard. Refuses an answer to a question that is not
//! the one that is asked now, and to say "thank you" before the answer is on the disk.

use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use sluis_model::flow::{Page, Question};
use sluis_model::{
    CorporationId, Flow, FlowBook, FlowRef, Input, NotificationId, TaskAnswer, TenantAnswered,
};

use super::link_page::{Text, data_field, show};
use super::mailings::corporation_name;
use super::named::snapshot;
use super::problem::Problem;
use super::question_page::{SHOWN, Showing, Tried, hex};
use super::records::Records;
use crate::app::App;
use crate::ask::AskError;
use crate::explain;
use crate::intake;
use crate::intake::answer::Says;
use crate::intake::form::Form;

/// Records of a tenant that are looked at for an answer of long ago.
const MOST_RECORDS: usize = 2_000;

/// A question that is asked now.
pub(super) struct Asking {
    pub corporation: CorporationId,
    pub id: NotificationId,
    /// Sequence of the notification's body.
    pub body: u64,
    pub flow: FlowRef,
    pub step: u8,
    pub language: Box<str>,
}

/// The name of the form's field that says which question it answers.
pub(super) const QUESTION: &str = "question";

/// The page with the question.
pub(super) async fn page(app: &App, asking: &Asking) -> Response {
    shown(app, asking, StatusCode::OK, None).await
}

/// The page with the question, for what came and cannot be read as an answer: no form of this page.
pub(super) async fn not_read(app: &App, asking: &Asking) -> Response {
    let tried = Tried {
        answer: "",
        form: &Form::default(),
        problems: &[],
    };
    shown(app, asking, StatusCode::UNPROCESSABLE_ENTITY, Some(tried)).await
}

async fn shown(
    app: &App,
    asking: &Asking,
    status: StatusCode,
    tried: Option<Tried<'_>>,
) -> Response {
    let Some(flow) = app.book.flow(asking.flow) else {
        return show(
            StatusCode::SERVICE_UNAVAILABLE,
            &asking.language,
            Text::Busy,
        );
    };
    let Some((question, page)) = at(flow, asking.step) else {
        return show(StatusCode::GONE, &asking.language, Text::Closed);
    };
    let document = document(app, asking, page).await;
    let corporation = corporation_name(app, asking.corporation);
    let showing = Showing {
        corporation: &corporation,
        question,
        page,
        asked_by: step_id(flow, page),
        english: asking.language.starts_with("en"),
        document: document.as_deref(),
        tried,
    };
    (status, Html(showing.html())).into_response()
}

/// Where what is asked about can be read.
async fn document(app: &App, asking: &Asking, page: &Page) -> Option<String> {
    let field = page.document.as_ref()?;
    data_field(app, asking.id, asking.body, field).await
}

/// The SHA-256 of what the page shows now.
async fn hash_shown(app: &App, asking: &Asking, (question, page): (&Question, &Page)) -> [u8; 32] {
    let document = document(app, asking, page).await;
    let showing = Showing {
        corporation: &corporation_name(app, asking.corporation),
        question,
        page,
        asked_by: "",
        english: asking.language.starts_with("en"),
        document: document.as_deref(),
        tried: None,
    };
    showing.hash()
}

fn at(flow: &Flow, step: u8) -> Option<(&Question, &Page)> {
    let question = flow.step(step)?.kind.question()?;
    Some((question, question.page.as_deref()?))
}

fn step_id<'a>(flow: &'a Flow, page: &Page) -> &'a str {
    flow.step(page.asked_by).map_or("", |step| &step.id)
}

/// What comes of a form that somebody sent. `None`: what it answers is not asked now.
pub(super) async fn take(
    app: &App,
    corporation: CorporationId,
    id: NotificationId,
    form: &Form,
) -> Option<Response> {
    let asking = match asked_now(app, corporation, id).await {
        Ok(asking) => asking?,
        Err(_) => return Some(show(StatusCode::SERVICE_UNAVAILABLE, "", Text::Busy)),
    };
    let flow = app.book.flow(asking.flow)?;
    let (question, page) = at(flow, asking.step)?;
    if form.text(QUESTION) != Some(step_id(flow, page)) {
        return None;
    }
    let answer = form.text("answer").unwrap_or_default();
    let shows = hash_shown(app, &asking, (question, page)).await;
    let had = form.text(SHOWN);
    if had.is_some_and(|had| had != hex(&shows)) {
        // The page has changed since: he answers what it says now, or not.
        let tried = Tried {
            answer,
            form,
            problems: &[],
        };
        return Some(shown(app, &asking, StatusCode::CONFLICT, Some(tried)).await);
    }
    let wrong = |problems| Tried {
        answer,
        form,
        problems,
    };
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    let Some(reply) = question.reply(answer) else {
        return Some(shown(app, &asking, unprocessable, Some(wrong(&[]))).await);
    };
    let fields = form.fields(&reply.fields).to_string();
    let says = match intake::answer::parse(&fields, &reply.fields) {
        Ok(says) => says,
        Err(problems) => {
            return Some(shown(app, &asking, unprocessable, Some(wrong(&problems))).await);
        }
    };
    let given = TenantAnswered {
        id,
        step: page.asked_by,
        answer: answer.into(),
        by: "".into(),
        says,
        shown: had.map(|_| shows),
    };
    let language = &asking.language;
    match give(app, corporation, given).await {
        Ok(Some(TaskAnswer::Taken)) => Some(show(StatusCode::OK, language, Text::Thanks)),
        Ok(Some(TaskAnswer::Unknown(_) | TaskAnswer::Lacks(_))) => {
            Some(shown(app, &asking, unprocessable, Some(wrong(&[]))).await)
        }
        Ok(Some(TaskAnswer::NotOpen) | None) => None,
        Ok(Some(TaskAnswer::UnderWay)) | Err(_) => {
            Some(show(StatusCode::SERVICE_UNAVAILABLE, language, Text::Busy))
        }
    }
}

/// What the notification asks its tenant now, whether or not he may answer still.
async fn asked_now(
    app: &App,
    corporation: CorporationId,
    id: NotificationId,
) -> Result<Option<Asking>, Problem> {
    let Some(snapshot) = snapshot(app, corporation, id).await? else {
        return Ok(None);
    };
    let language = snapshot.tenant.profile.as_deref();
    let language = language.map_or("".into(), |profile| profile.language.clone());
    let open = snapshot.tenant.find(id);
    Ok(open.map(|open| Asking {
        corporation,
        id,
        body: open.body,
        flow: open.flow,
        step: open.step,
        language,
    }))
}

/// Tells the shard what the tenant answered; none: it does not know the notification.
///
/// # Errors
/// See [`AskError`].
async fn give(
    app: &App,
    corporation: CorporationId,
    given: TenantAnswered,
) -> Result<Option<TaskAnswer>, Problem> {
    let id = given.id;
    let input = Input::TenantAnswered(Box::new(given));
    super::task_answer::tell(app, corporation, id, input).await
}

/// An answer that the corporation's own tool, or somebody on the telephone, took for the tenant: the
/// question of the step with this id.
///
/// # Errors
/// 404: no such notification, or no such question. 409: it is not asked now. 422: the answer leads
/// nowhere, or its fields are not what it asks for.
pub(super) async fn give_for(
    app: &App,
    corporation: CorporationId,
    (id, step): (NotificationId, &str),
    (answer, by): (&str, &str),
    fields: Option<&str>,
) -> Result<(), Problem> {
    let Some(asking) = asked_now(app, corporation, id).await? else {
        return match snapshot(app, corporation, id).await? {
            Some(_) => Err(not_asked()),
            None => Err(Problem::not_found("task")),
        };
    };
    let flow = app.book.flow(asking.flow);
    let flow = flow.ok_or_else(|| Problem::not_found("task"))?;
    let is_known = flow.steps.iter().any(|known| {
        let page = known.kind.question().and_then(|of| of.page.as_deref());
        *known.id == *step && page.is_some()
    });
    if !is_known {
        return Err(Problem::not_found("task"));
    }
    let Some((question, page)) =
        at(flow, asking.step).filter(|(_, page)| step_id(flow, page) == step)
    else {
        return Err(not_asked());
    };
    let unknown = |known: &[Box<str>]| super::task_answer::unknown_answer(answer, known);
    let Some(reply) = question.reply(answer) else {
        let known = question.replies.iter().map(|reply| reply.name.clone());
        return Err(unknown(&known.collect::<Vec<_>>()));
    };
    let fields = fields.unwrap_or("{}");
    let says: Says = intake::answer::parse(fields, &reply.fields).map_err(Problem::invalid)?;
    let given = TenantAnswered {
        id,
        step: page.asked_by,
        answer: answer.into(),
        by: by.into(),
        says,
        shown: None,
    };
    match give(app, corporation, given).await? {
        Some(TaskAnswer::Taken) => Ok(()),
        Some(TaskAnswer::Unknown(known)) => Err(unknown(&known)),
        Some(TaskAnswer::Lacks(_) | TaskAnswer::NotOpen) => Err(not_asked()),
        Some(TaskAnswer::UnderWay) => Err(AskError::Full.into()),
        None => Err(Problem::not_found("task")),
    }
}

/// 409: the tenant has answered, or the flow has gone on without an answer.
fn not_asked() -> Problem {
    let detail =
        "this question is not asked any more: the tenant has answered, or the flow has gone on";
    Problem::new(StatusCode::CONFLICT, "task_not_open", detail.to_owned())
}

/// Whether the tenant answered a question of a notification that has ended, as far as its records are
/// kept and looked at.
pub(super) async fn was_answered(
    app: &App,
    corporation: CorporationId,
    id: NotificationId,
) -> bool {
    let Ok(Some(snapshot)) = snapshot(app, corporation, id).await else {
        return false;
    };
    let wanted = explain::Wanted {
        before: None,
        limit: MOST_RECORDS,
        of: Some(id),
    };
    let walked = Records::of(app, &snapshot.key)
        .walk(app, snapshot.tenant.last, wanted, explain::about(id))
        .await;
    let Ok(page) = walked else { return false };
    let mut records = page.records.iter();
    records
        .any(|(_, record)| matches!(&record.input, Input::TenantAnswered(given) if given.id == id))
}
