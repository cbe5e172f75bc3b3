//! Tenant lists on the running engine: what a list of which nothing was taken gets, and that no
//! list makes a bounce forgotten.

use serde_json::{Value, json};

use crate::support::{Body, Engine, NOORD, Reply, notice, reached_by};

const DAY: i64 = 86_400_000;
const MAIL: &str = "late-bounce@huurder.example";

async fn load(engine: &Engine, list: &str) -> Reply {
    load_as(engine, "text/csv", list.into()).await
}

async fn load_as(engine: &Engine, media: &'static str, list: Vec<u8>) -> Reply {
    let body = Body::Bytes(media, list);
    engine.call(NOORD, "POST", "/v1/tenants/load", body).await
}

/// An engine whose tenant H-1 has a mail address that bounced, and the tenant's storno.
async fn bounced() -> (Engine, String) {
    let engine = Engine::with_sinks().await;
    let id = engine.mailed_storno(NOORD, "H-1", MAIL, "F-1").await;
    let bounce = engine.next_event().expect("a bounce");
    engine.owes(NOORD, "H-1", "b-2").await;
    engine.deliver(NOORD, &bounce).await.ok();
    engine.settled().await;
    assert_eq!(engine.sms(), 1);
    (engine, id)
}

async fn state(engine: &Engine) -> (Value, Value) {
    let tenant = engine.ask(NOORD, "/v1/tenants/H-1").await.ok();
    (
        tenant["profile"]["addresses"][0]["state"].clone(),
        tenant["not_used"].clone(),
    )
}

/// What a source says again changes neither the state nor its date nor who said it; another source
/// that says nothing more neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_supplied_by_kind_stays_as_it_was_said_first() {
    let mut engine = Engine::start().await;
    let profile = json!({ "contact_points": [
        { "kind": "email", "value": "kok@huurder.example", "state": "GEV", "confirmed_at": "2026-01-20" },
        { "kind": "phone", "value": "06-12345678", "source": "person" },
        { "kind": "push", "value": "token" }
    ] });
    let stored = |reply: Value| reply["result"].clone();
    let put = engine.put_tenant(NOORD, "H-2", profile.clone()).await;
    assert_eq!(stored(put), "new");
    let first = engine.ask(NOORD, "/v1/tenants/H-2").await.ok();
    let told = |point: &Value| json!([point["kind"], point["status"], point["source"]]);
    let points = first["contact_points"].as_array().expect("points");
    let expected = json!([
        ["email", "GEV", "system"],
        ["phone", "AAN", "person"],
        ["push", "AAN", "system"]
    ]);
    assert_eq!(points.iter().map(told).collect::<Value>(), expected);
    assert_eq!(points[0]["since"], "2026-01-19T23:00:00Z");
    engine.pass(DAY).await;
    engine.restart().await;
    let put = engine.put_tenant(NOORD, "H-2", profile).await;
    assert_eq!(stored(put), "same");
    let row = r#"{"tenant_id":"H-2","email":"KOK@huurder.example","mobile":"0612345678","contact_points":[{"kind":"push","value":"token"}]}"#;
    let loaded = load_as(&engine, "application/x-ndjson", row.into()).await;
    assert_eq!(loaded.ok()["changed"], 1, "the letters of the address");
    let later = engine.ask(NOORD, "/v1/tenants/H-2").await.ok();
    for point in later["contact_points"].as_array().expect("points") {
        let mut known = points.iter();
        let known = known.find(|known| known["kind"] == point["kind"]);
        let known = known.expect("the same kinds");
        for key in ["state", "status", "source", "since"] {
            assert_eq!(point[key], known[key], "{key} of {point}");
        }
    }
}

