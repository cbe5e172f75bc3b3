//! Owns process data as an object-centric event log: OCEL 2.0 in JSON
//! (<https://www.ocel-standard.org/specification/formats/json/>). Notifications, tenants and subjects
//! are its objects. Events are written as they come; objects are kept until the end, so there is a
//! bound on them. Refuses to keep events in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde::Serialize;

use super::event::ProcessEvent;
use super::log::{Log, ProcessError};
use crate::explain::rfc3339;

/// Most objects of one log. Some 200 bytes each.
const MOST_OBJECTS: usize = 2_000_000;

const EVENT_ATTRIBUTES: [&str; 8] = [
    "input", "category", "step", "attempt", "channel", "provider", "end", "reason",
];

const NOTIFICATION: &str = "notification";
const TENANT: &str = "tenant";

pub(super) struct Ocel<'a> {
    out: &'a mut dyn Write,
    events: u64,
    event_types: BTreeSet<String>,
    object_types: BTreeSet<String>,
    objects: BTreeMap<String, Object>,
    most_objects: usize,
}

#[derive(Serialize)]
struct Object {
    id: String,
    r#type: String,
    attributes: Vec<Timed>,
    relationships: Vec<Related>,
}

/// An attribute of an object, since an instant.
#[derive(Serialize)]
struct Timed {
    name: &'static str,
    time: String,
    value: String,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Related {
    object_id: String,
    qualifier: &'static str,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
struct Logged<'a> {
    id: String,
    r#type: &'a str,
    time: String,
    attributes: Vec<Named<'a>>,
    relationships: Vec<Related>,
}

#[derive(Serialize)]
struct Typed<'a> {
    name: &'a str,
    attributes: Vec<AttributeType>,
}

#[derive(Serialize)]
struct AttributeType {
    name: &'static str,
    r#type: &'static str,
}

impl<'a> Ocel<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Result<Self, ProcessError> {
        Self::bounded(out, MOST_OBJECTS)
    }

    fn bounded(out: &'a mut dyn Write, most_objects: usize) -> Result<Self, ProcessError> {
        out.write_all(b"{\"events\":[")?;
        Ok(Self {
            out,
            events: 0,
            event_types: BTreeSet::new(),
            object_types: BTreeSet::new(),
            objects: BTreeMap::new(),
            most_objects,
        })
    }

    /// The objects that an event is about; they are known from here on.
    fn objects_of(&mut self, event: &ProcessEvent) -> Result<Vec<Related>, ProcessError> {
        let tenant = related(TENANT, &event.tenant, "of");
        self.object(TENANT, &tenant)?;
        let mut related_to = vec![tenant.clone()];
        let subject = match &event.subject {
            Some((kind, name)) => {
                let subject = related(kind, name, "about");
                self.object(kind, &subject)?;
                related_to.push(subject.clone());
                Some(subject)
            }
            None => None,
        };
        if let Some(id) = event.notification {
            let notification = Related {
                object_id: id.to_string(),
                qualifier: "decided",
            };
            let object = self.object(NOTIFICATION, &notification)?;
            for other in [Some(tenant), subject].into_iter().flatten() {
                if !object.relationships.contains(&other) {
                    object.relationships.push(other);
                }
            }
            describe(object, event);
            related_to.push(notification);
        }
        Ok(related_to)
    }

    fn object(&mut self, kind: &str, named: &Related) -> Result<&mut Object, ProcessError> {
        let is_new = !self.objects.contains_key(&named.object_id);
        if is_new && self.objects.len() >= self.most_objects {
            return Err(ProcessError::TooMany {
                most: self.most_objects,
            });
        }
        if !self.object_types.contains(kind) {
            self.object_types.insert(kind.to_owned());
        }
        let id = named.object_id.clone();
        Ok(self.objects.entry(id.clone()).or_insert_with(|| Object {
            id,
            r#type: kind.to_owned(),
            attributes: Vec::new(),
            relationships: Vec::new(),
        }))
    }

    fn field(&mut self, name: &str, value: &impl Serialize) -> Result<(), ProcessError> {
        write!(self.out, ",\"{name}\":")?;
        self.json(value)
    }

    fn json(&mut self, value: &impl Serialize) -> Result<(), ProcessError> {
        serde_json::to_writer(&mut *self.out, value).map_err(std::io::Error::from)?;
        Ok(())
    }
}

