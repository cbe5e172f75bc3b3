//! What a corporation does in a run, and how it is done over the API. Refuses to judge: `isolation`
//! compares.

use proptest::prelude::*;
use serde_json::json;

use super::{Purse, TENANTS, nth};
use crate::support::{Body, Engine, Reply, notice, storno};

/// What a corporation does. Numbers choose among few names, so that they meet.
#[derive(Clone, Debug)]
pub(super) enum Act {
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
    Dismiss(usize),
    Pause(bool),
    Load,
    Look(u8),
}

pub(super) fn act() -> impl Strategy<Value = Act> {
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
        2 => some.clone().prop_map(Act::Answer),
        2 => some.prop_map(Act::Dismiss),
        1 => any::<bool>().prop_map(Act::Pause),
        1 => Just(Act::Load),
        4 => (0..8_u8).prop_map(Act::Look),
    ]
}

pub(super) async fn perform(engine: &Engine, key: &str, act: &Act, own: &Purse) -> Option<Reply> {
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
        Act::Dismiss(which) => {
            let fact = nth(&own.strays, *which)?;
            post(
                &format!("/v1/facts/unmatched/{fact}/dismiss"),
                json!({ "by": "x" }).into(),
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
        Act::Look(6) => get("/v1/facts/unmatched".into()).await,
        Act::Look(_) => get("/v1/outcomes".into()).await,
    }
}
