//! What an attempt is made into, and the pool on which that is done.

use std::sync::Arc;

use sluis_channels::Originator;
use sluis_journal::{Batch, Journal, MemoryJournal, Sequence, Shard};
use sluis_model::flow::Definition;
use sluis_model::{
    AttemptRef, Channel, CorporationId, Environment, FlowRef, Idempotency, Input, Lane,
    Notification, NotificationId, Profile, Record, ReferenceKey, Refusal, ShardId, TenantKey,
    TenantRecord, Timestamp, Verdict,
};

use super::*;
use crate::book::Book;
use crate::dispatch::{Dispatch, Lease};
use crate::latest::Latest;

const FLOW: &str = r#"
name = "notice"
version = 1
purpose = "information"
[input]
text = "text"
[[step]]
id = "mail"
send = { template = { sms = "hello" }, variant = { calm = { sms = "plain" } }, via = ["sms"], link = true }
[[step]]
id = "plain"
send = { template = { sms = "plain" }, via = ["sms"] }
"#;
const ID: NotificationId = NotificationId::new(ShardId(0), 0, 7);

fn stage(data: &str) -> (Preparer, Dispatch, ReferenceKey) {
    let files = [
        (
            "hello.txt",
            "Beste {{ tenant.name }}, {{ data.text }} {{ link }}",
        ),
        ("hello.en.txt", "Dear {{ tenant.id }}"),
        (
            "plain.txt",
            "{{ corporation.name }}: {{ data.text }}{{ link }}",
        ),
    ];
    let templates = files
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    let definition = Definition {
        flow: FLOW.into(),
        templates,
        ..Definition::default()
    };
    let journal = Arc::new(MemoryJournal::new(1, 8));
    let flow = definition.reference();
    // Stored, not current: one of its templates would not be taken today.
    journal
        .put_definition(flow.0, &definition.encode())
        .unwrap();
    let book = Book::load(&*journal, Vec::new()).unwrap();
    append(&journal, flow, data);
    let key = ReferenceKey::new([3; 32]);
    let originator: Originator = serde_json::from_value(serde_json::json!({
        "email_from": "post@example.nl", "bounce_domain": "b.example.nl",
        "sms_originator": "Sluis", "public_url": "https://post.example.nl/",
    }))
    .unwrap();
    let card = CorporationCard {
        name: "De Sluis".into(),
        originator: Arc::new(originator),
    };
    let preparer = Preparer::new(
        journal,
        Arc::new(book),
        key.clone(),
        Arc::new(Latest::new([(CorporationId(1), card)].into())),
    );
    let profile = Profile {
        name: "mevrouw De Vries".into(),
        ..Profile::default()
    };
    let dispatch = Dispatch {
        attempt: AttemptRef {
            id: ID,
            step: 0,
            attempt: 1,
        },
        corporation: CorporationId(1),
        tenant: "H-1".into(),
        channel: Channel::Sms,
        provider: 0,
        address: "+31600000001".into(),
        flow,
        step: 0,
        variant: 0,
        body: 1,
        lease: Lease::default(),
        answers: Box::default(),
        profile: Some(Box::new(profile)),
        at: Timestamp(42),
    };
    (preparer, dispatch, key)
}

fn append(journal: &MemoryJournal, flow: FlowRef, data: &str) {
    let body = Notification {
        id: ID,
        flow,
        category: "general".into(),
        subject: None,
        data: data.into(),
        fields: Box::default(),
        lane: Lane::Normal,
        send_after: None,
        expires_at: None,
        environment: Environment::Test,
        idempotency: Idempotency { key: 0, body: 0 },
        addressed: Default::default(),
    };
    let record = |input| TenantRecord {
        at: Timestamp(0),
        tenant: TenantKey::new(CorporationId(1), "H-1"),
        previous: 0,
        input,
        events: Vec::new(),
    };
    let mut batch = Batch::new(Shard(0), Sequence(1));
    for input in [Input::Notify(Box::new(body)), Input::Timer { id: ID }] {
        let mut bytes = Vec::new();
        Record::Tenant(record(input)).encode(&mut bytes).unwrap();
        batch.push(&bytes);
    }
    journal.try_append(batch, Sequence(0)).unwrap();
    journal.commit();
}

