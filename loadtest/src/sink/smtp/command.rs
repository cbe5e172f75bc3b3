//! Reads SMTP command lines. Pure: a line in, a command or a reply out. Refuses anything the RFCs
//! do not allow, with the enhanced status code a real relay uses.

/// A command, its addresses without `<>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Ehlo,
    Helo,
    Mail {
        from: String,
        size: Option<usize>,
        envid: Option<String>,
    },
    Rcpt {
        to: String,
        orcpt: Option<String>,
        never_notify: bool,
    },
    Data,
    Rset,
    Noop,
    Quit,
    StartTls,
    AuthPlain(Option<String>),
    AuthLogin(Option<String>),
    Vrfy,
}

/// A refusal of a line, ready to send, without CRLF.
pub(super) type Refusal = &'static str;

pub(super) const SYNTAX: Refusal = "501 5.5.2 syntax error";
const UNKNOWN: Refusal = "500 5.5.1 command not recognised";
const BAD_ADDRESS: Refusal = "501 5.1.3 bad address syntax";
const BAD_PARAMETER: Refusal = "555 5.5.4 parameter not recognised";
const NOT_ASCII: Refusal = "553 5.6.7 address is not ASCII and SMTPUTF8 is not offered";

/// Reads one line, given without its CRLF.
pub(super) fn parse(line: &[u8]) -> Result<Command, Refusal> {
    if !line.is_ascii() {
        return Err(NOT_ASCII);
    }
    let line = std::str::from_utf8(line).map_err(|_| SYNTAX)?;
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" if !rest.trim().is_empty() => Ok(Command::Ehlo),
        "HELO" if !rest.trim().is_empty() => Ok(Command::Helo),
        "EHLO" | "HELO" => Err(SYNTAX),
        "MAIL" => mail(path_of(rest, "FROM:")?),
        "RCPT" => rcpt(path_of(rest, "TO:")?),
        "DATA" => bare(rest, Command::Data),
        "RSET" => bare(rest, Command::Rset),
        "QUIT" => bare(rest, Command::Quit),
        "STARTTLS" => bare(rest, Command::StartTls),
        "NOOP" => Ok(Command::Noop),
        "VRFY" => Ok(Command::Vrfy),
        "AUTH" => auth(rest),
        _ => Err(UNKNOWN),
    }
}

fn bare(rest: &str, command: Command) -> Result<Command, Refusal> {
    if rest.trim().is_empty() {
        Ok(command)
    } else {
        Err(SYNTAX)
    }
}

/// Splits `FROM:<address> PARAMS` into address and parameters.
fn path_of<'a>(rest: &'a str, keyword: &str) -> Result<(&'a str, &'a str), Refusal> {
    let head = rest
        .get(..keyword.len())
        .filter(|head| head.eq_ignore_ascii_case(keyword));
    head.ok_or(SYNTAX)?;
    let path = rest[keyword.len()..]
        .trim_start()
        .strip_prefix('<')
        .ok_or(BAD_ADDRESS)?;
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in path.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => return Ok((&path[..at], path[at + 1..].trim())),
            _ => {}
        }
    }
    Err(BAD_ADDRESS)
}

fn mail((from, params): (&str, &str)) -> Result<Command, Refusal> {
    if !from.is_empty() {
        check_address(from)?;
    }
    let (mut size, mut envid) = (None, None);
    for param in params.split_ascii_whitespace() {
        let (name, value) = param.split_once('=').unwrap_or((param, ""));
        match (
            name.to_ascii_uppercase().as_str(),
            value.to_ascii_uppercase().as_str(),
        ) {
            ("SIZE", _) => size = Some(value.parse().map_err(|_| SYNTAX)?),
            ("BODY", "7BIT" | "8BITMIME") | ("RET", "FULL" | "HDRS") => {}
            ("ENVID", text) if !text.is_empty() => envid = Some(value.to_owned()),
            ("AUTH", text) if !text.is_empty() => {}
            _ => return Err(BAD_PARAMETER),
        }
    }
    Ok(Command::Mail {
        from: from.into(),
        size,
        envid,
    })
}

