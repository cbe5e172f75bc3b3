//! Owns the sample values of a stored tenant and of what a shard says again: every phase, and
//! everything that is kept of attempts, facts and bounces.

use sluis_model::{
    Asked, Carried, CarriedMessage, CarriedStray, CarriedStrays, CarriedUnread, Cause, Channel,
    ChannelSet, Choice, Contact, Control, CorporationId, Counts, Declared, Erased, Fate, History,
    NotificationId, OnDoubt, Open, PauseScope, PausedBy, Phase, Plan, Round, Saying, SentTo,
    StoredTenant, SubjectMoney, Timestamp, Told, Tried, Tries,
};

use crate::facts::declared;
use crate::people::{profile, undated};
use crate::values::{AT, ID, notification, subject, tenant, why};

pub(crate) fn phases() -> Vec<Phase> {
    let (attempt, until) = (2, AT);
    vec![
        Phase::Waiting { until },
        Phase::Ready {
            channel: Channel::Email,
            choice: Choice::Preferred,
            pinned: Some("relay".into()),
            not_before: AT,
        },
        Phase::Started {
            attempt,
            channel: Channel::Sms,
            provider: "sms".into(),
            on_doubt: OnDoubt::Hold,
            at: AT,
        },
        Phase::InDoubt { attempt, until },
        Phase::Sent {
            attempt,
            accepted_at: AT,
            delivered_at: Some(AT),
            due: Timestamp::NEVER,
        },
        Phase::Held { guard: 3, until },
        Phase::Task {
            task: 3,
            list: "delivery".into(),
            asked: Box::new(Asked {
                cause: Cause::Bounced { why: why() },
                plan: Some(Box::new(plan())),
            }),
            since: AT,
        },
    ]
}

pub(crate) fn plan() -> Plan {
    Plan {
        team: Some("noord".into()),
        remind_at: Some(AT),
        due: Some(AT),
        reminded_at: Some(AT),
    }
}

pub(crate) fn phase_name(phase: &Phase) -> &'static str {
    match phase {
        Phase::Waiting { .. }
        | Phase::Ready { .. }
        | Phase::Started { .. }
        | Phase::InDoubt { .. }
        | Phase::Sent { .. }
        | Phase::Held { .. }
        | Phase::Task { .. } => phase.name(),
    }
}

fn tried() -> Tried {
    Tried {
        attempts: 2,
        interrupted: 1,
        tried: ChannelSet::default().with(Channel::Email),
        failed: ChannelSet::default().with(Channel::Sms),
        unsendable: ChannelSet::default(),
        ours: true,
        tries: Tries {
            retried: 3,
            withdrawn: 1,
            since: AT,
        },
        doubt: Some("relay".into()),
        sent_to: [SentTo {
            attempt: 2,
            step: 1,
            channel: Channel::Email,
            asked: true,
            address: "a@example.nl".into(),
            variant: 2,
        }]
        .into(),
    }
}

fn open(number: u128, phase: Phase) -> Box<Open> {
    let body = notification();
    Box::new(Open {
        id: NotificationId(ID.0 + number),
        flow: body.flow,
        body: 42,
        accepted_at: AT,
        category: body.category,
        subject: body.subject.map(Box::new),
        fields: body.fields,
        lane: body.lane,
        environment: body.environment,
        expires_at: Some(AT),
        step: 1,
        entered: true,
        tasks: 3,
        answered: true,
        link_closed: true,
        tried: (number > 0).then(|| Box::new(tried())),
        phase,
    })
}

fn told() -> Told {
    Told {
        balance: Some((71_250, AT)),
        balance_ahead: true,
        subjects: Default::default(),
        facts: [(1, 2), (3, 4)].into(),
        declared: Vec::new(),
        history: history(&[Fate::UnderWay, Fate::Left, Fate::CameBack].map(contact)),
        grouped: Some(Box::new(crate::households::grouped())),
        rounds: Some(Box::new([round()].into_iter().collect())),
    }
}

/// What ended, of a flow that asks whether it ran before.
fn round() -> Round {
    Round {
        last: ID,
        about: Contact::subject_hash(Some(&subject())),
        ended_at: AT,
        flow: 3,
        number: 2,
    }
}

/// What left: every fate, of a flow that is counted and of one that is not.
fn history(all: &[Contact]) -> Option<Box<History>> {
    Some(Box::new(all.iter().copied().collect()))
}

fn contact(fate: Fate) -> Contact {
    Contact {
        id: ID,
        at: AT,
        about: Contact::subject_hash(Some(&subject())),
        purpose: Contact::purpose_hash("collection"),
        category: Contact::category_hash("collection"),
        attempt: 2,
        channel: Some(Channel::Email),
        fate,
        counted: fate == Fate::Left,
    }
}

