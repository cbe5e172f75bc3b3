//! Owns authentication: a bearer key stands for a corporation, or for the operators. Refuses to say
//! whether a key that does not fit was ever one.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use sluis_model::CorporationId;

use super::problem::Problem;
use super::seat::Flight;
use crate::app::App;

/// The corporation whose key the request carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller(pub(super) CorporationId);

/// Somebody who may see and hold the engine as a whole, by the name that audit lines give.
#[derive(Clone, Debug)]
pub(super) struct Operator(pub(super) String);

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
}

/// The corporation whose key the request carries.
///
/// # Errors
/// 401.
pub(super) fn caller(app: &App, headers: &HeaderMap) -> Result<CorporationId, Problem> {
    app.caller(bearer(headers)).ok_or_else(|| {
        let detail = "send the corporation's API key: `Authorization: Bearer slk_...`";
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    })
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let corporation = caller(app, &parts.headers)?;
        if let Some(flight) = parts.extensions.get::<Arc<Flight>>() {
            flight.belongs_to(corporation)?;
        }
        Ok(Caller(corporation))
    }
}

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        if let Some(name) = app.operator(bearer(&parts.headers)) {
            return Ok(Operator(name));
        }
        let detail = "this shows the engine as a whole: send an operator's key, `Authorization: Bearer slk_...`";
        Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            detail,
        ))
    }
}