fn rcpt((to, params): (&str, &str)) -> Result<Command, Refusal> {
    check_address(to)?;
    let (mut orcpt, mut never_notify) = (None, false);
    for param in params.split_ascii_whitespace() {
        let (name, value) = param.split_once('=').unwrap_or((param, ""));
        match name.to_ascii_uppercase().as_str() {
            "NOTIFY" if value.eq_ignore_ascii_case("NEVER") => never_notify = true,
            "NOTIFY" if is_notify_list(value) => {}
            "ORCPT" if value.contains(';') => orcpt = Some(value.to_owned()),
            _ => return Err(BAD_PARAMETER),
        }
    }
    Ok(Command::Rcpt {
        to: to.into(),
        orcpt,
        never_notify,
    })
}

fn is_notify_list(value: &str) -> bool {
    value.split(',').all(|when| {
        ["SUCCESS", "FAILURE", "DELAY"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(when))
    })
}

/// Local part at most 64 octets, the whole at most 254, something on both sides of the last `@`.
fn check_address(address: &str) -> Result<(), Refusal> {
    let (local, domain) = address.rsplit_once('@').ok_or(BAD_ADDRESS)?;
    let plain = local.starts_with('"') || !local.contains([' ', '@', '"', '(', ')', ',', ';', ':']);
    let domain_ok = !domain.is_empty()
        && (domain.starts_with('[')
            || domain
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)))
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !domain.contains("..");
    let fits = !local.is_empty() && local.len() <= 64 && address.len() <= 254;
    if plain && domain_ok && fits {
        Ok(())
    } else {
        Err(BAD_ADDRESS)
    }
}

fn auth(rest: &str) -> Result<Command, Refusal> {
    let mut words = rest.split_ascii_whitespace();
    let mechanism = words.next().ok_or(SYNTAX)?;
    let initial = words.next().map(str::to_owned);
    match mechanism.to_ascii_uppercase().as_str() {
        "PLAIN" => Ok(Command::AuthPlain(initial)),
        "LOGIN" => Ok(Command::AuthLogin(initial)),
        _ => Err("504 5.5.4 mechanism not offered"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_with_their_parameters() {
        let mail =
            parse(b"mail from:<b+1.2@x.nl> SIZE=120 BODY=8BITMIME RET=HDRS ENVID=a+2Bb").unwrap();
        assert_eq!(
            mail,
            Command::Mail {
                from: "b+1.2@x.nl".into(),
                size: Some(120),
                envid: Some("a+2Bb".into())
            }
        );
        let rcpt =
            parse(b"RCPT TO:<\"jan > piet\"@x.nl> NOTIFY=FAILURE,DELAY ORCPT=rfc822;jan@x.nl")
                .unwrap();
        assert_eq!(
            rcpt,
            Command::Rcpt {
                to: "\"jan > piet\"@x.nl".into(),
                orcpt: Some("rfc822;jan@x.nl".into()),
                never_notify: false
            }
        );
        assert_eq!(
            parse(b"MAIL FROM:<>").unwrap(),
            Command::Mail {
                from: String::new(),
                size: None,
                envid: None
            }
        );
        assert_eq!(
            parse(b"AUTH PLAIN AGEAYg==").unwrap(),
            Command::AuthPlain(Some("AGEAYg==".into()))
        );
    }

    #[test]
    fn what_is_refused() {
        let cases: [(&[u8], &str); 11] = [
            (b"EHLO", "501"),
            (b"MAIL FROM:a@x.nl", "501"),
            (b"MAIL FROM:<a@x.nl> SMTPUTF8", "555"),
            (b"MAIL FROM:<a@x.nl> SIZE=many", "501"),
            (b"RCPT TO:<>", "501"),
            (b"RCPT TO:<a b@x.nl>", "501"),
            (b"RCPT TO:<jan@x..nl>", "501"),
            (b"RCPT TO:<a@x.nl> NOTIFY=SOON", "555"),
            ("RCPT TO:<jos\u{e9}@x.nl>".as_bytes(), "553"),
            (b"DATA now", "501"),
            (b"EXPN list", "500"),
        ];
        for (line, code) in cases {
            let refusal = parse(line).unwrap_err();
            assert!(
                refusal.starts_with(code),
                "{}: {refusal}",
                String::from_utf8_lossy(line)
            );
        }
    }
}
