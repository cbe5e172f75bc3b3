//! Owns `sluis mailing`: what people do with a mailing, asked of a running engine over its API. Refuses to do
//! any of it itself, and to guess who asks: every step that changes something names a person.

mod words;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use http::Method;
use serde_json::{Map, Value, json};

use super::calling::{Call, Caller, EngineArgs};
use super::config::{Reply, Source};
use super::told::told;
use crate::config::CliOverrides;
use words::{line_of, mailing, preview, refused, report, said};

/// The environment variable that usually holds the corporation's key.
const KEY: &str = "SLUIS_KEY";
/// Between two looks at a selection.
const LOOKS: Duration = Duration::from_millis(200);

/// How to ask, and what.
#[derive(Debug, clap::Args)]
pub struct MailingArgs {
    /// Configuration file, which says where the engine listens
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArgs,
    /// The environment variable that holds a key of the corporation
    #[arg(long, value_name = "NAME", default_value = KEY, global = true)]
    key_env: String,
    /// Prints answers as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: MailingCommand,
}

/// What people do with a mailing.
#[derive(Debug, clap::Subcommand)]
enum MailingCommand {
    /// Make a draft
    Draft(DraftArgs),
    /// Bring its rows: a list, CSV or NDJSON
    Rows {
        /// The mailing
        id: String,
        /// The list
        file: PathBuf,
        /// Who brings them
        #[arg(long)]
        by: String,
    },
    /// Choose its tenants by a condition, and wait until that is through
    Select {
        /// The mailing
        id: String,
        /// The condition, such as "facts.segment.name == 'noord' && tenant.reached_by_email"
        #[arg(long)]
        when: String,
        /// Who chooses
        #[arg(long)]
        by: String,
    },
    /// List those for whom the condition was unknown
    Undecided {
        /// The mailing
        id: String,
    },
    /// Show some rows, and what they say over each channel
    Preview {
        /// The mailing
        id: String,
        /// How many, at most 20
        #[arg(long)]
        rows: Option<u8>,
    },
    /// Approve it: a second person
    Approve {
        /// The mailing
        id: String,
        /// What was looked at: the checksum of the preview
        #[arg(long)]
        checksum: String,
        /// Who approves
        #[arg(long)]
        by: String,
    },
    /// Hand its rows over from now on
    Release(TermsArgs),
    /// Hand over no more rows for now
    Pause(StepArgs),
    /// Go on, perhaps on other terms
    Resume(TermsArgs),
    /// Stop, and cancel what is open
    Stop(StepArgs),
    /// Show how far it is; without an id all of them
    Show {
        /// The mailing
        id: Option<String>,
    },
    /// Make a draft that says something else to tenants of this one
    Correct {
        /// The mailing that was wrong
        id: String,
        /// Which of its tenants: left, not_left, bounced or all
        #[arg(long, value_name = "WHICH")]
        affected: String,
        /// Each tenant keeps the fields that his row has
        #[arg(long)]
        keep_data: bool,
        #[command(flatten)]
        draft: DraftArgs,
    },
    /// Remove it with its rows: a draft, an approved one, or one that has ended
    Remove(StepArgs),
    /// Say of each row what became of it
    Account {
        /// The mailing
        id: String,
    },
}

/// What a draft is.
#[derive(Debug, clap::Args)]
struct DraftArgs {
    /// What people call it
    #[arg(long)]
    name: String,
    /// Its flow
    #[arg(long)]
    flow: String,
    /// Its category
    #[arg(long)]
    category: String,
    /// The world that its tenants are of: production, acceptance, test or development
    #[arg(long)]
    environment: String,
    /// Fields that every row has: a JSON object
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
    /// Its lane: bulk or normal
    #[arg(long)]
    priority: Option<String>,
    /// Who makes it
    #[arg(long)]
    by: String,
}

/// Which one, and who.
#[derive(Debug, clap::Args)]
struct StepArgs {
    /// The mailing
    id: String,
    /// Who does it
    #[arg(long)]
    by: String,
}

/// Which one, who, and on which terms.
#[derive(Debug, clap::Args)]
struct TermsArgs {
    #[command(flatten)]
    step: StepArgs,
    /// Rows a minute
    #[arg(long)]
    per_minute: Option<u32>,
    /// Days and hours in the Netherlands, such as "mon-fri 09:00-17:00"; may be given several times
    #[arg(long = "window")]
    windows: Vec<String>,
    /// Pause when more than so many percent bounced or were refused; 100 never pauses
    #[arg(long)]
    stop_percent: Option<u8>,
    /// How many rows must have been tried before that is looked at
    #[arg(long)]
    stop_after: Option<u32>,
}

