//! What comes back from outside: a bounce leads to the next step, a signed status is taken, a
//! forged one is not, and what nobody can read goes on the record.

use serde_json::json;
use sluis_loadtest::sink::{LaterEvent, Profile, SmsCallback, dsn, jwt};
use sluis_model::{AttemptRef, Clock as _, CorporationId};

use crate::support::{Body, Engine, NOORD, Reply, SIGNING_KEY, notice, reached_by};

const HOUR: i64 = 3_600_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounced_mail_leads_to_an_sms_at_once_and_a_late_bounce_starts_nothing() {
    let engine = Engine::with_sinks().await;
    let id = engine
        .mailed_storno(NOORD, "H-1", "late-bounce@huurder.example", "F-1")
        .await;
    assert_eq!(
        (engine.get(NOORD, &id).await["step"].clone(), engine.sms()),
        (json!("mail"), 0)
    );
    let bounce = engine.next_event().expect("a bounce");
    assert!(matches!(bounce, LaterEvent::Dsn { .. }));
    // A balance older than a day would hold the SMS: it is told again.
    engine.owes(NOORD, "H-1", "b-2").await;
    let taken = engine.deliver(NOORD, &bounce).await.ok();
    assert_eq!(
        taken,
        json!({ "receipts": [{ "notification": id, "attempt": 1, "said": "bounced", "effect": "applied" }] })
    );
    engine.settled().await;
    let now = engine.get(NOORD, &id).await;
    assert_eq!((&now["step"], engine.sms()), (&json!("sms"), 1), "{now}");
    assert_eq!(now["attempts"][0]["outcome"], "failed");
    let tenant = engine.ask(NOORD, "/v1/tenants/H-1").await.ok();
    assert_eq!(tenant["profile"]["addresses"][0]["state"], "invalid");
    let again = engine.deliver(NOORD, &bounce).await.ok();
    assert_eq!(again["receipts"][0]["effect"], "noted", "twice is once");
    engine.settled().await;
    assert_eq!(engine.sms(), 1);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_refused_at_the_door_leads_to_the_next_step_too() {
    let engine = Engine::with_sinks().await;
    let id = engine
        .mailed_storno(NOORD, "H-1", "bounce@huurder.example", "F-1")
        .await;
    let now = engine.get(NOORD, &id).await;
    assert_eq!((&now["step"], engine.sms()), (&json!("sms"), 1), "{now}");
    engine.end().await;
}

/// An SMS that was taken, and the callback that reports its delivery.
async fn sent_sms(engine: &Engine) -> (String, SmsCallback) {
    engine
        .put_tenant(NOORD, "H-1", reached_by("sms", "+31612345678"))
        .await;
    let id = engine.accepted(NOORD, notice("H-1", "s-1")).await;
    engine.settled().await;
    let Some(LaterEvent::SmsCallback(callback)) = engine.next_event() else {
        panic!("no callback is planned")
    };
    (id, callback)
}

async fn called(engine: &Engine, callback: SmsCallback) -> Reply {
    engine.deliver("", &LaterEvent::SmsCallback(callback)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_callback_is_taken_and_anything_else_is_not() {
    let engine = Engine::with_sinks().await;
    let (id, callback) = sent_sms(&engine).await;
    let unsigned = SmsCallback {
        signing_key: None,
        ..callback.clone()
    };
    assert_eq!(
        called(&engine, unsigned).await.problem(),
        (422, "unsigned".into())
    );
    let forged = SmsCallback {
        signing_key: Some(b"another key".as_slice().into()),
        ..callback.clone()
    };
    assert_eq!(
        called(&engine, forged).await.problem(),
        (422, "signature".into())
    );
    let (_, path) = callback.url.split_once("/v1/").unwrap();
    let token = jwt::sign(
        SIGNING_KEY.as_bytes(),
        &jwt::Claims::new(engine.clock.now().0 / 1_000, "j", &callback.url, b""),
    );
    let call = |path: String| {
        let headers = [(jwt::HEADER, token.clone())];
        let engine = &engine;
        async move {
            engine
                .call_with("", "GET", &path, Body::Nothing, &headers)
                .await
        }
    };
    let changed = format!(
        "/v1/{}",
        path.replace("status=delivered", "status=delivery_failed")
    );
    assert_eq!(
        call(changed).await.problem(),
        (422, "url".into()),
        "signed for another address"
    );
    engine.clock.advance(2 * 60_000);
    assert_eq!(
        call(format!("/v1/{path}")).await.problem(),
        (422, "time".into()),
        "replayed later"
    );
    assert_eq!(
        engine.get(NOORD, &id).await["state"],
        "sent",
        "none of it counted"
    );

    assert_eq!(
        called(&engine, callback.clone()).await.ok()["receipts"][0]["effect"],
        "applied"
    );
    engine.settled().await;
    assert_eq!(engine.get(NOORD, &id).await["end"], "delivered");
    assert_eq!(
        called(&engine, callback).await.ok()["receipts"][0]["effect"],
        "noted",
        "it may come twice"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_nobody_has_mapped_is_on_the_record_and_changes_nothing() {
    let engine = Engine::with_sinks().await;
    let (id, callback) = sent_sms(&engine).await;
    let strange = SmsCallback {
        url: callback
            .url
            .replace("status=delivered", "status=teleported"),
        ..callback
    };
    for _ in 0..2 {
        let reply = called(&engine, strange.clone()).await.ok();
        assert_eq!(
            reply,
            json!({ "receipts": [{ "notification": id, "attempt": 1, "said": "unknown", "effect": "unexplained" }] })
        );
    }
    assert_eq!(engine.get(NOORD, &id).await["state"], "sent");
    let mut noted = 0;
    let journal = engine.app().engine.journal();
    for shard in 0..engine.app().engine.shards() {
        let count = &mut |_, bytes: &[u8]| {
            let record = sluis_model::Record::decode(bytes).expect("a record");
            noted += usize::from(format!("{record:?}").contains("teleported"));
            std::ops::ControlFlow::Continue(())
        };
        journal
            .replay(
                sluis_journal::Shard(shard),
                sluis_journal::Sequence(1),
                count,
            )
            .unwrap();
    }
    assert_eq!(noted, 2);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_that_proves_nothing_is_refused_with_its_reason() {
    let engine = Engine::with_sinks().await;
    let post = |mail: &str| {
        engine.call(
            NOORD,
            "POST",
            "/v1/receipts/email",
            Body::Bytes("message/rfc822", mail.into()),
        )
    };
    assert_eq!(post("").await.problem(), (422, "not_mail".into()));
    assert_eq!(
        post("Subject: hallo\r\n\r\nDag!\r\n").await.problem(),
        (422, "other_mail".into())
    );
    let away = "Auto-Submitted: auto-replied\r\nSubject: afwezig\r\n\r\nIk ben er niet.\r\n";
    assert_eq!(post(away).await.problem(), (422, "automatic_reply".into()));
    let forged =
        bounce("b+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@bounce.noord.example");
    assert_eq!(post(&forged).await.problem(), (422, "no_reference".into()));
    // Ours, but of a notification that never was: the record is gone, or somebody plays.
    let attempt = AttemptRef {
        id: sluis_model::NotificationId(7),
        step: 0,
        attempt: 1,
    };
    let reference = engine.app().reference.attempt(CorporationId(1), attempt);
    let reply = post(&bounce(&format!("b+{reference}@bounce.noord.example")))
        .await
        .ok();
    assert_eq!(reply["receipts"][0]["effect"], "unknown");
    assert_eq!(
        engine.ask(NOORD, "/v1/receipts/nobody").await.problem(),
        (404, "not_found".into())
    );
    assert_eq!(
        engine.ask(NOORD, "/v1/receipts/null").await.problem(),
        (422, "no_receipts".into())
    );
    engine.end().await;
}

/// However long a report is, it is read at its beginning; by either name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_larger_than_any_body_is_read_as_far_as_needed() {
    let engine = Engine::with_sinks().await;
    let id = engine
        .mailed_storno(NOORD, "H-1", "late-bounce@huurder.example", "F-1")
        .await;
    let Some(LaterEvent::Dsn { mut raw, .. }) = engine.next_event() else {
        panic!("a bounce")
    };
    raw.resize(50 << 20, b'x');
    for (path, effect) in [
        ("/v1/receipts/email", "applied"),
        ("/v1/receipts/relay", "noted"),
    ] {
        let taken = engine
            .call(
                NOORD,
                "POST",
                path,
                Body::Bytes("message/rfc822", raw.clone()),
            )
            .await
            .ok();
        assert_eq!(
            taken["receipts"],
            json!([{ "notification": id, "attempt": 1, "said": "bounced", "effect": effect }]),
            "{path}"
        );
    }
    engine.end().await;
}

/// A mail about a message of ours that nobody can read is taken, and kept for people; an automatic
/// answer is neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_about_ours_that_nobody_can_read_goes_to_people() {
    let engine = Engine::with_sinks().await;
    let id = engine
        .mailed_storno(NOORD, "H-1", "ok@huurder.example", "F-1")
        .await;
    let attempt = AttemptRef {
        id: id.parse().unwrap(),
        step: 0,
        attempt: 1,
    };
    let to = format!(
        "b+{}@bounce.noord.example",
        engine.app().reference.attempt(CorporationId(1), attempt)
    );
    let post = |head: &str, body: &str| {
        let mail = format!("{head}\r\nTo: <{to}>\r\n\r\n{body}\r\n");
        engine.call(
            NOORD,
            "POST",
            "/v1/receipts/email",
            Body::Bytes("message/rfc822", mail.into_bytes()),
        )
    };
    let strange = post(
        "From: MAILER-DAEMON@relay.example\r\nAuto-Submitted: auto-replied\r\nSubject: Bericht",
        "Lorem ipsum.",
    )
    .await
    .ok();
    let expected =
        json!([{ "notification": id, "attempt": 1, "said": "unknown", "effect": "unexplained" }]);
    assert_eq!(strange["receipts"], expected);
    let person = post(
        "From: jan@huurder.example\r\nSubject: Re: incasso",
        "Ik heb al betaald.",
    )
    .await
    .ok();
    assert_eq!(person["receipts"][0]["effect"], "noted", "asked once");
    let away = post(
        "From: jan@huurder.example\r\nAuto-Submitted: auto-replied\r\nSubject: Afwezig",
        "Met vakantie.",
    )
    .await;
    assert_eq!(away.problem(), (422, "automatic_reply".into()));
    let tasks = engine.ask(NOORD, "/v1/tasks").await.ok()["tasks"].clone();
    assert_eq!(tasks.as_array().map(Vec::len), Some(1), "{tasks}");
    assert_eq!(
        (&tasks[0]["notification"], &tasks[0]["list"]),
        (&json!(id), &json!("delivery"))
    );
    assert_eq!(
        tasks[0]["why"],
        "a message came about attempt 1 that cannot be read automatically (daemon a mail system wrote about the message, \
         in words and codes that nobody has mapped): it may or may not have arrived"
    );
    assert_eq!(
        tasks[0]["answers"],
        json!(["arrived", "bounced", "retry", "close"])
    );
    let blocked = post(
        "From: MAILER-DAEMON@relay.example\r\nSubject: failure notice",
        "<x>: 554 5.7.1 blocked using a list",
    )
    .await
    .ok();
    assert_eq!(
        (
            &blocked["receipts"][0]["said"],
            &blocked["receipts"][0]["effect"]
        ),
        (&json!("blocked"), &json!("applied")),
        "what is said plainly ends the task"
    );
    let timeline = engine.ask(NOORD, "/v1/tenants/H-1/timeline").await.ok();
    let text = timeline.to_string();
    for said in [
        "attempt 1 is what a message is about that cannot be read automatically: people must look",
        "attempt 1 failed: refused by policy",
        "because the message was refused by policy (5.7.1",
    ] {
        assert!(text.contains(said), "{said}: {timeline}");
    }
    let tenant = engine.ask(NOORD, "/v1/tenants/H-1").await.ok();
    assert_ne!(
        tenant["profile"]["addresses"][0]["state"], "invalid",
        "{tenant}"
    );
    engine.end().await;
}

/// The silence after a mail that nobody could read is no arrival: `notice` waits for people.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_does_not_count_as_arrived_behind_a_mail_that_nobody_could_read() {
    let engine = Engine::with_sinks().await;
    engine
        .put_tenant(NOORD, "H-1", reached_by("email", "ok@huurder.example"))
        .await;
    let [unread, silent] = [
        engine.accepted(NOORD, notice("H-1", "n-1")).await,
        engine.accepted(NOORD, notice("H-1", "n-2")).await,
    ];
    engine.settled().await;
    let attempt = AttemptRef {
        id: unread.parse().unwrap(),
        step: 0,
        attempt: 1,
    };
    let reference = engine.app().reference.attempt(CorporationId(1), attempt);
    let mail = format!(
        "From: MAILER-DAEMON@relay.example\r\nSubject: Bericht\r\nTo: <b+{reference}@bounce.noord.example>\r\n\r\nLorem.\r\n"
    );
    let mail = || Body::Bytes("message/rfc822", mail.clone().into_bytes());
    let taken = engine
        .call(NOORD, "POST", "/v1/receipts/email", mail())
        .await
        .ok();
    assert_eq!(taken["receipts"][0]["effect"], "unexplained");
    engine.pass(30 * HOUR).await;
    assert_eq!(
        engine.get(NOORD, &silent).await["end"],
        "sent",
        "the control: silence alone is arrival"
    );
    let now = engine.get(NOORD, &unread).await;
    assert_eq!(now["state"], "task", "{now}");
    let task = format!("/v1/tasks/{unread}.1/answer");
    let arrived = Body::Json(json!({ "answer": "arrived", "by": "jan" }));
    engine.call(NOORD, "POST", &task, arrived).await.ok();
    engine.settled().await;
    assert_eq!(engine.get(NOORD, &unread).await["end"], "delivered");
    let timeline = engine.ask(NOORD, "/v1/tenants/H-1/timeline").await.ok();
    assert!(
        timeline
            .to_string()
            .contains("attempt 1 was delivered, as jan read"),
        "{timeline}"
    );
    let late = engine
        .call(NOORD, "POST", "/v1/receipts/email", mail())
        .await
        .ok();
    assert_eq!(
        late["receipts"][0]["effect"], "unexplained",
        "of one that ended, too"
    );
    engine.end().await;
}

/// Bounces are late: hours after a notice has ended. They mark the address the mail went to, not the
/// one the tenant has by then; by whatever way the end is known.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounce_after_the_end_marks_the_address_the_mail_went_to() {
    let engine = Engine::with_sinks().await;
    let old = "late-bounce@huurder.example";
    engine
        .put_tenant(NOORD, "H-1", reached_by("email", old))
        .await;
    let id = engine.accepted(NOORD, notice("H-1", "n-1")).await;
    engine.settled().await;
    let bounce = engine.next_event().expect("a bounce");
    engine.pass(30 * HOUR).await;
    assert_eq!(engine.get(NOORD, &id).await["end"], "sent");
    engine
        .put_tenant(NOORD, "H-1", reached_by("email", "nieuw@huurder.example"))
        .await;
    let state = async || {
        let tenant = engine.ask(NOORD, "/v1/tenants/H-1").await.ok();
        tenant["profile"]["addresses"][0]["state"].clone()
    };
    let taken = engine.deliver(NOORD, &bounce).await.ok();
    assert_eq!(taken["receipts"][0]["effect"], "noted");
    assert_eq!(state().await, "created", "the new one");
    engine
        .put_tenant(NOORD, "H-1", reached_by("email", old))
        .await;
    assert_eq!(state().await, "invalid", "the one that bounced");
    let timeline = engine.ask(NOORD, "/v1/tenants/H-1/timeline").await.ok();
    let said = "the email address l***@huurder.example is now invalid";
    assert!(timeline.to_string().contains(said), "{timeline}");
    engine.end().await;
}

/// A bounce of a mail whose return path was `verp`.
pub(crate) fn bounce(verp: &str) -> String {
    let bytes = dsn::Bounce {
        reporting_mta: "relay.example.nl",
        envelope_from: verp,
        envelope_id: None,
        original_recipient: None,
        final_recipient: "weg@huurder.example",
        action: "failed",
        status: "5.1.1",
        diagnostic: "550 5.1.1 user unknown",
        original_headers: b"Subject: uw huur\r\n",
        arrival_ms: 1_770_019_200_000,
        now_ms: 1_770_019_260_000,
    };
    String::from_utf8(bytes.build()).expect("ASCII")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_leads_to_an_sms_and_then_to_people() {
    let engine = Engine::with_sinks().await;
    engine
        .sinks
        .core
        .set_profile(Profile::parse("silent", "[sms]\nsilent_percent = 100.0").unwrap());
    let id = engine
        .mailed_storno(NOORD, "H-1", "ok@huurder.example", "F-1")
        .await;
    engine.pass(48 * HOUR).await;
    let held = engine.get(NOORD, &id).await;
    assert_eq!(held["state"], "held", "the balance is two days old: {held}");
    engine.owes(NOORD, "H-1", "b-2").await;
    engine.settled().await;
    assert_eq!(
        (engine.get(NOORD, &id).await["step"].clone(), engine.sms()),
        (json!("sms"), 1)
    );
    engine.pass(5 * 24 * HOUR).await;
    assert_eq!(
        engine.ask(NOORD, "/v1/tasks?list=collections").await.ok()["tasks"][0]["notification"],
        json!(id)
    );
    engine.end().await;
}
