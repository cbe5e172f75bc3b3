//! Owns the playing of a scenario: its timeline, on the rules of the model. Refuses to decide: the rules
//! do.

use serde_json::json;
use sluis_model::steering::Steering;
use sluis_model::{
    About, CancelTarget, Channel, ContactKind, Environment, Flow, Given, Idempotency, Input,
    NotificationId, Preference, ShardId, Supplied, TaskAnswered, TenantAnswered, Timestamp,
};
use toml::{Table, Value};

use super::coverage::Coverage;
use super::expected::{differing, lines};
use super::file::{File, Person, Scenario};
use super::happening::{self, Happening, Happens};
use super::line::Line;
use super::span;
use super::told::{Told, as_json, given};
use super::world::World;
use crate::explain::rfc3339;
use crate::fact_types::Types;
use crate::intake::{self, FieldProblem};

/// The tenant of every scenario.
const TENANT: &str = "H-1";
/// The most inputs of one scenario.
const MAX_INPUTS: usize = 20_000;
/// How long a scenario is followed, in milliseconds: two years.
const LONGEST_MS: i64 = 2 * 366 * 24 * 3_600 * 1_000;

/// A mistake in a scenario: its path, and what was expected.
pub(super) type Wrong = (String, String);

/// What a scenario says, read.
struct Written {
    /// What is told, once or again and again.
    told: Vec<Told>,
    /// What happens, in order.
    happens: Vec<Happening>,
    /// What is expected.
    expected: Vec<Line>,
}

/// A scenario to be played.
pub(super) struct Run<'a> {
    /// On which flow.
    pub flow: &'a Flow,
    /// The types of facts that may be told.
    pub types: &'a Types,
    /// What holds for all scenarios of the file.
    pub file: &'a File,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The instant at which it begins.
    pub start: Timestamp,
    /// How the corporation steers.
    pub steering: &'a Steering,
}

