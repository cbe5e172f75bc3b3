//! Owns the stories of facts that flows tell, and of what runs for the same subject again, from records made
//! up by hand: what is told must stand in them. Refuses to play the model: its own tests do.

use serde_json::json;
use sluis_model::flow::Value;
use sluis_model::{
    Cause, CorporationId, Counts, DeclaredFact, Environment, Event, FactSet, Flow, FlowBook,
    FlowRef, Input, NotificationId, Opens, ShardId, TenantKey, TenantRecord, Timestamp,
};

use super::super::{Language, about, fact_set, timeline};

const AT: Timestamp = Timestamp(1_795_000_000_000);

/// No flow is known: what the records say must do.
struct NoFlows;

impl FlowBook for NoFlows {
    fn flow(&self, _: FlowRef) -> Option<&Flow> {
        None
    }
}

fn id(number: u64) -> NotificationId {
    NotificationId::new(ShardId(3), AT.0, number)
}

fn record(events: Vec<Event>) -> TenantRecord {
    TenantRecord {
        at: AT,
        tenant: TenantKey::new(CorporationId(7), "H-1001"),
        previous: 0,
        input: Input::Timer { id: id(1) },
        events,
    }
}

fn told() -> Event {
    let fact = DeclaredFact {
        fact_id: "set-1".into(),
        body: DeclaredFact::SET_HERE,
        kind: "consent".into(),
        subject: None,
        says: [
            ("given_on".into(), Value::Text("2026-11-18".into())),
            ("newsletter".into(), Value::Boolean(false)),
        ]
        .into(),
        counts: Counts::Newest,
        occurred_at: AT,
        holds_until: Timestamp::NEVER,
        environment: Environment::Production,
    };
    let set = Box::new(FactSet {
        step: 1,
        by: "off".into(),
        flow: "newsletter".into(),
        version: 3,
        fact,
    });
    Event::FactSet { id: id(1), set }
}

#[test]
fn a_fact_that_a_flow_told_is_a_line_for_its_source_as_that_would_tell_it() {
    let record = record(vec![told()]);
    let row = fact_set(9, &record, &record.events[0]).expect("a row");
    let row = serde_json::to_value(row).expect("a row");
    let fact = json!({
        "fact_id": "set-1", "type": "consent", "tenant_id": "H-1001", "given_on": "2026-11-18", "newsletter": false,
        "occurred_at": row["at"], "environment": "production"
    });
    assert_eq!(row["fact"], fact);
    assert_eq!(row["state"], "fact_set");
    assert_eq!(row["flow"], json!({ "name": "newsletter", "version": 3 }));
    assert_eq!(
        (&row["step"], &row["tenant_id"]),
        (&json!("off"), &json!("H-1001"))
    );
}

#[test]
fn the_timeline_names_what_told_a_fact_and_what_follows_what() {
    let follows = Event::Follows {
        id: id(2),
        earlier: id(1),
        round: 2,
    };
    let cause = Cause::FactSet { step: 1 };
    let entered = Event::StepEntered {
        id: id(1),
        step: 2,
        cause,
    };
    let record = record(vec![told(), entered, follows]);
    // The one that is followed has the record, too.
    assert!(about(id(1))(&record) && about(id(2))(&record) && !about(id(3))(&record));
    let records = [(9, record)];
    for (lang, parts) in [
        (
            Language::English,
            [
                "was told by step 'off' of flow 'newsletter' version 3, for notification",
                "has told the fact",
                "which ended for the same subject: it is round 2",
            ],
        ),
        (
            Language::Dutch,
            [
                "is vastgelegd door stap 'off' van proces 'newsletter' versie 3, voor melding",
                "heeft het feit vastgelegd",
                "die voor hetzelfde onderwerp is afgerond: dit is ronde 2",
            ],
        ),
    ] {
        let rows = timeline(&records, &Opens::default(), &NoFlows, lang);
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        for part in parts {
            assert!(
                texts.iter().any(|text| text.contains(part)),
                "{part} is missing in {texts:#?}"
            );
        }
    }
}