/// A mailbox and a number are what they are, whatever channel they were given for: in VERA's words,
/// with what is known of them on each channel.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contact_points_are_told_by_their_kind_with_what_is_known_on_each_channel() {
    let (engine, _) = bounced().await;
    let tenant = engine.ask(NOORD, "/v1/tenants/H-1").await.ok();
    let points = tenant["contact_points"].clone();
    let (mail, phone) = (&points[0], &points[1]);
    let told = |point: &Value| json!([point["kind"], point["soort"], point["status"]]);
    assert_eq!(told(mail), json!(["email", "EMA", "ONG"]), "{points}");
    assert_eq!(mail["channels"][0]["used"], false);
    assert_eq!(mail["channels"][0]["by"], "bounce");
    assert_eq!(told(phone), json!(["phone", "MOB", "AAN"]), "{points}");
    assert_eq!(
        phone["channels"],
        json!([
            { "channel": "sms", "used": true },
            { "channel": "whatsapp", "used": true },
            { "channel": "voice", "used": true }
        ])
    );
    // VERA's words for columns.
    load(
        &engine,
        "huurdernummer;EMA;MOB\nH-2;jan@huurder.example;0612345679\n",
    )
    .await
    .ok();
    let second = engine.ask(NOORD, "/v1/tenants/H-2").await.ok();
    let points = second["contact_points"].as_array().map(Vec::len);
    assert_eq!(points, Some(2), "{second}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_which_nothing_was_taken_is_no_200() {
    let engine = Engine::start().await;
    for (list, line, reason) in [
        (
            "huurdernummer;naam\n#N/B;Kok\n",
            json!(2),
            json!("placeholder"),
        ),
        (
            "PK\u{3}\u{4}[Content_Types].xml",
            json!(1),
            json!("not_a_list"),
        ),
        ("naam;email\nKok;a@b.nl\n", json!(1), json!("not_a_list")),
        ("huurdernummer;naam\n", Value::Null, Value::Null),
    ] {
        let reply = load(&engine, list).await;
        assert_eq!(reply.problem(), (422, "nothing_taken".into()), "{list}");
        let report = &reply.json()["report"];
        let row = &report["rejections"][0];
        assert_eq!(
            (&row["line"], &row["reasons"][0]["code"]),
            (&line, &reason),
            "{list}: {report}"
        );
        assert_eq!(report["rows"], report["rejected"]);
    }
    let report = load(&engine, "huurdernummer;naam\rH-1;Kok\r#N/B;Wit\r")
        .await
        .ok();
    assert_eq!(
        (&report["rows"], &report["new"], &report["rejected"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!(
        load(&engine, "huurdernummer;naam\nH-1;Kok\n").await.ok()["same"],
        1,
        "what is the same was taken"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_read_as_the_media_type_and_its_charset_say() {
    let engine = Engine::start().await;
    let csv = |name: &[u8]| [b"huurdernummer;naam\nH-1;", name, b"\n"].concat();
    let utf16 = "huurdernummer;naam\nH-1;Zo\u{eb}\n".encode_utf16();
    let utf16: Vec<u8> = utf16.flat_map(u16::to_le_bytes).collect();
    for (media, list, name) in [
        ("text/csv", csv(b"Ren\xe9"), "René"),
        (
            "Text/CSV; header=present; Charset=\"macintosh\"",
            csv(b"Ren\x8e"),
            "René",
        ),
        ("application/vnd.ms-excel", csv(b"Kok"), "Kok"),
        ("application/octet-stream", utf16, "Zoë"),
    ] {
        load_as(&engine, media, list).await.ok();
        let tenant = engine.ask(NOORD, "/v1/tenants/H-1").await.ok();
        assert_eq!(tenant["profile"]["name"], name, "{media}");
    }
    let refused = load_as(&engine, "text/csv", csv(b"Ren\x82")).await;
    assert_eq!(refused.problem(), (422, "nothing_taken".into()));
    let unknown = load_as(&engine, "text/csv; charset=cp850", csv(b"Ren\x82")).await;
    assert_eq!(unknown.problem(), (415, "wrong_type".into()));
    assert!(
        unknown.text().contains("charset \\\"cp850\\\": expected"),
        "{}",
        unknown.text()
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_name_of_ndjson_is_taken_wherever_ndjson_is() {
    let engine = Engine::start().await;
    for media in [
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/jsonlines",
        "application/x-jsonl; charset=utf-8",
    ] {
        let list = b"{\"tenant_id\":\"H-1\",\"name\":\"Kok\"}\n";
        let taken = load_as(&engine, media, list.to_vec()).await;
        assert_eq!(taken.status, 200, "{media}: {}", taken.text());
        let row = notice("H-1", "jsonl").to_string().into_bytes();
        let body = Body::Bytes(media, row);
        let batch = engine
            .call(NOORD, "POST", "/v1/notifications/batch", body)
            .await;
        assert_eq!(batch.status, 200, "{media}: {}", batch.text());
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_list_makes_a_bounce_forgotten_and_the_explanation_says_since_when() {
    let (mut engine, id) = bounced().await;
    let since = engine.now();
    for list in [
        "huurdernummer;email;mobiel\nH-1;Late-Bounce@HUURDER.example;0612345678\n",
        "huurdernummer;email;mobiel\nH-1;;0612345678\n",
        "huurdernummer;email;mobiel\nH-1;late-bounce@huurder.example;0612345678\n",
    ] {
        load(&engine, list).await.ok();
    }
    engine.restart().await;
    let (now, not_used) = state(&engine).await;
    assert_eq!(now, "invalid");
    let expected = json!([{ "kind": "email", "channel": "email", "address": "l***@huurder.example", "since": since, "by": "bounce" }]);
    assert_eq!(not_used, expected);
    let explained = engine.get(NOORD, &id).await;
    assert_eq!(explained["not_used"], expected);
    let why = explained["why"].as_str().unwrap();
    assert!(
        why.contains("l***@huurder.example is not used since") && why.contains("came back"),
        "{why}"
    );
    let rows = engine.ask(NOORD, "/v1/tenants/H-1/timeline").await.ok();
    let kinds: Vec<&str> = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["kind"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"address_kept"), "{kinds:?}");
    assert!(!rows.to_string().contains(MAIL), "addresses are masked");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dated_confirmation_revives_and_an_undated_or_older_one_does_not() {
    let (engine, _) = bounced().await;
    let mut profile = reached_by("email", MAIL);
    profile["addresses"][0]["state"] = "validated".into();
    engine.put_tenant(NOORD, "H-1", profile.clone()).await;
    assert_eq!(state(&engine).await.0, "invalid", "without a date");
    profile["addresses"][0]["confirmed_at"] = engine.now().into();
    engine.pass(2 * DAY).await;
    engine.put_tenant(NOORD, "H-1", profile.clone()).await;
    assert_eq!(
        state(&engine).await.0,
        "invalid",
        "no later than the bounce"
    );
    let ahead = "2036-11-27T00:00:00Z";
    profile["addresses"][0]["confirmed_at"] = ahead.into();
    let refused = engine
        .call(NOORD, "PUT", "/v1/tenants/H-1", profile.clone())
        .await;
    assert_eq!(
        refused.problem(),
        (422, "invalid".into()),
        "{}",
        refused.text()
    );
    let list = format!(
        "huurdernummer;email;email_bevestigd_op\nH-1;{MAIL};{}\n",
        engine.now()
    );
    assert_eq!(load(&engine, &list).await.ok()["changed"], 1);
    assert_eq!(state(&engine).await, (json!("validated"), json!([])));
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tenants_with_one_address_are_two_and_a_bounce_is_of_one() {
    let (engine, _) = bounced().await;
    let list =
        format!("huurdernummer;email;mobiel\nH-1;{MAIL};0612345678\nH-2;{MAIL};0612345678\n");
    let report = load(&engine, &list).await.ok();
    assert_eq!(
        (&report["new"], &report["rejected"]),
        (&json!(1), &json!(0)),
        "{report}"
    );
    assert_eq!(state(&engine).await.0, "invalid");
    let other = engine.ask(NOORD, "/v1/tenants/H-2").await.ok();
    assert_eq!(
        (
            &other["profile"]["addresses"][0]["state"],
            &other["not_used"]
        ),
        (&json!("created"), &json!([]))
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_put_right_in_a_profile_is_told() {
    let engine = Engine::start().await;
    let stored = engine
        .put_tenant(NOORD, "H-1", reached_by("sms", "tel:+32 0470 12 34 56"))
        .await;
    let notes: Vec<&str> = stored["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["code"].as_str().unwrap())
        .collect();
    assert_eq!(notes, ["cleaned", "cleaned"]);
    let tenant = engine.ask(NOORD, "/v1/tenants/H-1").await.ok();
    assert_eq!(tenant["profile"]["addresses"][0]["value"], "+32470123456");
    engine.end().await;
}
