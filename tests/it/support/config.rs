//! Owns the configuration file of an engine under test: what it is started with, and what is read again.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sluis::config::{CliOverrides, Config, ConfigProblems, KeyHash};

use super::{Engine, KEYS, OPERATOR, PASSWORD_FILE, Setup};

/// The configuration that stands in this file now.
pub(super) fn source(file: PathBuf) -> impl Fn() -> Result<Config, ConfigProblems> {
    move || {
        let loaded = Config::load(Some(&file), &BTreeMap::new(), &CliOverrides::default());
        loaded.map(|loaded| loaded.config)
    }
}

impl Engine {
    /// Writes its configuration file anew, with these lines behind what it is started with.
    pub fn write_more(&self, lines: &str) {
        std::fs::write(self.config_file(), self.toml() + lines).expect("the configuration");
    }

    /// Has its next start leave the configuration file as it is.
    pub const fn keep_more(&mut self) {
        self.keeps_file = true;
    }

    pub(super) fn config(&self) -> Config {
        let file = self.dir.path().join("sluis.toml");
        if !self.keeps_file {
            std::fs::write(&file, self.toml()).expect("the configuration");
        }
        let loaded = Config::load(Some(&file), &BTreeMap::new(), &CliOverrides::default());
        let mut config = loaded
            .unwrap_or_else(|problems| panic!("{problems}"))
            .config;
        if let Some(bytes) = self.setup.generation_bytes {
            config.journal.generation_max_bytes = bytes;
        }
        config
    }

    fn toml(&self) -> String {
        let Setup {
            credit,
            engine,
            limits,
            http,
            archive,
            corporation,
            sender,
            journal,
            ..
        } = &self.setup;
        let data = self.data();
        let operators = match self.setup.keys {
            true => format!("operator_key_hashes = [\"{}\"]", KeyHash::of(OPERATOR)),
            false => String::new(),
        };
        let mut toml = format!(
            "[engine]\ndata_dir = {data:?}\nshards = 4\nallow_list = [\"*\"]\n{engine}\n[http]\n{operators}\n{http}\n\
             [journal]\nfree_min_bytes = 1\n{journal}\n[binary]\ncredit = {credit}\n[limits]\n{limits}\n\
             [archive]\n{archive}\n"
        );
        let parties: &[(u16, &str, &str)] = if self.setup.keys {
            &[(1, "noord", KEYS[0]), (2, "zuid", KEYS[1])]
        } else {
            &[(1, "demo", "")]
        };
        for (id, name, key) in parties {
            let hashes = if key.is_empty() {
                String::new()
            } else {
                format!("\"{}\"", KeyHash::of(key))
            };
            toml += &format!(
                "[[corporation]]\nid = {id}\nname = \"{name}\"\ndisplay_name = \"Woningstichting {name}\"\n\
                 key_hashes = [{hashes}]\n{corporation}\n[corporation.sender]\nemail_from = \"{sender}@{name}.example\"\n\
                 email_name = \"{name}\"\nbounce_domain = \"bounce.{name}.example\"\nsms_originator = \"{name}\"\n\
                 public_url = \"http://{http}\"\n",
                http = self.http
            );
        }
        toml += "[[provider]]\nname = \"null\"\nkind = \"null\"\nconcurrency = 8\n";
        if self.setup.sinks {
            toml += &self.provider("relay", "smtp");
            toml += &self.provider("bird", "bird-sms");
        }
        for account in self.setup.accounts {
            toml += &self.provider(account.name, account.kind);
            toml += &format!("corporations = [\"{}\"]\n", account.corporation);
        }
        toml
    }

    /// A provider at one of the sinks.
    fn provider(&self, name: &str, kind: &str) -> String {
        let (smtp, sms) = (self.sinks.smtp.addr(), self.sinks.sms.addr());
        let head = format!("[[provider]]\nname = \"{name}\"\nkind = \"{kind}\"\nconnections = 4\n");
        if kind == "bird-sms" {
            return head
                + &format!(
                    "base_url = \"http://{sms}\"\naccess_key_env = \"BIRD_ACCESS\"\n\
                     signing_key_env = \"BIRD_SIGNING\"\n"
                );
        }
        let password = self.dir.path().join(PASSWORD_FILE);
        let login = self.setup.relay_password.map_or_else(String::new, |_| {
            format!("username = \"sluis\"\npassword_file = {password:?}\n")
        });
        let port = smtp.port();
        head + &format!(
            "host = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nhello = \"post.example.nl\"\n{login}"
        )
    }
}
