//! The erasure of a tenant while the engine runs: what is refused, what is left, what comes after it, and
//! what a start does with one that a crash broke off.

use std::collections::BTreeMap;

use serde_json::json;
use sluis::ask::ask;
use sluis::backup::back_up;
use sluis_actors::{EraseOrder, Erasure, Query, ShardAnswer, ShardRequest};
use sluis_keys::{KeySource, KeyStore, StoreOptions, WrappingKeys};
use sluis_model::{CorporationId, Erased, TenantKey};

use crate::sealed_archive::{ADDRESS, ENCRYPTED, NEEDLES, TENANT, a_life, everywhere, start};
use crate::support::{Engine, NOORD, Reply, START, notice, reached_by, secrets};

async fn erase(engine: &Engine, tenant: &str) -> Reply {
    let path = format!("/v1/tenants/{tenant}/personal-data");
    let signed = json!({ "by": "desk", "why": "request 2026-17" });
    engine.call(NOORD, "DELETE", &path, signed).await
}

/// Everything after a last backup, with the engine stopped.
async fn left(engine: &mut Engine) -> Vec<&'static str> {
    let copies = tempfile::tempdir().expect("a directory");
    let copy = copies.path().join("copy");
    back_up(&engine.data(), None, &copy, START).expect("copied");
    engine.close().await;
    back_up(&engine.data(), None, &copy, START).expect("copied");
    everywhere(engine, &copy)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_is_erased_while_the_engine_runs_and_no_byte_tells_of_him() {
    let mut engine = start(ENCRYPTED).await;
    let id = a_life(&engine).await;
    engine.reachable(NOORD, "H-2").await;
    let other = engine.accepted(NOORD, notice("H-2", "key-2")).await;
    engine.settled().await;
    assert_eq!(left(&mut engine).await, NEEDLES, "the control");
    engine.try_open().await.expect("it starts");

    let erased = erase(&engine, TENANT).await.ok();
    assert_eq!(erased["state"], "erased", "{erased}");
    assert_eq!(
        (&erased["before"], &erased["notifications"]),
        (&json!(false), &json!(1))
    );
    let again = erase(&engine, TENANT).await.ok();
    assert_eq!(again["before"], true, "{again}");
    assert_eq!(again["erased_at"], erased["erased_at"]);

    let of_him = [
        format!("/v1/tenants/{TENANT}"),
        format!("/v1/tenants/{TENANT}/timeline"),
        format!("/v1/notifications/{id}"),
    ];
    for path in of_him {
        assert_eq!(engine.ask(NOORD, &path).await.status, 404, "{path}");
    }
    let output = engine
        .ask(NOORD, &format!("/v1/notifications/{id}/output"))
        .await;
    assert_eq!(output.problem(), (410, "erased".into()));
    assert_eq!(engine.get(NOORD, &other).await["id"], other.as_str());
    assert_eq!(left(&mut engine).await, [""; 0]);

    engine.try_open().await.expect("it starts");
    let after = erase(&engine, TENANT).await.ok();
    assert_eq!(after, again, "also after a restart");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_forbids_an_erasure_is_said_and_nothing_is_done() {
    let mut engine = start(ENCRYPTED).await;
    let id = engine.mailed_storno(NOORD, TENANT, ADDRESS, "F-1").await;
    let refused = erase(&engine, TENANT).await;
    assert_eq!(refused.problem(), (409, "notifications_open".into()));
    assert!(refused.text().contains(&id), "{}", refused.text());
    engine.pays(NOORD, TENANT, "F-1").await;
    engine.settled().await;
    let refused = erase(&engine, TENANT).await;
    assert_eq!(refused.problem(), (409, "obligation_open".into()));
    engine.pass(1_000).await;
    let nothing = json!({ "type": "balance", "tenant_id": TENANT, "amount_cents": 0 });
    engine.fact(NOORD, "balance-0", nothing).await;
    engine.settled().await;
    assert_eq!(erase(&engine, "H-NOBODY").await.status, 404);
    let unsigned = format!("/v1/tenants/{TENANT}/personal-data");
    let nobody = json!({ "by": "desk", "why": "" });
    let unsigned = engine.call(NOORD, "DELETE", &unsigned, nobody).await;
    assert_eq!(unsigned.problem(), (422, "invalid".into()));

    let holds = [
        "data_keys = [\"env:DATA_KEY\"]\nlegal_holds = [\"NAALD-7731\"]",
        "data_keys = [\"env:DATA_KEY\"]\nlegal_hold_subjects = [\"invoice/F-1\"]",
    ];
    for hold in holds {
        engine.close().await;
        engine.set_corporations(hold);
        engine.try_open().await.expect("it starts");
        let held = erase(&engine, TENANT).await;
        assert_eq!(
            held.problem(),
            (409, "legal_hold".into()),
            "{}",
            held.text()
        );
    }
    let path = format!("/v1/tenants/{TENANT}");
    assert_eq!(engine.ask(NOORD, &path).await.ok()["tenant_id"], TENANT);
    engine.close().await;
    engine.set_corporations(ENCRYPTED);
    engine.try_open().await.expect("it starts");
    erase(&engine, TENANT).await.ok();
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_key_makes_unreadable_is_not_called_erased() {
    let mut engine = start("").await;
    a_life(&engine).await;
    let plain = erase(&engine, TENANT).await;
    assert_eq!(plain.problem(), (409, "not_encrypted".into()));
    engine.close().await;
    engine.set_corporations(ENCRYPTED);
    engine.try_open().await.expect("it starts");
    let plain = erase(&engine, TENANT).await;
    assert_eq!(plain.problem(), (409, "written_in_plain".into()));
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_after_an_erasure_is_about_somebody_new() {
    let mut engine = start(ENCRYPTED).await;
    a_life(&engine).await;
    erase(&engine, TENANT).await.ok();
    engine
        .put_tenant(NOORD, TENANT, reached_by("email", "nieuw@huurder.example"))
        .await;
    let path = format!("/v1/tenants/{TENANT}");
    for _ in 0..2 {
        let known = engine.ask(NOORD, &path).await.ok();
        assert_eq!(known["profile"]["name"], "mevrouw De Vries", "{known}");
        assert!(!known.to_string().contains(ADDRESS), "{known}");
        // A start finds the record of the erasure, and his new key stays.
        engine.restart().await;
    }
    engine.pass(60_000).await;
    let again = erase(&engine, TENANT).await.ok();
    assert_eq!(
        (&again["before"], &again["notifications"]),
        (&json!(false), &json!(0))
    );
    assert_eq!(engine.ask(NOORD, &path).await.status, 404);
    engine.end().await;
}

/// The hash of the tenant, as the record of an erasure has it.
fn tag(engine: &Engine, tenant: &TenantKey) -> [u8; 16] {
    let environment: BTreeMap<String, String> = secrets();
    let source: KeySource = "env:DATA_KEY".parse().expect("a source");
    let fetched = source.fetch(|name| environment.get(name).cloned());
    let key = [fetched.expect("a key")];
    let houses = [1, 2].map(CorporationId).into_iter();
    let wrapping = houses.fold(WrappingKeys::default(), |all, house| all.with(house, &key));
    let file = engine.data().join("keys");
    let store = KeyStore::look(&file, wrapping, StoreOptions::default());
    store.expect("the file of keys").tag(tenant).0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_finishes_an_erasure_that_a_crash_broke_off() {
    let mut engine = start(ENCRYPTED).await;
    a_life(&engine).await;
    let tenant = TenantKey::new(CorporationId(1), TENANT);
    let inbox = engine.app().engine.inbox_of(&tenant).clone();
    let query = Query::Tenant(tenant.clone());
    let known = ask(&inbox, |reply| ShardRequest::Query { query, reply }).await;
    let Ok(ShardAnswer::Snapshot(known)) = known else {
        panic!("{known:?}");
    };
    // The record, and not the key: as far as the engine came.
    let order = Box::new(EraseOrder {
        record: Erased {
            corporation: tenant.corporation,
            tenant: tag(&engine, &tenant),
            by: "desk".into(),
            why: "request".into(),
            records: 1,
            notifications: 1,
        },
        tenant,
        seen: known.tenant.last,
        notifications: Vec::new(),
    });
    let written = ask(&inbox, |reply| ShardRequest::Erase { order, reply }).await;
    let written = written.expect("an answer");
    assert!(
        matches!(written, ShardAnswer::Erasure(Erasure::Written { .. })),
        "{written:?}"
    );
    assert_eq!(
        left(&mut engine).await,
        NEEDLES,
        "the control: the key is there"
    );

    engine.try_open().await.expect("it starts");
    let path = format!("/v1/tenants/{TENANT}");
    assert_eq!(engine.ask(NOORD, &path).await.status, 404);
    let erased = erase(&engine, TENANT).await.ok();
    assert_eq!(erased["before"], true, "{erased}");
    assert_eq!(left(&mut engine).await, [""; 0]);
}

/// The names and texts of the files of a dossier.
fn unpacked(zip: &[u8]) -> BTreeMap<String, String> {
    let mut dossier = zip::ZipArchive::new(std::io::Cursor::new(zip)).expect("a ZIP file");
    let mut files = BTreeMap::new();
    for index in 0..dossier.len() {
        let mut file = dossier.by_index(index).expect("a file");
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut bytes).expect("read");
        // Quoted-printable folds lines.
        let text = String::from_utf8_lossy(&bytes).replace("=\r\n", "");
        let name = file.name().expect("a name").into_owned();
        files.insert(name, text);
    }
    files
}

async fn export(engine: &Engine, tenant: &str) -> Reply {
    let path = format!("/v1/tenants/{tenant}/personal-data?by=desk&why=request%202026-18");
    engine.ask(NOORD, &path).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_call_gives_all_that_is_held_of_a_tenant_also_what_is_not_sealed_yet() {
    let engine = start(ENCRYPTED).await;
    a_life(&engine).await;
    engine.reachable(NOORD, "H-2").await;
    let exported = export(&engine, TENANT).await;
    assert_eq!(exported.status, 200, "{}", exported.text());
    assert_eq!(exported.header("content-type"), "application/zip");
    let files = unpacked(&exported.body);
    let all: String = files.values().map(String::as_str).collect();
    for needle in NEEDLES {
        assert!(all.contains(needle), "{needle}");
    }
    assert!(!all.contains("H-2"), "nothing of anybody else");
    for (file, why) in [
        ("state.txt", "what is known now"),
        ("overview.html", "so that a person reads it"),
        ("known.json", "so that a program reads it"),
    ] {
        assert!(files[file].contains(ADDRESS), "{why}: {file}");
    }
    let known: serde_json::Value = serde_json::from_str(&files["known.json"]).expect("JSON");
    assert_eq!(known["contact_points"][0]["kind"], "email", "{known}");
    assert!(files.keys().any(|name| name.starts_with("outputs/")));
    assert_eq!(export(&engine, "H-NOBODY").await.status, 404);

    erase(&engine, TENANT).await.ok();
    assert_eq!(export(&engine, TENANT).await.status, 404);
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_erased_leaves_his_household_and_no_byte_of_it_tells_of_him() {
    let mut engine = start(ENCRYPTED).await;
    a_life(&engine).await;
    for tenant in ["H-2", "BWI-7"] {
        engine.reachable(NOORD, tenant).await;
    }
    let members = json!({ "members": [
        { "tenant_id": TENANT, "role": "tenant" }, { "tenant_id": "H-2", "role": "joint_tenant" },
        { "tenant_id": "BWI-7", "role": "bewindvoerder", "represents": [TENANT, "H-2"], "told": "as_well" }
    ] });
    let path = "/v1/households/C-77";
    engine.call(NOORD, "PUT", path, members).await.ok();
    let to_all = |key: &str| {
        let mut body = notice("", key);
        body.as_object_mut().expect("an object").remove("tenant_id");
        body["household_id"] = "C-77".into();
        body
    };
    let id = engine.accepted(NOORD, to_all("key-7")).await;
    engine.settled().await;
    let refused = erase(&engine, TENANT).await;
    assert_eq!(refused.problem(), (409, "notifications_open".to_owned()));
    let cancel = format!("/v1/notifications/{id}/cancel");
    engine.call(NOORD, "POST", &cancel, json!({})).await.ok();
    engine.settled().await;
    let erased = erase(&engine, TENANT).await.ok();
    assert_eq!(erased["state"], "erased", "{erased}");

    let household = engine.ask(NOORD, path).await.ok();
    let members = household["members"].as_array().expect("members");
    let left_there: Vec<_> = members.iter().map(|m| &m["tenant_id"]).collect();
    assert_eq!(left_there, ["H-2", "BWI-7"], "{household}");
    assert_eq!(members[1]["represents"], json!(["H-2"]));
    let told = engine.post(NOORD, to_all("key-8")).await.json();
    assert_eq!(told["group"]["told"].as_array().map(Vec::len), Some(2));
    engine.settled().await;
    assert_eq!(left(&mut engine).await, [] as [&str; 0]);
}
