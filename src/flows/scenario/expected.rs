//! Owns what a scenario expects, and how that and what came differ. Refuses to play it.

use sluis_model::flow::Value;
use sluis_model::{Channel, Timestamp};
use toml::{Table, Value as Toml};

use super::file::{Expected, instant};
use super::line::{Line, What};
use super::span;
use crate::explain::rfc3339;

/// The lines that a scenario expects, and each mistake: its place in the list, and what was expected there.
pub(super) fn lines(all: &[Expected], start: Timestamp) -> (Vec<Line>, Vec<(usize, String)>) {
    let (mut lines, mut wrong) = (Vec::new(), Vec::new());
    for (index, expected) in all.iter().enumerate() {
        match line(expected, start) {
            Ok(line) => lines.push(line),
            Err(message) => wrong.push((index, message)),
        }
    }
    (lines, wrong)
}

fn line(expected: &Expected, start: Timestamp) -> Result<Line, String> {
    let after = match (&expected.after, &expected.at) {
        (Some(after), None) => span::parse(after)?,
        (None, Some(at)) => {
            let at =
                instant(at).map_err(|_| format!("{at:?}: expected an instant with its offset"))?;
            at.since(start)
        }
        (Some(_), Some(_)) | (None, None) => {
            return Err("expected `after` or `at`, and not both".to_owned());
        }
    };
    let what = what(expected)?;
    let of = expected.of.unwrap_or(1);
    Ok(Line { after, of, what })
}

/// The one thing that a line names.
fn what(expected: &Expected) -> Result<What, String> {
    let Expected {
        sent,
        template,
        task,
        team,
        reminded,
        set,
        fields,
        held,
        end,
        ..
    } = expected;
    let sent = sent.as_ref().map(|channel| {
        let channel = channel
            .parse::<Channel>()
            .map_err(|error| error.to_string())?;
        let template = template.clone().unwrap_or_default().into();
        Ok(What::Sent { channel, template })
    });
    let task = task.as_ref().map(|list| {
        let (list, team) = (list.as_str().into(), team.as_deref().map(Into::into));
        Ok(What::Task { list, team })
    });
    let reminded = reminded
        .as_ref()
        .map(|list| Ok(What::Reminded(list.as_str().into())));
    let set = set.as_ref().map(|kind| {
        let kind = kind.as_str().into();
        let says = says(fields)?;
        Ok(What::Set { kind, says })
    });
    if !fields.is_empty() && set.is_none() {
        return Err("fields say what a fact says: expected set beside them".to_owned());
    }
    let held = held
        .as_ref()
        .map(|guard| Ok(What::Held(guard.as_str().into())));
    let end = end.as_ref().map(|end| Ok(What::End(end.as_str().into())));
    let mut named = [sent, task, reminded, set, held, end].into_iter().flatten();
    match (named.next(), named.next()) {
        (Some(what), None) => what,
        (Some(_), Some(_)) | (None, _) => {
            Err("expected one of sent, held, task, reminded, set and end".to_owned())
        }
    }
}

/// What the fields of a fact say, by name.
type Says = Box<[(Box<str>, Value)]>;

/// What the fields of a fact say.
fn says(fields: &Table) -> Result<Says, String> {
    let read = fields.iter().map(|(name, value)| {
        let value = match value {
            Toml::String(text) => Value::Text(text.as_str().into()),
            Toml::Integer(number) => Value::Integer(*number),
            Toml::Boolean(truth) => Value::Boolean(*truth),
            Toml::Datetime(day) => Value::Text(day.to_string().into()),
            Toml::Float(_) | Toml::Array(_) | Toml::Table(_) => {
                return Err(format!(
                    "{name} = {value}: expected a text, a whole number, true or false"
                ));
            }
        };
        Ok((name.as_str().into(), value))
    });
    read.collect()
}

/// What came otherwise: each line that is missing, and each that nobody expected.
pub(super) fn differing(expected: &[Line], came: &[Line], start: Timestamp) -> Vec<String> {
    let mut differs = Vec::new();
    for number in 0..expected.len().max(came.len()) {
        let (wanted, got) = (expected.get(number), came.get(number));
        if let (Some(wanted), Some(got)) = (wanted, got)
            && fits(wanted, got)
        {
            continue;
        }
        let at = |line: &Line| rfc3339(start.plus(line.after));
        differs.extend(wanted.map(|line| format!("expected {line} ({})", at(line))));
        differs.extend(got.map(|line| format!("came     {line} ({})", at(line))));
    }
    differs
}

/// Whether a line is the expected one; a template, a team or a field of a fact that is not named may be any.
fn fits(wanted: &Line, got: &Line) -> bool {
    if let (What::Sent { channel, template }, What::Sent { channel: used, .. }) =
        (&wanted.what, &got.what)
        && template.is_empty()
    {
        return channel == used && (wanted.after, wanted.of) == (got.after, got.of);
    }
    if let (What::Task { list, team: None }, What::Task { list: used, .. }) =
        (&wanted.what, &got.what)
    {
        return list == used && (wanted.after, wanted.of) == (got.after, got.of);
    }
    if let (
        What::Set { kind, says },
        What::Set {
            kind: told,
            says: said,
        },
    ) = (&wanted.what, &got.what)
    {
        let fits = says.iter().all(|field| said.contains(field));
        return fits && kind == told && (wanted.after, wanted.of) == (got.after, got.of);
    }
    wanted == got
}
