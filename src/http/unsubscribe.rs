//! Owns the page where a tenant says that he wants no more messages of a purpose: a GET shows a button and
//! changes nothing, a POST is his word, whether a person presses the button or his mail program does it for
//! him (RFC 8058). It becomes a fact of the type `consent`. Refuses to need the message that the link came
//! with: the link names the tenant, and works for as long as the engine has its key.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde_json::json;
use sluis_actors::{Query, ShardAnswer, ShardRequest};
use sluis_model::flow::Value;
use sluis_model::{
    Answer, CorporationId, FactType, NotificationId, Tenant, TenantKey, Timestamp, Unsubscribed,
};

use super::link_page::{Text, show};
use super::links::{protect, whole};
use crate::app::App;
use crate::ask::ask;
use crate::explain::rfc3339;
use crate::intake;

/// The type of facts that it becomes.
const CONSENT: &str = "consent";
/// What the fact says about where it comes from, where its type has the field.
const SOURCE: &str = "unsubscribe link";

/// What a link says.
struct Link {
    corporation: CorporationId,
    purpose: Unsubscribed,
    key: TenantKey,
}

/// `GET /u/{token}`
pub(super) async fn page(State(app): State<Arc<App>>, Path(token): Path<String>) -> Response {
    guarded(&app, &token, false).await
}

/// `POST /u/{token}`. What comes with it is not read: any POST is the tenant's word.
pub(super) async fn press(State(app): State<Arc<App>>, Path(token): Path<String>) -> Response {
    guarded(&app, &token, true).await
}

async fn guarded(app: &App, token: &str, pressed: bool) -> Response {
    let mut response = answer(app, token, pressed).await;
    protect(response.headers_mut(), app.environment);
    response
}

async fn answer(app: &App, token: &str, pressed: bool) -> Response {
    let unknown = || show(StatusCode::NOT_FOUND, "", Text::Unknown);
    let Ok((corporation, purpose, tenant)) = app.reference.open_unsubscribe(whole(token)) else {
        return unknown();
    };
    if !app.corporations.get().contains_key(&corporation) {
        return unknown();
    }
    if !app.pace.admit(counted_as(token), app.clock.now()) {
        return show(StatusCode::TOO_MANY_REQUESTS, "", Text::TooOften);
    }
    let key = TenantKey::new(corporation, tenant);
    let link = Link {
        corporation,
        purpose,
        key,
    };
    let Ok(known) = state(app, &link.key).await else {
        return show(StatusCode::SERVICE_UNAVAILABLE, "", Text::Busy);
    };
    let profile = known.as_ref().and_then(|tenant| tenant.profile.as_deref());
    let language = profile.map_or("", |profile| &*profile.language);
    let now = app.clock.now();
    let is_done = known
        .as_ref()
        .is_some_and(|tenant| has_said(tenant, purpose, now));
    if is_done {
        return show(StatusCode::OK, language, Text::Unsubscribed);
    }
    if !pressed {
        return show(StatusCode::OK, language, Text::Unsubscribe);
    }
    match tell(app, &link, known.as_ref(), now).await {
        Some(()) => show(StatusCode::OK, language, Text::Unsubscribed),
        None => show(StatusCode::SERVICE_UNAVAILABLE, language, Text::Busy),
    }
}

/// The place of a link among those that are counted. Its beginning is as good as random.
fn counted_as(token: &str) -> NotificationId {
    let mut bytes = [0; 16];
    let begin = token.bytes().take(bytes.len());
    bytes
        .iter_mut()
        .zip(begin)
        .for_each(|(byte, of)| *byte = of);
    let mixed = bytes.iter().fold(0_u128, |sum, byte| {
        sum.wrapping_mul(131).wrapping_add((*byte).into())
    });
    NotificationId(mixed)
}

/// What is known of the tenant.
async fn state(app: &App, key: &TenantKey) -> Result<Option<Tenant>, ()> {
    let query = Query::Tenant(key.clone());
    let request = |reply| ShardRequest::Query { query, reply };
    match ask(app.engine.inbox_of(key), request).await.map_err(drop)? {
        ShardAnswer::Snapshot(snapshot) => Ok(Some(snapshot.tenant)),
        ShardAnswer::NotFound => Ok(None),
        _ => Err(()),
    }
}

/// Whether he has said so already, and nothing newer undid it: a second press writes nothing.
fn has_said(tenant: &Tenant, purpose: Unsubscribed, now: Timestamp) -> bool {
    let said = tenant.said((CONSENT, purpose.name()), None, now);
    said.is_some_and(|(value, _)| value == Value::Boolean(false))
}

/// Tells the shard. None: it cannot be told now, and he is asked to try again.
async fn tell(app: &App, link: &Link, known: Option<&Tenant>, now: Timestamp) -> Option<()> {
    if app.gatekeeper.reason() == Some(crate::admission::Closed::Stopping) {
        return None;
    }
    let types = app.fact_types.get();
    let types = types.of(link.corporation);
    let purpose = link.purpose.name();
    let mut fact = json!({
        "fact_id": format!("unsubscribe/{purpose}/{}", now.0),
        "type": CONSENT,
        "tenant_id": link.key.tenant,
        "occurred_at": rfc3339(now),
        "environment": app.environment.name(),
    });
    // The newest fact of the type is the only one that counts: what he agreed to else stays said.
    for other in types
        .get(CONSENT)
        .into_iter()
        .flat_map(FactType::field_names)
    {
        let said = known.and_then(|tenant| tenant.said((CONSENT, other), None, now));
        if let Some((Value::Boolean(truth), _)) = said {
            fact[other] = truth.into();
        }
    }
    fact[purpose] = false.into();
    if types
        .get(CONSENT)
        .is_some_and(|of| of.field("source").is_some())
    {
        fact["source"] = SOURCE.into();
    }
    let read = intake::fact::parse(fact.to_string().as_bytes(), types);
    let input = match read {
        Ok(read) => read.input,
        Err(problems) => {
            let corporation = link.corporation.0;
            tracing::error!(
                corporation,
                purpose,
                ?problems,
                "a tenant unsubscribes, and the type of facts `consent` of the corporation has no such field: nobody is told"
            );
            return None;
        }
    };
    let tenant = link.key.clone();
    let request = |reply| ShardRequest::Input {
        tenant,
        input,
        reply,
        claim: None,
    };
    match ask(app.engine.inbox_of(&link.key), request).await.ok()? {
        ShardAnswer::Decided {
            answer: Answer::Fact { .. },
            ..
        } => Some(()),
        _ => None,
    }
}
