//! Mistakes in what a flow means: steps that nothing leads to, rules that never hold.

use super::{Case, F};

pub(super) const IN_MEANING: [Case; 14] = [
    (
        F,
        "on.answered = \"pause\"",
        "on.answered = \"ask\"",
        "flow.toml:47:1: step.pause",
        "nothing leads here",
    ),
    (
        F,
        "answers = { \"go on\" = \"text\", enough = \"end: enough\" }",
        "answers = { \"go on\" = \"pause\" }",
        "flow.toml:47:1: step.pause",
        "no end is reached",
    ),
    (
        F,
        "== 'CHASE'",
        "== 'CHACE'",
        "flow.toml:19:8: guard[0] \"right kind\".when",
        "did you mean 'CHASE'?",
    ),
    (
        F,
        "== 'CHASE'",
        "in ['CHASE', 'OTHER']",
        "flow.toml:19:8: guard[0] \"right kind\".when",
        "'OTHER' to no code",
    ),
    (
        F,
        "kind(data.code)",
        "sort(data.code)",
        "flow.toml:19:8: guard[0] \"right kind\".when",
        "not a class table",
    ),
    (
        F,
        "kind(data.code)",
        "kind(data.kode)",
        "flow.toml:19:8: guard[0] \"right kind\".when",
        "is not declared under [input]",
    ),
    (
        F,
        "== 'CHASE'",
        "= 'CHASE'",
        "flow.toml:19:8: guard[0] \"right kind\".when",
        "write ==",
    ),
    (
        F,
        "== 'CHASE'",
        "== 4",
        "flow.toml:19:8: guard[0] \"right kind\".when",
        "compares text with a number",
    ),
    (
        F,
        "facts.balance_cents > 0 &&",
        "facts.balance > 0 &&",
        "flow.toml:24:8: guard[1] \"something owed\".when",
        "expected facts.balance_cents, which counts it",
    ),
    (
        F,
        "facts.balance_cents > 0 &&",
        "between(facts.balance_cents, 5, 1) &&",
        "flow.toml:24:8: guard[1] \"something owed\".when",
        "exclude each other",
    ),
    (
        F,
        "fresh_within = \"24h\"",
        "fresh_within = \"0h\"",
        "flow.toml:25:16: guard[1] \"something owed\".fresh_within",
        "no time passes",
    ),
    (
        F,
        "subject.open_amount_cents <= 0",
        "data.code == 'PAID'",
        "flow.toml:30:8: stop[0] \"paid\".when",
        "no fact changes",
    ),
    (
        F,
        "subject.open_amount_cents <= 0",
        "subject.open_amount_cents <= 0 && subject.open_amount_cents >= 1",
        "flow.toml:30:8: stop[0] \"paid\".when",
        "exclude each other",
    ),
    (
        F,
        "otherwise = \"end: no balance\"",
        "otherwise = \"human:\"",
        "flow.toml:26:13: guard[1] \"something owed\".otherwise",
        "leads nowhere",
    ),
];
