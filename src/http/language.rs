//! Owns in which language an explanation is asked for: `lang` of the query, or else what the header
//! `Accept-Language` likes best, or else English. Refuses a language that there is not, by name.

use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;

use super::problem::Problem;
use super::query::{Asked, bad};
use crate::app::App;
use crate::explain::Language;

/// The language that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct In(pub(super) Language);

impl FromRequestParts<Arc<App>> for In {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let asked = Asked::from_request_parts(parts, app)
            .await?
            .only(&["lang"])?;
        asked_in(&asked, &parts.headers).map(Self)
    }
}

/// The language that a query or a header asks for.
///
/// # Errors
/// 400: there is no such language.
pub(super) fn asked_in(asked: &Asked, headers: &HeaderMap) -> Result<Language, Problem> {
    if let Some(word) = asked.word("lang") {
        return word.parse().map_err(|()| bad("lang: expected en or nl"));
    }
    let header = headers.get(header::ACCEPT_LANGUAGE);
    let header = header.and_then(|header| header.to_str().ok());
    Ok(header.and_then(Language::liked).unwrap_or_default())
}

/// An answer in a language: it says in which, and that the header chooses it.
pub(super) struct Said<T>(pub(super) Language, pub(super) T);

impl<T: Serialize> IntoResponse for Said<T> {
    fn into_response(self) -> Response {
        let Self(language, body) = self;
        let mut response = Json(body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(language.code()),
        );
        headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
        response
    }
}