impl Run<'_> {
    /// Plays it. Gives what came otherwise than expected.
    ///
    /// # Errors
    /// Everything that is written wrong, and where it stands; else what cannot be played.
    pub(super) fn play(
        &self,
        number: usize,
        coverage: &mut Coverage,
    ) -> Result<Vec<String>, Vec<Wrong>> {
        let written = self.written(number)?;
        let played = self.run(number, written, coverage);
        played.map_err(|wrong| vec![wrong])
    }

    /// Plays what was read.
    fn run(
        &self,
        number: usize,
        written: Written,
        coverage: &mut Coverage,
    ) -> Result<Vec<String>, Wrong> {
        let Written {
            mut told,
            happens,
            expected,
        } = written;
        let mut world = World::new(self.flow, self.start, self.steering, coverage);
        world.give(&Input::PutProfile(Box::new(self.profile())));
        let in_given = |message| (path(number, "given"), message);
        self.tell(&mut world, &mut told, 0).map_err(in_given)?;
        let in_data = |message| (path(number, "data"), message);
        self.notify(&mut world, &Table::new()).map_err(in_data)?;
        self.follow(&mut world, told, happens, number)?;
        let mut differs = differing(&expected, &world.lines, self.start);
        differs.append(&mut world.complaints);
        Ok(differs)
    }

    /// What is told, what happens, in order, and what is expected. Facts are read once before they are told,
    /// so that one that comes late in the scenario is no mistake for later.
    fn written(&self, number: usize) -> Result<Written, Vec<Wrong>> {
        let mut wrong = Vec::new();
        let mut told = Vec::new();
        for source in self.scenario.facts.as_ref().unwrap_or(&self.file.facts) {
            let read = given(source).and_then(|told| {
                self.fact(self.start.plus(told.next), 0, &told.kind, &told.keys)?;
                Ok(told)
            });
            match read {
                Ok(read) => told.push(read),
                Err(message) => wrong.push((path(number, "given"), message)),
            }
        }
        let mut happens = Vec::new();
        for (index, source) in self.scenario.happens.iter().enumerate() {
            let read = happening::read(source).and_then(|read| {
                if let Happens::Fact(kind, keys) = &read.what {
                    self.fact(self.start.plus(read.after), 0, kind, keys)?;
                }
                Ok(read)
            });
            match read {
                Ok(read) => happens.push(read),
                Err(message) => wrong.push((path(number, &format!("happens[{index}]")), message)),
            }
        }
        happens.sort_by_key(|happening: &Happening| happening.after);
        let (expected, mistaken) = lines(&self.scenario.expect, self.start);
        let mistaken = mistaken.into_iter();
        wrong.extend(mistaken.map(|(index, message)| {
            let place = format!("expect[{index}]");
            (path(number, &place), message)
        }));
        match wrong.is_empty() {
            true => Ok(Written {
                told,
                happens,
                expected,
            }),
            false => Err(wrong),
        }
    }

    /// Moves the clock from one thing that happens or is due to the next.
    fn follow(
        &self,
        world: &mut World<'_>,
        mut told: Vec<Told>,
        happens: Vec<Happening>,
        number: usize,
    ) -> Result<(), Wrong> {
        let mut happens = happens.into_iter().peekable();
        for _ in 0..MAX_INPUTS {
            let now = world.now.since(self.start);
            if let Some(next) = happens.next_if(|next| next.after <= now) {
                let in_happens = |message| (path(number, "happens"), message);
                self.happen(world, &next).map_err(in_happens)?;
                continue;
            }
            if world.turn() {
                continue;
            }
            let due = world.due().map(|due| due.since(self.start));
            let next = happens.peek().map(|next| next.after);
            let until = due.into_iter().chain(next).min();
            let Some(until) = until.filter(|until| *until <= LONGEST_MS) else {
                return Ok(());
            };
            // What is told meanwhile comes first.
            let first = told.iter().map(|told| told.next).min();
            let until = first.map_or(until, |first| until.min(first));
            world.now = self.start.plus(until);
            let in_given = |message| (path(number, "given"), message);
            self.tell(world, &mut told, until).map_err(in_given)?;
        }
        world
            .complaints
            .push(format!("it goes on after {MAX_INPUTS} inputs"));
        Ok(())
    }

    fn profile(&self) -> Supplied {
        let person: &Person = self.scenario.tenant.as_ref().unwrap_or(&self.file.tenant);
        let email = person
            .email
            .iter()
            .map(|email| Given::new(ContactKind::Email, email.as_str()));
        let mobile = person
            .mobile
            .iter()
            .map(|mobile| Given::mobile(mobile.as_str()));
        let postal = person
            .postal
            .iter()
            .map(|postal| Given::new(ContactKind::Postal, postal.as_str()));
        let prefers = person
            .prefers
            .iter()
            .filter_map(|name| name.parse::<Channel>().ok());
        Supplied {
            name: "mevrouw Jansen".into(),
            points: email.chain(mobile).chain(postal).collect(),
            preferences: prefers
                .map(|channel| Preference::new("*", channel))
                .collect(),
            ..Supplied::default()
        }
    }

    /// Takes a notification in as the API does.
    fn notify(&self, world: &mut World<'_>, differing: &Table) -> Result<(), String> {
        let mut data = self.file.data.clone();
        data.extend(self.scenario.data.clone());
        data.extend(differing.clone());
        let number = world.notifications.len() + 1;
        let mut body = json!({
            "tenant_id": TENANT,
            "flow": self.file.flow,
            "category": self.file.category,
            "data": as_json(&data),
            "environment": self.scenario.environment.as_deref().unwrap_or("production"),
            "idempotency_key": format!("scenario-{number}"),
        });
        if let (Some(kind), Some(id)) = (&self.flow.subject, &self.file.subject) {
            body["subject"] = json!({ "kind": kind, "id": id });
        }
        if let Some(after) = &self.scenario.send_after {
            let after = self.start.plus(span::parse(after)?);
            body["send_after"] = rfc3339(after).into();
        }
        let request = intake::notification::parse(body.to_string().as_bytes()).map_err(listed)?;
        let sound =
            intake::validate(&request, self.flow, Environment::Production).map_err(listed)?;
        let id = NotificationId::new(ShardId(0), world.now.0, number as u64);
        world.notifications.push(id);
        let idempotency = Idempotency {
            key: number as u128,
            body: sound.body,
        };
        let notification = request.admitted(id, self.flow.reference, sound.fields, idempotency);
        world.give(&Input::Notify(Box::new(notification)));
        Ok(())
    }

    /// Tells the facts that are due.
    fn tell(&self, world: &mut World<'_>, told: &mut Vec<Told>, until: i64) -> Result<(), String> {
        for fact in told.iter_mut().filter(|fact| fact.next <= until) {
            let input = self.fact(world.now, world.fact_number(), &fact.kind, &fact.keys)?;
            world.give(&input);
            fact.next = fact
                .every
                .map_or(i64::MAX, |every| fact.next.saturating_add(every));
        }
        told.retain(|fact| fact.next < i64::MAX);
        Ok(())
    }

    /// Reads a fact that is told now, as the API does.
    fn fact(&self, now: Timestamp, count: u64, kind: &str, keys: &Table) -> Result<Input, String> {
        let mut keys = keys.clone();
        let happened = match keys.remove("happened") {
            Some(Value::String(text)) => self.start.plus(span::parse(&text)?),
            Some(other) => return Err(format!("{other}: expected a time since the start")),
            None => now,
        };
        if happened > now {
            let ahead = span::shown(happened.since(now));
            return Err(format!(
                "happened is {ahead} after it is told: expected no fact of what is still to come, for the engine refuses it"
            ));
        }
        let mut body = as_json(&keys);
        body["fact_id"] = format!("scenario-{count}").into();
        body["type"] = kind.into();
        body["tenant_id"] = TENANT.into();
        body["occurred_at"] = rfc3339(happened).into();
        body["environment"] = "production".into();
        let known = self.types.get(kind);
        let about = known.is_some_and(|known| known.about == About::Subject);
        let subject = keys
            .get("subject")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let subject = subject.or_else(|| self.file.subject.clone().filter(|_| about));
        if let (Some(kind), Some(id)) = (&self.flow.subject, subject) {
            body["subject"] = json!({ "kind": kind, "id": id });
        }
        let read = intake::fact::parse(body.to_string().as_bytes(), self.types);
        let read = read.map_err(listed)?;
        Ok(read.input)
    }

    /// Reads an answer of people, or of the tenant at a step that asks him, as the API does.
    fn answer(
        &self,
        world: &World<'_>,
        id: NotificationId,
        answer: &str,
        fields: &Table,
    ) -> Result<Input, String> {
        let (task, by) = (world.task(id), "desk".into());
        let step = world.step(id).and_then(|step| self.flow.step(step));
        let question = step.and_then(|step| step.kind.question());
        let reply = question.and_then(|question| question.reply(answer));
        let page = question.and_then(|question| question.page.as_deref());
        let page = page.filter(|_| !world.has_task(id));
        let answer = answer.into();
        if let Some(page) = page {
            let asked = reply.map_or(&[][..], |reply| &reply.fields);
            let says =
                intake::answer::parse(&as_json(fields).to_string(), asked).map_err(listed)?;
            // A machine answers by the API, which says whose key it was.
            let by = if page.by_machine { "machine" } else { "" };
            return Ok(Input::TenantAnswered(Box::new(TenantAnswered {
                id,
                step: page.asked_by,
                answer,
                by: by.into(),
                says,
                shown: None,
            })));
        }
        if fields.is_empty() && reply.is_none_or(|reply| reply.fields.is_empty()) {
            return Ok(Input::Answer {
                id,
                task,
                answer,
                by,
            });
        }
        let asked = reply.map_or(&[][..], |reply| &reply.fields);
        let says = intake::answer::parse(&as_json(fields).to_string(), asked).map_err(listed)?;
        Ok(Input::TaskAnswered(Box::new(TaskAnswered {
            id,
            task,
            answer,
            by,
            says,
        })))
    }

    fn happen(&self, world: &mut World<'_>, happening: &Happening) -> Result<(), String> {
        let of = happening.of;
        match &happening.what {
            Happens::Fact(kind, keys) => {
                let input = self.fact(world.now, world.fact_number(), kind, keys)?;
                world.give(&input);
            }
            Happens::Receipt(kind, channel) => world.receipt(of, *kind, *channel),
            Happens::Link { pressed } => {
                if let Some(id) = world.notification(of) {
                    let pressed = *pressed;
                    world.give(&Input::Link { id, pressed });
                }
            }
            Happens::Answer(answer, fields) => {
                if let Some(id) = world.notification(of) {
                    let input = self.answer(world, id, answer, fields)?;
                    world.give_answer(&input, answer);
                }
            }
            Happens::Cancel => {
                if let Some(id) = world.notification(of) {
                    let target = CancelTarget::Notification(id);
                    let note = "desk".into();
                    world.give(&Input::Cancel { target, note });
                }
            }
            Happens::Provider(channel, behaviour) => {
                world.behaviours.insert(*channel, *behaviour);
            }
            Happens::Again(data) => self.notify(world, data)?,
        }
        Ok(())
    }
}

/// A place in a scenario.
fn path(number: usize, part: &str) -> String {
    format!("scenario[{number}].{part}")
}

/// Mistakes of the intake, in one line.
fn listed(wrong: Vec<FieldProblem>) -> String {
    let told: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    told.join("; ")
}
