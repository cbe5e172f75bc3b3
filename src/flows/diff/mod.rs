//! Owns what differs between two flows, in words. Refuses to judge whether it may.

mod left;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use sluis_model::flow::{ClassTable, Definition, Go, Guard, InputField, Page, Step, Stop};
use sluis_model::{Channel, FactField, Flow};

use super::ways::{Way, length, ways};
use super::words::{does, goes};

/// What differs, line by line. None: the flows are the same.
#[must_use]
pub fn diff(a: (&Flow, &Definition), b: (&Flow, &Definition)) -> Vec<String> {
    let mut told = Told::default();
    head(a.0, b.0, &mut told);
    fields(&a.0.input, &b.0.input, &mut told);
    guards(a.0, b.0, &mut told);
    stops(a.0, b.0, &mut told);
    steps(a.0, b.0, &mut told);
    classes(&a.0.classes, &b.0.classes, &mut told);
    files("template", &a.1.templates, &b.1.templates, &mut told);
    beside("calendar", &a.1.calendars, &b.1.calendars, &mut told);
    beside("type of fact", &a.1.facts, &b.1.facts, &mut told);
    let untold = left::untold(&a.1.flow, &b.1.flow, &told.lines);
    told.lines.extend(untold);
    told.lines
}

#[derive(Default)]
struct Told {
    lines: Vec<String>,
}

impl Told {
    /// One value that is another one.
    fn other(&mut self, what: &str, a: impl Into<String>, b: impl Into<String>) {
        let (a, b) = (a.into(), b.into());
        if a != b {
            self.lines.push(format!("{what}: {a} -> {b}"));
        }
    }

    /// Names that only one of them has, and the order of those that both have.
    fn names(&mut self, what: &str, a: &[&str], b: &[&str]) {
        let removed = a.iter().filter(|name| !b.contains(name));
        let removed = removed.map(|name| format!("{what} {name}: removed"));
        let added = b.iter().filter(|name| !a.contains(name));
        let added = added.map(|name| format!("{what} {name}: new"));
        self.lines.extend(removed.chain(added));
        let kept = |of: &[&str], other: &[&str]| {
            let both = of.iter().filter(|name| other.contains(name));
            both.map(|name| (*name).to_owned()).collect::<Vec<_>>()
        };
        let (was, is) = (kept(a, b), kept(b, a));
        if was != is {
            self.lines.push(format!(
                "order of {what}s: {} -> {}",
                was.join(", "),
                is.join(", ")
            ));
        }
    }
}

fn head(a: &Flow, b: &Flow, told: &mut Told) {
    let subject = |flow: &Flow| flow.subject.as_deref().unwrap_or("none").to_owned();
    told.other("name", &*a.name, &*b.name);
    told.other("version", a.version.to_string(), b.version.to_string());
    told.other("purpose", &*a.purpose, &*b.purpose);
    told.other("process", &*a.process, &*b.process);
    told.other("subject", subject(a), subject(b));
    told.other("hold_for", length(a.hold_for_ms), length(b.hold_for_ms));
    let follows = |flow: &Flow| flow.follows_ms.map_or("nothing".to_owned(), length);
    told.other("follows what ended within", follows(a), follows(b));
    told.other("fallback_list", &*a.fallback_list, &*b.fallback_list);
    let closes = |flow: &Flow| {
        let close = flow.close.map(|close| goes(flow, &Go::Step(close.step)));
        close.unwrap_or_else(|| "nothing".to_owned())
    };
    told.other("closing", closes(a), closes(b));
    told.other("counted", a.counted.to_string(), b.counted.to_string());
    told.other("group", households(a), households(b));
}

/// Whom of a household it tells, and for whom one answers.
fn households(flow: &Flow) -> String {
    let roles = flow.group.roles.iter().map(|role| role.name());
    let answers = match flow.answers_for_all() {
        true => "one answers for all",
        false => "each answers",
    };
    format!("{}; {answers}", roles.collect::<Vec<_>>().join(", "))
}

