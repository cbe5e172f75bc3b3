//! Owns the shape of an operation's description: parameters, bodies, answers, problems. Every
//! problem has one schema, whatever its status: its codes stand in words. Refuses to know which
//! operations there are.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::access::Access;

/// One method of one path.
pub(super) struct Op {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: &'static str,
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: Map<String, Value>,
    problems: Vec<(u16, &'static str)>,
}

impl Op {
    pub(super) fn new(
        method: &'static str,
        path: &'static str,
        id: &'static str,
        tag: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            id,
            tag,
            summary,
            description: "",
            parameters: Vec::new(),
            body: None,
            answers: Map::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn about(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// A part of the path.
    pub(super) fn path_part(mut self, name: &str, description: &str, schema: &Value) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "path", "required": true, "description": description, "schema": schema
        }));
        self
    }

    /// A parameter of the query that is not required.
    pub(super) fn query(mut self, name: &str, description: &str, schema: &Value) -> Self {
        self.parameters.push(
            json!({ "name": name, "in": "query", "description": description, "schema": schema }),
        );
        self
    }

    /// A parameter of the query that is required.
    pub(super) fn needs(mut self, name: &str, description: &str, schema: &Value) -> Self {
        self.parameters.push(
            json!({ "name": name, "in": "query", "required": true, "description": description, "schema": schema }),
        );
        self
    }

    /// `lang`: the language of the sentences, which a header chooses, too.
    pub(super) fn in_a_language(mut self) -> Self {
        let description = "The language of `Accept-Language` that is liked best, where `lang` says none: `en` or `nl`.";
        self.parameters.push(json!({
            "name": "Accept-Language", "in": "header", "description": description,
            "schema": { "type": "string" }, "example": "nl-NL,nl;q=0.9"
        }));
        self.query(
            "lang",
            "The language of the sentences.",
            &reference("Language"),
        )
    }

    /// `limit`: rows of one page.
    pub(super) fn limit(self, description: &str, most: usize, usual: usize) -> Self {
        self.query(
            "limit",
            description,
            &json!({ "type": "integer", "minimum": 1, "maximum": most, "default": usual }),
        )
    }

    /// What is sent: the media types, each with an example.
    pub(super) fn takes(mut self, media: &[(&str, Value, Value)], required: bool) -> Self {
        let one = |(media, schema, example): &(&str, Value, Value)| {
            (
                (*media).to_owned(),
                json!({ "schema": schema, "example": example }),
            )
        };
        let content: Map<String, Value> = media.iter().map(one).collect();
        self.body = Some(json!({ "required": required, "content": content }));
        self.fails(&[(413, "too_large"), (415, "wrong_type")])
    }

    /// JSON by the schema of this name.
    pub(super) fn takes_json(self, schema: &str, example: &Value) -> Self {
        self.takes(
            &[("application/json", reference(schema), example.clone())],
            true,
        )
    }

    /// Lines, a value of the schema of this name each, none of which may be left out. Bytes are
    /// described, too: what they are is the same, and generators of clients that know no NDJSON
    /// know how to send bytes.
    pub(super) fn takes_lines(self, schema: &str, example: &[Value]) -> Self {
        let mut text = lines(schema);
        text["pattern"] = NOT_BLANK.into();
        let example = Value::from(written(example));
        self.takes(
            &[
                (NDJSON, text, example.clone()),
                (BYTES, bytes("NDJSON."), example),
            ],
            true,
        )
    }

    /// An answer.
    pub(super) fn gives(
        mut self,
        status: u16,
        description: &str,
        media: &str,
        schema: &Value,
        example: &Value,
    ) -> Self {
        let mut content = json!({ "schema": schema });
        if !example.is_null() {
            content["example"] = example.clone();
        }
        let content: Map<String, Value> = [(media.to_owned(), content)].into_iter().collect();
        self.answers.insert(
            status.to_string(),
            json!({ "description": description, "content": content }),
        );
        self
    }

    /// Bytes as they are, of one of these types, each with an example.
    pub(super) fn gives_bytes(
        mut self,
        status: u16,
        description: &str,
        media: &[(&str, &str)],
    ) -> Self {
        let one = |(media, example): &(&str, &str)| {
            let content = json!({ "schema": bytes("As it is."), "example": example });
            ((*media).to_owned(), content)
        };
        let content: Map<String, Value> = media.iter().map(one).collect();
        self.answers.insert(
            status.to_string(),
            json!({ "description": description, "content": content }),
        );
        self
    }

    /// JSON by the schema of this name.
    pub(super) fn gives_json(
        self,
        status: u16,
        description: &str,
        schema: &str,
        example: &Value,
    ) -> Self {
        self.gives(
            status,
            description,
            "application/json",
            &reference(schema),
            example,
        )
    }

    /// A redirect.
    pub(super) fn moves(mut self, status: u16, description: &str) -> Self {
        let location = json!({ "description": "Where to.", "required": true, "schema": { "type": "string", "format": "uri" } });
        self.answers.insert(
            status.to_string(),
            json!({ "description": description, "headers": { "Location": location } }),
        );
        self
    }

    /// Lines, a value of the schema of this name each.
    pub(super) fn gives_lines(
        self,
        status: u16,
        description: &str,
        schema: &str,
        example: &[Value],
    ) -> Self {
        self.gives(
            status,
            description,
            NDJSON,
            &lines(schema),
            &written(example).into(),
        )
    }

    /// Problems with their codes.
    pub(super) fn fails(mut self, problems: &[(u16, &'static str)]) -> Self {
        self.problems.extend_from_slice(problems);
        self
    }

    /// The engine may be busy: every call that asks a shard.
    pub(super) fn asks(self) -> Self {
        self.fails(&[(503, "busy")])
    }

    /// A JSON body may have mistakes.
    pub(super) fn reads(self) -> Self {
        self.fails(&[(422, "invalid")])
    }

    /// Its description, for who may call by the route table.
    pub(super) fn document(mut self, access: Access) -> Value {
        self.add_usual_problems(access);
        self.answer_problems();
        let mut document = json!({
            "operationId": self.id, "tags": [self.tag], "summary": self.summary, "security": security(access), "responses": self.answers
        });
        if !self.description.is_empty() {
            document["description"] = self.description.into();
        }
        if !self.parameters.is_empty() {
            document["parameters"] = self.parameters.into();
        }
        if let Some(body) = self.body {
            document["requestBody"] = body;
        }
        document
    }

    /// What can happen whatever the call is.
    fn add_usual_problems(&mut self, access: Access) {
        if access != Access::Anybody {
            self.problems.push((401, "unauthorized"));
        }
        let queried = |parameter: &Value| parameter["in"] == "query";
        if self.parameters.iter().any(queried) {
            self.problems.push((400, "bad_query"));
        }
        if access == Access::Corporation {
            self.problems.push((429, "too_many_connections"));
        }
        self.problems.extend_from_slice(EVERYWHERE);
        // What answers in its own way while the process starts or is full says so there.
        let not_now = NOT_NOW.iter();
        let unsaid = not_now.filter(|(status, _)| !self.answers.contains_key(&status.to_string()));
        self.problems.extend(unsaid);
    }

    /// An answer for each status of a problem, with all its codes.
    fn answer_problems(&mut self) {
        let mut by_status: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
        for (status, code) in &self.problems {
            by_status.entry(*status).or_default().insert(code);
        }
        for (status, codes) in by_status {
            let codes: Vec<&str> = codes.into_iter().collect();
            self.answers
                .insert(status.to_string(), problem(status, &codes));
        }
    }
}

/// What can happen to any call. A route that breaks off is answered, too (`front.rs`); the short
/// way closes its connection.
const EVERYWHERE: &[(u16, &str)] = &[
    (400, "bad_request"),
    (408, "timeout"),
    (415, "wrong_encoding"),
    (500, "internal"),
];
/// The process starts, or has no connection to spare: see `reception.rs`.
const NOT_NOW: &[(u16, &str)] = &[(503, "busy"), (503, "starting")];
/// Values, one a line.
const NDJSON: &str = "application/x-ndjson";
/// Whatever it is.
pub(super) const BYTES: &str = "application/octet-stream";
/// At least one line that is not blank.
pub(super) const NOT_BLANK: &str = "[^ \\t\\n\\f\\r]";

/// Which keys are asked for. A provider that signs sends none.
fn security(access: Access) -> Value {
    match access {
        Access::Corporation => json!([{ "corporation": [] }]),
        Access::Operator => json!([{ "operator": [] }]),
        Access::Provider => json!([{ "corporation": [] }, {}]),
        Access::Anybody => json!([]),
    }
}

fn problem(status: u16, codes: &[&str]) -> Value {
    let named: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let known = StatusCode::from_u16(status).ok();
    let title = known.and_then(|status| status.canonical_reason());
    let title = title.unwrap_or("Error");
    let example = json!({
        "type": format!("https://sluis.dev/problems/{}", codes[0]), "title": title, "status": status, "code": codes[0],
        "detail": "What happened and what to do, for people."
    });
    let mut answer = json!({
        "description": format!("{title}: code {}.", named.join(", ")),
        "content": { "application/problem+json": { "schema": reference("Problem"), "example": example } }
    });
    if let Some(headers) = headers_with(status) {
        answer["headers"] = headers;
    }
    answer
}

/// The header that comes with every answer of this status.
fn headers_with(status: u16) -> Option<Value> {
    let header = |name: &str, description: &str, schema: Value| json!({ name: { "description": description, "required": true, "schema": schema } });
    match status {
        429 | 503 => {
            let seconds = json!({ "type": "integer", "minimum": 1 });
            Some(header("Retry-After", "Seconds.", seconds))
        }
        401 => {
            let scheme = json!({ "type": "string", "const": "Bearer" });
            Some(header("WWW-Authenticate", "The scheme.", scheme))
        }
        _ => None,
    }
}

/// Text of lines, a value of the schema of this name each.
fn lines(schema: &str) -> Value {
    json!({
        "type": "string", "description": format!("A `{schema}` a line, each a JSON object; lines end with a line feed."),
        "contentMediaType": NDJSON, "contentSchema": reference(schema)
    })
}

fn written(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

/// Bytes as they are.
pub(super) fn bytes(description: &str) -> Value {
    json!({ "type": "string", "format": "binary", "description": description })
}

/// The schema of this name.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
