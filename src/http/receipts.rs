//! Owns what comes in from providers: status callbacks, bounces as mail. Verified on the raw bytes
//! by the provider's own code, then given to the tenant's shard. Refuses to guess: an unknown
//! status goes to people.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use http::request::Parts;
use serde::Serialize;
use sluis_actors::{Reply, ShardAnswer, ShardRequest};
use sluis_channels::{
    Callback, ProviderReceipt, ReceiptError, ReceiptFault, ReceiptProof, Unexplained, intake,
};
use sluis_model::{
    Answer, Control, CorporationId, Input, Receipt, ReceiptEffect, ReceiptKind, Why, instant,
};

use super::auth::unauthorized;
use super::body::AnyBody;
use super::named;
use super::problem::Problem;
use crate::access::{Access, Bringer, Stranger, Whose};
use crate::app::{App, Corporations};
use crate::ask::{AskError, ask};

/// Who may post them.
pub(super) const ACCESS: Access = Access::Provider;

#[derive(Debug, Serialize)]
pub(super) struct ReceiptBody {
    receipts: Vec<EffectBody>,
}

#[derive(Debug, Serialize)]
struct EffectBody {
    notification: String,
    attempt: u16,
    said: &'static str,
    effect: &'static str,
}

/// `POST /v1/receipts/{provider}`
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Path(provider): Path<String>,
    head: Parts,
    bringer: Bringer,
    body: AnyBody,
) -> Result<Json<ReceiptBody>, Problem> {
    if let Some(intake) = intake(&provider) {
        // The MAC of the reference proves the attempt; the key proves that whoever posts it is the
        // corporation's.
        let whose = whose(bringer, ReceiptProof::CallerMust)?;
        body.is_mail()?;
        return match (intake.read)(&body.bytes, &app.reference, intake.name) {
            Ok(receipt) => take(&app, intake.name, whose, vec![receipt]).await,
            Err(error) => Err(refuse(&app, intake.name, &error)),
        };
    }
    callback(&app, &provider, &head, bringer, &body.bytes).await
}

/// `GET /v1/receipts/{provider}`: some providers put the status in the query.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Path(provider): Path<String>,
    head: Parts,
    bringer: Bringer,
) -> Result<Json<ReceiptBody>, Problem> {
    callback(&app, &provider, &head, bringer, &[]).await
}

/// The addresses that a callback may have been signed for: they may differ by corporation.
fn public_urls(corporations: &Corporations) -> BTreeSet<&str> {
    corporations
        .values()
        .map(|corporation| corporation.public_url.as_str())
        .collect()
}

/// What a provider says of an attempt, proven as that provider proves it.
///
/// # Errors
/// Nobody has such a provider, or its words are not genuine or not understood.
pub(super) async fn callback(
    app: &App,
    name: &str,
    head: &Parts,
    bringer: Bringer,
    body: &[u8],
) -> Result<Json<ReceiptBody>, Problem> {
    let provider = &app
        .providers
        .get(name)
        .ok_or_else(|| Problem::not_found("provider"))?
        .provider;
    let whose = whose(bringer, provider.receipt_proof())?;
    let path_and_query = head.uri.path_and_query().map_or("/", |p| p.as_str());
    let mut last = None;
    let corporations = app.corporations.get();
    for public_url in public_urls(&corporations) {
        let callback = Callback {
            public_url,
            path_and_query,
            headers: &head.headers,
            body,
        };
        match provider.receive(&callback, &app.reference, app.clock.now()) {
            Ok(receipts) => return take(app, name, whose, receipts).await,
            Err(error) => last = Some(error),
        }
    }
    let Some(error) = last else {
        return Err(Problem::not_found("provider"));
    };
    untaken(app, name, whose, &error).await
}

/// Whose receipts may be brought, where they are proven so.
///
/// # Errors
/// 401.
fn whose(bringer: Bringer, proof: ReceiptProof) -> Result<Whose, Problem> {
    let stranger = |Stranger| unauthorized(ACCESS);
    bringer.whose(proof).map_err(stranger)
}

/// What could not be read into receipts: a genuine message goes to people, anything else is
/// refused.
async fn untaken(
    app: &App,
    provider: &str,
    whose: Whose,
    error: &ReceiptError,
) -> Result<Json<ReceiptBody>, Problem> {
    let ReceiptFault::Unexplained(unknown) = &error.fault else {
        return Err(refuse(app, provider, error));
    };
    vouched(app, provider, whose, unknown.corporation)?;
    unexplained(app, provider, unknown).await
}

/// Whether the caller may bring a receipt of that corporation, and the provider may speak of it: an
/// account of one corporation says nothing of another's attempts. One of another's is answered like
/// one that is nobody's: not even that it is genuine is told.
fn vouched(app: &App, provider: &str, whose: Whose, of: CorporationId) -> Result<(), Problem> {
    let known = app.providers.get(provider);
    let serves = known.is_none_or(|known| known.owner.serves(of));
    if whose.covers(of) && serves {
        Ok(())
    } else {
        Err(refuse(app, provider, &ReceiptError::no_reference()))
    }
}

