//! Owns the shape of an operation's description: parameters, bodies, answers, problems. Refuses to know which there are.

use serde_json::{Map, Value, json};

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Corporation,
    Operator,
    Anybody,
}

/// One method of one path.
pub(super) struct Op {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: &'static str,
    caller: Caller,
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
            caller: Caller::Corporation,
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

    pub(super) fn by(mut self, caller: Caller) -> Self {
        self.caller = caller;
        self
    }

    /// A part of the path.
    pub(super) fn path_part(mut self, name: &str, description: &str, schema: &Value) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "path", "required": true, "description": description, "schema": schema
        }));
        self
    }

    /// A parameter of the query; none is required.
    pub(super) fn query(mut self, name: &str, description: &str, schema: &Value) -> Self {
        self.parameters.push(json!({ "name": name, "in": "query", "description": description, "schema": schema }));
        self
    }

    /// What is sent: the media types, and an example of the first.
    pub(super) fn takes(mut self, media: &[(&str, Value)], example: &Value, required: bool) -> Self {
        let mut content = Map::new();
        for (number, (media, schema)) in media.iter().enumerate() {
            let mut one = json!({ "schema": schema });
            if number == 0 && !example.is_null() {
                one["example"] = example.clone();
            }
            content.insert((*media).to_owned(), one);
        }
        self.body = Some(json!({ "required": required, "content": content }));
        self
    }

    /// JSON by the schema of this name.
    pub(super) fn takes_json(self, schema: &str, example: &Value) -> Self {
        self.takes(&[("application/json", reference(schema))], example, true)
    }

    /// An answer.
    pub(super) fn gives(mut self, status: u16, description: &str, media: &str, schema: &Value, example: &Value) -> Self {
        let mut content = json!({ "schema": schema });
        if !example.is_null() {
            content["example"] = example.clone();
        }
        let content: Map<String, Value> = [(media.to_owned(), content)].into_iter().collect();
        self.answers.insert(status.to_string(), json!({ "description": description, "content": content }));
        self
    }

    /// JSON by the schema of this name.
    pub(super) fn gives_json(self, status: u16, description: &str, schema: &str, example: &Value) -> Self {
        self.gives(status, description, "application/json", &reference(schema), example)
    }

    /// Problems with their codes.
    pub(super) fn fails(mut self, problems: &[(u16, &'static str)]) -> Self {
        self.problems.extend_from_slice(problems);
        self
    }

    /// The engine may be busy: every call that asks a shard.
    pub(super) fn asks(self) -> Self {
        self.fails(&[(503, "busy"), (408, "timeout")])
    }

    /// A JSON body may be wrong in all the ways there are.
    pub(super) fn reads(self) -> Self {
        self.fails(&[(400, "bad_request"), (413, "too_large"), (422, "invalid")])
    }

    pub(super) fn document(mut self) -> Value {
        if self.caller != Caller::Anybody {
            self.problems.push((401, "unauthorized"));
        }
        // A route that breaks off is answered, too (`front.rs`); the short way closes its connection.
        self.problems.push((500, "internal"));
        self.problems.sort_unstable();
        self.problems.dedup();
        let mut statuses: Vec<u16> = self.problems.iter().map(|(status, _)| *status).collect();
        statuses.dedup();
        for status in statuses {
            let codes: Vec<&str> = self.problems.iter().filter(|(s, _)| *s == status).map(|(_, code)| *code).collect();
            self.answers.insert(status.to_string(), problem(status, &codes));
        }
        let security = match self.caller {
            Caller::Corporation => json!([{ "corporation": [] }]),
            Caller::Operator => json!([{ "operator": [] }]),
            Caller::Anybody => json!([]),
        };
        let mut document = json!({
            "operationId": self.id, "tags": [self.tag], "summary": self.summary, "security": security, "responses": self.answers
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
}

fn problem(status: u16, codes: &[&str]) -> Value {
    let mut answer = json!({
        "description": format!("Code {}.", codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ")),
        "content": { "application/problem+json": {
            "schema": { "allOf": [reference("Problem"), { "properties": { "code": { "enum": codes } } }] }
        } }
    });
    if matches!(status, 429 | 503) {
        answer["headers"] =
            json!({ "Retry-After": { "description": "Seconds.", "schema": { "type": "integer", "minimum": 1 } } });
    }
    answer
}

/// The schema of this name.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
