//! Owns what a template may use: who receives, who sends, the notification's own fields; and the
//! language in which it is said.

use serde::Serialize;
use serde_json::{Map, Value};
use sluis_model::Flow;
use sluis_model::flow::{Said, Value as Known};

/// The language of a file that names none, and of a tenant whose language has no file.
pub const DEFAULT_LANGUAGE: &str = "nl";

/// What a template may use.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Context<'a> {
    /// Who receives.
    pub tenant: TenantView<'a>,
    /// Who sends.
    pub corporation: CorporationView<'a>,
    /// The notification's own fields.
    pub data: &'a serde_json::Value,
    /// What people answered, as `task.<step>.<field>`, where the flow keeps answers; see [`answered`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<&'a serde_json::Value>,
    /// What the tenant answered, as `ask.<step>.<field>`, where the flow asks him; see [`asked`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<&'a serde_json::Value>,
    /// The engine's link for this notification, where the flow has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<&'a str>,
    /// The page where the tenant says that he wants no more messages like this, where the flow's purpose is
    /// one that he may say that of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsubscribe_url: Option<&'a str>,
}

/// The tenant, as `tenant.name` and so on.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TenantView<'a> {
    /// The corporation's number for the tenant.
    pub id: &'a str,
    /// The name as it is written.
    pub name: &'a str,
    /// ISO 639-1, in any case, a region after it is left out: `nl`, `en-GB`.
    pub language: &'a str,
}

/// The corporation, as `corporation.name`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CorporationView<'a> {
    /// The name as it is written.
    pub name: &'a str,
}

/// What is known of the answers of people, by step and field. None: the flow keeps none. A step that was
/// not answered yet is there, and nothing of it is defined.
#[must_use]
pub fn answered(flow: &Flow, said: &[Said]) -> Option<Value> {
    known(flow, said, false)
}

/// What is known of the answers of the tenant, likewise.
#[must_use]
pub fn asked(flow: &Flow, said: &[Said]) -> Option<Value> {
    known(flow, said, true)
}

/// What is known of answers to the steps that ask the tenant, or people.
fn known(flow: &Flow, said: &[Said], of_tenant: bool) -> Option<Value> {
    let mut steps = Map::new();
    for kept in &flow.kept {
        let step = flow.step(kept.step)?;
        let question = step.kind.question();
        if question.is_some_and(|question| question.page.is_some()) != of_tenant {
            continue;
        }
        let id = step.id.to_string();
        let fields = steps.entry(id).or_insert_with(|| Map::new().into());
        let known = said
            .iter()
            .find(|said| said.step == kept.step && said.name == kept.name);
        let value = known.and_then(|said| json(&said.value));
        if let (Value::Object(fields), Some(value)) = (fields, value) {
            fields.insert(kept.name.to_string(), value);
        }
    }
    (!steps.is_empty()).then(|| steps.into())
}

fn json(value: &Known) -> Option<Value> {
    match value {
        Known::Missing => None,
        Known::Text(text) => Some((**text).into()),
        Known::Integer(number) => Some((*number).into()),
        Known::Boolean(truth) => Some((*truth).into()),
    }
}

pub(super) fn is_language(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_lowercase())
}

/// `en-GB` is `en`; what is no language is the default.
pub(super) fn language_of(context: &Context<'_>) -> String {
    let language: String = context
        .tenant
        .language
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    let language = language.to_ascii_lowercase();
    if is_language(&language) {
        language
    } else {
        DEFAULT_LANGUAGE.to_owned()
    }
}
