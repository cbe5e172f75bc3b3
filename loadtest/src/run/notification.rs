//! The notifications a run offers: number in, request out, always the same for the same number, so
//! that a retry carries the same key and the same body. Refuses to know how they are sent.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use sluis_model::{Environment, Lane};

use super::RunError;
use super::numbers::tenant_id;

/// What `POST /v1/notifications` takes.
#[derive(Debug, Clone, Serialize)]
pub struct Notification {
    /// Who receives it.
    pub tenant_id: String,
    /// Which flow.
    pub flow: Arc<str>,
    /// Which category.
    pub category: Arc<str>,
    /// What it is about.
    pub subject: Subject,
    /// The fields its template names.
    pub data: Arc<RawValue>,
    /// The lane.
    pub priority: Lane,
    /// Not before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_after: Option<Moment>,
    /// Not after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Moment>,
    /// Must equal the engine's.
    pub environment: Environment,
    /// Unique per notification, equal for its retries.
    pub idempotency_key: String,
}

/// An instant as it was given, for text, and as a number, for the binary port.
#[derive(Debug, Clone)]
pub struct Moment {
    text: Arc<str>,
    /// Milliseconds since 1970, UTC.
    pub at_ms: i64,
}

impl Moment {
    fn parse(option: &'static str, text: &str) -> Result<Self, RunError> {
        let expected = "an instant as RFC 3339 writes it, such as 2027-01-31T09:00:00Z";
        let at: jiff::Timestamp = text.parse().map_err(|_| RunError::Option {
            option,
            value: text.into(),
            expected,
        })?;
        Ok(Self {
            text: text.into(),
            at_ms: at.as_millisecond(),
        })
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

/// What a notification is about.
#[derive(Debug, Clone, Serialize)]
pub struct Subject {
    /// Such as `invoice`.
    pub kind: Arc<str>,
    /// Such as an invoice number.
    pub id: String,
}

/// What every notification of a run has in common.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Start of every idempotency key and subject id.
    pub run_id: String,
    /// Which flow.
    pub flow: String,
    /// Which category.
    pub category: String,
    /// Kind of the subject.
    pub subject_kind: String,
    /// How many tenants share the notifications.
    pub tenants: u64,
    /// Which lanes, in which shares.
    pub lanes: LaneMix,
    /// JSON of `data`; `{filler}` becomes text, `{n}` the notification's number.
    pub data: String,
    /// Length of `{filler}`.
    pub body_bytes: usize,
    /// Not before, RFC 3339.
    pub send_after: Option<String>,
    /// Not after, RFC 3339.
    pub expires_at: Option<String>,
    /// Must equal the engine's.
    pub environment: String,
}

/// Shares of the lanes, in parts of their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneMix([(Lane, u64); 3]);

impl LaneMix {
    /// `urgent`, `normal`, `bulk`, `mix` (5, 45, 50), or shares such as `urgent=1,bulk=9`.
    ///
    /// # Errors
    /// Not one of those.
    pub fn parse(text: &str) -> Result<Self, RunError> {
        let fail = || RunError::Option {
            option: "--lane",
            value: text.into(),
            expected: "urgent, normal, bulk, mix, or shares such as urgent=1,bulk=9",
        };
        let mut mix = [(Lane::Urgent, 0), (Lane::Normal, 0), (Lane::Bulk, 0)];
        if text == "mix" {
            return Ok(Self([
                (Lane::Urgent, 5),
                (Lane::Normal, 45),
                (Lane::Bulk, 50),
            ]));
        }
        for part in text.split(',') {
            let (lane, share) = part.split_once('=').unwrap_or((part, "1"));
            let place = mix
                .iter_mut()
                .find(|(known, _)| known.name() == lane)
                .ok_or_else(fail)?;
            place.1 = share.parse().map_err(|_| fail())?;
        }
        if mix.iter().all(|(_, share)| *share == 0) {
            Err(fail())
        } else {
            Ok(Self(mix))
        }
    }

    /// The lane of the `n`th notification, spread evenly.
    fn of(&self, n: u64) -> Lane {
        let total: u64 = self.0.iter().map(|(_, share)| share).sum();
        // A multiplicative step visits every residue, so short runs get every lane too.
        let mut place = (n.wrapping_mul(61) % total.max(1)) + u64::from(total == 0);
        for (lane, share) in self.0 {
            if place < share {
                return lane;
            }
            place -= share;
        }
        Lane::Normal
    }
}

/// Makes the notifications of a run.
#[derive(Debug)]
pub struct Maker {
    shape: Shape,
    flow: Arc<str>,
    category: Arc<str>,
    subject_kind: Arc<str>,
    environment: Environment,
    send_after: Option<Moment>,
    expires_at: Option<Moment>,
    data: String,
    fixed_data: Option<Arc<RawValue>>,
}

impl Maker {
    /// Checks the shape.
    ///
    /// # Errors
    /// The data is not JSON, an instant or the environment is none, or there are no tenants.
    pub fn new(shape: Shape) -> Result<Self, RunError> {
        let data = shape.data.replace("{filler}", &filler(shape.body_bytes));
        let sample = raw(&data.replace("{n}", "0")).ok_or_else(|| RunError::Option {
            option: "--data",
            value: shape.data.clone(),
            expected: "a JSON object; {filler} and {n} are replaced",
        })?;
        if shape.tenants == 0 {
            return Err(RunError::Option {
                option: "--tenants",
                value: "0".into(),
                expected: "at least 1",
            });
        }
        let moment = |option, text: &Option<String>| {
            text.as_deref()
                .map(|text| Moment::parse(option, text))
                .transpose()
        };
        let environment = shape.environment.parse().map_err(|_| RunError::Option {
            option: "--environment",
            value: shape.environment.clone(),
            expected: "production, acceptance, test or development",
        })?;
        Ok(Self {
            flow: shape.flow.as_str().into(),
            category: shape.category.as_str().into(),
            subject_kind: shape.subject_kind.as_str().into(),
            environment,
            send_after: moment("--send-after", &shape.send_after)?,
            expires_at: moment("--expires-at", &shape.expires_at)?,
            fixed_data: (!data.contains("{n}")).then_some(sample),
            data,
            shape,
        })
    }

