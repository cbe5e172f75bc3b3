//! Owns how a request shows who calls, and the guard in front of every handler: it lets in whom the
//! route table says, and tells the handler who that is. Refuses to decide who may call: `access`
//! does.

use std::pin::Pin;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{Extensions, HeaderMap, StatusCode, header};
use sluis_model::CorporationId;

use super::problem::Problem;
use super::seat::Flight;
use crate::access::{Access, Bringer, Known, Party, Stranger};
use crate::app::App;

/// A handler behind its guard: nothing of it runs, and nothing of the body is read, before the
/// caller was let in.
#[derive(Clone)]
pub(super) struct Guarded<H> {
    pub(super) access: Access,
    pub(super) handler: H,
}

impl<H: Handler<T, Arc<App>>, T: 'static> Handler<T, Arc<App>> for Guarded<H> {
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, mut request: Request, app: Arc<App>) -> Self::Future {
        let flight = request.extensions().get::<Arc<Flight>>().cloned();
        match admit(self.access, &app, request.headers(), flight.as_deref()) {
            Ok(party) => {
                request.extensions_mut().insert(party);
                Box::pin(self.handler.call(request, app))
            }
            Err(problem) => Box::pin(std::future::ready(problem.into_response())),
        }
    }
}

/// Lets whoever sent these headers in as this kind of caller. The connection belongs to its
/// corporation from here on.
///
/// # Errors
/// 401; 429 where the corporation has as many connections as it may.
pub(super) fn admit(
    access: Access,
    app: &App,
    headers: &HeaderMap,
    flight: Option<&Flight>,
) -> Result<Party, Problem> {
    let party = access
        .admit(app, bearer(headers))
        .map_err(|Stranger| unauthorized(access))?;
    let (Some(corporation), Some(flight)) = (party.corporation(), flight) else {
        return Ok(party);
    };
    match (flight.belongs_to(corporation), access) {
        // Whoever may call without a key is not refused because of the one that came.
        (Ok(()), _) | (Err(_), Access::Anybody) => Ok(party),
        (Err(full), Access::Corporation | Access::Operator | Access::Provider) => Err(full),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
}

/// 401, with what to send.
pub(super) fn unauthorized(access: Access) -> Problem {
    let detail = match access {
        Access::Operator => {
            "this shows the engine as a whole: send an operator's key, `Authorization: Bearer slk_...`"
        }
        Access::Corporation | Access::Provider | Access::Anybody => {
            "send the corporation's API key: `Authorization: Bearer slk_...`"
        }
    };
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
}

/// The corporation that calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller(pub(super) CorporationId);

/// The operator that calls, by the name that audit lines give.
#[derive(Clone, Debug)]
pub(super) struct Operator(pub(super) String);

/// What a handler asks of whoever was let in.
pub(super) trait LetIn: Sized {
    /// None: the route lets in somebody else.
    fn of(party: &Party) -> Option<Self>;
}

impl LetIn for Caller {
    fn of(party: &Party) -> Option<Self> {
        match party {
            Party::Corporation(corporation) => Some(Self(*corporation)),
            Party::Operator(_) | Party::Provider(_) | Party::Anybody(_) => None,
        }
    }
}

impl LetIn for Operator {
    fn of(party: &Party) -> Option<Self> {
        match party {
            Party::Operator(name) => Some(Self(name.clone())),
            Party::Corporation(_) | Party::Provider(_) | Party::Anybody(_) => None,
        }
    }
}

impl LetIn for Bringer {
    fn of(party: &Party) -> Option<Self> {
        match party {
            Party::Provider(bringer) => Some(*bringer),
            Party::Corporation(_) | Party::Operator(_) | Party::Anybody(_) => None,
        }
    }
}

impl LetIn for Known {
    fn of(party: &Party) -> Option<Self> {
        match party {
            Party::Anybody(known) => Some(*known),
            Party::Corporation(_) | Party::Operator(_) | Party::Provider(_) => None,
        }
    }
}

/// The caller that a handler asks for.
///
/// # Errors
/// 500: its route lets in somebody else. A mistake of ours that a test of all routes looks for.
pub(super) fn asked_for<C: LetIn>(party: &Party) -> Result<C, Problem> {
    C::of(party).ok_or_else(|| {
        tracing::error!("a handler asks for a caller that its route does not let in");
        Problem::failed()
    })
}

/// The caller that the guard left for the handler.
fn left_by_guard<C: LetIn>(extensions: &Extensions) -> Result<C, Problem> {
    asked_for(extensions.get::<Party>().ok_or_else(Problem::failed)?)
}

macro_rules! extracted {
    ($($asked:ty),+) => {$(
        impl FromRequestParts<Arc<App>> for $asked {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
                left_by_guard(&parts.extensions)
            }
        }
    )+};
}

extracted!(Caller, Operator, Bringer, Known);

#[cfg(test)]
mod tests {
    use super::*;

    fn left(party: Option<Party>) -> Extensions {
        let mut extensions = Extensions::new();
        party.map(|party| extensions.insert(party));
        extensions
    }

    #[test]
    fn a_handler_gets_the_caller_that_was_let_in() {
        let corporation = left(Some(Party::Corporation(CorporationId(7))));
        let caller = left_by_guard::<Caller>(&corporation).unwrap();
        assert_eq!(caller.0, CorporationId(7));
        let operator = left(Some(Party::Operator("operator local".into())));
        assert!(left_by_guard::<Operator>(&operator).is_ok());
    }

    #[test]
    fn a_handler_without_its_guard_or_behind_the_wrong_one_is_not_reached() {
        let corporation = Party::Corporation(CorporationId(7));
        for extensions in [left(None), left(Some(corporation))] {
            assert!(left_by_guard::<Operator>(&extensions).is_err());
            assert!(left_by_guard::<Bringer>(&extensions).is_err());
            assert!(left_by_guard::<Known>(&extensions).is_err());
        }
        assert!(left_by_guard::<Caller>(&left(None)).is_err());
    }
}
