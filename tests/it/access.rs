//! Who may call what: every route called by every kind of caller, by both ways into the API and on
//! the binary port; the table in the documents and the API's description are the route table's.

use axum::body::Body as HttpBody;
use http::{Request, header};
use sluis::access::Access;
use sluis::http::{RouteOf, openapi, route_list};
use sluis_client::{Client, ClientConfig, ClientError, ErrorCode, ReconnectPolicy};
use tower::ServiceExt as _;

use crate::support::{Body, Engine, NOORD, OPERATOR, Setup, ZUID};
use crate::tidy::{read, root};

/// Writes the table instead of comparing it.
const WRITE: &str = "SLUIS_WRITE_ACCESS";
/// Where the table begins.
const MADE: &str = "cargo test -p sluis --test it access -->\n";
/// A key that nobody has.
const NOBODYS: &str = "slk_nobody";
/// What callers send: nothing, nobody's key, the keys of two corporations, an operator's.
const KEYS: [&str; 5] = ["", NOBODYS, NOORD, ZUID, OPERATOR];
const EMAIL: &str = "email";
/// Names under which receipts are posted, and whether they are signed.
const PROVIDERS: [(&str, bool); 4] = [
    (EMAIL, false),
    ("relay", false),
    ("bird", true),
    ("null", true),
];

/// A request to every route.
struct Call {
    method: String,
    path: String,
    access: Access,
    /// Of a provider: whether it signs.
    signs: bool,
}

impl Call {
    fn of(route: RouteOf) -> Vec<Self> {
        let call = |path: String, signs| Self {
            method: route.method.to_uppercase(),
            path,
            access: route.access,
            signs,
        };
        let path = route
            .path
            .replace("{id}", "H-1")
            .replace("{token}", "no-link");
        if route.access != Access::Provider {
            return vec![call(path, false)];
        }
        // Mail is posted; there is no provider `email` to ask in a query, which anybody is told.
        let named = |name: &str| route.method == "post" || name != EMAIL;
        let providers = PROVIDERS.into_iter().filter(|(name, _)| named(name));
        providers
            .map(|(name, signs)| call(path.replace("{provider}", name), signs))
            .collect()
    }

    /// Whether the key lets in, as the documents say. Written down here a second time on purpose.
    fn lets_in(&self, key: &str) -> bool {
        let corporation = key == NOORD || key == ZUID;
        match self.access {
            Access::Corporation => corporation,
            Access::Operator => key == OPERATOR,
            Access::Provider => self.signs || corporation,
            Access::Anybody => true,
        }
    }
}

fn calls() -> Vec<Call> {
    let calls: Vec<Call> = route_list().into_iter().flat_map(Call::of).collect();
    for access in Access::ALL {
        let some = calls.iter().any(|call| call.access == access);
        assert!(some, "no route for {access:?}: this test has lost sight");
    }
    calls
}

#[track_caller]
fn judge(call: &Call, key: &str, way: &str, status: u16) {
    let what = format!(
        "{} {} with {key:?}, {way}: {status}",
        call.method, call.path
    );
    assert_ne!(status, 403, "{what}");
    assert_eq!(status != 401, call.lets_in(key), "{what}");
    assert_ne!(status, 500, "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_lets_in_whom_the_table_says_and_nobody_else() {
    let engine = Engine::with_sinks().await;
    for call in calls() {
        for key in KEYS {
            let Call { method, path, .. } = &call;
            let answer = engine.call(key, method, path, Body::Nothing).await;
            judge(&call, key, "by the front", answer.status);
            if answer.status == 401 {
                assert_eq!(answer.code(), "unauthorized");
                assert_eq!(answer.header("www-authenticate"), "Bearer");
            }
        }
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_routes_without_the_short_way_let_in_the_same_callers() {
    let engine = Engine::with_sinks().await;
    let routes = sluis::http::router(engine.app().clone());
    for call in calls() {
        for key in KEYS {
            let mut request = Request::builder()
                .method(call.method.as_str())
                .uri(&call.path);
            if !key.is_empty() {
                request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
            }
            let request = request.body(HttpBody::empty()).unwrap();
            let answer = routes.clone().oneshot(request).await.unwrap();
            judge(&call, key, "by the routes", answer.status().as_u16());
        }
    }
    engine.end().await;
}

async fn greeted(engine: &Engine, key: &str) -> Result<Client, ClientError> {
    let mut config = ClientConfig::new(engine.binary.to_string(), key, "test");
    config.reconnect = ReconnectPolicy::never();
    Client::connect(config).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_binary_port_lets_in_corporations_and_nobody_else() {
    assert_eq!(sluis::binary::ACCESS, Access::Corporation);
    let engine = Engine::start().await;
    for key in KEYS {
        let greeted = greeted(&engine, key).await;
        match greeted {
            Ok(client) => {
                assert!(key == NOORD || key == ZUID, "{key:?} was let in");
                drop(client);
            }
            Err(ClientError::Ended { code, .. }) => {
                assert_eq!(code.ok(), Some(ErrorCode::Unauthorised), "{key:?}");
                assert!(key != NOORD && key != ZUID, "{key:?} was kept out");
            }
            Err(other) => panic!("{key:?}: {other}"),
        }
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_there_is_no_key_this_machine_is_the_corporation_and_an_operator() {
    let setup = Setup {
        sinks: true,
        keys: false,
        ..Setup::default()
    };
    let engine = Engine::with(setup).await;
    for call in calls() {
        let answer = engine.call("", &call.method, &call.path, Body::Nothing);
        let status = answer.await.status;
        assert!(
            ![401, 403, 500].contains(&status),
            "{} {}: {status}",
            call.method,
            call.path
        );
    }
    drop(greeted(&engine, "").await.expect("the port is open"));
    engine.end().await;
}

/// The table as the documents show it.
fn table() -> String {
    let mut rows = vec![
        "| call | who |".to_owned(),
        "|---|---|".to_owned(),
        format!(
            "| the binary port, from `Hello` on | {} |",
            sluis::binary::ACCESS.name()
        ),
    ];
    rows.extend(route_list().into_iter().map(|route| {
        let method = route.method.to_uppercase();
        format!("| `{method} {}` | {} |", route.path, route.access.name())
    }));
    rows.join("\n") + "\n"
}

#[test]
fn the_table_in_the_documents_is_the_route_tables() {
    let path = root().join("docs/access.md");
    let text = read(&path);
    let (before, kept) = text.split_once(MADE).expect("where the table begins");
    let now = format!("\n{}", table());
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, format!("{before}{MADE}{now}")).unwrap();
        return;
    }
    assert!(
        kept == now,
        "docs/access.md does not show the route table: run this test once with {WRITE}=1"
    );
}

#[test]
fn the_description_asks_for_the_keys_that_the_table_says() {
    let document = openapi::document(&route_list());
    for route in route_list() {
        let security = &document["paths"][route.path][route.method]["security"];
        let names: Vec<&str> = security
            .as_array()
            .unwrap_or_else(|| panic!("{route:?}: no security"))
            .iter()
            .map(|entry| {
                let first = entry.as_object().unwrap().keys().next();
                first.map_or("none", String::as_str)
            })
            .collect();
        let expected: &[&str] = match route.access {
            Access::Corporation => &["corporation"],
            Access::Operator => &["operator"],
            Access::Provider => &["corporation", "none"],
            Access::Anybody => &[],
        };
        assert_eq!(names, expected, "{route:?}");
    }
}