/// A genuine message nobody has mapped: on the record, for people, and acknowledged so that it is
/// not sent for ever.
async fn unexplained(
    app: &App,
    provider: &str,
    unknown: &Unexplained,
) -> Result<Json<ReceiptBody>, Problem> {
    let attempt = unknown.attempt;
    app.receipts.count(provider, "unexplained");
    keep(app, provider, unknown).await?;
    let row = EffectBody {
        notification: attempt.id.to_string(),
        attempt: attempt.attempt,
        said: "unknown",
        effect: "unexplained",
    };
    Ok(Json(ReceiptBody {
        receipts: vec![row],
    }))
}

/// What of a receipt goes to people, if nobody can read it.
fn unread(receipt: &ProviderReceipt) -> Option<Unexplained> {
    (receipt.kind == ReceiptKind::Unexplained).then(|| Unexplained {
        corporation: receipt.corporation,
        attempt: receipt.attempt,
        why: receipt
            .why
            .clone()
            .unwrap_or_else(|| Why::new(receipt.kind.name(), "")),
    })
}

/// Puts on the record what nobody can read: it stands among what waits for people.
async fn keep(app: &App, provider: &str, unknown: &Unexplained) -> Result<(), Problem> {
    let Unexplained {
        corporation,
        attempt,
        why,
    } = unknown;
    let text = format!("{}: {}", why.code, why.text);
    tracing::warn!(provider, id = %attempt.id, status = text, "a provider said something nobody has mapped");
    let inbox = named::inbox(app, attempt.id)?;
    let control = Control::Unexplained {
        corporation: Some(*corporation),
        id: Some(attempt.id),
        provider: provider.into(),
        text: text.chars().take(200).collect::<String>().into(),
    };
    ask(inbox, |reply| ShardRequest::Control { control, reply }).await?;
    Ok(())
}

async fn take(
    app: &App,
    provider: &str,
    whose: Whose,
    receipts: Vec<ProviderReceipt>,
) -> Result<Json<ReceiptBody>, Problem> {
    // All of them before the first is applied.
    receipts
        .iter()
        .try_for_each(|receipt| vouched(app, provider, whose, receipt.corporation))?;
    let mut rows = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        let (attempt, said) = (receipt.attempt, receipt.kind.name());
        let unread = unread(&receipt);
        let mut effect = apply(app, receipt).await?;
        if let (ReceiptEffect::Unknown, Some(unread)) = (effect, unread) {
            // What nobody can read goes to people, whether or not its notification is still known.
            keep(app, provider, &unread).await?;
            effect = ReceiptEffect::Unexplained;
        }
        let effect = word(effect);
        app.receipts.count(provider, effect);
        rows.push(EffectBody {
            notification: attempt.id.to_string(),
            attempt: attempt.attempt,
            said,
            effect,
        });
    }
    Ok(Json(ReceiptBody { receipts: rows }))
}

/// Has the tenant's shard decide one receipt.
async fn apply(app: &App, receipt: ProviderReceipt) -> Result<ReceiptEffect, Problem> {
    let (corporation, attempt) = (receipt.corporation, receipt.attempt);
    let inbox = named::inbox(app, attempt.id)?;
    // Never refused for the provider's clock: a bounce that is lost is worse than one with a wrong
    // instant.
    let now = app.clock.now();
    let input = Input::Receipt(Receipt {
        attempt,
        kind: receipt.kind,
        why: receipt.why,
        provider: receipt.provider.into(),
        occurred_at: receipt.occurred_at.map(|at| instant::placed(at, now)),
    });
    let request = |reply: Reply| ShardRequest::ById {
        corporation,
        id: attempt.id,
        input,
        reply,
    };
    match ask(inbox, request).await? {
        ShardAnswer::Decided {
            answer: Answer::Receipt(effect),
            ..
        } => Ok(effect),
        ShardAnswer::NotFound => Ok(ReceiptEffect::Unknown),
        _ => Err(AskError::Lost.into()),
    }
}

const fn word(effect: ReceiptEffect) -> &'static str {
    match effect {
        ReceiptEffect::Applied => "applied",
        ReceiptEffect::Noted => "noted",
        ReceiptEffect::Unknown => "unknown",
        ReceiptEffect::Unexplained => "unexplained",
    }
}

fn refuse(app: &App, provider: &str, error: &ReceiptError) -> Problem {
    let effect = if error.fault == ReceiptFault::Forged {
        "forged"
    } else {
        "refused"
    };
    app.receipts.count(provider, effect);
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        error.code,
        error.text.clone(),
    )
}
