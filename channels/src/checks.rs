//! Owns the checks that the settings of several kinds share: names, addresses, ranges. Pure: nothing
//! is looked up.

use std::time::Duration;

use crate::duration::HumanDuration;
use crate::problem::Problem;

/// Whether the text is a domain name of at least one label (RFC 1123).
pub(crate) fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// The address as a URI, when it is `http` or `https` with a host, a port that there is, and
/// without query or user.
pub(crate) fn http_url(text: &str) -> Option<http::Uri> {
    let uri: http::Uri = text.parse().ok()?;
    let scheme = uri
        .scheme_str()
        .is_some_and(|s| s == "http" || s == "https");
    let plain = uri.query().is_none()
        && uri
            .authority()
            .is_some_and(|a| !a.as_str().contains('@') && has_port(a));
    (scheme && plain && uri.host().is_some_and(|host| !host.is_empty())).then_some(uri)
}

/// Whether the port is left out, or is one. The library takes any number and then says that there
/// is none.
fn has_port(authority: &http::uri::Authority) -> bool {
    let rest = authority
        .as_str()
        .strip_prefix(authority.host())
        .unwrap_or(":");
    rest.is_empty()
        || rest
            .strip_prefix(':')
            .and_then(|port| port.parse::<u16>().ok())
            .is_some_and(|port| port > 0)
}

/// Whether the host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// Adds a problem when the number is outside its range.
pub(crate) fn in_range(
    problems: &mut Vec<Problem>,
    path: &str,
    field: &str,
    value: u64,
    range: std::ops::RangeInclusive<u64>,
    hint: &str,
) {
    if !range.contains(&value) {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        problems.push(Problem::new(path, field, value, expected, hint));
    }
}

/// Adds a problem when the time is zero or over a day.
pub(crate) fn sensible(problems: &mut Vec<Problem>, path: &str, field: &str, value: HumanDuration) {
    if value.0.is_zero() || value.0 > Duration::from_secs(86_400) {
        problems.push(Problem::new(
            path,
            field,
            value,
            "more than 0 s and at most a day",
            "such as 30s",
        ));
    }
}