/// What version 5 remembered of a message that a cap counts: of its notification, half the id.
fn capped_then() -> Contact {
    Contact {
        id: NotificationId(u128::from(ID.0 as u64 + 1)),
        about: 4_938_262_474_774_945_460,
        purpose: 0,
        counted: false,
        ..contact(Fate::UnderWay)
    }
}

/// What version 5 remembered of a message of a counted flow.
fn counted_then() -> Contact {
    Contact {
        id: NotificationId(1),
        at: AT,
        about: 0,
        purpose: 2,
        category: 0,
        attempt: 0,
        channel: None,
        fate: Fate::Left,
        counted: true,
    }
}

/// A stored tenant as an older version wrote it.
pub(crate) fn stored_then(piece: &mut StoredTenant, version: u8) {
    if let (Some(profile), true) = (&mut piece.profile, version < 5) {
        profile.preferences = [undated()].into();
    }
    if let (Some(told), true) = (&mut piece.told, version < 6) {
        let counted = (!told.declared.is_empty()).then(counted_then);
        let all: Vec<Contact> = counted.into_iter().chain([capped_then()]).collect();
        told.history = history(&all).filter(|_| version == 5);
        told.grouped = None;
        told.rounds = None;
    }
    if version < 6 {
        let open = std::mem::take(&mut piece.open);
        piece.open = open.iter().cloned().map(unvaried).map(Box::new).collect();
    }
}

/// Before version 6, templates had no variants.
fn unvaried(mut open: Open) -> Open {
    let tried = open.tried.as_deref_mut();
    let sent = tried.into_iter().flat_map(|tried| &mut tried.sent_to);
    sent.for_each(|sent| sent.variant = 0);
    open
}

/// What facts of declared types told, in both ways of counting.
fn told_of_types() -> Told {
    let fact = declared();
    let saying = |ahead| Saying {
        at: AT,
        ahead,
        until: Timestamp::NEVER,
        says: fact.says.clone(),
    };
    let of = |counts, about: bool, told: Vec<Saying>| Declared {
        kind: fact.kind.clone(),
        subject: about.then(|| Box::new(subject())),
        counts,
        told,
    };
    Told {
        declared: vec![
            of(Counts::Newest, false, vec![saying(true)]),
            of(Counts::Sum, true, vec![saying(false), saying(true)]),
        ],
        history: history(&[counted_then(), contact(Fate::Left)]),
        ..told()
    }
}

pub(crate) fn stored() -> [(&'static str, StoredTenant); 4] {
    let money = SubjectMoney {
        subject: subject(),
        open: Some((61_250, AT)),
        open_ahead: false,
        paid_cents: 10,
        paid_at: AT,
        payments: vec![(10, AT)],
    };
    let first = StoredTenant {
        at: AT,
        tenant: tenant(),
        previous: 41,
        piece: 0,
        pieces: 2,
        profile: Some(Box::new(profile())),
        told: Some(Box::new(told())),
        subjects: vec![money],
        open: (0..)
            .zip(phases())
            .map(|(n, phase)| open(n, phase))
            .collect(),
        bodies: vec![notification()],
    };
    let second = StoredTenant {
        previous: 42,
        piece: 1,
        profile: None,
        told: None,
        subjects: Vec::new(),
        ..first.clone()
    };
    let types = StoredTenant {
        told: Some(Box::new(told_of_types())),
        ..second.clone()
    };
    let bodies = StoredTenant::bodies_only(&tenant(), vec![notification()], AT, (43, 44));
    let bodies = bodies.into_iter().next().expect("one record");
    [
        ("stored-types", types),
        ("stored-first", first),
        ("stored-last", second),
        ("stored-bodies", bodies),
    ]
}

pub(crate) fn erased() -> Control {
    Control::Erased(Box::new(Erased {
        corporation: CorporationId(7),
        tenant: *b"0123456789abcdef",
        by: "desk".into(),
        why: "request 2026-17".into(),
        records: 300,
        notifications: 12,
    }))
}

pub(crate) fn carried() -> [Carried; 3] {
    let scope = PauseScope {
        corporation: Some(CorporationId(7)),
        flow: Some("storno".into()),
        channel: Some(Channel::Email),
        by: PausedBy::Operator,
    };
    let stray = CarriedStray {
        sequence: 40,
        tenant: "H-1001".into(),
        at: AT,
        subject: Some(99),
        near: Some(Box::new(subject())),
        dismissed: true,
    };
    let strays = CarriedStrays {
        corporation: Some(CorporationId(7)),
        facts: vec![stray],
        newer: vec![1, u32::MAX],
        older: vec![2],
        ever: 5,
        strangers: 6,
    };
    let message = CarriedMessage {
        sequence: 41,
        at: AT,
        id: Some(ID),
        attempt: 2,
        dismissed: true,
    };
    let unread = CarriedUnread {
        corporation: CorporationId(7),
        messages: vec![message],
        ever: 3,
    };
    [
        Carried::Pause { scope, since: AT },
        Carried::Strays(strays),
        Carried::Unread(unread),
    ]
}
