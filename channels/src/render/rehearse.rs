//! Owns the trial of a flow's templates at load: each is rendered with data as it should be, with
//! everything left out that may be, and with data at its worst. Refuses to judge how long a message
//! comes out with data at its worst: its channel does.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sluis_model::flow::{FieldKind, Flow, InputField, Said, Value as Known};
use sluis_model::{Channel, FactType, Unsubscribed};

use super::context::{Context, CorporationView, DEFAULT_LANGUAGE, TenantView, answered, asked};
use super::error::RenderError;
use super::templates::Templates;
use crate::problem::Problem;

/// Characters that mean something to somebody: HTML, templates, JSON, directions, lines of a
/// header.
const ODD: &str = "<a href=\"x\">&amp;'{{ link }}{% raw %}\\u0000 \u{202e}é\u{1F600}%0900000000d ";

/// A link as messages have it.
const LINK: &str = "https://post.example/b/abcdefghijklmnopqrstuvwxyz";

/// A page to unsubscribe as messages have it.
const UNSUBSCRIBE: &str =
    "https://post.example/u/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";

/// A kind of data.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sample {
    /// As it should be.
    Usual,
    /// Everything left out that may be.
    Bare,
    /// At its worst.
    Worst,
}

impl Templates {
    /// What comes of rendering every template of `flow`, in every language it has.
    #[must_use]
    pub fn rehearse(&self, flow: &Flow) -> Vec<Problem> {
        // By file and mistake: each is told once, with the sample that showed it first.
        let mut found = BTreeMap::new();
        for step in 0..flow.steps.len() as u8 {
            let templates = flow
                .message(step)
                .into_iter()
                .flat_map(|of| of.all_templates());
            for (channel, template) in templates {
                for (sample, error) in self.attempts(flow, step, channel, template) {
                    let mistake = (error.file().to_owned(), error.to_string());
                    found.entry(mistake).or_insert((hint(sample), error.line()));
                }
            }
        }
        let expected = "a template that can be rendered";
        found
            .into_iter()
            .map(|((file, why), (hint, line))| {
                Problem::new("templates", &file, why, expected, hint).at_line(line)
            })
            .collect()
    }

    /// What goes wrong with one template, in each of its languages, with each sample.
    fn attempts(
        &self,
        flow: &Flow,
        step: u8,
        channel: Channel,
        template: &str,
    ) -> Vec<(Sample, RenderError)> {
        let mut wrong = Vec::new();
        let has_link = flow.message(step).is_some_and(|message| message.link);
        let unsubscribes = Unsubscribed::named(&flow.purpose).is_some();
        let languages = self.languages(template).into_iter();
        for language in languages.chain([DEFAULT_LANGUAGE.to_owned()]) {
            for sample in [Sample::Usual, Sample::Bare, Sample::Worst] {
                let data = data(flow, sample);
                let said = answers(flow, step, sample);
                let (task, ask) = (answered(flow, &said), asked(flow, &said));
                let tenant = TenantView {
                    id: "H-1",
                    name: name(sample),
                    language: &language,
                };
                let context = Context {
                    tenant,
                    corporation: CorporationView {
                        name: "Woonstichting",
                    },
                    data: &data,
                    task: task.as_ref(),
                    ask: ask.as_ref(),
                    link: has_link.then_some(LINK),
                    unsubscribe_url: unsubscribes.then_some(UNSUBSCRIBE),
                };
                let rendered = self.render(channel, template, &context);
                let error = rendered.err().filter(|error| matters(sample, error));
                wrong.extend(error.map(|error| (sample, error)));
            }
        }
        wrong
    }
}

/// With data at its worst a message may come out too long, or a value may not suit a filter; it may
/// not cost too much.
fn matters(sample: Sample, error: &RenderError) -> bool {
    sample != Sample::Worst || matches!(error, RenderError::Costly(_))
}

const fn hint(sample: Sample) -> &'static str {
    match sample {
        Sample::Usual => "tried with every field of [input] given",
        Sample::Bare => {
            "tried with every field left out that may be, and every answer of people that another way leaves out: ask `is defined`, or give a `default`"
        }
        Sample::Worst => "tried with the longest texts and the largest numbers",
    }
}

const fn name(sample: Sample) -> &'static str {
    match sample {
        Sample::Usual => "mevrouw De Vries",
        Sample::Bare => "",
        Sample::Worst => ODD,
    }
}

fn data(flow: &Flow, sample: Sample) -> Value {
    let given = flow
        .input
        .iter()
        .filter(|field| sample != Sample::Bare || !field.optional);
    Value::Object(
        given
            .map(|field| (field.name.to_string(), value(field, sample)))
            .collect::<Map<_, _>>(),
    )
}

/// Answers of people: at its barest only what is certainly known at the step.
fn answers(flow: &Flow, step: u8, sample: Sample) -> Vec<Said> {
    let kept = match sample {
        Sample::Bare => flow.known_at(step),
        Sample::Usual | Sample::Worst => flow.kept.iter().collect(),
    };
    let said = kept.into_iter().map(|kept| Said {
        step: kept.step,
        name: kept.name.clone(),
        value: match kept.kind {
            FieldKind::Line if sample == Sample::Worst => {
                let most = FactType::MOST_LINE;
                Known::Text(cut(ODD.repeat(most / ODD.len() + 1), most).into())
            }
            FieldKind::Money | FieldKind::Integer if sample == Sample::Worst => {
                Known::Integer(i64::MAX)
            }
            FieldKind::Line
            | FieldKind::Text
            | FieldKind::Url
            | FieldKind::Money
            | FieldKind::Integer
            | FieldKind::Boolean
            | FieldKind::Date => kept.example(),
        },
    });
    said.collect()
}

fn value(field: &InputField, sample: Sample) -> Value {
    let worst = sample == Sample::Worst;
    match field.kind {
        FieldKind::Text if worst => cut(
            format!("{ODD}\n").repeat(field.most / ODD.len()),
            field.most,
        )
        .into(),
        FieldKind::Line if worst => cut(ODD.repeat(field.most / ODD.len() + 1), field.most).into(),
        FieldKind::Text | FieldKind::Line => "voorbeeld".into(),
        FieldKind::Money | FieldKind::Integer if worst => i64::MAX.into(),
        FieldKind::Money => 61_250.into(),
        FieldKind::Integer => 3.into(),
        FieldKind::Boolean => (sample == Sample::Usual).into(),
        FieldKind::Date => "2026-11-03".into(),
        FieldKind::Url if worst => cut(
            format!("https://betaal.example/{}", "a".repeat(field.most)),
            field.most,
        )
        .into(),
        FieldKind::Url => "https://betaal.example/1".into(),
    }
}

/// As long as a field may be, in whole characters.
fn cut(mut text: String, most: usize) -> String {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or_default());
    text
}