#[track_caller]
fn text(prepared: Prepared) -> String {
    match prepared.unwrap().content {
        sluis_channels::Content::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn code(prepared: Prepared) -> Box<str> {
    match prepared.unwrap_err() {
        Verdict::Refused {
            class: Refusal::Ours | Refusal::Unsendable,
            why,
        } => why.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_is_rendered_with_its_link_and_reference() {
    let (preparer, dispatch, key) = stage(r#"{"text":"hallo"}"#);
    let prepared = preparer.prepare(&dispatch);
    let made = prepared.as_ref().unwrap();
    assert_eq!(
        key.open_attempt(&made.reference),
        Ok((CorporationId(1), dispatch.attempt))
    );
    assert_eq!((&*made.to, made.at), ("+31600000001", Timestamp(42)));
    let text = text(prepared);
    let token = text
        .strip_prefix("Beste mevrouw De Vries, hallo https://post.example.nl/b/")
        .unwrap();
    assert_eq!(key.open_link(token), Ok((CorporationId(1), ID)));
}

#[test]
fn an_attempt_with_a_variant_is_made_of_its_template() {
    let (preparer, mut dispatch, _) = stage(r#"{"text":"hallo"}"#);
    dispatch.variant = 1;
    let made = text(preparer.prepare(&dispatch));
    assert!(
        made.starts_with("De Sluis: hallohttps://post.example.nl/b/"),
        "{made}"
    );
}

#[test]
fn the_tenants_language_decides_and_a_step_without_link_has_none() {
    let (preparer, mut dispatch, _) = stage(r#"{"text":"hallo"}"#);
    dispatch.profile = Some(Box::new(Profile {
        language: "en".into(),
        ..Profile::default()
    }));
    assert_eq!(text(preparer.prepare(&dispatch)), "Dear H-1");
    dispatch.step = 1;
    assert_eq!(
        code(preparer.prepare(&dispatch)),
        "render_missing".into(),
        "the template asks for a link"
    );
}

#[test]
fn a_blank_is_as_if_it_were_left_out() {
    for blank in ["", "  ", "\\u200b"] {
        let (preparer, dispatch, _) = stage(&format!(r#"{{"text":"{blank}"}}"#));
        let refused = code(preparer.prepare(&dispatch));
        assert_eq!(refused, "render_missing".into(), "{blank:?}");
    }
}

#[test]
fn a_tenant_without_a_name_is_called_tenant() {
    let (preparer, mut dispatch, _) = stage(r#"{"text":"hallo"}"#);
    for profile in [
        None,
        Some(Box::default()),
        Some(Box::new(Profile {
            name: "  ".into(),
            ..Profile::default()
        })),
    ] {
        dispatch.profile = profile;
        assert!(text(preparer.prepare(&dispatch)).starts_with("Beste huurder, "));
    }
}

#[test]
fn what_cannot_be_prepared_is_ours() {
    let (preparer, dispatch, _) = stage("{}");
    assert_eq!(code(preparer.prepare(&dispatch)), "render_missing".into());
    let with = |change: &dyn Fn(&mut Dispatch)| {
        let mut changed = dispatch.clone();
        change(&mut changed);
        code(preparer.prepare(&changed))
    };
    assert_eq!(with(&|d| d.body = 9), "body".into(), "nothing there");
    assert_eq!(with(&|d| d.body = 2), "body".into(), "another input");
    assert_eq!(
        with(&|d| d.attempt.id = NotificationId::new(ShardId(0), 0, 8)),
        "body".into(),
        "another notification"
    );
    assert_eq!(with(&|d| d.flow = FlowRef([9; 16])), "flow".into());
    assert_eq!(with(&|d| d.channel = Channel::Email), "render".into());
    assert_eq!(with(&|d| d.corporation = CorporationId(2)), "sender".into());
}

#[test]
fn a_pool_survives_a_panic_is_bounded_and_finishes_what_waits() {
    let (preparer, dispatch, _) = stage(r#"{"text":"hallo"}"#);
    let (release, gate) = crossbeam::channel::unbounded::<bool>();
    let prepare = move |dispatch: &Dispatch| {
        assert!(gate.recv().unwrap(), "as told");
        preparer.prepare(dispatch)
    };
    let pool = PreparePool::start(1, 2, Arc::new(prepare)).unwrap();
    let (sender, results) = crossbeam::channel::unbounded();
    let submit = || {
        let sender = sender.clone();
        pool.submit(
            dispatch.clone(),
            Box::new(move |prepared| drop(sender.send(prepared))),
        )
        .is_ok()
    };
    assert!(submit());
    release.send(false).unwrap();
    assert_eq!(code(results.recv().unwrap()), "panic".into());
    // One in hand at most, two that wait: the fourth and later cannot all fit.
    let taken = (0..5).filter(|_| submit()).count();
    assert!((2..=3).contains(&taken), "{taken}");
    (0..taken).for_each(|_| release.send(true).unwrap());
    pool.close();
    assert_eq!(results.try_iter().filter(Result::is_ok).count(), taken);
    assert!(!submit());
}
