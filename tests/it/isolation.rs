//! Two corporations with the same tenants, subjects and keys. Whatever one does, the other's
//! answers are, byte for byte but for random ids, what they would be if it did not exist; and
//! naming something of the other's is naming nothing.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use sluis_model::CorporationId;

use crate::receipts::bounce;
use crate::support::{Body, Engine, NOORD, OPERATOR, Reply, Setup, ZUID, notice, storno};

const TENANTS: [&str; 2] = ["H-1", "H-2"];

/// What a corporation does. Numbers choose among few names, so that they meet.
#[derive(Clone, Debug)]
enum Act {
    Put(usize),
    Notice {
        tenant: usize,
        key: u8,
        later: bool,
    },
    Storno {
        tenant: usize,
        invoice: u8,
        key: u8,
        person: bool,
    },
    Batch {
        tenant: usize,
        key: u8,
    },
    Fact {
        tenant: usize,
        id: u8,
        kind: u8,
    },
    Everyone {
        id: u8,
    },
    CancelSubject(u8),
    Cancel(usize),
    Answer(usize),
    Pause(bool),
    Load,
    Look(u8),
}

fn act() -> impl Strategy<Value = Act> {
    let (tenant, few, some) = (0..TENANTS.len(), 0..3_u8, 0..8_usize);
    prop_oneof![
        2 => tenant.clone().prop_map(Act::Put),
        4 => (tenant.clone(), few.clone(), any::<bool>()).prop_map(|(tenant, key, later)| Act::Notice { tenant, key, later }),
        4 => (tenant.clone(), few.clone(), few.clone(), any::<bool>())
            .prop_map(|(tenant, invoice, key, person)| Act::Storno { tenant, invoice, key, person }),
        1 => (tenant.clone(), few.clone()).prop_map(|(tenant, key)| Act::Batch { tenant, key }),
        3 => (tenant, few.clone(), few.clone()).prop_map(|(tenant, id, kind)| Act::Fact { tenant, id, kind }),
        1 => few.clone().prop_map(|id| Act::Everyone { id }),
        2 => few.prop_map(Act::CancelSubject),
        2 => some.clone().prop_map(Act::Cancel),
        2 => some.prop_map(Act::Answer),
        1 => any::<bool>().prop_map(Act::Pause),
        1 => Just(Act::Load),
        4 => (0..7_u8).prop_map(Act::Look),
    ]
}

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
        }
    }
}

fn nth(list: &[String], which: usize) -> Option<&str> {
    list.get(which.checked_rem(list.len())?).map(String::as_str)
}

