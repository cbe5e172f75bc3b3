//! Explanations in both languages: of a notification, a household, a mailing, over HTTP and by the command.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::mailings::{brought, made, released, turn, until, with_mail};
use crate::support::{Body, Engine, NOORD, Setup, notice};

async fn in_language(engine: &Engine, path: &str, accept: &str) -> (String, Value) {
    let headers = [("accept-language", accept.to_owned())];
    let reply = engine.call_with(NOORD, "GET", path, Body::Nothing, &headers);
    let reply = reply.await;
    assert_eq!(reply.header("vary"), "accept-language");
    (reply.header("content-language").to_owned(), reply.ok())
}

/// Runs `sluis explain` against the engine.
async fn explain(engine: &Engine, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluis"));
    command
        .args(["explain", "--url", &format!("http://{}", engine.http)])
        .args(more)
        .env("SLUIS_KEY", NOORD);
    let run = tokio::task::spawn_blocking(move || command.output());
    run.await.expect("a thread").expect("the program runs")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_is_explained_in_the_language_that_is_asked_for() {
    let engine = Engine::start().await;
    engine.reachable(NOORD, "H-1").await;
    let id = engine.accepted(NOORD, notice("H-1", "k-1")).await;
    engine.settled().await;
    let path = format!("/v1/notifications/{id}");
    let english = engine.ask(NOORD, &path).await.ok();
    assert_eq!(english["language"], "en");
    let (said, dutch) = in_language(&engine, &path, "nl-NL, en;q=0.5").await;
    assert_eq!((said.as_str(), &dutch["language"]), ("nl", &json!("nl")));
    assert!(
        english["why"]
            .as_str()
            .is_some_and(|why| why.starts_with("Tenant H-1 is told"))
    );
    assert!(
        dutch["why"]
            .as_str()
            .is_some_and(|why| why.starts_with("Huurder H-1 hoort over")),
        "{dutch}"
    );
    assert!(
        dutch["short"]
            .as_str()
            .is_some_and(|short| short.contains("null")),
        "{dutch}"
    );
    assert_eq!(
        english["history"].as_array().map(Vec::len),
        dutch["history"].as_array().map(Vec::len)
    );
    // The query goes before the header, and a language that there is not is named.
    let (said, _) = in_language(&engine, &format!("{path}?lang=en"), "nl").await;
    assert_eq!(said, "en");
    for wrong in ["lang=de", "lang=", "taal=nl"] {
        let reply = engine.ask(NOORD, &format!("{path}?{wrong}")).await;
        assert_eq!(reply.problem(), (400, "bad_query".into()), "{wrong}");
    }
    let (_, rows) = in_language(&engine, "/v1/tenants/H-1/timeline?limit=5", "nl").await;
    assert!(rows.to_string().contains("poging 1 per null"), "{rows}");

    let output = explain(&engine, &[&id, "--lang", "nl"]).await;
    let text = printed(&output);
    assert!(output.status.success(), "{text}");
    assert!(
        text.starts_with(dutch["short"].as_str().unwrap_or("?")),
        "{text}"
    );
    for part in [
        "Waarom",
        "Pogingen",
        "Alles wat besloten is",
        "Proces 'notice' versie 2",
    ] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
    let unknown = explain(&engine, &["0003019c2a6f4c000123456789abcdef"]).await;
    assert_eq!(unknown.status.code(), Some(1));
    let told = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(told.contains("no notification, group or mailing"), "{told}");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_household_is_explained_as_a_whole_in_both_languages() {
    let engine = Engine::start().await;
    for tenant in ["H-1", "H-2"] {
        engine.reachable(NOORD, tenant).await;
    }
    let members = json!([
        { "tenant_id": "H-1", "role": "tenant" }, { "tenant_id": "H-2", "role": "neighbour" }
    ]);
    let body = json!({ "members": members });
    engine
        .call(NOORD, "PUT", "/v1/households/C-7", body)
        .await
        .ok();
    let mut message = notice("", "k-1");
    message
        .as_object_mut()
        .expect("an object")
        .remove("tenant_id");
    message["household_id"] = "C-7".into();
    let id = engine.accepted(NOORD, message).await;
    engine.settled().await;
    let path = format!("/v1/groups/{id}");
    let (_, english) = in_language(&engine, &path, "").await;
    let (said, dutch) = in_language(&engine, &path, "nl").await;
    assert_eq!(said, "nl");
    assert!(
        english["why"]
            .as_str()
            .is_some_and(|why| why.starts_with("Household 'C-7' was told through H-1 (tenant)")),
        "{english}"
    );
    let why = "Huishouden 'C-7' hoorde het via H-1 (huurder)";
    assert!(
        dutch["why"]
            .as_str()
            .is_some_and(|told| told.starts_with(why)),
        "{dutch}"
    );
    let short = "Huishouden 'C-7' hoort het via H-1 (huurder). Niet aangeschreven: H-2 (buur: het proces schrijft niemand aan als buur). Elk bericht is afgerond.";
    assert_eq!(dutch["short"], short);
    let output = explain(&engine, &[&id, "--lang", "nl"]).await;
    let text = printed(&output);
    for part in [short, why, "Wie het hoort", "Wie niet", "H-2 (buur)"] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailing_is_explained_as_a_whole_in_both_languages() {
    let engine = with_mail(Setup::default(), 3).await;
    let id = made(&engine).await;
    let path = format!("/v1/mailings/{id}");
    let (_, told) = in_language(&engine, &path, "nl").await;
    let short = "Mailing 'Onderhoud' met proces 'notice', soort 'repairs': een concept. Zij heeft nog geen regels. Een tweede persoon moet haar goedkeuren.";
    assert_eq!(told["short"], short);
    brought(&engine, &id, "huurdernummer;title\nH-1;Lift\nH-2;#N/B\n")
        .await
        .ok();
    let (_, told) = in_language(&engine, &path, "en").await;
    assert!(
        told["why"]
            .as_str()
            .is_some_and(|why| why.contains("Rows: 1; refused: 1; there more than once: 0.")),
        "{told}"
    );
    // The list of mailings does not tell of each.
    let all = engine.ask(NOORD, "/v1/mailings").await.ok();
    assert!(all["mailings"][0].get("why").is_none(), "{all}");

    let rows = "huurdernummer;title\nH-1;Lift\nH-2;Lift\nH-3;Lift\n";
    let terms = json!({ "windows": ["mon-sun 00:00-00:00"] });
    let id = released(&engine, rows, terms).await;
    until(&engine, &id, "done").await;
    let path = format!("/v1/mailings/{id}");
    let (_, mut told) = in_language(&engine, &path, "nl").await;
    // What became of its rows is marked as the log is followed.
    for _ in 0..1_000 {
        if told["progress"]["taken"] == 3 {
            break;
        }
        turn(&engine).await;
        told = in_language(&engine, &path, "nl").await.1;
    }
    let why = told["why"].as_str().unwrap_or_default();
    for part in [
        "Anna maakte haar op ",
        "Bea keurde haar goed op ",
        "Bea gaf haar vrij op ",
        ", binnen mon-sun 00:00-00:00, met een pauze als 10 procent van minstens 100 regels terugkomt.",
        "3 van 3 regels zijn overgedragen; 3 zijn door een aanbieder aangenomen",
    ] {
        assert!(why.contains(part), "{part:?} is missing in {why}");
    }
    let text = printed(&explain(&engine, &[&id]).await);
    assert!(
        text.starts_with(
            "Mailing 'Onderhoud' by flow 'notice', category 'repairs': done. 3 of 3 rows"
        ),
        "{text}"
    );
    assert!(text.contains("handed over: 3"), "{text}");
    engine.end().await;
}
