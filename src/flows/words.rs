//! Owns the words for where a flow leads and for what a step does. Refuses to say why: explanations do.

use super::ways::span;
use sluis_model::Flow;
use sluis_model::flow::{Except, Go, Message, Setting, Step, Via};

/// Where a way leads: `step sms`, `end: paid`, `human: collections`.
pub(super) fn goes(flow: &Flow, go: &Go) -> String {
    match go {
        Go::Step(index) => {
            let id = flow.step(*index).map_or("?", |step| &step.id);
            format!("step {id}")
        }
        Go::End(end) => format!("end: {end}"),
        Go::Human(list) => format!("human: {list}"),
    }
}

/// What a step does, in one line.
pub(super) fn does(step: &Step) -> String {
    if let Some(message) = step.kind.message() {
        let asks = step.kind.question().map(|question| &question.asks);
        let asks = asks.map_or_else(String::new, |asks| format!("; asks '{asks}'"));
        return format!("{}{asks}", sends(message));
    }
    if let Some(question) = step.kind.question() {
        let team = question.team.as_ref();
        let team = team.map_or_else(String::new, |team| format!(", team by {}", team.text));
        let remind = question.remind.as_ref();
        let remind = remind.map_or_else(String::new, |after| {
            format!(", reminds after {}", span(after))
        });
        return format!("task on list {}{team}{remind}", question.list);
    }
    if step.kind.branches().is_some() {
        return "branches".to_owned();
    }
    if let Some(setting) = step.sets() {
        return sets(setting);
    }
    match step.kind.waited() {
        Some(_) => match step.kind.until() {
            Some(until) => format!("waits until {}", until.words()),
            None => "waits".to_owned(),
        },
        None => "goes on".to_owned(),
    }
}

/// The fact that a step tells: `tells fact consent: newsletter = false, keeps the rest`.
fn sets(setting: &Setting) -> String {
    let fields = setting.fields.iter();
    let mut says: Vec<String> = fields
        .map(|field| format!("{} = {}", field.name, field.text))
        .collect();
    if setting.keep {
        says.push("keeps the rest".to_owned());
    }
    let colon = if says.is_empty() { "" } else { ": " };
    format!("tells fact {}{colon}{}", setting.fact.name, says.join(", "))
}

/// How a message goes: `sends by preferred, email; link`.
pub(super) fn sends(message: &Message) -> String {
    let ways: Vec<&str> = message
        .via
        .iter()
        .map(|via| match via {
            Via::Preferred => "preferred",
            Via::Channel(channel) => channel.name(),
            Via::Cheapest => "cheapest",
        })
        .collect();
    let except = match message.except {
        Except::Nothing => "",
        Except::Failed => ", except what failed",
        Except::Tried => ", except what was tried",
    };
    let by = message.by.as_ref();
    let by = by.map_or_else(String::new, |by| format!("; there {}", by.words()));
    let link = if message.link { "; link" } else { "" };
    let legal = message.legal.as_ref();
    let legal = legal.map_or_else(String::new, |reason| format!("; legal: {reason}"));
    format!("sends by {}{except}{by}{link}{legal}", ways.join(", "))
}
