//! Owns `POST /v1/facts`: a business event for one tenant or several. Idempotent by its id; the
//! answer comes when every tenant has it, durably. Refuses facts from another world than the
//! engine's, and those dated ahead of its clock.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use sluis_actors::{ShardAnswer, ShardRequest};
use sluis_model::{Answer, Input, Intent, NotificationId, TenantKey, home_shard};

use super::auth::Caller;
use super::body::JsonBody;
use super::notes::{self, Note};
use super::problem::Problem;
use crate::admission::Rejected;
use crate::app::App;
use crate::ask::{AskError, ask};
use crate::intake::fact::FactRequest;
use crate::intake::{self, FieldProblem, ProblemCode};

#[derive(Debug, Serialize)]
pub(super) struct FactBody {
    fact_id: String,
    tenants: Vec<TenantBody>,
}

#[derive(Debug, Serialize)]
struct TenantBody {
    tenant_id: String,
    duplicate: bool,
    /// What the fact ended.
    ended: Vec<String>,
    /// What it did not find: it is taken all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Note>,
}

/// `POST /v1/facts`
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    JsonBody(body): JsonBody,
) -> Result<Json<FactBody>, Problem> {
    let types = app.fact_types.get();
    let types = types.of(corporation);
    let request = intake::fact::parse(&body, types).map_err(Problem::invalid)?;
    fits_here(&app, &request).map_err(|problem| Problem::invalid(vec![problem]))?;
    let fact_id = request.fact_id.to_string();
    let ids = request.tenant_ids.iter();
    let keys: Vec<TenantKey> = ids
        .map(|id| TenantKey::new(corporation, id.as_str()))
        .collect();
    let input = request.input;
    let answers = match <[TenantKey; 1]>::try_from(keys.clone()) {
        Ok([tenant]) => vec![tell_one(&app, tenant, input).await?],
        Err(tenants) => tell_each(&app, &fact_id, tenants, input).await?,
    };
    let tenants = keys
        .iter()
        .zip(answers)
        .map(|(key, answer)| tenant_body(key, answer))
        .collect::<Result<_, _>>()?;
    Ok(Json(FactBody { fact_id, tenants }))
}

/// Whether the fact is of this engine's world, and not dated ahead of its clock.
fn fits_here(app: &App, fact: &FactRequest) -> Result<(), FieldProblem> {
    if fact.environment != app.environment {
        let expected = format!("{:?}, the world this engine is", app.environment.name());
        let problem = FieldProblem::new("environment", ProblemCode::Contradiction, expected)
            .value(fact.environment.name());
        let hint =
            "a fact from another world must not reach this one: check where the feed comes from";
        return Err(problem.hint(hint));
    }
    intake::fact::on_time(fact.occurred_at, app.clock.now(), app.clock_tolerance_ms)
}

async fn tell_one(app: &App, tenant: TenantKey, input: Input) -> Result<ShardAnswer, AskError> {
    let inbox = app.engine.inbox_of(&tenant).clone();
    let request = |reply| ShardRequest::Input {
        tenant,
        input,
        reply,
        claim: None,
    };
    ask(&inbox, request).await
}

/// Tells several tenants, as an intent of the fact's own shard that a restart finishes.
async fn tell_each(
    app: &App,
    fact_id: &str,
    tenants: Vec<TenantKey>,
    input: Input,
) -> Result<Vec<ShardAnswer>, AskError> {
    let home = home_shard(fact_id.as_bytes(), app.engine.shards());
    let inbox = app.engine.inbox(home).ok_or(AskError::Lost)?;
    let work = Intent::Each { tenants, input };
    match ask(inbox, |reply| ShardRequest::Intent { work, reply }).await? {
        ShardAnswer::Gathered(answers) => Ok(answers),
        _ => Err(AskError::Lost),
    }
}

fn tenant_body(key: &TenantKey, answer: ShardAnswer) -> Result<TenantBody, Problem> {
    match answer {
        ShardAnswer::Decided {
            answer:
                Answer::Fact {
                    duplicate,
                    ended,
                    unmatched,
                },
            ..
        } => Ok(TenantBody {
            tenant_id: key.tenant.to_string(),
            duplicate,
            ended: ended.iter().map(NotificationId::to_string).collect(),
            notes: notes::of_fact(unmatched.as_deref()),
        }),
        ShardAnswer::NotTaken(why) => Err(Rejected::NotTaken(why).into()),
        ShardAnswer::Decided {
            answer: Answer::FactConflict,
            ..
        } => {
            let detail = format!(
                "this fact_id was used for tenant {} with other content",
                key.tenant
            );
            Err(Problem::new(StatusCode::CONFLICT, "fact_conflict", detail))
        }
        _ => Err(AskError::Lost.into()),
    }
}
