//! Owns `sluis config`: check, print, key, env. Refuses to print: each command returns its text and
//! exit code, so that a test reads what a person would.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use sluis_actors::Book;
use sluis_journal::MemoryJournal;

use super::told::told;
use crate::config::{
    ApiKey, CliOverrides, Config, ConfigProblems, EXIT_CONFIG, Loaded, MapSecrets, Problem,
    SETTINGS, flows,
};
use crate::reload::placed;
use crate::sealing::{Tried, try_all};

/// Looks at the configuration, or helps to write it.
#[derive(Debug, clap::Subcommand)]
pub enum ConfigCommand {
    /// Checks the configuration and the flows it names; reports every problem, exit code 64
    Check {
        /// Which configuration.
        #[command(flatten)]
        source: Source,
        /// Also looks up the secrets and CA files that providers name and the corporations' keys, as a
        /// start would
        #[arg(long)]
        secrets: bool,
    },
    /// Prints the effective configuration; values that are no default say where they came from
    Print(Source),
    /// Makes an API key; shows it once, with the hash for the configuration
    Key,
    /// Lists the environment variables
    Env,
}

/// Which configuration to look at.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Source {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// What the command line sets.
    #[command(flatten)]
    pub(super) overrides: CliOverrides,
}

impl Source {
    /// Reads it.
    ///
    /// # Errors
    /// Every problem with it.
    pub(crate) fn load(&self, env: &BTreeMap<String, String>) -> Result<Loaded, ConfigProblems> {
        Config::load(self.config.as_deref(), env, &self.overrides)
    }
}

/// What a command has to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reply {
    /// For standard output.
    pub(crate) out: String,
    /// For standard error.
    pub(crate) err: String,
    /// Exit code.
    pub(crate) code: u8,
}

impl Reply {
    pub(super) fn good(out: String) -> Self {
        Self {
            out,
            ..Self::default()
        }
    }

    pub(super) fn bad(problems: &ConfigProblems) -> Self {
        let count = problems.0.len();
        let noun = if count == 1 { "problem" } else { "problems" };
        Self {
            err: format!("{problems}\n{count} {noun} with the configuration\n"),
            code: EXIT_CONFIG,
            ..Self::default()
        }
    }
}

/// Runs one command. `env` is the environment of the process.
#[must_use]
pub(crate) fn run(command: &ConfigCommand, env: &BTreeMap<String, String>) -> Reply {
    match command {
        ConfigCommand::Check { source, secrets } => check(source, *secrets, env),
        ConfigCommand::Print(source) => print(source, env),
        ConfigCommand::Key => key(),
        ConfigCommand::Env => Reply::good(env_table()),
    }
}

fn check(source: &Source, secrets: bool, env: &BTreeMap<String, String>) -> Reply {
    let loaded = match source.load(env) {
        Ok(loaded) => loaded,
        Err(problems) => return Reply::bad(&problems),
    };
    let config = &loaded.config;
    let found = [
        compile(config),
        fact_types(config),
        Ok(lists(config)),
        look_up(config, secrets, env),
    ];
    let mut problems = Vec::new();
    let mut lines = vec![layers(source, &loaded)];
    for part in found {
        match part {
            Ok(line) => lines.push(line),
            Err(wrong) => problems.extend(wrong.0),
        }
    }
    match crate::config::steering::load(config) {
        Ok(all) if all.is_empty() => {}
        Ok(all) => lines.push(format!("steering: files of {} corporations", all.len())),
        Err(wrong) => problems.extend(wrong.0),
    }
    if !problems.is_empty() {
        return Reply::bad(&ConfigProblems(problems));
    }
    lines.extend(loaded.notes.iter().map(|note| format!("note: {note}")));
    lines.push("the configuration is right".to_owned());
    Reply::good(lines.join("\n") + "\n")
}

fn lists(config: &Config) -> String {
    let (corporations, providers) = (config.corporations.len(), config.providers.len());
    format!("lists: {corporations} corporations, {providers} providers")
}

/// Whether every secret is there, if that is asked.
fn look_up(
    config: &Config,
    asked: bool,
    env: &BTreeMap<String, String>,
) -> Result<String, ConfigProblems> {
    if !asked {
        return Ok("secrets: not looked up; --secrets does".to_owned());
    }
    let setups = config.provider_setups(&MapSecrets(env));
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    match setups {
        Ok(setups) => lines.push(format!("secrets: found for {} providers", setups.len())),
        Err(wrong) => problems.extend(wrong.0),
    }
    for Tried {
        path,
        source,
        fingerprint,
    } in try_all(config, env)
    {
        match fingerprint {
            Ok(name) => lines.push(format!("key: {path}, {source}, is {name}")),
            Err(error) => problems.push(Problem::new(path, source, "a key", told(&error))),
        }
    }
    match problems.is_empty() {
        true => Ok(lines.join("\n")),
        false => Err(ConfigProblems(problems)),
    }
}

