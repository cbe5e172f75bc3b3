//! Owns the small pack of files that cases change in one place. Refuses a mistake.

/// A flow without a mistake; each case changes a line of it, or of a file beside it.
pub(crate) const FLOW: &str = r#"name = "sound"
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
pub(crate) const BESIDE: [(&str, &str); 5] = [
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