fn fields(a: &[InputField], b: &[InputField], told: &mut Told) {
    let names = |of: &[InputField]| {
        of.iter()
            .map(|field| field.name.to_string())
            .collect::<BTreeSet<_>>()
    };
    let (was, is) = (names(a), names(b));
    told.lines.extend(
        was.difference(&is)
            .map(|name| format!("field {name}: removed")),
    );
    told.lines
        .extend(is.difference(&was).map(|name| format!("field {name}: new")));
    for field in a {
        if let Some(other) = b.iter().find(|other| other.name == field.name) {
            told.other(&format!("field {}", field.name), kind(field), kind(other));
        }
    }
}

fn kind(field: &InputField) -> String {
    let optional = if field.optional { "?" } else { "" };
    let most = match field.kind.has_length() && field.most != InputField::USUAL_LENGTH {
        true => format!(", at most {} bytes", field.most),
        false => String::new(),
    };
    format!("{}{optional}{most}", field.kind.name())
}

fn guards(a: &Flow, b: &Flow, told: &mut Told) {
    let names = |flow: &'_ Flow| {
        flow.guards
            .iter()
            .map(|guard| guard.name.to_string())
            .collect::<Vec<_>>()
    };
    let (was, is) = (names(a), names(b));
    told.names("guard", &strs(&was), &strs(&is));
    let fresh = |guard: &Guard| guard.fresh_within_ms.map_or("any age".to_owned(), length);
    for guard in &a.guards {
        if let Some(other) = b.guards.iter().find(|other| other.name == guard.name) {
            let what = format!("guard {}", guard.name);
            told.other(&what, &*guard.when.text, &*other.when.text);
            told.other(&format!("{what}: fresh within"), fresh(guard), fresh(other));
            told.other(
                &format!("{what}: otherwise"),
                goes(a, &guard.otherwise),
                goes(b, &other.otherwise),
            );
        }
    }
}

fn stops(a: &Flow, b: &Flow, told: &mut Told) {
    let names = |flow: &'_ Flow| {
        flow.stops
            .iter()
            .map(|stop| stop.name.to_string())
            .collect::<Vec<_>>()
    };
    let (was, is) = (names(a), names(b));
    told.names("stop", &strs(&was), &strs(&is));
    let leads = |flow: &Flow, stop: &Stop| {
        let to = match &stop.go {
            Go::End(end) => end.to_string(),
            Go::Human(_) | Go::Step(_) => goes(flow, &stop.go),
        };
        format!(
            "{to}{}",
            if stop.close_link {
                ", closes the link"
            } else {
                ""
            }
        )
    };
    for stop in &a.stops {
        if let Some(other) = b.stops.iter().find(|other| other.name == stop.name) {
            let what = format!("stop {}", stop.name);
            told.other(&what, &*stop.when.text, &*other.when.text);
            told.other(&format!("{what}: end"), leads(a, stop), leads(b, other));
        }
    }
}

fn steps(a: &Flow, b: &Flow, told: &mut Told) {
    let names = |flow: &'_ Flow| {
        flow.steps
            .iter()
            .map(|step| step.id.to_string())
            .collect::<Vec<_>>()
    };
    let (was, is) = (names(a), names(b));
    told.names("step", &strs(&was), &strs(&is));
    for step in &a.steps {
        if let Some(other) = b.steps.iter().find(|other| other.id == step.id) {
            one_step((a, step), (b, other), told);
        }
    }
}