fn layers(source: &Source, loaded: &Loaded) -> String {
    let file = source
        .config
        .as_ref()
        .map_or_else(|| "no file".to_owned(), |path| path.display().to_string());
    format!(
        "settings: the default, {file}, environment and command line; {} values are no default",
        loaded.origins.len()
    )
}

/// Compiles every flow with its templates, against a journal that is thrown away.
fn compile(config: &Config) -> Result<String, ConfigProblems> {
    let definitions = flows::load(config)?;
    let journal = MemoryJournal::new(1, 1);
    let book = Book::load(&journal, definitions)
        .map_err(|found| ConfigProblems(placed(config, &found)))?;
    let mut names: Vec<String> = book
        .all_current()
        .into_iter()
        .map(|(owner, flow)| named(config, owner, flow))
        .collect();
    names.sort();
    Ok(format!(
        "flows: {} compile: {}",
        names.len(),
        names.join(", ")
    ))
}

/// Reads every declared type of fact.
fn fact_types(config: &Config) -> Result<String, ConfigProblems> {
    let types = crate::config::facts::load(config)?;
    let names: Vec<&str> = types.shared.keys().map(|name| &**name).collect();
    let (count, names) = (names.len(), names.join(", "));
    Ok(format!("types of facts: {count}: {names}"))
}

fn named(
    config: &Config,
    owner: Option<sluis_model::CorporationId>,
    flow: &sluis_model::Flow,
) -> String {
    let corporation = config
        .corporations
        .iter()
        .find(|corporation| Some(corporation.id) == owner);
    let of = corporation.map_or_else(String::new, |corporation| {
        format!(" of {}", corporation.name)
    });
    format!("{} {}{of}", flow.name, flow.version)
}

fn print(source: &Source, env: &BTreeMap<String, String>) -> Reply {
    match source.load(env).map(|loaded| loaded.print()) {
        Ok(Ok(text)) => Reply::good(text),
        Ok(Err(error)) => Reply {
            err: format!("could not write the configuration: {error}\n"),
            code: 70,
            ..Reply::default()
        },
        Err(problems) => Reply::bad(&problems),
    }
}

fn key() -> Reply {
    match ApiKey::fresh() {
        Ok(key) => Reply::good(format!(
            "# The key, for the sender. It is not shown again.\n{}\n\n# For its [[corporation]] in the configuration.\nkey_hashes = [\"{}\"]\n",
            key.reveal(),
            key.hash()
        )),
        Err(error) => Reply {
            err: format!("{error}\n"),
            code: 71,
            ..Reply::default()
        },
    }
}

