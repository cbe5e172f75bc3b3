//! Owns the description of what operators and their machines ask. Refuses to list metrics: `sluis
//! metrics` does.

use serde_json::{Value, json};

use super::parts::Op;

pub(super) fn operations() -> Vec<Op> {
    vec![metrics(), healthz(), readyz(), openapi()]
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn metrics() -> Op {
    let told = "# TYPE sluis_intake_accepted_total counter\nsluis_intake_accepted_total{lane=\"normal\"} 3\n";
    Op::new(
        "get",
        "/metrics",
        "metrics",
        "operation",
        "Metrics for Prometheus",
    )
    .about("`sluis metrics` lists every metric with its meaning.")
    .gives(
        200,
        "Text exposition format 0.0.4.",
        "text/plain",
        &text(),
        &told.into(),
    )
    .fails(&[(500, "metrics")])
}

fn healthz() -> Op {
    Op::new(
        "get",
        "/healthz",
        "healthz",
        "operation",
        "The process answers",
    )
    .gives(200, "It does.", "text/plain", &text(), &json!("ok\n"))
}

fn readyz() -> Op {
    Op::new("get", "/readyz", "readyz", "operation", "Whether intake is open, and why not")
        .gives_json(
            200,
            "Open.",
            "Ready",
            &json!({ "ready": true, "durability": "fdatasync", "paused": { "everything": false, "pauses": 0 } }),
        )
        .gives_json(
            503,
            "Closed, with the reason.",
            "Ready",
            &json!({ "ready": false, "reason": "disk_nearly_full", "paused": { "everything": false, "pauses": 0 } }),
        )
}

fn openapi() -> Op {
    Op::new(
        "get",
        "/openapi.json",
        "openapi",
        "operation",
        "This document",
    )
    .gives(
        200,
        "OpenAPI 3.1.",
        "application/json",
        &json!({ "type": "object", "additionalProperties": true }),
        &json!({ "openapi": "3.1.0", "info": { "title": "Sluis" }, "paths": {} }),
    )
}
