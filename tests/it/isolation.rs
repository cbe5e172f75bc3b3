//! Two corporations with the same tenants, subjects and keys. Whatever one does, the other's
//! answers are, byte for byte but for random ids, what they would be if it did not exist; and
//! naming something of the other's is naming nothing.

mod acts;
mod names;

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use sluis_model::CorporationId;

use self::acts::{Act, act, perform};
use crate::receipts::bounce;
use crate::support::{Body, Engine, NOORD, Reply, Setup, ZUID};

const TENANTS: [&str; 2] = ["H-1", "H-2"];

/// A step: noord acts, or zuid acts, or zuid tries what it got hold of from noord.
#[derive(Clone, Debug)]
enum Step {
    Noord(Act),
    Zuid(Act),
    Steal { what: usize, which: usize },
}

/// One request that names something of another corporation's.
#[derive(Clone, Debug)]
struct Theft {
    method: &'static str,
    /// As the router has it, the provider's name filled in.
    route: String,
}

/// Every route of the router's own table with every method: a new route is drawn by itself.
/// Receipts once for each kind of provider, because each proves itself in its own way.
fn thefts() -> Vec<Theft> {
    let routes = sluis::http::route_list();
    routes
        .into_iter()
        .flat_map(|route| {
            let names: &[&str] = if route.path.contains("{provider}") {
                &["email", "relay", "bird", "null", "nobody"]
            } else {
                &[""]
            };
            names.iter().map(move |name| Theft {
                method: route.method,
                route: route.path.replace("{provider}", name),
            })
        })
        .collect()
}

/// The place of a theft in [`thefts`].
fn theft(method: &str, route: &str) -> usize {
    thefts()
        .iter()
        .position(|theft| theft.method == method && theft.route == route)
        .expect("a route of the table")
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => act().prop_map(Step::Noord),
        3 => act().prop_map(Step::Zuid),
        3 => (0..thefts().len(), 0..8_usize).prop_map(|(what, which)| Step::Steal { what, which }),
    ]
}

/// What a corporation was given: ids and tasks of its own, cursors, places in a timeline.
#[derive(Default)]
struct Purse {
    ids: Vec<String>,
    tasks: Vec<String>,
    strays: Vec<String>,
    cursors: Vec<String>,
    places: Vec<String>,
}

impl Purse {
    fn keep(&mut self, reply: &Reply) {
        for value in reply
            .text()
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            self.ids
                .extend(text(&value["id"]).filter(|id| id.len() == 32 && !self.ids.contains(id)));
            self.cursors.extend(text(&value["cursor"]));
            if value["rows"].is_array() {
                self.places.extend(text(&value["next"]));
            }
            for task in value["tasks"].as_array().into_iter().flatten() {
                self.tasks.extend(text(&task["id"]));
            }
            for fact in value["facts"].as_array().into_iter().flatten() {
                self.strays.extend(text(&fact["id"]));
            }
        }
    }
}

fn nth(list: &[String], which: usize) -> Option<&str> {
    list.get(which.checked_rem(list.len())?).map(String::as_str)
}

/// Zuid names what is noord's in the path, in the query and in the body, all at once: each route
/// reads what it knows.
async fn steal(engine: &Engine, key: &str, theft: &Theft, named: &Named<'_>) -> Reply {
    let id = if theft.route.starts_with("/v1/tenants/") {
        "H-1".to_owned()
    } else if theft.route.starts_with("/v1/tasks/") {
        format!("{}.1", named.id)
    } else if theft.route.starts_with("/v1/facts/unmatched/") {
        named.stray.to_owned()
    } else {
        named.id.to_owned()
    };
    let mut path = theft
        .route
        .replace("{id}", &id)
        .replace("{token}", &named.link);
    path += &match (theft.method, theft.route.as_str()) {
        ("get", "/v1/outcomes") => format!("?after={}", named.cursor),
        ("get", "/v1/tenants/{id}/timeline") => format!("?before={}", named.place),
        ("get", route) if route.starts_with("/v1/receipts/") => {
            format!("?reference={}&status=delivered", named.reference)
        }
        _ => String::new(),
    };
    let body = if theft.method == "get" {
        Body::Nothing
    } else if theft.route.starts_with("/v1/receipts/") {
        let mail = bounce(&format!("b+{}@bounce.zuid.example", named.reference));
        Body::Bytes("message/rfc822", mail.into_bytes())
    } else if theft.route.ends_with("/answer") {
        json!({ "answer": "close", "by": "zuid" }).into()
    } else if theft.route.ends_with("/dismiss") {
        json!({ "by": "zuid" }).into()
    } else if theft.route.ends_with("/cancel") {
        Body::Nothing
    } else {
        json!({ "id": named.id, "notification": named.id, "cursor": named.cursor, "reference": named.reference }).into()
    };
    engine
        .call(key, &theft.method.to_ascii_uppercase(), &path, body)
        .await
}

/// What zuid names: in one engine noord's own, in the other something that never was.
struct Named<'a> {
    id: &'a str,
    cursor: &'a str,
    place: &'a str,
    stray: &'a str,
    reference: String,
    link: String,
}

/// An answer with everything random by the order of its first appearance.
#[derive(Default)]
struct Plain(HashMap<String, String>);

