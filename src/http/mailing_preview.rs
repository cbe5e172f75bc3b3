//! Owns the preview of a mailing: some of its rows, spread over the list, with what each of their messages
//! would say over each channel. Refuses to guess which channel a tenant will get: the flow decides that
//! when the row is handed over.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::Value;
use sluis_actors::{Query, Saying, ShardAnswer, ShardRequest, say};
use sluis_channels::Content;
use sluis_model::flow::{Kept, Said};
use sluis_model::{
    CorporationId, FlowBook as _, FlowRef, Profile, TenantKey, Unsubscribed, Verdict,
};

use super::auth::Caller;
use super::mailings::{corporation_name, number, work};
use super::problem::Problem;
use super::query::Asked;
use crate::app::App;
use crate::ask::ask;
use crate::intake::mailing_rows::MailingRow;

/// Rows of one preview.
const MOST_ROWS: usize = 20;
/// Rows of one preview that does not say how many.
const USUAL_ROWS: usize = 3;
/// What stands where a message has a link of its own.
const LINK: &str = "b/preview";
/// And of the page to unsubscribe.
const UNSUBSCRIBE: &str = "u/preview";

/// A preview.
#[derive(Debug, Serialize)]
pub(super) struct PreviewBody {
    /// What is to be approved.
    checksum: Option<String>,
    rows: Vec<RowBody>,
}

#[derive(Debug, Serialize)]
struct RowBody {
    line: u64,
    tenant_id: String,
    /// Whether the tenant was loaded: without a profile nobody is reached.
    is_known: bool,
    data: Value,
    messages: Vec<MessageBody>,
}

#[derive(Debug, Default, Serialize)]
struct MessageBody {
    step: String,
    channel: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    /// Why it cannot be said over this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// `GET /v1/mailings/{id}/preview`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Json<PreviewBody>, Problem> {
    let asked = asked.only(&["rows"])?;
    let most = asked.number("rows", 1..=MOST_ROWS, USUAL_ROWS)?;
    let id = number(&id)?;
    let (mailing, sample) = work(&app, move |all| all.sample(corporation, id, most)).await?;
    let flow = app.book.current(corporation, &mailing.frame.flow);
    let mut rows = Vec::new();
    for row in sample {
        let profile = profile(&app, corporation, &row.tenant_id).await?;
        let messages = flow.map_or_else(Vec::new, |flow| {
            messages(&app, corporation, flow, &row, profile.as_deref())
        });
        rows.push(RowBody {
            line: row.line,
            is_known: profile.is_some(),
            data: serde_json::from_str(&row.data).unwrap_or_default(),
            tenant_id: row.tenant_id,
            messages,
        });
    }
    Ok(Json(PreviewBody {
        checksum: mailing.rows.map(|rows| rows.checksum),
        rows,
    }))
}

/// What is known of the tenant, for the templates.
async fn profile(
    app: &App,
    corporation: CorporationId,
    tenant: &str,
) -> Result<Option<Box<Profile>>, Problem> {
    let key = TenantKey::new(corporation, tenant);
    let inbox = app.engine.inbox_of(&key).clone();
    let query = Query::Tenant(key);
    match ask(&inbox, |reply| ShardRequest::Query { query, reply }).await? {
        ShardAnswer::Snapshot(snapshot) => Ok(snapshot.tenant.profile),
        _ => Ok(None),
    }
}

/// Every message of the flow, over every channel that it has a template for.
fn messages(
    app: &App,
    corporation: CorporationId,
    reference: FlowRef,
    row: &MailingRow,
    profile: Option<&Profile>,
) -> Vec<MessageBody> {
    let both = app.book.flow(reference).zip(app.book.templates(reference));
    let Some((flow, templates)) = both else {
        return Vec::new();
    };
    let corporations = app.corporations.get();
    let url = corporations.get(&corporation);
    let url = url.map_or("", |corporation| {
        corporation.public_url.trim_end_matches('/')
    });
    let link = format!("{url}/{LINK}");
    let unsubscribe = format!("{url}/{UNSUBSCRIBE}");
    let unsubscribes = Unsubscribed::named(&flow.purpose).is_some();
    // Nobody has answered yet: a message that tells of an answer is shown with an example.
    let examples: Vec<Said> = flow.kept.iter().map(example).collect();
    let mut messages = Vec::new();
    for (step, name) in (0_u8..).zip(flow.steps.iter().map(|step| &step.id)) {
        let Some(message) = flow.message(step) else {
            continue;
        };
        for channel in message.templates.keys() {
            let said = say(&Saying {
                flow,
                templates,
                step,
                variant: 0,
                channel: *channel,
                tenant: &row.tenant_id,
                profile,
                corporation: &corporation_name(app, corporation),
                data: &row.data,
                answers: &examples,
                link: message.link.then_some(link.as_str()),
                unsubscribe: unsubscribes.then_some(unsubscribe.as_str()),
            });
            messages.push(MessageBody {
                step: name.to_string(),
                channel: channel.name(),
                ..body(said)
            });
        }
    }
    messages
}

fn example(kept: &Kept) -> Said {
    Said {
        step: kept.step,
        name: kept.name.clone(),
        value: kept.example(),
    }
}

fn body(said: Result<Content, Verdict>) -> MessageBody {
    match said {
        Ok(Content::Email {
            subject,
            text,
            html,
            ..
        }) => MessageBody {
            subject: Some(subject),
            text: Some(text),
            html,
            ..MessageBody::default()
        },
        Ok(Content::Text(text)) => MessageBody {
            text: Some(text),
            ..MessageBody::default()
        },
        Ok(Content::Null) => MessageBody::default(),
        Err(verdict) => {
            let why = match verdict {
                Verdict::Refused { why, .. } => format!("{}: {}", why.code, why.text),
                other => other.name().to_owned(),
            };
            MessageBody {
                problem: Some(why),
                ..MessageBody::default()
            }
        }
    }
}
