//! Owns the printed configuration: TOML that can be loaded again, each value that is no default
//! with its origin. Refuses secrets, by having none: the configuration only names them.

use std::fmt::Write;

use toml::{Table, Value};

use super::problem::Origin;
use super::reader::{element, join};
use super::{Loaded, SETTINGS};

impl Loaded {
    /// The effective configuration.
    ///
    /// # Errors
    /// None in practice: every value of a configuration has a place in TOML.
    pub fn print(&self) -> Result<String, toml::ser::Error> {
        let table = Table::try_from(&self.config)?;
        let mut text = String::new();
        let mut sections: Vec<&str> = Vec::new();
        for (name, _) in SETTINGS
            .iter()
            .filter_map(|setting| setting.path.split_once('.'))
        {
            if !sections.contains(&name) {
                sections.push(name);
            }
        }
        for name in sections.into_iter().chain(["corporation", "provider"]) {
            match table.get(name) {
                Some(Value::Table(section)) => self.section(&mut text, name, name, "[", section),
                Some(Value::Array(list)) => self.list(&mut text, name, list),
                _ => {}
            }
        }
        Ok(text)
    }

    fn list(&self, text: &mut String, name: &str, list: &[Value]) {
        if list.is_empty() {
            let _ = writeln!(text, "{name} = []{}", self.origin(name));
        }
        for (index, value) in list.iter().enumerate() {
            if let Value::Table(section) = value {
                self.section(text, name, &element(name, list, index), "[[", section);
            }
        }
    }

    /// A section: its values, then the sections in it.
    fn section(&self, text: &mut String, header: &str, path: &str, open: &str, section: &Table) {
        let close = if open == "[[" { "]]" } else { "]" };
        let origin = if open == "[[" {
            self.origin(header)
        } else {
            String::new()
        };
        let gap = if text.is_empty() { "" } else { "\n" };
        let _ = writeln!(text, "{gap}{open}{header}{close}{origin}");
        for (key, value) in section.iter().filter(|(_, value)| !value.is_table()) {
            let _ = writeln!(text, "{key} = {value}{}", self.origin(&join(path, key)));
        }
        let inner = section
            .iter()
            .filter_map(|(key, value)| Some((key, value.as_table()?)));
        for (key, inner) in inner.filter(|(_, inner)| !inner.is_empty()) {
            self.section(text, &join(header, key), &join(path, key), "[", inner);
        }
    }

    fn origin(&self, path: &str) -> String {
        match self.origins.get(path) {
            None | Some(Origin::Default) => String::new(),
            Some(origin) => format!("  # {origin}"),
        }
    }
}