fn one_step((a, step): (&Flow, &Step), (b, other): (&Flow, &Step), told: &mut Told) {
    let what = format!("step {}", step.id);
    told.other(&what, does(step), does(other));
    let (was, is) = (ways(step), ways(other));
    let shown = |flow: &Flow, way: &Way<'_>| match &way.after {
        Some(after) => format!("after {after} to {}", goes(flow, way.go)),
        None => format!("to {}", goes(flow, way.go)),
    };
    let names: BTreeSet<&str> = was.iter().chain(&is).map(|way| &*way.name).collect();
    for name in names {
        let of = |ways: &[Way<'_>], flow: &Flow| {
            let way = ways.iter().find(|way| way.name == name);
            way.map_or("none".to_owned(), |way| shown(flow, way))
        };
        told.other(&format!("{what}: {name}"), of(&was, a), of(&is, b));
    }
    questions(&what, step, other, told);
    cases(&what, step, other, told);
    page(&what, step, other, told);
    let templates = |step: &Step| {
        let message = step.kind.message();
        let own = message.into_iter().flat_map(|message| &message.templates);
        let own = own.map(|(channel, name)| (channel.name().to_owned(), name.to_string()));
        let variants = message.into_iter().flat_map(|message| &message.variants);
        let variants = variants.flat_map(|(variant, of)| {
            let called = move |channel: &Channel| format!("{channel} in variant {variant}");
            of.iter()
                .map(move |(channel, name)| (called(channel), name.to_string()))
        });
        own.chain(variants).collect::<BTreeMap<String, String>>()
    };
    let (was, is) = (templates(step), templates(other));
    let channels: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    for channel in channels {
        let of =
            |all: &BTreeMap<String, String>| all.get(channel).cloned().unwrap_or("none".to_owned());
        told.other(
            &format!("{what}: template for {channel}"),
            of(&was),
            of(&is),
        );
    }
}

/// In which order a step that chooses asks, and how old what it reads may be.
fn cases(what: &str, step: &Step, other: &Step, told: &mut Told) {
    let asked = |step: &Step| {
        let cases = step.kind.branches().map_or(&[][..], |of| &of.cases);
        let each = cases.iter().map(|case| case.when.text.to_string());
        each.collect::<Vec<_>>()
    };
    let (was, is) = (asked(step), asked(other));
    let both = |of: &[String], other: &[String]| {
        let kept = of.iter().filter(|case| other.contains(case));
        kept.cloned().collect::<Vec<_>>().join(", ")
    };
    told.other(
        &format!("{what}: order of cases"),
        both(&was, &is),
        both(&is, &was),
    );
    let fresh = |step: &Step, text: &str| {
        let cases = step.kind.branches().map_or(&[][..], |of| &of.cases);
        let case = cases.iter().find(|case| *case.when.text == *text);
        let within = case.and_then(|case| case.fresh_within_ms);
        within.map_or("any age".to_owned(), length)
    };
    for case in was.iter().filter(|case| is.contains(case)) {
        let what = format!("{what}: when {case}: fresh within");
        told.other(&what, fresh(step, case), fresh(other, case));
    }
}

/// What the tenant reads on the page of a question.
fn page(what: &str, step: &Step, other: &Step, told: &mut Told) {
    let of = |step: &'_ Step| step.kind.question().and_then(|of| of.page.clone());
    let (Some(was), Some(is)) = (of(step), of(other)) else {
        return;
    };
    told.other(&format!("{what}: text of the page"), &*was.text, &*is.text);
    let document = |page: &Page| page.document.as_deref().unwrap_or("none").to_owned();
    told.other(&format!("{what}: document"), document(&was), document(&is));
    let labels = was.labels.iter().chain(&is.labels);
    let names: BTreeSet<&str> = labels.map(|(name, _)| &**name).collect();
    for name in names {
        let what = format!("{what}: {name} is called");
        told.other(&what, was.label(name), is.label(name));
    }
}

