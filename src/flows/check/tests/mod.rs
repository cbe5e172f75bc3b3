//! Owns the small pack of files that cases change in one place, and the checking of it.

mod extended;
mod kinds;
mod sound;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Report, check};
use crate::config::flows::{FlowMistake, find_in};

/// A flow without a mistake; each case changes a line of it, or of a file beside it.
const FLOW: &str = r#"name = "sound"
version = 1
purpose = "information"
subject = "invoice"
amount = "cents"
hold_for = "72h"
calendar = "office"

[input]
cents = "money"
code = "line"
urgent = "boolean?"

[classes]
kind = "kinds"

[[guard]]
name = "right kind"
when = "kind(data.code) == 'CHASE'"
otherwise = "end: wrong kind"

[[guard]]
name = "something owed"
when = "facts.balance_cents > 0 && !data.urgent"
fresh_within = "24h"
otherwise = "end: no balance"

[[stop]]
name = "paid"
when = "subject.open_amount_cents <= 0"
end = "paid"

[[step]]
id = "mail"
send = { template = { email = "hello-mail" }, via = ["preferred", "email"], link = true }
on.bounced = "text"
on.unanswered = { after = "2 working days", go = "text" }
on.answered = "pause"

[[step]]
id = "text"
send = { template = { sms = "hello-sms" }, via = ["sms"] }
on.bounced = "ask"
on.settled = { after = "24h", go = "end: sent" }

[[step]]
id = "pause"
wait = { for = "5d", then = "ask" }

[[step]]
id = "ask"
task = { list = "desk", answers = { "go on" = "text", enough = "end: enough" } }
"#;

/// The files beside it.
const BESIDE: [(&str, &str); 5] = [
    (
        "classes/kinds.toml",
        "default = \"HUMAN\"\n\n[codes]\nAM04 = \"CHASE\"\nMD07 = \"HUMAN\"\n",
    ),
    (
        "calendars/office.toml",
        "weekend = [\"sat\", \"sun\"]\nholidays = \"nl\"\n\n[days]\n2027-12-24 = \"off\"\n",
    ),
    (
        "templates/hello-mail.subject.txt",
        "Factuur {{ data.code }}\n",
    ),
    (
        "templates/hello-mail.txt",
        "Beste {{ tenant.name }},\n\nU betaalt {{ data.cents|euro }}: {{ link }}\n",
    ),
    ("templates/hello-sms.txt", "Betaal {{ data.cents|euro }}\n"),
];

/// Writes files below a directory; without a text there is no such file.
fn write(dir: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// What a check of the pack finds with one file changed.
fn checked(file: &str, sound: &str, other: &str) -> (TempDir, Report) {
    let dir = TempDir::new().unwrap();
    write(dir.path(), &[("flow.toml", FLOW)]);
    write(dir.path(), &BESIDE);
    let path = dir.path().join(file);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let whole = sound.is_empty();
    assert!(
        whole || text.matches(sound).count() == 1,
        "{file}: {sound:?} must be there once"
    );
    match (whole, other.is_empty()) {
        (true, true) => fs::remove_file(&path).unwrap(),
        (true, false) => write(dir.path(), &[(file, other)]),
        (false, _) => fs::write(&path, text.replace(sound, other)).unwrap(),
    }
    let (found, mistakes) = find_in(dir.path());
    (dir, check(&found, mistakes))
}

/// Where a mistake is: `flow.toml:31:14: step.mail.on.bounced`.
fn shown(dir: &Path, found: &FlowMistake) -> String {
    let place = &found.place;
    let file = place.file.replace(&format!("{}/", dir.display()), "");
    match place.line {
        0 => format!("{file}: {}", found.path),
        line => format!("{file}:{line}:{}: {}", place.column, found.path),
    }
}
