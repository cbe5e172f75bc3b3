//! Owns the description of the HTTP API, OpenAPI 3.1. Refuses to drift: a test compares it with
//! `docs/openapi.json` and with the routes.

mod archive;
mod counters;
mod households;
mod mailings;
mod migrations;
mod operation;
mod parts;
mod people;
mod reload;
mod results;
mod schemas;
mod senders;
mod serving;
mod shapes;

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use parts::Op;

use super::route::RouteOf;
use crate::access::Access;

const DESCRIPTION: &str = "\
Everything a housing corporation tells its tenants leaves through this engine. Internal systems put notifications in; \
the engine picks the channel, escalates when it does not arrive, and keeps the record.

**Accepted means durable**: a 202 leaves only after the notification is on stable storage. **Errors** are RFC 9457 \
(`application/problem+json`) with a stable `code`; programs compare the code, never the text. 429 and 503 carry \
`Retry-After`: nothing was taken, send it again. **Isolation**: whatever belongs to another corporation is answered as if \
it did not exist. **Bodies** are UTF-8; a byte order mark at the beginning is passed over. `Accept` is not looked at: each address \
answers in one type.";

/// The document, for these routes.
#[must_use]
pub fn document(routes: &[RouteOf]) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sluis",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "An output street for housing corporations",
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }
        },
        "servers": [{ "url": "/", "description": "This engine" }],
        "tags": [
            { "name": "notifications", "description": "One thing to tell one tenant." },
            { "name": "tenants", "description": "Who receives: profile, timeline, lists." },
            { "name": "mailings", "description": "A list and a flow, approved and handed over at a pace." },
            { "name": "facts", "description": "Business events that guards and stop rules read." },
            { "name": "results", "description": "What became of everything, and what waits for people." },
            { "name": "operation", "description": "Pause, resume, metrics, health." },
            { "name": "outside", "description": "What providers and tenants call." }
        ],
        "paths": paths(routes),
        "components": {
            "securitySchemes": {
                "corporation": {
                    "type": "http", "scheme": "bearer",
                    "description": "A corporation's API key, `slk_...`. An engine without any key serves its own machine only, as corporation `demo`."
                },
                "operator": {
                    "type": "http", "scheme": "bearer",
                    "description": "A key for what shows the engine as a whole."
                }
            },
            "schemas": schemas::all(),
        }
    })
}

fn paths(routes: &[RouteOf]) -> Value {
    let access: HashMap<(&str, &str), Access> = routes
        .iter()
        .map(|route| ((route.path, route.method), route.access))
        .collect();
    let mut paths = Map::new();
    let all: [Vec<Op>; 10] = [
        senders::operations(),
        households::operations(),
        mailings::operations(),
        migrations::operations(),
        results::operations(),
        archive::operations(),
        counters::operations(),
        operation::operations(),
        reload::operations(),
        serving::operations(),
    ];
    for op in all.into_iter().flatten().chain(people::operations()) {
        // A description without its route stays in, where a test finds it.
        let access = access.get(&(op.path, op.method)).copied();
        let path = paths.entry(op.path).or_insert_with(|| json!({}));
        let method = op.method;
        path[method] = op.document(access.unwrap_or(Access::Corporation));
    }
    Value::Object(paths)
}
