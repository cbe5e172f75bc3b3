//! Questions to a tenant: the page behind the link, what it takes and refuses, and who may answer how often.
//! A look at it, by a person or a program, answers nothing.

use serde_json::{Value, json};
use sluis_model::DAY;

use crate::support::{Body, Engine, NOORD, Reply, Setup, ZUID, copy, reached_by};

const MAIL: &str = "ok@huurder.example";
const FORM: &str = "application/x-www-form-urlencoded";

/// An engine with the example flows.
async fn engine() -> Engine {
    let dir = tempfile::tempdir().expect("a folder").keep();
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/flows");
    copy(&examples, &dir);
    let lines = format!("[flows]\ndirectory = {:?}\n", dir.display().to_string());
    Engine::with(Setup {
        sinks: true,
        archive: Box::leak(lines.into_boxed_str()),
        ..Setup::default()
    })
    .await
}

/// A tenant who was asked; his notification, and the path of his link.
async fn asked(engine: &Engine, tenant: &str) -> (String, String) {
    engine
        .put_tenant(NOORD, tenant, reached_by("email", MAIL))
        .await;
    let body = json!({
        "tenant_id": tenant, "flow": "survey", "category": "information", "environment": "test",
        "idempotency_key": format!("survey-{tenant}"), "data": { "moved_on": "2026-01-02" }
    });
    let id = engine.accepted(NOORD, body).await;
    engine.settled().await;
    (id, engine.link_in_mail(MAIL))
}

async fn submit(engine: &Engine, link: &str, form: &str) -> Reply {
    let body = Body::Bytes(FORM, form.as_bytes().to_vec());
    engine.call("", "POST", link, body).await
}

const GOOD: &str =
    "question=survey&answer=given&f.score=+4+&f.call_me=true&f.remarks=het+lekt%0D%0Aal+weken";