    /// The `n`th notification.
    #[must_use]
    pub fn make(&self, n: u64) -> Notification {
        let numbered = || {
            raw(&self.data.replace("{n}", &n.to_string()))
                .unwrap_or_else(|| Arc::from(RawValue::NULL.to_owned()))
        };
        let key = format!("{}-{n}", self.shape.run_id);
        Notification {
            // Spread over the tenants so that neighbours in time do not share one.
            tenant_id: tenant_id(n.wrapping_mul(7_919) % self.shape.tenants),
            flow: self.flow.clone(),
            category: self.category.clone(),
            subject: Subject {
                kind: self.subject_kind.clone(),
                id: key.clone(),
            },
            data: self.fixed_data.clone().unwrap_or_else(numbered),
            priority: self.shape.lanes.of(n),
            send_after: self.send_after.clone(),
            expires_at: self.expires_at.clone(),
            environment: self.environment,
            idempotency_key: key,
        }
    }
}

fn raw(json: &str) -> Option<Arc<RawValue>> {
    let raw = RawValue::from_string(json.to_owned()).ok()?;
    raw.get()
        .trim_start()
        .starts_with('{')
        .then(|| Arc::from(raw))
}

/// Plain Dutch text of exactly `bytes` bytes, the same every time.
#[must_use]
pub fn filler(bytes: usize) -> String {
    const TEXT: &str = "De aannemer komt langs voor het onderhoud aan uw woning. Zorgt u ervoor dat er iemand thuis is? ";
    TEXT.chars().cycle().take(bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn shape() -> Shape {
        Shape {
            run_id: "r1".into(),
            flow: "notice".into(),
            category: "maintenance".into(),
            subject_kind: "work".into(),
            tenants: 100,
            lanes: LaneMix::parse("mix").unwrap(),
            data: r#"{"text":"{filler}","nr":{n}}"#.into(),
            body_bytes: 10,
            send_after: None,
            expires_at: Some("2026-02-01T00:00:00Z".into()),
            environment: "production".into(),
        }
    }

    #[test]
    fn the_same_number_gives_the_same_notification() {
        let maker = Maker::new(shape()).unwrap();
        let json = |n| serde_json::to_string(&maker.make(n)).unwrap();
        assert_eq!(json(5), json(5));
        assert_ne!(json(5), json(6));
        assert!(
            json(5).contains(r#""data":{"text":"De aanneme","nr":5}"#),
            "{}",
            json(5)
        );
        assert!(json(5).contains(r#""idempotency_key":"r1-5""#));
        assert!(!json(5).contains("send_after"));
    }

    #[test]
    fn lanes_are_spread_by_share() {
        let mix = LaneMix::parse("mix").unwrap();
        let count = |mix: LaneMix, lane| (0..1000).filter(|n| mix.of(*n) == lane).count();
        assert_eq!(Lane::ALL.map(|lane| count(mix, lane)), [50, 450, 500]);
        assert_eq!(count(LaneMix::parse("urgent").unwrap(), Lane::Urgent), 1000);
        assert_eq!(
            count(LaneMix::parse("urgent=1,bulk=9").unwrap(), Lane::Bulk),
            900
        );
        assert!(LaneMix::parse("fast").is_err() && LaneMix::parse("urgent=0").is_err());
    }

    #[test]
    fn instants_and_environment_are_checked_before_anything_is_sent() {
        let wrong = [
            Shape {
                send_after: Some("tomorrow".into()),
                ..shape()
            },
            Shape {
                expires_at: Some("2026-02-01".into()),
                ..shape()
            },
            Shape {
                environment: "prod".into(),
                ..shape()
            },
        ];
        assert!(wrong.into_iter().all(|shape| Maker::new(shape).is_err()));
        let made = Maker::new(shape()).unwrap().make(1);
        assert_eq!(
            made.expires_at.as_ref().map(|moment| moment.at_ms),
            Some(1_769_904_000_000)
        );
        assert!(
            serde_json::to_string(&made)
                .unwrap()
                .contains(r#""expires_at":"2026-02-01T00:00:00Z","environment":"production""#)
        );
    }

    #[test]
    fn data_must_be_an_object() {
        for data in ["[]", "{", "{\"a\":{n}"] {
            assert!(
                Maker::new(Shape {
                    data: data.into(),
                    ..shape()
                })
                .is_err(),
                "{data}"
            );
        }
    }
}
