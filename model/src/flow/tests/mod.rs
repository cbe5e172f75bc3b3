//! Owns the tests of flows as data, and the small flow that they change. Refuses to walk a flow: that
//! is tested in `decide`.

mod asking;
mod asking_tenant;
mod branches;
mod compiled;
mod conditions;
mod input;
mod mistakes;
mod selection;
mod setting;
mod times;

use super::{Definition, Flow};

const STORNO: &str = include_str!("../../../../config/flows/storno.toml");
const NOTICE: &str = include_str!("../../../../config/flows/notice.toml");
const STORNO_CLASS: &str = include_str!("../../../../config/flows/classes/storno-class.toml");

/// A small flow without a mistake; each case of a mistake changes one line of it.
const SOUND: &str = r#"
name = "sound"
version = 1
purpose = "information"
subject = "invoice"
amount = "cents"
hold_for = "72h"

[input]
cents = "money"
code = "text"
urgent = "boolean?"

[classes]
class = "storno-class"

[[guard]]
name = "right type"
when = "class(data.code) == 'CHASE'"
fresh_within = "24h"
otherwise = "end: wrong type"

[[stop]]
name = "paid"
when = "subject.open_amount_cents <= 0"
end = "paid"

[[step]]
id = "mail"
send = { template = { email = "mail" }, via = ["preferred", "email"] }
on.bounced = "pause"
on.unanswered = { after = "48h", go = "pause" }
on.answered = "end: answered"

[[step]]
id = "pause"
wait = { for = "1d", then = "ask" }

[[step]]
id = "ask"
task = { list = "desk", answers = { "go on" = "mail" } }
"#;

fn definition(flow: &str) -> Definition {
    let classes = [("storno-class".to_owned(), STORNO_CLASS.to_owned())].into();
    Definition {
        flow: flow.into(),
        classes,
        ..Definition::default()
    }
}

fn problems(flow: &str) -> Vec<String> {
    Flow::compile(&definition(flow))
        .err()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect()
}