/// Runs it. `env` is the environment of the process.
#[must_use]
pub(crate) fn run(args: &MailingArgs, env: &BTreeMap<String, String>) -> Reply {
    match asked(args, env) {
        Ok(reply) => reply,
        Err(error) => Reply {
            err: format!("sluis: {}\n", told(&error)),
            code: 1,
            ..Reply::default()
        },
    }
}

fn asked(args: &MailingArgs, env: &BTreeMap<String, String>) -> anyhow::Result<Reply> {
    let call = call(&args.what)?;
    let source = Source {
        config: args.config.clone(),
        overrides: CliOverrides::default(),
    };
    let caller = Caller::new((&args.engine, &source), &args.key_env, env)?;
    let mut answer = caller.ask(call)?;
    if let MailingCommand::Select { id, .. } = &args.what {
        while answer.status.is_success() && said(&answer)["selection"]["state"] == "running" {
            caller.wait(LOOKS);
            answer = caller.ask(get(&format!("/v1/mailings/{}", part(id))))?;
        }
    }
    if !answer.status.is_success() {
        return Ok(refused(&answer));
    }
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    // An account is a line a row already.
    let is_lines = matches!(
        args.what,
        MailingCommand::Account { .. } | MailingCommand::Undecided { .. }
    );
    let out = match (is_lines, args.json) {
        (true, _) => text,
        (false, true) => format!("{:#}\n", said(&answer)),
        (false, false) => shown(&args.what, &said(&answer)),
    };
    let failed = said(&answer)["selection"]["state"] == "failed";
    let code = u8::from(failed && matches!(args.what, MailingCommand::Select { .. }));
    Ok(Reply {
        code,
        ..Reply::good(out)
    })
}

/// What is asked of the API.
fn call(what: &MailingCommand) -> anyhow::Result<Call> {
    let of = |id: &str, step: &str| format!("/v1/mailings/{}{step}", part(id));
    Ok(match what {
        MailingCommand::Draft(draft) => post("/v1/mailings", &draft_of(draft)?),
        MailingCommand::Correct {
            id,
            affected,
            keep_data,
            draft,
        } => {
            let mut body = draft_of(draft)?;
            body["affected"] = affected.as_str().into();
            body["keep_data"] = (*keep_data).into();
            post(&of(id, "/corrections"), &body)
        }
        MailingCommand::Remove(step) => post(&of(&step.id, "/remove"), &json!({ "by": step.by })),
        MailingCommand::Rows { id, file, by } => {
            let list = std::fs::read(file).with_context(|| file.display().to_string())?;
            Call {
                method: Method::POST,
                path: of(id, &format!("/rows?by={}", part(by))),
                body: Some(("application/octet-stream", list)),
            }
        }
        MailingCommand::Select { id, when, by } => {
            post(&of(id, "/select"), &json!({ "when": when, "by": by }))
        }
        MailingCommand::Undecided { id } => get(&of(id, "/undecided")),
        MailingCommand::Preview { id, rows } => {
            let rows = rows.map_or_else(String::new, |rows| format!("?rows={rows}"));
            get(&of(id, &format!("/preview{rows}")))
        }
        MailingCommand::Approve { id, checksum, by } => {
            let body = json!({ "checksum": checksum, "by": by });
            post(&of(id, "/approve"), &body)
        }
        MailingCommand::Release(terms) => post(&of(&terms.step.id, "/release"), &terms_of(terms)),
        MailingCommand::Resume(terms) => post(&of(&terms.step.id, "/resume"), &terms_of(terms)),
        MailingCommand::Pause(step) => post(&of(&step.id, "/pause"), &json!({ "by": step.by })),
        MailingCommand::Stop(step) => post(&of(&step.id, "/stop"), &json!({ "by": step.by })),
        MailingCommand::Show { id: Some(id) } => get(&of(id, "")),
        MailingCommand::Show { id: None } => get("/v1/mailings"),
        MailingCommand::Account { id } => get(&of(id, "/account")),
    })
}

fn get(path: &str) -> Call {
    Call {
        method: Method::GET,
        path: path.to_owned(),
        body: None,
    }
}

