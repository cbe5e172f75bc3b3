//! Owns the shape of a flow file on disk, down to its steps: what a step holds is read by its kind.
//! Refuses unknown keys; meaning is given in `compile`.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FlowSource {
    pub name: String,
    pub version: u32,
    pub purpose: String,
    pub subject: Option<String>,
    pub amount: Option<String>,
    pub calendar: Option<String>,
    pub group: Option<GroupSource>,
    pub legal: Option<String>,
    pub follows: Option<String>,
    #[serde(default)]
    pub counted: bool,
    #[serde(default)]
    pub process: String,
    #[serde(default = "default_hold")]
    pub hold_for: String,
    #[serde(default = "default_list")]
    pub fallback_list: String,
    pub closing: Option<String>,
    #[serde(default)]
    pub input: BTreeMap<String, InputSource>,
    #[serde(default)]
    pub classes: BTreeMap<String, String>,
    #[serde(default)]
    pub guard: Vec<GuardSource>,
    #[serde(default)]
    pub stop: Vec<StopSource>,
    #[serde(default)]
    pub step: Vec<StepSource>,
}

/// `group = { roles = ["tenant", "joint_tenant"], answered = "all" }`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupSource {
    pub roles: Option<Vec<String>>,
    pub answered: Option<String>,
}

/// `title = "line?"`, or `text = { kind = "text", most = 10_000 }`.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a kind such as \"text?\", or a table such as { kind = \"text\", most = 10_000, optional = true }"
)]
pub(super) enum InputSource {
    Word(String),
    Table(InputTable),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputTable {
    pub kind: String,
    pub most: Option<u64>,
    #[serde(default)]
    pub optional: bool,
}

fn default_hold() -> String {
    "72h".into()
}

fn default_list() -> String {
    "delivery".into()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GuardSource {
    pub name: String,
    pub when: String,
    pub fresh_within: Option<String>,
    pub otherwise: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StopSource {
    pub name: String,
    pub when: String,
    #[serde(default)]
    pub close_link: bool,
    pub end: Option<String>,
    pub go: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StepSource {
    pub id: String,
    #[serde(default)]
    pub on: toml::Table,
    /// The key of its kind, with what stands under it.
    #[serde(flatten)]
    pub kind: toml::Table,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassSource {
    pub default: String,
    pub codes: BTreeMap<Box<str>, Box<str>>,
}