async fn perform(engine: &Engine, key: &str, act: &Act, own: &Purse) -> Option<Reply> {
    let subject = |invoice: u8| json!({ "kind": "invoice", "id": format!("F-{invoice}") });
    let get = |path: String| async move { Some(engine.ask(key, &path).await) };
    let post = |path: &str, body: Body| {
        let path = path.to_owned();
        async move { Some(engine.call(key, "POST", &path, body).await) }
    };
    match act {
        Act::Put(tenant) => {
            let path = format!("/v1/tenants/{}", TENANTS[*tenant]);
            Some(
                engine
                    .call(
                        key,
                        "PUT",
                        &path,
                        crate::support::reached_by("null", TENANTS[*tenant]),
                    )
                    .await,
            )
        }
        Act::Notice {
            tenant,
            key: number,
            later,
        } => {
            let mut body = notice(TENANTS[*tenant], &format!("k-{number}"));
            if *later {
                body["send_after"] = "2026-03-01T08:00:00Z".into();
            }
            post("/v1/notifications", body.into()).await
        }
        Act::Storno {
            tenant,
            invoice,
            key: number,
            person,
        } => {
            let mut body = storno(
                TENANTS[*tenant],
                &format!("F-{invoice}"),
                &format!("k-{number}"),
            );
            if *person {
                body["data"]["reason_code"] = "MD07".into();
            }
            post("/v1/notifications", body.into()).await
        }
        Act::Batch {
            tenant,
            key: number,
        } => {
            let rows = format!(
                "{}\nnonsense\n",
                notice(TENANTS[*tenant], &format!("k-{number}"))
            );
            post(
                "/v1/notifications/batch",
                Body::Bytes("application/x-ndjson", rows.into_bytes()),
            )
            .await
        }
        Act::Fact { tenant, id, kind } => {
            let kind = ["balance", "payment", "open_amount"][usize::from(*kind)];
            let body = json!({
                "fact_id": format!("f-{id}"), "type": kind, "tenant_id": TENANTS[*tenant], "amount_cents": 61_250,
                "subject": subject(*id), "occurred_at": "2026-02-02T08:00:00Z", "environment": "test"
            });
            post("/v1/facts", body.into()).await
        }
        Act::Everyone { id } => {
            let body = json!({
                "fact_id": format!("e-{id}"), "type": "balance", "tenant_ids": TENANTS, "amount_cents": 61_250,
                "occurred_at": "2026-02-02T08:00:00Z", "environment": "test"
            });
            post("/v1/facts", body.into()).await
        }
        Act::CancelSubject(invoice) => {
            post(
                "/v1/cancellations",
                json!({ "subject": subject(*invoice) }).into(),
            )
            .await
        }
        Act::Cancel(which) => {
            let id = nth(&own.ids, *which)?;
            post(&format!("/v1/notifications/{id}/cancel"), Body::Nothing).await
        }
        Act::Answer(which) => {
            let task = nth(&own.tasks, *which)?;
            post(
                &format!("/v1/tasks/{task}/answer"),
                json!({ "answer": "close", "by": "x" }).into(),
            )
            .await
        }
        Act::Pause(true) => post("/v1/pause", json!({ "all": true }).into()).await,
        Act::Pause(false) => post("/v1/resume", json!({ "all": true }).into()).await,
        Act::Load => {
            let list = "huurdernummer;naam\nH-1;Bakker\nH-2;Visser\n";
            post("/v1/tenants/load", Body::Bytes("text/csv", list.into())).await
        }
        Act::Look(0) => get("/v1/notifications?limit=2".into()).await,
        Act::Look(1) => get("/v1/tasks".into()).await,
        Act::Look(2) => get("/v1/tenants/H-1/timeline?limit=3".into()).await,
        Act::Look(3) => get("/v1/tenants/H-2".into()).await,
        Act::Look(4) => {
            let after = own
                .cursors
                .last()
                .map(|cursor| format!("?after={cursor}"))
                .unwrap_or_default();
            get(format!("/v1/outcomes{after}")).await
        }
        Act::Look(5) => get(format!("/v1/notifications/{}", own.ids.last()?)).await,
        Act::Look(_) => get("/v1/outcomes".into()).await,
    }
}