/// The environment variables, as a Markdown table.
#[must_use]
pub(crate) fn env_table() -> String {
    let mut text =
        String::from("| variable | setting | what it must be | example |\n|---|---|---|---|\n");
    for setting in SETTINGS {
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | `{}` |",
            setting.variable(),
            setting.path,
            setting.expected,
            setting.example
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::KeyHash;

    fn file(text: &str) -> (tempfile::TempDir, Source) {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("sluis.toml");
        std::fs::write(&path, text).unwrap();
        (
            dir,
            Source {
                config: Some(path),
                ..Source::default()
            },
        )
    }

    fn checked(text: &str, secrets: bool) -> Reply {
        let (_dir, source) = file(text);
        run(&ConfigCommand::Check { source, secrets }, &BTreeMap::new())
    }

    #[test]
    fn check_says_what_it_looked_at() {
        let reply = run(
            &ConfigCommand::Check {
                source: Source::default(),
                secrets: true,
            },
            &BTreeMap::new(),
        );
        let expected = "settings: the default, no file, environment and command line; 0 values are no default\n\
            flows: 11 compile: acceptance 1, appointment 1, arrangement 1, dunning 1, email 1, instalment 1, letter 1, newsletter 1, notice 2, prenotice 1, storno 2\n\
            types of facts: 11: acceptance, appointment, arrangement, balance, complex, consent, exception, open_amount, payment, risk, segment\n\
            lists: 1 corporations, 1 providers\n\
            secrets: found for 1 providers\n\
            note: no corporation has an API key: only this machine is served, as corporation demo\n\
            note: no message reaches a tenant; the only providers: null (null)\n\
            the configuration is right\n";
        assert_eq!(reply, Reply::good(expected.to_owned()));
    }

    #[test]
    fn check_ends_with_64_and_every_problem() {
        let reply = checked("engine.shards = 0\nretry.most = 0\n", false);
        let expected = "engine.shards: 0: expected a number from 1 to 1024: such as 16\n\
            retry.most: 0: expected a number from 1 to 10000: such as 40\n2 problems with the configuration\n";
        assert_eq!(
            reply,
            Reply {
                err: expected.to_owned(),
                code: 64,
                ..Reply::default()
            }
        );
    }

    #[test]
    fn check_compiles_the_flows_of_a_directory() {
        let dir = tempfile::TempDir::new().unwrap();
        std::fs::write(dir.path().join("a.toml"), "name = \"a\"\nversion = 1\n").unwrap();
        let reply = checked(&format!("flows.directory = {:?}", dir.path()), false);
        assert_eq!(reply.code, 64);
        let place = format!(
            "{}/a.toml:1: purpose: expected no mistakes: ",
            dir.path().display()
        );
        assert!(reply.err.starts_with(&place), "{}", reply.err);
    }

    #[test]
    fn check_looks_secrets_up_when_asked() {
        let text = "[[provider]]\nname = \"a\"\nkind = \"bird-sms\"\naccess_key_env = \"NO_ACCESS\"\nsigning_key_env = \"NO_SIGNING\"\n";
        assert_eq!(checked(text, false).code, 0);
        let reply = checked(text, true);
        assert_eq!(reply.code, 64);
        assert!(
            reply
                .err
                .contains("provider.a.access_key_env: \"NO_ACCESS\": expected a readable secret: "),
            "{}",
            reply.err
        );
        assert!(
            reply.err.contains("provider.a.signing_key_env: "),
            "{}",
            reply.err
        );
    }

    #[test]
    fn check_fetches_the_keys_of_corporations_when_asked_and_names_them() {
        let corporation = |keys: &str| {
            format!(
                "[[corporation]]\nid = 1\nname = \"demo\"\ndisplay_name = \"Demo\"\ndata_keys = [{keys}]\n[corporation.sender]\n\
                 email_from = \"a@demo.example\"\nemail_name = \"Demo\"\nbounce_domain = \"b.demo.example\"\nsms_originator = \"Demo\"\n\
                 public_url = \"http://127.0.0.1:8080\"\n"
            )
        };
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, format!("{}\r\n", "0a1B".repeat(16))).unwrap();
        let key = format!("\"file:{}\"", path.display());
        let right = checked(&corporation(&key), true);
        assert_eq!(right.code, 0, "{}", right.err);
        assert!(
            right.out.contains(&format!(
                "key: corporation.demo.data_keys[0], file:{}, is ",
                path.display()
            )),
            "{}",
            right.out
        );
        assert!(!right.out.contains("0a1B0a1B"), "{}", right.out);
        let gone = corporation(&format!("{key}, \"file:/nowhere/at/all\""));
        assert_eq!(checked(&gone, false).code, 0);
        let wrong = checked(&gone, true);
        assert_eq!(wrong.code, 64);
        assert!(
            wrong.err.starts_with("corporation.demo.data_keys[1]: file:/nowhere/at/all: expected a key: /nowhere/at/all: cannot read"),
            "{}",
            wrong.err
        );
        assert_eq!(
            wrong.err.matches("No such file").count(),
            1,
            "{}",
            wrong.err
        );
    }

    #[test]
    fn print_names_the_origin_of_what_is_no_default() {
        let (_dir, mut source) = file("[engine]\nshards = 4\n");
        source.overrides.http = Some("127.0.0.1:1".to_owned());
        let path = source.config.clone().unwrap();
        let env = [("SLUIS_LOG__FORMAT".to_owned(), "json".to_owned())].into();
        let reply = run(&ConfigCommand::Print(source), &env);
        let lines: Vec<&str> = reply
            .out
            .lines()
            .filter(|line| line.contains("  # "))
            .collect();
        let shards = format!("shards = 4  # {}", path.display());
        assert_eq!(
            lines,
            [
                &*shards,
                "address = \"127.0.0.1:1\"  # --http",
                "format = \"json\"  # SLUIS_LOG__FORMAT"
            ]
        );
        assert!(
            reply.out.contains("\n[[provider]]\n") && reply.out.contains("\nmax_open = 2000000\n"),
            "{}",
            reply.out
        );
    }

    #[test]
    fn key_shows_a_key_with_its_hash() {
        let reply = run(&ConfigCommand::Key, &BTreeMap::new());
        let key = reply
            .out
            .lines()
            .find(|line| line.starts_with("slk_"))
            .unwrap();
        assert!(
            reply
                .out
                .contains(&format!("key_hashes = [\"{}\"]", KeyHash::of(key))),
            "{}",
            reply.out
        );
    }

    #[test]
    fn env_lists_every_variable() {
        let reply = run(&ConfigCommand::Env, &BTreeMap::new());
        assert_eq!(reply.out.lines().count(), SETTINGS.len() + 2);
        assert!(
            reply
                .out
                .contains("| `SLUIS_HTTP__TLS__CERT` | `http.tls.cert` | the path of a PEM file | `/etc/sluis/tls/cert.pem` |")
        );
    }
}