/// What people are told, and what their answers ask for.
fn questions(what: &str, step: &Step, other: &Step, told: &mut Told) {
    let asks = |step: &Step| {
        let asks = step
            .kind
            .question()
            .map(|question| question.asks.to_string());
        asks.filter(|text| !text.is_empty())
            .unwrap_or_else(|| "nothing".to_owned())
    };
    // A question to the tenant is told with what the step does.
    if step.kind.message().is_none() {
        told.other(&format!("{what}: asks"), asks(step), asks(other));
    }
    let otherwise = |step: &Step| {
        let team = step.kind.question().and_then(|of| of.team.as_ref());
        let otherwise = team.and_then(|team| team.otherwise.as_deref());
        otherwise.unwrap_or("none").to_owned()
    };
    told.other(
        &format!("{what}: team where nothing names one"),
        otherwise(step),
        otherwise(other),
    );
    let fields = |step: &Step| {
        let replies = step.kind.question().map_or(&[][..], |of| &of.replies);
        let each = replies.iter().map(|reply| {
            let fields: Vec<String> = reply.fields.iter().map(field_of_answer).collect();
            (reply.name.to_string(), fields.join(", "))
        });
        each.collect::<BTreeMap<_, _>>()
    };
    let (was, is) = (fields(step), fields(other));
    for (answer, fields) in &was {
        if let Some(now) = is.get(answer) {
            let shown = |fields: &str| match fields {
                "" => "nothing".to_owned(),
                fields => fields.to_owned(),
            };
            let what = format!("{what}: answer {answer} asks for");
            told.other(&what, shown(fields), shown(now));
        }
    }
}

fn field_of_answer(of: &FactField) -> String {
    let optional = if of.field.optional { "?" } else { "" };
    let kind = match &*of.one_of {
        [] => of.field.kind.name().to_owned(),
        words => format!("one of {}", words.join(" ")),
    };
    let within = match of.within {
        Some((least, i64::MAX)) => format!(" from {least}"),
        Some((i64::MIN, most)) => format!(" to {most}"),
        Some((least, most)) => format!(" {least} to {most}"),
        None => String::new(),
    };
    format!("{} {kind}{within}{optional}", of.field.name)
}

fn classes(a: &[ClassTable], b: &[ClassTable], told: &mut Told) {
    let names = |of: &[ClassTable]| {
        of.iter()
            .map(|table| table.name.to_string())
            .collect::<Vec<_>>()
    };
    let (was, is) = (names(a), names(b));
    told.names("class table", &strs(&was), &strs(&is));
    for table in a {
        let Some(other) = b.iter().find(|other| other.name == table.name) else {
            continue;
        };
        let what = format!("class table {}", table.name);
        told.other(
            &format!("{what}: default"),
            &*table.default,
            &*other.default,
        );
        let codes: BTreeSet<&str> = table
            .codes
            .keys()
            .chain(other.codes.keys())
            .map(|code| &**code)
            .collect();
        for code in codes {
            let of = |table: &ClassTable| {
                table
                    .codes
                    .get(code)
                    .map_or("none".to_owned(), ToString::to_string)
            };
            told.other(&format!("{what}: {code}"), of(table), of(other));
        }
    }
}

fn files(what: &str, a: &BTreeMap<String, String>, b: &BTreeMap<String, String>, told: &mut Told) {
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    for name in names {
        match (a.get(name), b.get(name)) {
            (Some(_), None) => told.lines.push(format!("{what} {name}: removed")),
            (None, Some(_)) => told.lines.push(format!("{what} {name}: new")),
            (Some(was), Some(is)) if was != is => {
                told.lines.push(format!("{what} {name}: another text"));
            }
            (Some(_) | None, _) => {}
        }
    }
}

/// Files beside a flow whose keys are told, and not the text as a whole.
fn beside(what: &str, a: &BTreeMap<String, String>, b: &BTreeMap<String, String>, told: &mut Told) {
    let kept = |of: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
        let alone = of.iter().filter(|(name, _)| !other.contains_key(*name));
        let alone = alone.map(|(name, text)| (name.clone(), text.clone()));
        alone.collect::<BTreeMap<_, _>>()
    };
    files(what, &kept(a, b), &kept(b, a), told);
    for (name, was) in a {
        if let Some(is) = b.get(name) {
            let lines = left::in_file(&format!("{what} {name}"), was, is);
            told.lines.extend(lines);
        }
    }
}

fn strs(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}
