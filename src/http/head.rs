//! Owns what is asked of every request before it is looked at: one `Host` that is one (RFC 9112
//! §3.2), at most one `Authorization`, no coding of the body. Refuses to judge anything that
//! depends on the address.

use http::header::{AUTHORIZATION, CONTENT_ENCODING, HOST};
use http::{HeaderMap, Request, StatusCode, Version};

use super::problem::{Problem, Wanted};

/// Looks at the head of a request.
///
/// # Errors
/// 400 or 415.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), Problem> {
    let headers = request.headers();
    let mut hosts = headers.get_all(HOST).iter();
    match hosts.next() {
        None if request.version() == Version::HTTP_11 => {
            return Err(bad("Host is missing: HTTP/1.1 asks for it"));
        }
        Some(_) if hosts.next().is_some() => {
            return Err(bad("Host stands there more than once: expected one"));
        }
        Some(host) if !is_host(host.as_bytes()) => {
            return Err(bad(
                "Host: expected a host name or an address, perhaps a port",
            ));
        }
        None | Some(_) => {}
    }
    if more_than_one(headers, &AUTHORIZATION) {
        return Err(bad(
            "Authorization stands there more than once: expected one key",
        ));
    }
    match headers.get(CONTENT_ENCODING) {
        Some(coding)
            if !coding.as_bytes().eq_ignore_ascii_case(b"identity")
                || more_than_one(headers, &CONTENT_ENCODING) =>
        {
            let detail =
                "Content-Encoding: bodies are taken as they are; send it without compression";
            Err(Problem::unsupported(
                Wanted::Uncoded,
                "wrong_encoding",
                detail,
            ))
        }
        None | Some(_) => Ok(()),
    }
}

fn more_than_one(headers: &HeaderMap, name: &http::HeaderName) -> bool {
    headers.get_all(name).iter().nth(1).is_some()
}

fn bad(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad_request", detail)
}

/// `uri-host [ ":" port ]`; both may be empty.
fn is_host(host: &[u8]) -> bool {
    let (name, port) = host
        .iter()
        .position(|byte| *byte == b':')
        .map_or((host, &[][..]), |at| (&host[..at], &host[at + 1..]));
    let plain = name
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if plain && port.iter().all(u8::is_ascii_digit) {
        return true;
    }
    http::uri::Authority::try_from(host).is_ok_and(|authority| {
        let rest = authority.as_str().strip_prefix(authority.host());
        rest.is_some_and(|rest| {
            rest.is_empty()
                || rest
                    .strip_prefix(':')
                    .is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(version: Version, headers: &[(&str, &str)]) -> Result<(), &'static str> {
        let request = Request::get("/").version(version);
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        check(&request.body(()).unwrap()).map_err(|problem| problem.code)
    }

    #[test]
    fn a_request_has_one_host_that_is_one() {
        for host in [
            "localhost",
            "a.example:8080",
            "127.0.0.1:80",
            "[::1]:8080",
            "[::1]",
            "",
            "a:",
            "xn--caf-dma.example",
        ] {
            assert_eq!(with(Version::HTTP_11, &[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "a b", "a/b", "a:b", "a:1:2", "u@a", "[::1", "a?b", "a#b", "é",
        ] {
            assert_eq!(
                with(Version::HTTP_11, &[("host", host)]),
                Err("bad_request"),
                "{host}"
            );
        }
        assert_eq!(with(Version::HTTP_11, &[]), Err("bad_request"));
        assert_eq!(
            with(Version::HTTP_11, &[("host", "a"), ("host", "a")]),
            Err("bad_request")
        );
        assert_eq!(with(Version::HTTP_10, &[]), Ok(()));
        assert_eq!(with(Version::HTTP_2, &[]), Ok(()));
    }

    #[test]
    fn two_keys_are_none() {
        let key = ("authorization", "Bearer a");
        assert_eq!(with(Version::HTTP_2, &[key]), Ok(()));
        assert_eq!(with(Version::HTTP_2, &[key, key]), Err("bad_request"));
    }

    #[test]
    fn a_body_comes_as_it_is() {
        for coding in ["gzip", "br", "identity, gzip", "", "x"] {
            assert_eq!(
                with(Version::HTTP_2, &[("content-encoding", coding)]),
                Err("wrong_encoding"),
                "{coding}"
            );
        }
        assert_eq!(
            with(Version::HTTP_2, &[("content-encoding", "Identity")]),
            Ok(())
        );
        assert_eq!(
            with(
                Version::HTTP_2,
                &[
                    ("content-encoding", "identity"),
                    ("content-encoding", "gzip")
                ]
            ),
            Err("wrong_encoding")
        );
    }
}
