//! Owns the link in a message: a GET shows a page and proves nothing, the button (POST) is the
//! trusted click and leads on, or the tenant's answer to a question. It asks the shard, behind everything already accepted. Refuses to
//! redirect while it cannot know: 503.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sluis_actors::{ShardAnswer, ShardRequest};
use sluis_model::{Answer, CorporationId, Environment, Input, LinkAnswer, NotificationId};

use super::question::{self, Asking, QUESTION};
use super::{body, named};
use crate::app::App;
use crate::ask::ask;
use crate::intake::form::Form;

/// Largest form, in bytes: 16 fields, one of them a text, each byte written as three.
const MOST_FORM: usize = 128 * 1024;

/// `GET /b/{token}`
pub(super) async fn page(State(app): State<Arc<App>>, Path(token): Path<String>) -> Response {
    follow(&app, &token, None).await
}

/// `POST /b/{token}`
pub(super) async fn press(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    match body::whole(request.into_body(), MOST_FORM).await {
        Ok(body) => follow(&app, &token, Some(Form::parse(&body))).await,
        Err(problem) => problem.into_response(),
    }
}

/// `form`: what was sent with the button.
async fn follow(app: &App, token: &str, form: Option<Form>) -> Response {
    let mut response = answer(app, token, form).await;
    protect(response.headers_mut(), app.environment);
    response
}

