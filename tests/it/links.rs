//! The link in a message: its page, its button, and every way in which it is closed. Once a payment
//! is acknowledged it never leads to paying again.

use serde_json::json;
use sluis_model::CorporationId;

use crate::support::{Body, Engine, NOORD, Reply, notice, storno};

const MAIL: &str = "ok@huurder.example";

/// No browser frames it, guesses its type, keeps it, or runs anything in it.
fn guarded(page: &Reply) {
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self' https:",
    ] {
        assert!(policy.contains(part), "{part}: {policy}");
    }
    assert_eq!(
        (
            page.header("x-content-type-options"),
            page.header("x-frame-options")
        ),
        ("nosniff", "DENY")
    );
    assert_eq!(
        (page.header("cache-control"), page.header("referrer-policy")),
        ("no-store", "no-referrer")
    );
}

async fn press(engine: &Engine, link: &str) -> Reply {
    engine.call("", "POST", link, Body::Nothing).await
}

/// A newsletter to a tenant, and the unsubscribe link in his mail.
async fn newsletter(engine: &Engine, key: &str) -> (String, String) {
    let body = json!({
        "tenant_id": "H-1", "flow": "newsletter", "category": "newsletter", "environment": "test",
        "idempotency_key": key, "data": { "title": "Nieuws", "text": "De tuin is klaar." }
    });
    let id = engine.accepted(NOORD, body).await;
    engine.settled().await;
    let mail = engine.mail_to(MAIL).expect("a mail");
    let at = mail.find("/u/").expect("a link");
    let of_link = |c: &char| c.is_ascii_alphanumeric() || "/-_".contains(*c);
    (id, mail[at..].chars().take_while(of_link).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_unsubscribes_with_a_press_long_after_the_newsletter_has_ended() {
    let engine = Engine::with_sinks().await;
    let profile = json!({ "addresses": [{ "channel": "email", "value": MAIL }], "language": "en" });
    engine.put_tenant(NOORD, "H-1", profile).await;
    let survey = json!({ "type": "consent", "tenant_id": "H-1", "survey": false });
    engine.fact(NOORD, "c-1", survey).await;
    let (first, link) = newsletter(&engine, "n-1").await;
    assert!(link.len() > 30, "{link}");
    engine.pass(400 * sluis_model::DAY).await;
    assert_eq!(engine.get(NOORD, &first).await["state"], "ended");

    // Machines look at links: nothing is said by that.
    let page = engine.ask("", &link).await;
    guarded(&page);
    assert_eq!(page.status, 200);
    assert!(
        page.text().starts_with("<!doctype html><html lang=\"en\""),
        "{}",
        page.text()
    );
    assert!(
        page.text().contains("<button>Unsubscribe</button>"),
        "{}",
        page.text()
    );
    let (second, again) = newsletter(&engine, "n-2").await;
    assert_eq!(again, link, "the same for every message");
    assert_eq!(engine.get(NOORD, &second).await["state"], "sent");

    // A mail program does it, with one press.
    let one_click = b"List-Unsubscribe=One-Click".to_vec();
    let body = Body::Bytes("application/x-www-form-urlencoded", one_click);
    let done = engine.call("", "POST", &link, body).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(
        done.text().contains("You are unsubscribed"),
        "{}",
        done.text()
    );
    let (third, _) = newsletter(&engine, "n-3").await;
    assert_eq!(engine.get(NOORD, &third).await["end"], "unsubscribed");
    let told = engine.ask(NOORD, "/v1/tenants/H-1/timeline").await;
    let text = told.text();
    assert!(text.contains("unsubscribe link"), "{text}");
    // What he said of surveys stays said.
    assert!(text.contains("survey false"), "{text}");

    // A second press writes nothing, and a newer agreement undoes it.
    let written = |engine: &Engine| {
        let journal = engine.app().engine.journal().clone();
        (0..journal.shards())
            .map(|shard| journal.last(sluis_journal::Shard(shard)).0)
            .sum::<u64>()
    };
    let before = written(&engine);
    assert_eq!(press(&engine, &link).await.status, 200);
    assert_eq!(written(&engine), before);
    engine.pass(sluis_model::HOUR).await;
    let agreed = json!({ "type": "consent", "tenant_id": "H-1", "newsletter": true });
    engine.fact(NOORD, "c-2", agreed).await;
    let (fourth, _) = newsletter(&engine, "n-4").await;
    assert_eq!(engine.get(NOORD, &fourth).await["state"], "sent");

    let mut forged = link.clone();
    forged.pop();
    assert_eq!(engine.ask("", &forged).await.status, 404);
    assert_eq!(press(&engine, "/u/AAAA").await.status, 404);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_proves_nothing_and_the_button_leads_to_the_payment() {
    let engine = Engine::with_sinks().await;
    let id = engine.mailed_storno(NOORD, "H-1", MAIL, "F-1").await;
    let link = engine.link_in_mail(MAIL);
    let page = engine.ask("", &link).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    guarded(&page);
    for word in ["Betalen", "Pay", "<form method=\"post\">"] {
        assert!(page.text().contains(word), "{}", page.text());
    }
    assert!(
        !page.text().contains("betaal.example"),
        "machines that open the page learn no payment address"
    );
    assert_eq!(
        engine.get(NOORD, &id).await["step"],
        "mail",
        "weak evidence"
    );
    let pressed = press(&engine, &link).await;
    assert_eq!(
        (pressed.status, pressed.header("location")),
        (303, "https://betaal.example/F-1")
    );
    guarded(&pressed);
    guarded(&engine.ask("", "/b/AAAA").await);
    assert_eq!(engine.get(NOORD, &id).await["step"], "payment");
    assert_eq!(
        press(&engine, &link).await.status,
        303,
        "and again, while it is not paid"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_a_payment_is_answered_no_press_redirects() {
    let engine = Engine::with_sinks().await;
    for round in 0..20 {
        let (tenant, invoice) = (format!("H-{round}"), format!("F-{round}"));
        engine.mailed_storno(NOORD, &tenant, MAIL, &invoice).await;
        let link = engine.link_in_mail(MAIL);
        let paying = async {
            engine.pays(NOORD, &tenant, &invoice).await;
            press(&engine, &link).await
        };
        // Presses go on while the payment is on its way: those may still redirect.
        let (after, _) = tokio::join!(paying, async {
            for _ in 0..5 {
                assert!(matches!(press(&engine, &link).await.status, 303 | 410));
            }
        });
        assert_eq!(after.status, 410, "{}", after.text());
        assert!(
            after.text().contains("Al betaald") && after.text().contains("Already paid"),
            "{}",
            after.text()
        );
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_link_says_why_in_the_tenants_language_first() {
    let mut engine = Engine::with_sinks().await;
    let cancelled = engine.mailed_storno(NOORD, "H-1", MAIL, "F-1").await;
    let link = engine.link_in_mail(MAIL);
    engine
        .call(
            NOORD,
            "POST",
            &format!("/v1/notifications/{cancelled}/cancel"),
            Body::Nothing,
        )
        .await
        .ok();
    let page = press(&engine, &link).await;
    assert_eq!(page.status, 410);
    assert!(page.text().contains("<title>Gesloten"), "{}", page.text());

    let profile = json!({ "language": "en", "addresses": [{ "channel": "email", "value": MAIL }] });
    engine.put_tenant(NOORD, "H-2", profile).await;
    engine.owes(NOORD, "H-2", "b-2").await;
    let mut expiring = storno("H-2", "F-2", "e-2");
    expiring["expires_at"] = "2026-02-02T12:00:00Z".into();
    engine.accepted(NOORD, expiring).await;
    engine.settled().await;
    let link = engine.link_in_mail(MAIL);
    assert!(
        engine.ask("", &link).await.text().contains("<title>Pay"),
        "English first"
    );
    engine.pass(5 * 3_600_000).await;
    let page = press(&engine, &link).await;
    assert_eq!(page.status, 410);
    assert!(page.text().contains("<title>Expired"), "{}", page.text());
    engine.restart().await;
    assert_eq!(
        press(&engine, &link).await.text(),
        page.text(),
        "a restart knows it too"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_token_is_unknown_and_an_engine_that_stops_never_redirects() {
    let engine = Engine::with_sinks().await;
    engine.mailed_storno(NOORD, "H-1", MAIL, "F-1").await;
    let link = engine.link_in_mail(MAIL);
    let last = if link.ends_with('A') { "B" } else { "A" };
    let id = engine.accepted(NOORD, notice("H-9", "n-1")).await;
    let foreign = engine
        .app()
        .reference
        .link(CorporationId(2), id.parse().unwrap());
    for forged in [
        "/b/x".to_owned(),
        format!("{}{last}", &link[..link.len() - 1]),
        format!("/b/{foreign}"),
    ] {
        for method in ["GET", "POST"] {
            let page = engine.call("", method, &forged, Body::Nothing).await;
            assert_eq!(page.status, 404, "{method} {forged}");
            assert!(page.text().contains("Unknown link"));
        }
    }
    engine.app().gatekeeper.stop();
    let busy = press(&engine, &link).await;
    assert_eq!((busy.status, busy.header("location")), (503, ""));
    assert!(!busy.header("retry-after").is_empty());
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_address_with_any_characters_never_breaks_the_button() {
    let engine = Engine::with_sinks().await;
    for (number, url) in [
        "https://betaal.example/é?x=ü",
        "https://betaal.example/a%0d%0aSet-Cookie:x",
        "https://betaal.example/{x}",
    ]
    .iter()
    .enumerate()
    {
        let tenant = format!("H-{number}");
        engine
            .put_tenant(NOORD, &tenant, crate::support::reached_by("email", MAIL))
            .await;
        engine.owes(NOORD, &tenant, &format!("b-{number}")).await;
        let mut body = storno(&tenant, &format!("F-{number}"), &format!("u-{number}"));
        body["data"]["payment_url"] = (*url).into();
        let reply = engine.post(NOORD, body).await;
        if reply.status == 422 {
            continue;
        }
        engine.settled().await;
        let pressed = press(&engine, &engine.link_in_mail(MAIL)).await;
        assert_eq!(pressed.status, 303, "{url}: {}", pressed.text());
        assert!(pressed.headers.get("set-cookie").is_none());
    }
    engine.end().await;
}
