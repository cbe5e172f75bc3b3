//! HTTP as its readers know it: heads that are wrong get an answer, bodies that are wrong get
//! theirs before the connection ends, and what a body is said to be counts.

use serde_json::json;

use crate::support::{Body, Engine, NOORD, Reply, notice, told};

/// The answer to bytes as they are; every one must get one.
async fn answered(engine: &Engine, what: &str, bytes: &[u8]) -> Reply {
    told(engine.http, bytes)
        .await
        .unwrap_or_else(|| panic!("{what}: closed without a word"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_cannot_be_read_is_answered_with_a_problem() {
    let engine = Engine::start().await;
    let get = |rest: &str| {
        format!("GET /healthz HTTP/1.1\r\nConnection: close\r\n{rest}\r\n").into_bytes()
    };
    let many: String = (0..200)
        .map(|number| format!("X-{number}: 1\r\n"))
        .collect();
    let cases = [
        (
            "no request",
            b"GARBAGE\r\n\r\n".to_vec(),
            (400, "bad_request"),
        ),
        (
            "a line that is no header",
            get("Host: x\r\nno colon\r\n"),
            (400, "bad_request"),
        ),
        (
            "another version",
            b"GET /healthz HTTP/3.7\r\nHost: x\r\n\r\n".to_vec(),
            (400, "bad_request"),
        ),
        (
            "a long address",
            format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(70_000)).into_bytes(),
            (414, "uri_too_long"),
        ),
        (
            "a long header",
            get(&format!("Host: x\r\nX: {}\r\n", "a".repeat(600_000))),
            (431, "head_too_large"),
        ),
        (
            "many headers",
            get(&format!("Host: x\r\n{many}")),
            (431, "head_too_large"),
        ),
        (
            "two lengths",
            get("Host: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n"),
            (400, "bad_request"),
        ),
        ("no host", get(""), (400, "bad_request")),
        (
            "two hosts",
            get("Host: x\r\nHost: x\r\n"),
            (400, "bad_request"),
        ),
        ("no such host", get("Host: a b\r\n"), (400, "bad_request")),
        (
            "two keys",
            get("Host: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
            (400, "bad_request"),
        ),
        (
            "compressed",
            get("Host: x\r\nContent-Encoding: gzip\r\n"),
            (415, "wrong_encoding"),
        ),
    ];
    for (what, bytes, (status, code)) in cases {
        assert_eq!(
            answered(&engine, what, &bytes).await.problem(),
            (status, code.to_owned()),
            "{what}"
        );
    }
    assert_eq!(
        answered(&engine, "HTTP/1.0", b"GET /healthz HTTP/1.0\r\n\r\n")
            .await
            .status,
        200,
        "which knows no Host"
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_does_not_wait_for_the_rest_of_the_next_request() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let engine = Engine::start().await;
    let mut stream = tokio::net::TcpStream::connect(engine.http).await.unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /heal")
        .await
        .unwrap();
    let mut answer = [0; 512];
    let read =
        tokio::time::timeout(std::time::Duration::from_secs(10), stream.read(&mut answer)).await;
    let length = read.expect("an answer").unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
    engine.end().await;
}

/// A chunked body of that many mebibytes behind `head`.
fn chunked(head: &str, mebibytes: usize) -> Vec<u8> {
    let chunk = [b"100000\r\n".as_slice(), &[b' '; 1 << 20], b"\r\n"].concat();
    [
        head.as_bytes(),
        b"Transfer-Encoding: chunked\r\n\r\n",
        &chunk.repeat(mebibytes),
        b"0\r\n\r\n",
    ]
    .concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_over_the_limit_is_refused_before_the_connection_ends() {
    let engine = Engine::start().await;
    let head = |path: &str, kind: &str, key: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: {kind}\r\nConnection: close\r\n"
        )
    };
    for path in [
        "/v1/notifications",
        "/v1/facts",
        "/v1/receipts/email",
        "/v1/cancellations",
    ] {
        let kind = if path.ends_with("email") {
            "message/rfc822"
        } else {
            "application/json"
        };
        let reply = answered(&engine, path, &chunked(&head(path, kind, NOORD), 20)).await;
        // A mail is read at its beginning, however long it is.
        let expected = || {
            if path.ends_with("email") {
                (422, "not_mail".into())
            } else {
                (413, "too_large".into())
            }
        };
        assert_eq!(reply.problem(), expected(), "{path}");
        let sized = [
            head(path, kind, NOORD).as_bytes(),
            b"Content-Length: 20971520\r\n\r\n",
            &vec![b' '; 20 << 20],
        ]
        .concat();
        assert_eq!(
            answered(&engine, path, &sized).await.problem(),
            expected(),
            "{path} with its length"
        );
        if path.ends_with("email") {
            continue;
        }
        let stranger = answered(&engine, path, &chunked(&head(path, kind, "slk_nobody"), 20)).await;
        assert_eq!(
            stranger.problem(),
            (401, "unauthorized".into()),
            "{path}: any early answer arrives"
        );
    }
    let list = chunked(
        &head("/v1/notifications/batch", "application/x-ndjson", NOORD),
        80,
    );
    assert_eq!(
        answered(&engine, "a batch", &list).await.problem(),
        (413, "too_large".into())
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_answer_arrives_over_http_2_as_well() {
    use http_body_util::{BodyExt as _, Full};
    let engine = Engine::start().await;
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .http2_only(true)
        .build_http();
    let large = bytes::Bytes::from(vec![b' '; 3 << 20]);
    for path in ["/v1/notifications", "/v1/facts"] {
        for (key, status) in [(NOORD, 413), ("slk_nobody", 401)] {
            let request = hyper::Request::post(format!("http://{}{path}", engine.http))
                .header("authorization", format!("Bearer {key}"));
            let request = request
                .header("content-type", "application/json")
                .body(Full::new(large.clone()))
                .unwrap();
            let reply = client
                .request(request)
                .await
                .unwrap_or_else(|error| panic!("{path} {status}: {error:?}"));
            assert_eq!(reply.status(), status, "{path}");
            let body = reply
                .into_body()
                .collect()
                .await
                .unwrap_or_else(|error| panic!("{path} {status}: {error:?}"));
            assert!(!body.to_bytes().is_empty(), "{path} {status}");
        }
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_waits_for_leave_is_not_asked_for_when_it_will_not_be_taken() {
    let engine = Engine::start().await;
    let head = |key: &str, size: usize| {
        format!(
            "POST /v1/notifications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
             Expect: 100-continue\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"
        )
    };
    for (key, size, expected) in [
        (NOORD, 20 << 20, (413, "too_large")),
        ("slk_nobody", 20, (401, "unauthorized")),
    ] {
        let reply = answered(&engine, key, head(key, size).as_bytes()).await;
        assert_eq!(
            reply.problem(),
            (expected.0, expected.1.to_owned()),
            "the first word is the answer, no 100"
        );
    }
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_methods_are_told_which_there_are() {
    let engine = Engine::start().await;
    for (method, path, allowed) in [
        ("DELETE", "/v1/facts", "POST"),
        ("OPTIONS", "/v1/notifications", "GET,HEAD,POST"),
        ("TRACE", "/v1/tenants/H-1", "GET,HEAD,PUT"),
        ("PATCH", "/healthz", "GET,HEAD"),
    ] {
        let reply = engine.call(NOORD, method, path, Body::Nothing).await;
        assert_eq!(
            reply.problem(),
            (405, "wrong_method".into()),
            "{method} {path}"
        );
        let mut there: Vec<&str> = reply.header("allow").split(',').collect();
        there.sort_unstable();
        assert_eq!(there.join(","), allowed, "{method} {path}");
    }
    let head = engine.call(NOORD, "HEAD", "/healthz", Body::Nothing).await;
    assert_eq!(
        (head.status, head.header("content-length"), head.body.len()),
        (200, "3", 0)
    );
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_on_the_record_is_one_line() {
    let engine = Engine::start().await;
    let id = engine.accepted(NOORD, notice("H-1", "c-1")).await;
    let long = "x".repeat(201);
    let titled = |title: &str| {
        let mut body = notice("H-1", "c-2");
        body["data"]["title"] = title.into();
        body
    };
    for text in ["two\nlines", "a\u{2028}b", "\u{0}", long.as_str()] {
        let cases = [
            (
                format!("/v1/notifications/{id}/cancel"),
                json!({ "note": text }),
                "note",
            ),
            (
                "/v1/cancellations".into(),
                json!({ "subject": { "kind": "invoice", "id": "F-1" }, "note": text }),
                "note",
            ),
            (
                format!("/v1/tasks/{id}.1/answer"),
                json!({ "answer": "close", "by": text }),
                "by",
            ),
            (
                "/v1/notifications".into(),
                titled(&text.repeat(10)),
                "data.title",
            ),
        ];
        for (path, body, field) in cases {
            let reply = engine.call(NOORD, "POST", &path, body).await;
            assert_eq!(reply.problem(), (422, "invalid".into()), "{path} {text:?}");
            assert_eq!(reply.json()["errors"][0]["path"], field, "{path} {text:?}");
        }
    }
    engine.end().await;
}