/// What every answer says to browsers: no script, no frame, nothing from elsewhere; nothing is
/// kept, and nobody learns whose link it was. A form may lead on to the payment, which browsers
/// count as the form's doing.
fn protect(headers: &mut HeaderMap, environment: Environment) {
    let policy = match environment {
        Environment::Production => {
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' https:"
        }
        Environment::Acceptance | Environment::Test | Environment::Development => {
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' https: http:"
        }
    };
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // For browsers that know no frame-ancestors.
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

async fn answer(app: &App, token: &str, form: Option<Form>) -> Response {
    let Ok((corporation, id)) = app.reference.open_link(token) else {
        return show(StatusCode::NOT_FOUND, "", Text::Unknown);
    };
    if !app.pace.admit(id, app.clock.now()) {
        return show(StatusCode::TOO_MANY_REQUESTS, "", Text::TooOften);
    }
    let answers = form
        .as_ref()
        .is_some_and(|form| form.text(QUESTION).is_some());
    if let Some(form) = form.as_ref().filter(|_| answers)
        && let Some(response) = question::take(app, corporation, id, form).await
    {
        return response;
    }
    // An answer that came too late presses no button.
    let pressed = form.is_some() && !answers;
    let answer = match used(app, corporation, id, pressed).await {
        Some(answer) => answer,
        None => return show(StatusCode::SERVICE_UNAVAILABLE, "", Text::Busy),
    };
    match answer {
        LinkAnswer::Unknown => show(StatusCode::NOT_FOUND, "", Text::Unknown),
        LinkAnswer::Asks {
            body,
            flow,
            step,
            language,
        } => {
            let asking = Asking {
                id,
                body,
                flow,
                step,
                language,
            };
            question::page(app, &asking).await
        }
        LinkAnswer::Closed { end, language } => {
            let text = closed_text(&end);
            let answered =
                text == Text::Closed && question::was_answered(app, corporation, id).await;
            let text = if answered { Text::Answered } else { text };
            show(StatusCode::GONE, &language, text)
        }
        LinkAnswer::Open { language, .. } if !pressed => {
            show(StatusCode::OK, &language, Text::Button)
        }
        LinkAnswer::Open { body, language, .. } => {
            match data_field(app, id, body, "payment_url").await {
                Some(url) => Redirect::to(&url).into_response(),
                None => show(StatusCode::OK, &language, Text::Thanks),
            }
        }
    }
}

/// `None`: the shard could not be asked.
async fn used(
    app: &App,
    corporation: CorporationId,
    id: NotificationId,
    pressed: bool,
) -> Option<LinkAnswer> {
    if app.gatekeeper.reason() == Some(crate::admission::Closed::Stopping) {
        return None;
    }
    let inbox = app.engine.inbox_by_id(id)?;
    let input = Input::Link { id, pressed };
    match ask(inbox, |reply| ShardRequest::ById {
        corporation,
        id,
        input,
        reply,
    })
    .await
    .ok()?
    {
        ShardAnswer::Decided {
            answer: Answer::Link(answer),
            ..
        } => Some(answer),
        // The link is ours, so it was of one that ended longer ago than that is known.
        ShardAnswer::NotFound if id.made_at() < named::kept_since(app) => {
            Some(LinkAnswer::Closed {
                end: "".into(),
                language: "".into(),
            })
        }
        ShardAnswer::NotFound => Some(LinkAnswer::Unknown),
        _ => None,
    }
}

/// A text of the notification's data, read back from the journal.
pub(super) async fn data_field(
    app: &App,
    id: NotificationId,
    body: u64,
    name: &str,
) -> Option<String> {
    let journal = app.engine.journal().clone();
    let read = move || sluis_actors::read_body(&*journal, id, body);
    let notification = tokio::task::spawn_blocking(read).await.ok()?.ok()?;
    let data: serde_json::Value = serde_json::from_str(&notification.data).ok()?;
    data.get(name)?.as_str().map(str::to_owned)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Button,
    Thanks,
    Answered,
    TooOften,
    Paid,
    Expired,
    Closed,
    Unknown,
    Busy,
}

fn closed_text(end: &str) -> Text {
    match end {
        "paid" | "no balance" => Text::Paid,
        "expired" => Text::Expired,
        LinkAnswer::ANSWERED => Text::Answered,
        _ => Text::Closed,
    }
}

impl Text {
    /// Title and sentence, Dutch and English.
    const fn words(self) -> [(&'static str, &'static str); 2] {
        match self {
            Text::Button => [
                ("Betalen", "Met de knop gaat u naar de betaalpagina."),
                ("Pay", "The button takes you to the payment page."),
            ],
            Text::Thanks => [
                ("Dank u wel", "Wij hebben uw reactie ontvangen."),
                ("Thank you", "We have received your response."),
            ],
            Text::Answered => [
                (
                    "Al beantwoord",
                    "Wij hebben uw antwoord al ontvangen. U hoeft niets meer te doen.",
                ),
                (
                    "Already answered",
                    "We have already received your answer. There is nothing more to do.",
                ),
            ],
            Text::TooOften => [
                (
                    "Even geduld",
                    "Deze link is heel vaak gebruikt. Probeer het over een minuut opnieuw.",
                ),
                (
                    "One moment",
                    "This link was used very often. Please try again in a minute.",
                ),
            ],
            Text::Paid => [
                (
                    "Al betaald",
                    "Deze rekening is al betaald. U hoeft niets te doen.",
                ),
                (
                    "Already paid",
                    "This invoice has already been paid. There is nothing to do.",
                ),
            ],
            Text::Expired => [
                (
                    "Verlopen",
                    "Deze link is verlopen. Neem contact met ons op als u vragen hebt.",
                ),
                (
                    "Expired",
                    "This link has expired. Please contact us if you have questions.",
                ),
            ],
            Text::Closed => [
                (
                    "Gesloten",
                    "Deze link is gesloten. Neem contact met ons op als u vragen hebt.",
                ),
                (
                    "Closed",
                    "This link is closed. Please contact us if you have questions.",
                ),
            ],
            Text::Unknown => [
                (
                    "Onbekende link",
                    "Deze link kennen wij niet. Controleer of u de hele link hebt overgenomen.",
                ),
                (
                    "Unknown link",
                    "We do not know this link. Please check that you copied all of it.",
                ),
            ],
            Text::Busy => [
                (
                    "Even geduld",
                    "Wij kunnen uw link nu niet controleren. Probeer het over een minuut opnieuw.",
                ),
                (
                    "One moment",
                    "We cannot check your link right now. Please try again in a minute.",
                ),
            ],
        }
    }
}

pub(super) fn show(status: StatusCode, language: &str, text: Text) -> Response {
    let mut response = (status, Html(page_of(language, text))).into_response();
    let again = [
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    if again.contains(&status) {
        let wait = HeaderValue::from_static("30");
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}

/// Dutch first, unless the tenant asked for English; both are always there, for whoever opens the
/// link.
fn page_of(language: &str, text: Text) -> String {
    let [dutch, english] = text.words();
    let ([first, second], [lang, other]) = if language.starts_with("en") {
        ([english, dutch], ["en", "nl"])
    } else {
        ([dutch, english], ["nl", "en"])
    };
    let (title, sentence) = first;
    let (title2, sentence2) = second;
    let button = if text == Text::Button {
        format!("<form method=\"post\"><button>{title}</button></form>")
    } else {
        String::new()
    };
    format!(
        "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><body><h1>{title}</h1><p>{sentence}</p>{button}\
         <hr><p lang=\"{other}\"><strong>{title2}</strong>. {sentence2}</p></body></html>"
    )
}
