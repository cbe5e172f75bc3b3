//! Owns the link in a message: a GET shows a page and proves nothing, the button (POST) is the
//! trusted click and leads on, or the tenant's answer to a question. It asks the shard, behind everything already accepted. Refuses to
//! redirect while it cannot know: 503.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sluis_actors::{ShardAnswer, ShardRequest};
use sluis_model::{Answer, CorporationId, Environment, Input, LinkAnswer, NotificationId};

use super::link_page::{Text, data_field, show};
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
        Err(_) => {
            let mut response = show(StatusCode::PAYLOAD_TOO_LARGE, "", Text::TooLong);
            protect(response.headers_mut(), app.environment);
            response
        }
    }
}

/// A token as it was sent: mail programs take what stands behind a link for a part of it.
pub(super) fn whole(token: &str) -> &str {
    token.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
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
pub(super) fn protect(headers: &mut HeaderMap, environment: Environment) {
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
    let Ok((corporation, id)) = app.reference.open_link(whole(token)) else {
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
                corporation,
                id,
                body,
                flow,
                step,
                language,
            };
            // A bare press is a look. What says something, and not what it answers, is told that it was not taken.
            match pressed && form.is_some_and(|form| !form.is_empty()) {
                true => question::not_read(app, &asking).await,
                false => question::page(app, &asking).await,
            }
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

fn closed_text(end: &str) -> Text {
    match end {
        "paid" | "no balance" => Text::Paid,
        "expired" => Text::Expired,
        LinkAnswer::ANSWERED => Text::Answered,
        _ => Text::Closed,
    }
}