async fn step(engine: &Engine, id: &str) -> Value {
    engine.get(NOORD, id).await["step"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_on_the_page_is_taken_once_and_leads_on() {
    let mut engine = engine().await;
    let (id, link) = asked(&engine, "H-1").await;
    for _ in 0..3 {
        let page = engine.ask("", &link).await;
        assert_eq!(page.status, 200);
        let text = page.text();
        for part in [
            "<html lang=\"nl\">",
            "<h1>Hoe bevalt uw nieuwe woning?</h1>",
            "noindex",
            "<button type=\"submit\">Verstuur mijn antwoord</button>",
            "<button type=\"submit\">Ik doe niet mee</button>",
            "<legend>Welk cijfer geeft u de woning?",
            "value=\"10\"",
            "(mag leeg blijven)</label>",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("<script") && page.headers.get("set-cookie").is_none());
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("x-robots-tag"), "noindex, nofollow");
        assert_eq!(page.header("cache-control"), "no-store");
    }
    assert_eq!(step(&engine, &id).await, "survey", "a look is no answer");
    let pressed = engine.call("", "POST", &link, Body::Nothing).await;
    assert_eq!(pressed.status, 200, "the question once more");
    assert_eq!(
        step(&engine, &id).await,
        "survey",
        "a bare press is no answer"
    );

    // The page says who asks, and its answer says what it showed: another page is shown once more.
    let text = engine.ask("", &link).await.text();
    assert!(
        text.contains("<strong>Woningstichting noord</strong>"),
        "{text}"
    );
    let (_, hash) = text.split_once("name=\"shown\" value=\"").expect("a hash");
    let hash = &hash[..64];
    let other = submit(&engine, &link, &format!("{GOOD}&shown={}", "0".repeat(64))).await;
    assert_eq!(other.status, 409, "{}", other.text());
    assert!(other.text().contains(hash), "{}", other.text());
    assert_eq!(step(&engine, &id).await, "survey");
    let taken = submit(&engine, &link, &format!("{GOOD}&shown={hash}")).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    assert!(taken.text().contains("Dank u wel"), "{}", taken.text());
    let timeline = engine.ask(NOORD, "/v1/tenants/H-1/timeline").await.text();
    assert!(
        timeline.contains(&format!("\"shown_sha256\":\"{hash}\"")),
        "{timeline}"
    );
    let shown = engine.get(NOORD, &id).await;
    assert_eq!(
        (&shown["step"], &shown["state"]),
        (&json!("call"), &json!("task"))
    );
    let told = shown.to_string();
    assert!(
        told.contains("the tenant answered 'given' on the page"),
        "{told}"
    );
    assert!(told.contains("het lekt"), "{told}");

    for again in [
        submit(&engine, &link, GOOD).await,
        engine.ask("", &link).await,
    ] {
        assert_eq!(again.status, 410);
        assert!(again.text().contains("Al beantwoord"), "{}", again.text());
    }
    let path = format!("/v1/tasks/{id}.1/answer");
    let solved = json!({ "answer": "solved", "by": "m.bakker" });
    engine.call(NOORD, "POST", &path, solved).await.ok();
    engine.restart().await;
    let late = submit(&engine, &link, GOOD).await;
    assert_eq!(late.status, 410);
    assert!(late.text().contains("Al beantwoord"), "{}", late.text());
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_at_its_field_and_nothing_is_taken() {
    let engine = engine().await;
    let (id, link) = asked(&engine, "H-1").await;
    let cases = [
        (
            "question=survey&answer=given",
            "Kies een van de mogelijkheden.",
        ),
        (
            "question=survey&answer=given&f.score=11&f.call_me=true",
            "Kies een getal van 1 tot en met 10.",
        ),
        (
            "question=survey&answer=given&f.score=acht&f.call_me=true",
            "Kies een van de mogelijkheden.",
        ),
        (
            "question=survey&answer=given&f.score=8&f.call_me=misschien",
            "Kies een van de mogelijkheden.",
        ),
        (
            "question=survey&answer=perhaps&f.score=8",
            "Kies een van de antwoorden op deze pagina.",
        ),
        (
            "question=survey",
            "Kies een van de antwoorden op deze pagina.",
        ),
        (
            "question=survey&answer=close",
            "Kies een van de antwoorden op deze pagina.",
        ),
    ];
    for (form, expected) in cases {
        let page = submit(&engine, &link, form).await;
        assert_eq!(page.status, 422, "{form}: {}", page.text());
        let text = page.text();
        assert!(
            text.contains("role=\"alert\"") && text.contains("<title>Fout: "),
            "{text}"
        );
        assert!(text.contains(expected), "{form}: {text}");
    }
    let long = "x".repeat(3_000);
    let page = submit(
        &engine,
        &link,
        &format!("question=survey&answer=given&f.score=8&f.call_me=true&f.remarks={long}"),
    )
    .await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Dit is te lang"), "{}", page.text());
    let hostile =
        "question=survey&answer=given&f.score=8&f.remarks=%3Cscript%3Ealert(1)%3C/script%3E%22";
    let text = submit(&engine, &link, hostile).await.text();
    assert!(
        text.contains("&lt;script&gt;") && !text.contains("<script"),
        "{text}"
    );
    let other = submit(
        &engine,
        &link,
        &GOOD.replace("question=survey", "question=reminder"),
    )
    .await;
    assert_eq!(other.status, 200, "the question that is asked, once more");
    assert_eq!(step(&engine, &id).await, "survey");
    let large = submit(
        &engine,
        &link,
        &format!("question=survey&f.remarks={}", "x".repeat(200_000)),
    )
    .await;
    assert_eq!(large.status, 413);
    assert!(large.text().contains("<title>Te lang"), "{}", large.text());
    // What is no form of the page is told so.
    for (kind, body) in [
        ("application/json", "{\"answer\":\"given\"}"),
        ("multipart/form-data; boundary=x", "--x--"),
        (FORM, "answer=given"),
    ] {
        let body = Body::Bytes(kind, body.as_bytes().to_vec());
        let page = engine.call("", "POST", &link, body).await;
        assert_eq!(page.status, 422, "{kind}: {}", page.text());
        assert!(page.text().contains("role=\"alert\""), "{}", page.text());
    }
    // Mail programs take the full stop behind a link for a part of it.
    assert_eq!(engine.ask("", &format!("{link}.")).await.status, 200);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_in_time_is_no_answer_and_a_late_one_is_told_so() {
    let engine = engine().await;
    let (id, link) = asked(&engine, "H-1").await;
    engine.pass(7 * DAY).await;
    assert_eq!(step(&engine, &id).await, "reminder");
    engine.pass(7 * DAY).await;
    let shown = engine.get(NOORD, &id).await;
    assert_eq!(shown["end"], "no answer", "{shown}");
    for late in [
        submit(&engine, &link, GOOD).await,
        engine.ask("", &link).await,
    ] {
        assert_eq!(late.status, 410);
        assert!(late.text().contains("<title>Gesloten"), "{}", late.text());
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tool_of_the_corporation_may_tell_the_answer_and_no_other_one() {
    let engine = engine().await;
    let (id, link) = asked(&engine, "H-1").await;
    let path = format!("/v1/tasks/{id}.survey/answer");
    let say = |fields: Value| json!({ "answer": "given", "by": "portal", "fields": fields });
    let good = say(json!({ "score": 8, "call_me": false }));
    assert_eq!(
        engine.call(ZUID, "POST", &path, good.clone()).await.status,
        404
    );
    let wrong = engine
        .call(NOORD, "POST", &path, say(json!({ "score": 11, "what": 1 })))
        .await;
    assert_eq!(wrong.problem(), (422, "invalid".to_owned()));
    let errors = wrong.json()["errors"].as_array().unwrap().len();
    assert_eq!(errors, 3, "all at once: {}", wrong.text());
    let unknown = json!({ "answer": "perhaps", "by": "portal" });
    let unknown = engine.call(NOORD, "POST", &path, unknown).await;
    assert_eq!(unknown.problem(), (422, "unknown_answer".to_owned()));
    let nowhere = format!("/v1/tasks/{id}.judge/answer");
    assert_eq!(
        engine
            .call(NOORD, "POST", &nowhere, good.clone())
            .await
            .status,
        404
    );
    engine.call(NOORD, "POST", &path, good.clone()).await.ok();
    assert_eq!(engine.get(NOORD, &id).await["end"], "content");
    let late = engine.call(NOORD, "POST", &path, good).await;
    assert_eq!(late.problem(), (409, "task_not_open".to_owned()));
    assert!(engine.ask("", &link).await.text().contains("Al beantwoord"));
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_is_followed_all_the_time_has_to_wait() {
    let engine = engine().await;
    let (_, link) = asked(&engine, "H-1").await;
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(engine.ask("", &link).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 30);
    assert!(statuses.ends_with(&[429]));
    engine.pass(60_000).await;
    assert_eq!(engine.ask("", &link).await.status, 200);
    engine.end().await;
}
