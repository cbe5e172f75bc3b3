//! Owns where the ways of a step or a rule stand in its text: `on.bounced`, `wait.then`,
//! `task.answers.yes`, and which other texts rules are made of. Refuses to read what stands there.

use toml::{Table, Value};

/// Keys whose text says where to go.
const GO: [&str; 5] = ["go", "then", "otherwise", "unknown", "past"];
/// Tables whose texts all say where to go.
const GO_TABLES: [&str; 3] = ["on", "answers", "on_end"];
/// Keys below which nothing leads anywhere, whatever its names.
const NO_WAYS: [&str; 6] = ["fields", "labels", "team", "template", "variant", "with"];
/// Keys below which people write for people, or name files and lists: no rule stands there.
const PROSE: [&str; 12] = [
    "asks", "fields", "id", "labels", "legal", "list", "name", "template", "text", "title",
    "variant", "via",
];

/// A text of a step or a rule.
pub(super) enum Text<'a> {
    /// It says where to go. The name of the way.
    Way(&'a str),
    /// It may be a rule, or part of one. Its key.
    Rule(&'a str),
}

/// Calls `each` with every way of a step or rule: its name, and where it leads.
pub(super) fn each_way(of: &mut Table, each: &mut dyn FnMut(&str, &mut String)) {
    each_text(of, &mut |text, found| {
        if let Text::Way(name) = text {
            each(name, found);
        }
    });
}

/// Calls `each` with every text of a step or rule that is not prose.
pub(super) fn each_text(of: &mut Table, each: &mut dyn FnMut(Text<'_>, &mut String)) {
    let below = Below {
        way: "",
        all_lead: false,
        none_leads: false,
        is_answer: false,
        all_rules: false,
    };
    below.table(of, each);
}

/// Where a text stands.
#[derive(Clone, Copy)]
struct Below<'a> {
    /// The key above it.
    way: &'a str,
    /// Whether all texts of the table lead somewhere.
    all_lead: bool,
    /// Whether none does.
    none_leads: bool,
    /// Whether it is an answer: its fields are what is asked for, and no rules.
    is_answer: bool,
    /// Whether all texts may be rules, whatever their keys: the fields of a fact that a step tells.
    all_rules: bool,
}

impl Below<'_> {
    fn table(self, table: &mut Table, each: &mut dyn FnMut(Text<'_>, &mut String)) {
        for (key, value) in table.iter_mut() {
            // An answer may have any name.
            let is_key = !self.all_lead;
            let none_leads = self.none_leads || is_key && NO_WAYS.contains(&key.as_str());
            let leads = !none_leads && (self.all_lead || GO.contains(&key.as_str()));
            let is_fields = key == "fields" && !self.is_answer;
            let has_prose = is_key && !self.all_rules && !is_fields;
            let is_prose = has_prose && PROSE.contains(&key.as_str());
            // `on.unanswered = { after, go }` is the way `unanswered`.
            let name = match (key.as_str(), self.way) {
                ("go", way) if is_key && !way.is_empty() => way.to_owned(),
                (key, _) => key.to_owned(),
            };
            let below = Below {
                way: &name,
                all_lead: false,
                none_leads,
                is_answer: self.all_lead,
                all_rules: self.all_rules || is_key && is_fields,
            };
            match value {
                Value::String(text) if leads => each(Text::Way(&name), text),
                Value::String(text) if !is_prose => each(Text::Rule(key), text),
                Value::Table(_) | Value::Array(_) if is_prose => {}
                Value::Table(inner) => {
                    // `answers.on = { fields, go }` is an answer, and no handlers.
                    let all_lead = is_key && GO_TABLES.contains(&key.as_str());
                    Below { all_lead, ..below }.table(inner, each);
                }
                Value::Array(all) => below.array(key, all, each),
                Value::String(_)
                | Value::Integer(_)
                | Value::Float(_)
                | Value::Boolean(_)
                | Value::Datetime(_) => {}
            }
        }
    }

    fn array(self, key: &str, all: &mut [Value], each: &mut dyn FnMut(Text<'_>, &mut String)) {
        for value in all {
            match value {
                Value::Table(inner) => self.table(inner, each),
                Value::String(text) => each(Text::Rule(key), text),
                Value::Array(_)
                | Value::Integer(_)
                | Value::Float(_)
                | Value::Boolean(_)
                | Value::Datetime(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(step: &str) -> Vec<String> {
        let mut step: Table = step.parse().unwrap();
        let mut ways = Vec::new();
        each_way(&mut step, &mut |name, go| {
            ways.push(format!("{name}: {go}"))
        });
        ways
    }

    #[test]
    fn the_fields_of_a_fact_are_rules_and_those_of_an_answer_are_not() {
        let rules = |step: &str| {
            let mut step: Table = step.parse().unwrap();
            let mut rules = Vec::new();
            each_text(&mut step, &mut |text, found| {
                if let Text::Rule(key) = text {
                    rules.push(format!("{key}: {found}"));
                }
            });
            rules
        };
        let set = "[set]\nfact = \"promise\"\nfields = { list = \"data.list\", then = \"today\" }\nthen = \"next\"\n";
        let expected = ["fact: promise", "list: data.list", "then: today"];
        assert_eq!(rules(set), expected);
        assert_eq!(ways(set), ["then: next"]);
        let task = "[task]\nlist = \"l\"\n[task.answers]\nfields = { fields = { name = \"line\" }, go = \"next\" }\n";
        assert_eq!(rules(task), [""; 0]);
        assert_eq!(ways(task), ["fields: next"]);
    }

    #[test]
    fn a_team_a_label_and_a_field_lead_nowhere_whatever_their_names() {
        let task = "id = \"call\"\n[task]\nlist = \"l\"\nteam = { of = \"facts.segment.team\", otherwise = \"noord\" }\n\
                    [task.answers]\nthen = { fields = { go = \"line\" }, go = \"next\" }\nteam = \"end: team\"\n";
        assert_eq!(ways(task), ["team: end: team", "then: next"]);
        let ask = "id = \"ask\"\non.bounced = \"a\"\n[ask]\ntitle = \"go\"\nlabels = { go = \"Verder\" }\n\
                   template = { email = \"go\" }\nanswers = { go = \"b\" }\n";
        assert_eq!(ways(ask), ["go: b", "bounced: a"]);
    }
}
