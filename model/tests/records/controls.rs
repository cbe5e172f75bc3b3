//! Owns the sample values of what a shard says of itself.

use sluis_model::{Channel, Control, CorporationId, Input, Intent, PauseScope, PausedBy};

use crate::values::{ID, fact, subject, tenant};

pub(crate) fn controls() -> Vec<Control> {
    let scope = PauseScope {
        corporation: Some(CorporationId(7)),
        flow: Some("storno".into()),
        channel: Some(Channel::Voice),
        by: PausedBy::Corporation,
    };
    let each = Intent::Each {
        tenants: vec![tenant()],
        input: Input::Fact(fact()),
    };
    let cancel = Intent::CancelSubject {
        corporation: CorporationId(7),
        subject: subject(),
        note: "desk".into(),
    };
    vec![
        Control::Pause(scope),
        Control::Resume(PauseScope {
            corporation: None,
            flow: None,
            channel: None,
            by: PausedBy::Operator,
        }),
        Control::IntentOpened {
            intent: 5,
            work: each,
        },
        Control::IntentOpened {
            intent: 6,
            work: cancel,
        },
        Control::IntentOpened {
            intent: 7,
            work: crate::households::intent(),
        },
        Control::IntentDone { intent: 5 },
        Control::Unexplained {
            corporation: Some(CorporationId(7)),
            id: Some(ID),
            provider: "relay".into(),
            text: "what is this".into(),
        },
        Control::StrayDismissed {
            corporation: CorporationId(7),
            fact: 41,
            by: "desk".into(),
        },
    ]
}