/// Zuid names what is noord's in the path, in the query and in the body, all at once: each route
/// reads what it knows.
async fn steal(engine: &Engine, key: &str, theft: &Theft, named: &Named<'_>) -> Reply {
    let id = if theft.route.starts_with("/v1/tenants/") {
        "H-1".to_owned()
    } else if theft.route.starts_with("/v1/tasks/") {
        format!("{}.1", named.id)
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_names_are_two_things() {
    let engine = Engine::start().await;
    for key in [NOORD, ZUID] {
        engine.reachable(key, "H-1").await;
    }
    let first = engine.accepted(NOORD, notice("H-1", "same")).await;
    let second = engine.post(ZUID, notice("H-1", "same")).await.json();
    assert!(
        second["id"] != first && second.get("duplicate").is_none(),
        "{second}"
    );
    let mut other = notice("H-1", "again");
    engine.accepted(NOORD, other.clone()).await;
    other["data"]["text"] = "Anders.".into();
    engine.accepted(ZUID, other).await;
    engine
        .fact(
            NOORD,
            "f",
            json!({ "type": "balance", "tenant_id": "H-1", "amount_cents": 1 }),
        )
        .await;
    engine
        .fact(
            ZUID,
            "f",
            json!({ "type": "balance", "tenant_id": "H-1", "amount_cents": 2 }),
        )
        .await;
    assert_eq!(
        engine.ask(ZUID, "/v1/tenants/H-1").await.ok()["balance_cents"],
        2
    );

    engine
        .call(NOORD, "POST", "/v1/pause", json!({ "all": true }))
        .await
        .ok();
    let held = engine.accepted(NOORD, notice("H-1", "paused")).await;
    let sent = engine.accepted(ZUID, notice("H-1", "paused")).await;
    let foreign = engine
        .call(ZUID, "POST", "/v1/resume", json!({ "all": true }))
        .await;
    assert_eq!(
        foreign.problem(),
        (409, "not_paused".into()),
        "what another paused is not there"
    );
    assert!(!foreign.text().contains("noord"), "{}", foreign.text());
    engine.settled().await;
    assert_eq!(engine.get(NOORD, &held).await["state"], "ready");
    assert_eq!(engine.get(ZUID, &sent).await["end"], "delivered");
    let scope = engine
        .call(ZUID, "POST", "/v1/pause", json!({ "corporation": 1 }))
        .await;
    assert_eq!(
        scope.problem(),
        (422, "invalid".into()),
        "nobody names a corporation"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_and_cursors_tell_nothing_of_what_others_send() {
    let engine = Engine::start().await;
    let position =
        |reply: Reply| u64::from_str_radix(reply.json()["position"].as_str().unwrap(), 16).unwrap();
    let mut positions = Vec::new();
    for number in 0..64 {
        positions.push(position(
            engine
                .post(ZUID, notice("H-1", &format!("p-{number}")))
                .await,
        ));
    }
    // In order they would tell by their gaps how much others send.
    let rising = positions.windows(2).filter(|two| two[0] < two[1]).count();
    assert!((16..48).contains(&rising), "{rising} of 63 rise");
    let (_, quiet) = engine.outcomes(ZUID, "").await;
    for number in 0..20 {
        engine
            .accepted(
                NOORD,
                notice(&format!("H-{number}"), &format!("n-{number}")),
            )
            .await;
    }
    engine.settled().await;
    let (rows, busy) = engine.outcomes(ZUID, &quiet).await;
    assert!(rows.is_empty() && quiet.len() == busy.len() && quiet != busy);
    let same = quiet
        .bytes()
        .zip(busy.bytes())
        .filter(|(a, b)| a == b)
        .count();
    assert!(
        same < quiet.len() / 4,
        "{same} of {} characters stand still",
        quiet.len()
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_links_and_metrics_of_one_are_closed_to_the_other() {
    let engine = Engine::with_sinks().await;
    let id = engine
        .mailed_storno(NOORD, "H-1", "late-bounce@huurder.example", "F-1")
        .await;
    let event = engine.next_event().expect("a bounce");
    let foreign = engine.deliver(ZUID, &event).await;
    let forged =
        bounce("b+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@bounce.noord.example");
    let forged = engine
        .call(
            ZUID,
            "POST",
            "/v1/receipts/email",
            Body::Bytes("message/rfc822", forged.into_bytes()),
        )
        .await;
    assert_eq!(
        (foreign.status, foreign.text()),
        (forged.status, forged.text()),
        "not even that it is genuine"
    );
    // The name of the relay is another door to the same room.
    let sluis_loadtest::sink::LaterEvent::Dsn { raw, .. } = &event else {
        panic!("a bounce")
    };
    let by_name = engine
        .call(
            ZUID,
            "POST",
            "/v1/receipts/relay",
            Body::Bytes("message/rfc822", raw.clone()),
        )
        .await;
    assert_eq!(
        (by_name.status, by_name.text()),
        (forged.status, forged.text())
    );
    let tenant = engine.ask(NOORD, "/v1/tenants/H-1").await.ok();
    assert_ne!(
        tenant["profile"]["addresses"][0]["state"], "invalid",
        "{tenant}"
    );
    assert_eq!(
        engine
            .call(
                "",
                "POST",
                "/v1/receipts/relay",
                Body::Bytes("message/rfc822", raw.clone())
            )
            .await
            .status,
        401
    );
    assert_eq!(
        engine.get(NOORD, &id).await["step"],
        "mail",
        "and it did nothing"
    );
    for key in ["", NOORD, ZUID] {
        assert_eq!(
            engine.ask(key, "/metrics").await.problem(),
            (401, "unauthorized".into())
        );
    }
    assert_eq!(engine.ask(OPERATOR, "/metrics").await.status, 200);
    assert_eq!(
        engine.ask(OPERATOR, "/v1/tasks").await.problem(),
        (401, "unauthorized".into()),
        "an operator is no corporation"
    );
    engine.end().await;
}
