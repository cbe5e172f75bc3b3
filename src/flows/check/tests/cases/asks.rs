//! Mistakes in questions to the tenant: in place of the task of the small pack.

use super::{Case, F};

/// The task.
const WAS: &str =
    "task = { list = \"desk\", answers = { \"go on\" = \"text\", enough = \"end: enough\" } }";

pub(super) const IN_ASKS: [Case; 8] = [
    (
        F,
        WAS,
        "ask = { template = { email = \"hello-mail\" }, via = [\"email\"], title = \"Hoe ging het?\", answers = { given = \"text\" } }",
        "flow.toml:51:1: step.ask.on",
        "expected unanswered",
    ),
    (
        F,
        WAS,
        "on.unanswered = { after = \"14d\", go = \"end: enough\" }\non.settled = { after = \"1d\", go = \"text\" }\nask = { template = { email = \"hello-mail\" }, via = [\"email\"], title = \"Hoe ging het?\", answers = { given = \"text\" } }",
        "flow.toml:53:4: step.ask.on.settled",
        "waits for the answer",
    ),
    (
        F,
        WAS,
        "on.unanswered = { after = \"14d\", go = \"end: enough\" }\nask = { template = { email = \"hello-mail\" }, via = [\"email\"], answers = { given = \"text\" } }",
        "flow.toml:53:1: step.ask.ask.title",
        "which the tenant reads",
    ),
    (
        F,
        WAS,
        "on.unanswered = { after = \"14d\", go = \"end: enough\" }\nask = { template = { email = \"hello-mail\" }, via = [\"email\"], title = \"Hoe ging het?\" }",
        "flow.toml:53:1: step.ask.ask.answers",
        "at least one answer",
    ),
    (
        F,
        WAS,
        "on.unanswered = { after = \"14d\", go = \"end: enough\" }\nask = { template = { email = \"hello-mail\" }, via = [\"email\"], title = \"Hoe ging het?\", answers = { given = \"txet\" } }",
        "flow.toml:53:108: step.ask.ask.answers.given",
        "leads nowhere",
    ),
    (
        F,
        WAS,
        "on.unanswered = { after = \"14d\", go = \"end: enough\" }\nask = { template = { email = \"hello-mail\" }, via = [\"email\"], title = \"Hoe ging het?\", answers = { close = \"text\" } }",
        "flow.toml:53:108: step.ask.ask.answers.close",
        "every task has this answer",
    ),
    (
        F,
        WAS,
        "on.unanswered = { after = \"14d\", go = \"end: enough\" }\nask = { template = { email = \"hello-mail\" }, via = [\"email\"], again = \"mail\" }",
        "flow.toml:53:71: step.ask.ask.again",
        "asks the tenant",
    ),
    (
        F,
        WAS,
        "on.unanswered = { after = \"14d\", go = \"end: enough\" }\nask = { template = { email = \"hello-mail\" }, via = [\"email\"], title = \"Hoe ging het?\", answers = { given = { fields = { score = { kind = \"integer\", least = 10, most = 1 } }, go = \"text\" } } }",
        "flow.toml:53:121: step.ask.ask.answers.given.fields.score",
        "is above most",
    ),
];