fn post(path: &str, body: &Value) -> Call {
    Call {
        method: Method::POST,
        path: path.to_owned(),
        body: Some(("application/json", body.to_string().into_bytes())),
    }
}

fn draft_of(draft: &DraftArgs) -> anyhow::Result<Value> {
    let DraftArgs {
        name,
        flow,
        category,
        environment,
        data,
        priority,
        by,
    } = draft;
    let mut body = json!({
        "name": name, "flow": flow, "category": category, "environment": environment, "by": by
    });
    if let Some(data) = data {
        let fields: Map<String, Value> =
            serde_json::from_str(data).context("--data: expected a JSON object")?;
        body["data"] = fields.into();
    }
    if let Some(priority) = priority {
        body["priority"] = priority.as_str().into();
    }
    Ok(body)
}

fn terms_of(terms: &TermsArgs) -> Value {
    let mut body = json!({ "by": terms.step.by });
    let numbers = [
        ("per_minute", terms.per_minute),
        ("stop_percent", terms.stop_percent.map(u32::from)),
        ("stop_after", terms.stop_after),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            body[name] = number.into();
        }
    }
    if !terms.windows.is_empty() {
        body["windows"] = json!(terms.windows);
    }
    body
}

/// As it stands in a path or a query.
fn part(text: &str) -> String {
    let mut part = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                part.push(byte.into());
            }
            other => drop(write!(part, "%{other:02X}")),
        }
    }
    part
}

/// An answer, for people.
fn shown(what: &MailingCommand, answer: &Value) -> String {
    match what {
        MailingCommand::Show { id: None } => {
            let all = answer["mailings"].as_array();
            all.into_iter().flatten().map(line_of).collect()
        }
        MailingCommand::Preview { .. } => preview(answer),
        MailingCommand::Rows { .. } | MailingCommand::Correct { .. } => report(answer),
        MailingCommand::Draft(_)
        | MailingCommand::Remove(_)
        | MailingCommand::Select { .. }
        | MailingCommand::Undecided { .. }
        | MailingCommand::Approve { .. }
        | MailingCommand::Release(_)
        | MailingCommand::Pause(_)
        | MailingCommand::Resume(_)
        | MailingCommand::Stop(_)
        | MailingCommand::Show { id: Some(_) }
        | MailingCommand::Account { .. } => mailing(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_query_stays_the_name() {
        assert_eq!(part("Anna Kok & Zn."), "Anna%20Kok%20%26%20Zn.");
        assert_eq!(part("é"), "%C3%A9");
    }

    #[test]
    fn a_correction_and_a_removal_are_asked_of_the_api() {
        let step = StepArgs {
            id: "ab".to_owned(),
            by: "Bea".to_owned(),
        };
        let removed = call(&MailingCommand::Remove(step)).unwrap();
        assert_eq!(removed.path, "/v1/mailings/ab/remove");
        let draft = DraftArgs {
            name: "Excuses".to_owned(),
            flow: "notice".to_owned(),
            category: "newsletter".to_owned(),
            environment: "production".to_owned(),
            data: Some("{\"title\":\"x\"}".to_owned()),
            priority: None,
            by: "Anna".to_owned(),
        };
        let corrected = call(&MailingCommand::Correct {
            id: "ab".to_owned(),
            affected: "left".to_owned(),
            keep_data: true,
            draft,
        });
        let corrected = corrected.unwrap();
        assert_eq!(corrected.path, "/v1/mailings/ab/corrections");
        let body: Value = serde_json::from_slice(&corrected.body.unwrap().1).unwrap();
        assert_eq!(
            (&body["affected"], &body["keep_data"], &body["data"]),
            (&json!("left"), &json!(true), &json!({ "title": "x" }))
        );
    }

    #[test]
    fn one_mailing_is_shown_with_its_counts() {
        let answer = json!({
            "id": "ab", "stage": "draft", "name": "Nieuws", "flow": "notice", "rows": { "count": 3, "checksum": "cd" },
            "selection": { "when": "today > '2026-01-01'", "state": "done", "undecided": 2 }
        });
        assert_eq!(
            mailing(&answer),
            "ab  draft           3 rows  notice: Nieuws\nrows: checksum cd, count 3\n\
             selection: state done, undecided 2, when today > '2026-01-01'\n"
        );
    }
}
