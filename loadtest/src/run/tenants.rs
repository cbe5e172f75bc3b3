//! The tenants a load run sends to, made by number and loaded over the API. Owns their ids and
//! addresses; refuses to look like real people (the demo's list does that).

use std::fmt::Write as _;

use bytes::Bytes;
use http_body_util::BodyExt;

use super::numbers::{mobile_of, tenant_id};
use super::target::HttpLink;
use super::{Endpoint, RunError};

const ROWS_PER_REQUEST: u64 = 10_000;

/// Loads tenants 0 to `count` through `POST /v1/tenants/load`; returns the engine's reports.
///
/// # Errors
/// The engine cannot be reached or refuses a request.
pub async fn load_tenants(endpoint: Endpoint, count: u64) -> Result<Vec<String>, RunError> {
    let mut link = HttpLink::new(endpoint);
    let mut reports = Vec::new();
    let mut from = 0;
    while from < count {
        let to = (from + ROWS_PER_REQUEST).min(count);
        reports.push(load(&mut link, rows(from, to)).await?);
        from = to;
    }
    Ok(reports)
}

async fn load(link: &mut HttpLink, rows: String) -> Result<String, RunError> {
    let refused = |answer: String| RunError::Refused {
        what: "POST /v1/tenants/load",
        answer,
    };
    let request = link.endpoint.post(
        "/v1/tenants/load",
        "application/x-ndjson",
        Bytes::from(rows),
    );
    let answer = link
        .call(request)
        .await
        .ok_or_else(|| refused("nothing: no connection".into()))?;
    let status = answer.status();
    let body = answer
        .into_body()
        .collect()
        .await
        .map_err(|e| refused(format!("{status}, then broke off: {e}")))?;
    let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    if status.is_success() {
        Ok(text)
    } else {
        Err(refused(format!(
            "{status} {}",
            text.get(..500).unwrap_or(&text)
        )))
    }
}

fn rows(from: u64, to: u64) -> String {
    let mut text = String::new();
    for n in from..to {
        let id = tenant_id(n);
        let _ = writeln!(
            text,
            r#"{{"tenant_id":"{id}","name":"Huurder {n}","email":"{id}@load.example.nl","mobile":"{}","language":"nl"}}"#,
            mobile_of(n)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_never_forced() {
        let numbers: std::collections::HashSet<_> = (0..20_000).map(mobile_of).collect();
        assert_eq!(numbers.len(), 20_000);
        assert!(
            numbers
                .iter()
                .all(|n| n.len() == 12 && !n[..n.len() - 1].ends_with("900")),
            "{:?}",
            numbers.iter().next()
        );
    }

    #[test]
    fn rows_are_json() {
        for line in rows(5, 8).lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(row["email"].as_str().unwrap().ends_with("@load.example.nl"));
        }
    }
}