impl Plain {
    fn answer(&mut self, reply: &Reply, stolen: &str) -> String {
        let text = reply.text();
        let text = if stolen.is_empty() {
            text
        } else {
            text.replace(stolen, "(named)")
        };
        let mut out = format!("{} {} ", reply.status, reply.header("content-type"));
        let mut word = String::new();
        for c in text.chars().chain([' ']) {
            if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
                word.push(c);
                continue;
            }
            out.push_str(&self.word(&word));
            out.push(c);
            word.clear();
        }
        out
    }

    /// Ids, positions and encrypted texts are random and long; nothing else is.
    fn word(&mut self, word: &str) -> String {
        let hex = word
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let encrypted = word.len() >= 40 && word.bytes().any(|b| b.is_ascii_uppercase());
        if !(encrypted || hex && matches!(word.len(), 16 | 32)) {
            return word.to_owned();
        }
        let next = format!("({}-{})", word.len(), self.0.len());
        // An encrypted text differs each time, also for the same place.
        if encrypted {
            "(encrypted)".to_owned()
        } else {
            self.0.entry(word.to_owned()).or_insert(next).clone()
        }
    }
}

/// Runs the steps. `together`: noord acts too, and the thief names what is really noord's. Gives
/// zuid's answers.
async fn run(steps: &[Step], together: bool, thief: &str) -> Vec<String> {
    // With a relay and an SMS provider beside the null channel: their receipts are routes, too.
    let engine = Engine::with(Setup {
        sinks: true,
        ..Setup::default()
    })
    .await;
    let thefts = thefts();
    let (mut noord, mut zuid, mut plain, mut answers) = (
        Purse::default(),
        Purse::default(),
        Plain::default(),
        Vec::new(),
    );
    for (number, step) in steps.iter().enumerate() {
        // Ids sort by their time: one a step.
        engine.clock.advance(1);
        match step {
            Step::Noord(act) if together => {
                if let Some(reply) = perform(&engine, NOORD, act, &noord).await {
                    noord.keep(&reply);
                }
            }
            Step::Noord(_) => {}
            Step::Zuid(act) => {
                if let Some(reply) = perform(&engine, ZUID, act, &zuid).await {
                    zuid.keep(&reply);
                    answers.push(format!("{number} {act:?}: {}", plain.answer(&reply, "")));
                }
            }
            Step::Steal { what, which } => {
                let never = "0001019c1d4a600000000000000000ff".to_owned();
                let id = nth(&noord.ids, *which).unwrap_or(&never);
                let attempt = sluis_model::AttemptRef {
                    id: id.parse().unwrap(),
                    step: 0,
                    attempt: 1,
                };
                let reference = &engine.app().reference;
                let named = Named {
                    id,
                    cursor: nth(&noord.cursors, *which).unwrap_or("AAAA"),
                    place: nth(&noord.places, *which).unwrap_or("AAAA"),
                    stray: nth(&noord.strays, *which).unwrap_or("AAAA"),
                    reference: if together {
                        reference.attempt(CorporationId(1), attempt)
                    } else {
                        "a".repeat(50)
                    },
                    link: if together {
                        reference.link(CorporationId(2), attempt.id)
                    } else {
                        "A".repeat(46)
                    },
                };
                let theft = &thefts[*what];
                let reply = steal(&engine, thief, theft, &named).await;
                answers.push(format!(
                    "{number} steal {theft:?}: {}",
                    plain.answer(&reply, id)
                ));
            }
        }
        engine.settled().await;
    }
    engine.end().await;
    answers
}

#[test]
fn nothing_one_does_shows_in_what_the_other_is_told() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let cases = std::env::var("SLUIS_ISOLATION_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(10);
    let config = Config {
        cases,
        max_shrink_iters: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let tried = runner.run(&proptest::collection::vec(step(), 10..60), |steps| {
        let (together, alone) = runtime.block_on(async {
            (
                run(&steps, true, ZUID).await,
                run(&steps, false, ZUID).await,
            )
        });
        prop_assert_eq!(together.len(), alone.len());
        for (together, alone) in together.iter().zip(&alone) {
            prop_assert_eq!(together, alone);
        }
        Ok(())
    });
    if let Err(failed) = tried {
        panic!("{failed}");
    }
}

/// The control: a thief with noord's own key is told something, and the comparison notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_comparison_notices_a_leak() {
    let leaks = [
        ("get", "/v1/notifications/{id}"),
        ("post", "/v1/notifications/{id}/cancel"),
        ("post", "/v1/receipts/email"),
        ("post", "/v1/receipts/relay"),
    ];
    for (method, route) in leaks {
        let what = theft(method, route);
        let steps = [
            Step::Noord(Act::Notice {
                tenant: 0,
                key: 1,
                later: true,
            }),
            Step::Steal { what, which: 0 },
        ];
        assert_ne!(
            run(&steps, true, NOORD).await,
            run(&steps, false, NOORD).await,
            "{method} {route}"
        );
        assert_eq!(
            run(&steps, true, ZUID).await,
            run(&steps, false, ZUID).await,
            "{method} {route}"
        );
    }
}

/// Drawn cases may miss a route; here each has its turn, right after noord did something.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_of_the_table_tells_nothing_of_the_other() {
    let mut steps = vec![
        Step::Noord(Act::Put(0)),
        Step::Noord(Act::Notice {
            tenant: 0,
            key: 1,
            later: true,
        }),
        Step::Noord(Act::Storno {
            tenant: 1,
            invoice: 0,
            key: 2,
            person: true,
        }),
        Step::Noord(Act::Look(1)),
        Step::Noord(Act::Look(2)),
        Step::Noord(Act::Look(6)),
    ];
    let all = thefts().len();
    assert!(all > 25, "{all} requests");
    steps.extend((0..all).flat_map(|what| (0..2).map(move |which| Step::Steal { what, which })));
    let (together, alone) = (
        run(&steps, true, ZUID).await,
        run(&steps, false, ZUID).await,
    );
    assert_eq!(together.len(), 2 * all);
    for (together, alone) in together.iter().zip(&alone) {
        assert_eq!(together, alone);
    }
}