/// Objects of different types may have the same number: the type is part of their name.
fn related(kind: &str, name: &str, qualifier: &'static str) -> Related {
    Related {
        object_id: format!("{kind}:{name}"),
        qualifier,
    }
}

/// Flow and category of a notification, from the record that accepts it.
fn describe(object: &mut Object, event: &ProcessEvent) {
    let Some(flow) = &event.flow else { return };
    if !object.attributes.is_empty() {
        return;
    }
    let time = rfc3339(event.at);
    for (name, value) in [("flow", flow), ("category", &event.category)] {
        object.attributes.push(Timed {
            name,
            time: time.clone(),
            value: value.clone(),
        });
    }
}

impl Log for Ocel<'_> {
    fn event(&mut self, event: &ProcessEvent) -> Result<(), ProcessError> {
        let relationships = self.objects_of(event)?;
        let details = &event.details;
        let step = details.step.map(|step| step.to_string());
        let attempt = details.attempt.map(|attempt| attempt.to_string());
        let values = [
            Some(event.input.as_str()),
            Some(event.category.as_str()),
            step.as_deref(),
            attempt.as_deref(),
            details.channel,
            details.provider.as_deref(),
            details.end.as_deref(),
            details.reason.as_deref(),
        ];
        let attributes = EVENT_ATTRIBUTES.into_iter().zip(values);
        let attributes = attributes
            .filter_map(|(name, value)| value.map(|value| Named { name, value }))
            .collect();
        if self.events > 0 {
            self.out.write_all(b",\n")?;
        }
        let logged = Logged {
            id: format!("e{}", self.events),
            r#type: &event.event,
            time: rfc3339(event.at),
            attributes,
            relationships,
        };
        self.json(&logged)?;
        self.events += 1;
        if !self.event_types.contains(&event.event) {
            self.event_types.insert(event.event.clone());
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ProcessError> {
        self.out.write_all(b"]")?;
        let objects = std::mem::take(&mut self.objects);
        self.out.write_all(b",\"objects\":[")?;
        for (number, object) in objects.values().enumerate() {
            if number > 0 {
                self.out.write_all(b",\n")?;
            }
            self.json(object)?;
        }
        self.out.write_all(b"]")?;
        let event_types = std::mem::take(&mut self.event_types);
        let object_types = std::mem::take(&mut self.object_types);
        let of_events: Vec<Typed<'_>> = event_types
            .iter()
            .map(|name| typed(name, &EVENT_ATTRIBUTES))
            .collect();
        let of_objects: Vec<Typed<'_>> = object_types
            .iter()
            .map(|name| match name.as_str() {
                NOTIFICATION => typed(name, &["flow", "category"]),
                other => typed(other, &[]),
            })
            .collect();
        self.field("eventTypes", &of_events)?;
        self.field("objectTypes", &of_objects)?;
        self.out.write_all(b"}\n")?;
        Ok(self.out.flush()?)
    }
}

fn typed<'a>(name: &'a str, attributes: &[&'static str]) -> Typed<'a> {
    let text = |name: &&'static str| AttributeType {
        name,
        r#type: "string",
    };
    Typed {
        name,
        attributes: attributes.iter().map(text).collect(),
    }
}

#[cfg(test)]
mod tests {
    use sluis_model::Timestamp;

    use super::*;
    use crate::process::event::Details;

    fn about(tenant: &str) -> ProcessEvent {
        ProcessEvent {
            at: Timestamp(0),
            event: "profile_stored".to_owned(),
            input: "put_profile".to_owned(),
            notification: None,
            tenant: tenant.to_owned(),
            subject: None,
            category: String::new(),
            flow: None,
            details: Details::default(),
        }
    }

    #[test]
    fn more_objects_than_fit_are_refused_with_what_to_do() {
        let mut out = Vec::new();
        let mut log = Ocel::bounded(&mut out, 2).unwrap();
        for tenant in ["one", "two", "one"] {
            log.event(&about(tenant)).unwrap();
        }
        let error = log.event(&about("three")).unwrap_err().to_string();
        assert!(error.contains("choose a shorter period"), "{error}");
    }

    #[test]
    fn a_log_without_events_is_a_log() {
        let mut out = Vec::new();
        Box::new(Ocel::new(&mut out).unwrap()).finish().unwrap();
        let log: serde_json::Value = serde_json::from_slice(&out).unwrap();
        for list in ["events", "objects", "eventTypes", "objectTypes"] {
            assert_eq!(log[list], serde_json::json!([]), "{list}");
        }
    }
}
