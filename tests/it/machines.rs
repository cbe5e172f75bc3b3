//! Requests to a machine over real HTTP: a payment link is asked for, given, told to the tenant and closed before
//! the flow ends, over restarts, broken connections and a machine that is away.

use std::io;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::{Value, json};
use sluis_model::{DAY, HOUR};
use tokio::net::TcpListener;

use crate::support::{Body, Engine, NOORD, Setup, ZUID, copy, reached_by};

const MAIL: &str = "ok@huurder.example";
const URL: &str = "https://pay.example/1";

/// What the machine does with a request.
#[derive(Clone, Copy)]
enum Does {
    Says(u16),
    /// Reads it, and breaks off without an answer.
    BreaksOff,
}

#[derive(Default)]
struct Machine {
    asked: Mutex<Vec<(HeaderMap, Value)>>,
    /// What it does next, the first one first; then it says 200.
    next: Mutex<Vec<Does>>,
}

impl Machine {
    async fn start() -> (Arc<Self>, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let machine = Arc::new(Self::default());
        let own = machine.clone();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let own = own.clone();
                let service = service_fn(move |request| {
                    let own = own.clone();
                    async move { own.answer(request).await }
                });
                let server = hyper::server::conn::http1::Builder::new();
                tokio::spawn(server.serve_connection(TokioIo::new(tcp), service));
            }
        });
        (machine, port)
    }

    async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let body = serde_json::from_slice(&body).expect("JSON");
        self.asked.lock().push((head.headers, body));
        let mut next = self.next.lock();
        let does = match next.is_empty() {
            true => Does::Says(200),
            false => next.remove(0),
        };
        match does {
            Does::Says(status) => {
                let answer = Response::builder().status(status);
                Ok(answer
                    .body(Full::new(Bytes::from_static(b"{\"id\":\"m-1\"}")))
                    .unwrap())
            }
            Does::BreaksOff => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }

    fn will(&self, does: &[Does]) {
        *self.next.lock() = does.to_vec();
    }

    /// What it was asked to do, request by request.
    fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock();
        let word =
            |(_, body): &(HeaderMap, Value)| body["request"]["do"].as_str().map(str::to_owned);
        asked.iter().filter_map(word).collect()
    }

    /// The key of each request, which its body says as well.
    fn keys(&self) -> Vec<String> {
        let asked = self.asked.lock();
        let key = |(headers, body): &(HeaderMap, Value)| {
            let key = headers["idempotency-key"].to_str().unwrap().to_owned();
            assert_eq!(body["reference"], key.as_str());
            assert_eq!(headers["authorization"], "Bearer access-key");
            key
        };
        asked.iter().map(key).collect()
    }

    /// Where it is to answer.
    fn answer_to(&self) -> String {
        let (_, body) = self.asked.lock().last().cloned().expect("a request");
        let url = body["request"]["answer_to"]
            .as_str()
            .expect("a link")
            .to_owned();
        let (_, path) = url.split_once("/v1/").expect("a path of the API");
        format!("/v1/{path}")
    }
}

/// An engine with the example flows and a machine.
async fn engine() -> (Engine, Arc<Machine>) {
    let (machine, port) = Machine::start().await;
    let dir = tempfile::tempdir().expect("a folder").keep();
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/flows");
    copy(&examples, &dir);
    let lines = format!(
        "[flows]\ndirectory = {:?}\n\n[[provider]]\nname = \"payments\"\nkind = \"webhook\"\n\
         url = \"http://127.0.0.1:{port}/requests\"\nsecret_env = \"BIRD_ACCESS\"\n",
        dir.display().to_string()
    );
    let engine = Engine::with(Setup {
        sinks: true,
        archive: Box::leak(lines.into_boxed_str()),
        ..Setup::default()
    })
    .await;
    (engine, machine)
}

/// A tenant for whom a payment link is asked.
async fn asked_for(engine: &Engine, tenant: &str, invoice: &str) -> String {
    engine
        .put_tenant(NOORD, tenant, reached_by("email", MAIL))
        .await;
    let body = json!({
        "tenant_id": tenant, "flow": "payment-link", "category": "collection", "environment": "test",
        "idempotency_key": format!("pay-{invoice}"), "subject": { "kind": "invoice", "id": invoice },
        "data": { "invoice_id": invoice, "amount_cents": 61_250 }
    });
    let id = engine.accepted(NOORD, body).await;
    engine.settled().await;
    id
}

fn opened() -> Value {
    json!({ "answer": "opened", "by": "payments", "fields": { "url": URL } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_link_is_asked_for_told_and_closed_over_a_restart() {
    let (mut engine, machine) = engine().await;
    let id = asked_for(&engine, "H-1", "F-1").await;
    assert_eq!(machine.asked(), ["open"]);
    let path = machine.answer_to();
    assert_eq!(path, format!("/v1/tasks/{id}.open/answer"));
    let stranger = engine.call(ZUID, "POST", &path, opened()).await;
    assert_eq!(stranger.status, 404, "{}", stranger.text());
    let wrong = json!({ "answer": "opened", "by": "payments", "fields": {} });
    let wrong = engine.call(NOORD, "POST", &path, wrong).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    engine.restart().await;
    engine.call(NOORD, "POST", &path, opened()).await.ok();
    engine.settled().await;
    let mail = engine.mail_to(MAIL).expect("a mail");
    assert!(mail.contains(URL), "{mail}");
    let again = engine.call(NOORD, "POST", &path, opened()).await;
    assert_eq!(again.status, 409, "{}", again.text());

    machine.will(&[Does::Says(503), Does::BreaksOff]);
    engine.pays(NOORD, "H-1", "F-1").await;
    engine.settled().await;
    let shown = engine.get(NOORD, &id).await;
    assert_eq!(shown["step"], "close", "{shown}");
    engine.restart().await;
    for _ in 0..4 {
        engine.pass(HOUR).await;
    }
    let asked = machine.asked();
    assert_eq!(asked, ["open", "close", "close", "close"]);
    let keys = machine.keys();
    assert_eq!(keys[2], keys[3], "in doubt: the same request once more");
    assert_ne!(keys[0], keys[1]);
    let shown = engine.get(NOORD, &id).await;
    assert_eq!(shown["end"], "paid", "{shown}");
    engine.pass(30 * DAY).await;
    assert_eq!(machine.asked().len(), 4, "closed once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_machine_does_not_do_is_for_people() {
    let (engine, machine) = engine().await;
    machine.will(&[Does::Says(422)]);
    let refused = asked_for(&engine, "H-1", "F-1").await;
    let shown = engine.get(NOORD, &refused).await;
    assert_eq!(shown["state"], "task", "{shown}");
    // Told to cancel: nothing was opened, so there is nothing to close.
    let cancel = format!("/v1/notifications/{refused}/cancel");
    engine
        .call(NOORD, "POST", &cancel, Body::Nothing)
        .await
        .ok();
    engine.settled().await;
    assert_eq!(machine.asked(), ["open"]);

    let silent = asked_for(&engine, "H-2", "F-2").await;
    engine.pass(HOUR).await;
    let shown = engine.get(NOORD, &silent).await;
    assert_eq!(shown["state"], "task", "no answer in an hour: {shown}");
    engine.pays(NOORD, "H-2", "F-2").await;
    engine.settled().await;
    assert_eq!(machine.asked(), ["open", "open", "close"]);
    let shown = engine.get(NOORD, &silent).await;
    assert_eq!(shown["end"], "paid", "{shown}");
}
