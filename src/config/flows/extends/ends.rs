//! Owns where the ends of a flow that is included lead in the flow that includes it: `on_end = { "done" =
//! "next", "*" = "human: desk" }`. Refuses an end that leads nowhere.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::targets::each_way;

/// Stands before the name of an end that leads nowhere.
const NOWHERE: &str = "\u{0}";
/// The name that stands for every other end.
const ALL_OTHERS: &str = "*";
/// How a step ends the flow when nobody is reached and no way out is for that.
const UNDELIVERABLE: &str = "undeliverable";
/// How a step ends the flow when it listens to nothing.
const SENT: &str = "sent";

/// How `on_end` names a list of people.
fn people(list: &str) -> String {
    format!("human: {list}")
}

/// Where the ends of one flow lead.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// By their names.
    pub on_end: BTreeMap<String, String>,
    /// Its steps that are ends, with the names of these.
    pub steps: BTreeMap<String, String>,
}

/// An end that nobody says where to go from: of which step, and how it is called.
pub(super) type Loose = (String, String);

impl Ends {
    /// The steps of a flow that are ends.
    pub(super) fn steps_of(flow: &[Table]) -> BTreeMap<String, String> {
        let end = |step: &Table| {
            let (id, end) = (step.get("id")?.as_str()?, step.get("end")?.as_str()?);
            Some((id.to_owned(), end.to_owned()))
        };
        flow.iter().filter_map(end).collect()
    }

    /// Where a way leads that leads there in the flow itself. `prefix`: what stands before ids of its steps.
    pub(super) fn leads(&self, go: &str, prefix: &str) -> String {
        match go.split_once(':').map(|(kind, name)| (kind, name.trim())) {
            Some(("end", end)) => self.end(end),
            // People are asked there as here, unless the step says where that leads.
            Some(("human", list)) => match self.on_end.get(&people(list)) {
                Some(target) => target.clone(),
                None => go.to_owned(),
            },
            Some(_) | None => match self.steps.get(go) {
                Some(end) => self.end(end),
                None => format!("{prefix}.{go}"),
            },
        }
    }

    fn end(&self, end: &str) -> String {
        match self.target(end) {
            Some(target) => target.clone(),
            None => format!("{NOWHERE}{end}"),
        }
    }

    fn target(&self, end: &str) -> Option<&String> {
        self.on_end.get(end).or_else(|| self.on_end.get(ALL_OTHERS))
    }

    /// Has a step that would end the whole flow by itself lead on, and gives the ends that lead nowhere.
    pub(super) fn close(&self, step: &mut Table, loose: &mut Vec<Loose>) {
        let id = step.get("id").and_then(Value::as_str);
        let id = id.unwrap_or_default().to_owned();
        let sends = step.contains_key("send");
        if sends || step.contains_key("ask") {
            let on = step.entry("on").or_insert_with(|| Table::new().into());
            if let Some(on) = on.as_table_mut() {
                if !on.contains_key("bounced") {
                    on.insert("bounced".to_owned(), self.end(UNDELIVERABLE).into());
                }
                let listens = ["unanswered", "settled", "delivered"];
                if sends && !listens.iter().any(|key| on.contains_key(*key)) {
                    loose.push((id.clone(), SENT.to_owned()));
                }
            }
        }
        each_way(step, &mut |_, go| {
            if let Some(end) = go.strip_prefix(NOWHERE) {
                let found = (id.clone(), end.to_owned());
                if !loose.contains(&found) {
                    loose.push(found);
                }
                *go = format!("end: {end}");
            }
        });
    }

    /// What is to be said of an end that leads nowhere. `at`: where it stands.
    pub(super) fn message(flow: &str, step: &str, end: &str, at: &str) -> String {
        match end {
            SENT => format!(
                "{flow:?} ends as \"sent\" by itself ({at}, step {step:?}): expected on.settled, on.delivered or on.unanswered there, so that it leads on"
            ),
            UNDELIVERABLE => format!(
                "{flow:?} ends as \"undeliverable\" ({at}, step {step:?}): expected \"undeliverable\" in on_end, such as on_end = {{ \"undeliverable\" = \"human: delivery\" }}, or \"*\" for all others"
            ),
            end => format!(
                "{flow:?} ends as {end:?} ({at}, step {step:?}): expected {end:?} in on_end, such as on_end = {{ {end:?} = \"end: {end}\" }}, or \"*\" for all others"
            ),
        }
    }

    /// The ends of a flow that `on_end` may name.
    pub(super) fn known(flow: &[Table]) -> Vec<String> {
        let mut known: Vec<String> = Self::steps_of(flow).into_values().collect();
        for step in flow {
            let mut step = step.clone();
            each_way(&mut step, &mut |_, go| match go
                .split_once(':')
                .map(|(kind, name)| (kind, name.trim()))
            {
                Some(("end", end)) => known.push(end.to_owned()),
                Some(("human", list)) => known.push(people(list)),
                Some(_) | None => {}
            });
            let on = step.get("on").and_then(Value::as_table);
            let is_reached = on.is_some_and(|on| on.contains_key("bounced"));
            if (step.contains_key("send") || step.contains_key("ask")) && !is_reached {
                known.push(UNDELIVERABLE.to_owned());
            }
        }
        known.push(ALL_OTHERS.to_owned());
        known.sort_unstable();
        known.dedup();
        known
    }
}
