//! The page about tenant lists: each of its examples is sent as it stands, and answered as the page
//! says.

use serde_json::Value;

use crate::support::{Body, Engine, NOORD};

const PAGE: &str = include_str!("../../docs/lists.md");

/// The indented blocks of a page, without their indent.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in page.lines() {
        let last = blocks.last_mut().expect("one");
        match line.strip_prefix("    ") {
            Some(line) => last.push_str(&format!("{line}\n")),
            // A blank line within a block, or behind it.
            None if line.is_empty() && !last.is_empty() => last.push('\n'),
            None => blocks.push(String::new()),
        }
    }
    let trimmed = blocks.iter().map(|block| format!("{}\n", block.trim_end()));
    trimmed.filter(|block| block.len() > 1).collect()
}

/// Media type and body of an example.
fn request(block: &str) -> Option<(&'static str, &str)> {
    let (head, body) = block.split_once("\n\n")?;
    let media = head.strip_prefix("POST /v1/tenants/load\nContent-Type: ")?;
    let known = ["text/csv", "application/x-ndjson"];
    let media = known.into_iter().find(|known| *known == media);
    Some((media.expect("a type that the test knows"), body))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_is_answered_as_the_page_says() {
    let engine = Engine::start().await;
    let blocks = blocks(PAGE);
    let mut tried = 0;
    for pair in blocks.windows(2) {
        let Some((media, list)) = request(&pair[0]) else {
            continue;
        };
        let expected: Value = serde_json::from_str(&pair[1]).expect("an answer behind it");
        let body = Body::Bytes(media, list.into());
        let reply = engine
            .call(NOORD, "POST", "/v1/tenants/load", body)
            .await
            .ok();
        assert_eq!(reply, expected, "{list}\n{reply:#}");
        tried += 1;
    }
    assert_eq!(tried, 3, "examples of the page");
    engine.end().await;
}

#[test]
fn an_example_that_is_not_tried_would_be_seen() {
    let page = "text\n\n    POST /v1/tenants/load\n    Content-Type: text/csv\n\n    a;b\n    1;2\n\nThe answer:\n\n    {}\n";
    let blocks = blocks(page);
    assert_eq!(blocks.len(), 2, "{blocks:?}");
    assert_eq!(request(&blocks[0]), Some(("text/csv", "a;b\n1;2\n")));
}
