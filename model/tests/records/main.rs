//! Owns the proof that what was once written stays readable: one golden file per kind of record,
//! and damaged bytes. Refuses a silent change of the format: a record that no longer comes back as
//! it was needs a new record version.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use proptest::prelude::*;
use sluis_model::codec::{HEADER, RECORD_VERSION};
use sluis_model::flow::{FlowRef, Observed, Value};
use sluis_model::{
    Address, AddressState, AttemptRef, Barred, CancelTarget, Cause, Channel, Choice, Confirmed,
    Control, ControlRecord, CorporationId, Environment, Event, Evidence, Fact, FactKind,
    Idempotency, Input, Intent, Lane, LateReceipt, Notification, NotificationId, OnDoubt,
    PauseScope, Permit, Preference, Profile, Receipt, ReceiptKind, Record, Refusal, Subject,
    Supplied, TenantKey, TenantRecord, Timestamp, Verdict, Why,
};

/// How many golden files each older version has, beginning with version 1. They are never changed,
/// and none is added or removed.
const FILES: [usize; 3] = [35, 38, 40];
/// How many channels the golden files hold. Of each later one the table of channels says that it is
/// stored as its code, so that a new channel changes nothing here.
const HELD_CHANNELS: usize = 7;
/// Set it to write the golden files anew: only together with a new record version, or for a record
/// that is new.
const REGENERATE: &str = "SLUIS_REGENERATE_GOLDEN";

const ID: NotificationId = NotificationId(0x0003_01a1_ef0e_4c00_0123_4567_89ab_cdef);
const AT: Timestamp = Timestamp(1_795_000_000_123);
const ATTEMPT: AttemptRef = AttemptRef {
    id: ID,
    step: 1,
    attempt: 2,
};

// ---- the sample values

fn subject() -> Subject {
    Subject {
        kind: "invoice".into(),
        id: "F-2026-00017".into(),
    }
}

fn why() -> Why {
    Why::new("5.1.1", "no such mailbox")
}

fn tenant() -> TenantKey {
    TenantKey::new(CorporationId(7), "H-1001")
}

fn notification() -> Notification {
    Notification {
        id: ID,
        flow: FlowRef([0xf1; 16]),
        category: "collection".into(),
        subject: Some(subject()),
        data: r#"{"amount_cents":61250,"naam":"Müller"}"#.into(),
        fields: [
            Value::Missing,
            Value::Text("AM04".into()),
            Value::Integer(-61_250),
            Value::Boolean(true),
        ]
        .into(),
        lane: Lane::Urgent,
        send_after: Some(AT),
        expires_at: None,
        environment: Environment::Production,
        idempotency: Idempotency {
            key: 1 << 100,
            body: u64::MAX,
        },
    }
}

fn profile() -> Profile {
    let address = |channel, value: &str, state| Address {
        channel,
        value: value.into(),
        state,
    };
    Profile {
        name: "mevrouw De Vries".into(),
        language: "nl".into(),
        addresses: vec![
            address(Channel::Email, "a@example.nl", AddressState::Created),
            address(Channel::Sms, "+31600000001", AddressState::Validated),
            address(Channel::Letter, "Lange Vijverberg 1", AddressState::Invalid),
        ],
        preferences: vec![Preference {
            category: "*".into(),
            channel: Channel::Whatsapp,
        }],
    }
}

fn fact() -> Fact {
    Fact {
        fact_id: "bank-1".into(),
        body: 99,
        kind: FactKind::Payment,
        subject: Some(subject()),
        amount_cents: Some(-1),
        occurred_at: AT,
        environment: Environment::Acceptance,
    }
}

fn verdicts() -> Vec<Verdict> {
    let provider_id = || "p-1".into();
    vec![
        Verdict::Accepted {
            provider_id: provider_id(),
        },
        Verdict::Delivered {
            provider_id: provider_id(),
        },
        Verdict::Retry {
            after_ms: Some(1_500),
            why: why(),
        },
        Verdict::Refused {
            class: Refusal::Policy,
            why: why(),
        },
        Verdict::InDoubt { why: why() },
        Verdict::Withdrawn { why: why() },
        Verdict::Barred {
            what: Barred::Account,
            why: why(),
        },
        Verdict::Barred {
            what: Barred::Sender,
            why: why(),
        },
    ]
}

fn inputs() -> Vec<Input> {
    let receipt = Receipt {
        attempt: ATTEMPT,
        kind: ReceiptKind::BouncedHard,
        why: Some(why()),
        provider: "relay".into(),
        occurred_at: Some(AT),
    };
    let confirmed = vec![Confirmed {
        channel: Channel::Email,
        value: "a@example.nl".into(),
        at: AT,
    }];
    let permit = Permit {
        id: ID,
        channel: Channel::Sms,
        provider: "sms".into(),
        on_doubt: OnDoubt::Hold,
    };
    vec![
        Input::Notify(Box::new(notification())),
        Input::PutProfile(Box::new(profile())),
        Input::Fact(fact()),
        Input::LateReceipt(Box::new(LateReceipt {
            receipt: receipt.clone(),
            channel: Channel::Email,
            address: "a@example.nl".into(),
        })),
        Input::Receipt(receipt),
        Input::Timer { id: ID },
        Input::Permit(permit),
        Input::Outcome {
            attempt: ATTEMPT,
            verdict: verdicts()[2].clone(),
        },
        Input::Interrupted { attempt: ATTEMPT },
        Input::Cancel {
            target: CancelTarget::Subject(subject()),
            note: "desk: moved out".into(),
        },
        Input::Answer {
            id: ID,
            task: 3,
            answer: "retry".into(),
            by: "desk".into(),
        },
        Input::Link {
            id: ID,
            pressed: true,
        },
        Input::Supplied(Box::new(Supplied {
            profile: profile(),
            confirmed,
        })),
    ]
}

fn causes() -> Vec<Cause> {
    let observed = Observed {
        left: Value::Integer(0),
        right: Value::Text("0".into()),
        as_of: Some(AT),
    };
    vec![
        Cause::Accepted,
        Cause::SendAfterReached,
        Cause::Bounced { why: why() },
        Cause::Unreachable,
        Cause::Unanswered,
        Cause::Settled,
        Cause::HandedOver,
        Cause::Delivered,
        Cause::Answered,
        Cause::Waited,
        Cause::Guard {
            guard: 3,
            observed: observed.clone(),
        },
        Cause::Stop { stop: 0, observed },
        Cause::Task {
            answer: "close".into(),
            by: "desk".into(),
        },
        Cause::Cancelled {
            note: "desk".into(),
        },
        Cause::Expired,
        Cause::AlreadyRunning { live: ID },
        Cause::HeldTooLong,
        Cause::DoubtTooLong,
        Cause::OurMistake { why: why() },
        Cause::NotAllowListed,
        Cause::CannotSend { why: why() },
        Cause::Interrupted { times: 3 },
        Cause::Blocked { why: why() },
        Cause::Unexplained {
            attempt: 2,
            why: why(),
        },
    ]
}

fn events() -> Vec<Event> {
    let (id, attempt, step, until) = (ID, 2, 1, AT);
    let observed = Observed {
        left: Value::Missing,
        right: Value::Boolean(false),
        as_of: None,
    };
    vec![
        Event::Accepted { id },
        Event::Waiting { id, until },
        Event::StepEntered {
            id,
            step,
            cause: Cause::Accepted,
        },
        Event::Ready {
            id,
            channel: Channel::Email,
            choice: Choice::Preferred,
            pinned: Some("relay".into()),
            not_before: AT,
        },
        Event::Held {
            id,
            guard: 3,
            observed: observed.clone(),
            until,
        },
        Event::AttemptStarted {
            id,
            attempt,
            channel: Channel::Email,
            provider: "relay".into(),
            address: "a@example.nl".into(),
            on_doubt: OnDoubt::Resend,
            choice: Choice::FlowOrder,
            passed: vec![observed],
            resend: true,
        },
        Event::AttemptWithdrawn {
            id,
            attempt,
            why: why(),
        },
        Event::AttemptAccepted {
            id,
            attempt,
            provider_id: "p-1".into(),
        },
        Event::AttemptDelivered { id, attempt },
        Event::AttemptDeferred {
            id,
            attempt,
            why: why(),
        },
        Event::AttemptFailed {
            id,
            attempt,
            class: Refusal::Ours,
            why: why(),
            exhausted: true,
        },
        Event::AttemptInDoubt {
            id,
            attempt,
            provider: "relay".into(),
            why: why(),
            until,
        },
        Event::ReceiptNoted {
            id,
            attempt,
            kind: ReceiptKind::Replied,
        },
        Event::OutcomeNoted {
            id,
            attempt,
            why: why(),
        },
        Event::TaskOpened {
            id,
            task: 3,
            list: "collections".into(),
            cause: Cause::Unanswered,
        },
        Event::LinkClosed {
            id,
            end: "paid".into(),
        },
        Event::LinkUsed { id, pressed: false },
        Event::Ended {
            id,
            end: "paid".into(),
            cause: Cause::Cancelled {
                note: "desk".into(),
            },
        },
        Event::ProfileStored { new: true },
        Event::AddressMarked {
            channel: Channel::Email,
            value: "a@example.nl".into(),
            state: AddressState::Invalid,
        },
        Event::FactTaken,
        Event::SubjectOpen {
            subject: subject(),
            open_cents: Some(-1),
        },
        Event::AddressKept {
            channel: Channel::Email,
            value: "A@example.nl".into(),
            since: AT,
            by: Evidence::Bounce,
        },
        Event::Unexplained {
            id,
            attempt,
            why: why(),
        },
    ]
}

/// The closed lists of words: a word's code is its place in its list.
fn words() -> Vec<Event> {
    use ReceiptKind::{
        Accepted, Blocked, BouncedHard, Complained, Delayed, Delivered, Failed, Opened, Replied,
        Unexplained,
    };
    let (id, attempt) = (ID, 2);
    let receipts = [
        Accepted,
        Delivered,
        BouncedHard,
        Delayed,
        Failed,
        Opened,
        Complained,
        Replied,
        Blocked,
        Unexplained,
    ]
    .map(|kind| Event::ReceiptNoted { id, attempt, kind });
    let channels = Channel::ALL[..HELD_CHANNELS].iter().map(|channel| {
        let (choice, pinned) = (Choice::FlowOrder, None);
        Event::Ready {
            id,
            channel: *channel,
            choice,
            pinned,
            not_before: AT,
        }
    });
    let refusals = [
        Refusal::Address,
        Refusal::Policy,
        Refusal::Ours,
        Refusal::Unsendable,
        Refusal::Soft,
    ]
    .map(|class| Event::AttemptFailed {
        id,
        attempt,
        class,
        why: why(),
        exhausted: false,
    });
    let states = [
        AddressState::Created,
        AddressState::Validated,
        AddressState::Invalid,
    ]
    .map(|state| Event::AddressMarked {
        channel: Channel::Sms,
        value: "+31600000001".into(),
        state,
    });
    let kept = |by| Event::AddressKept {
        channel: Channel::Sms,
        value: "+31600000001".into(),
        since: AT,
        by,
    };
    let kept = [Evidence::Source, Evidence::Bounce, Evidence::Use].map(kept);
    receipts
        .into_iter()
        .chain(channels)
        .chain(refusals)
        .chain(states)
        .chain(kept)
        .collect()
}

fn controls() -> Vec<Control> {
    let scope = PauseScope {
        corporation: Some(CorporationId(7)),
        flow: Some("storno".into()),
        channel: Some(Channel::Voice),
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
        }),
        Control::IntentOpened {
            intent: 5,
            work: each,
        },
        Control::IntentOpened {
            intent: 6,
            work: cancel,
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

// ---- their names: a new variant does not compile until it is named here, and has no golden file
// until it is above

fn input_name(input: &Input) -> &'static str {
    match input {
        Input::Notify(_) => "notify",
        Input::PutProfile(_) => "put-profile",
        Input::Fact(_) => "fact",
        Input::Receipt(_) => "receipt",
        Input::Timer { .. } => "timer",
        Input::Permit(_) => "permit",
        Input::Outcome { .. } => "outcome",
        Input::Interrupted { .. } => "interrupted",
        Input::Cancel { .. } => "cancel",
        Input::Answer { .. } => "answer",
        Input::Link { .. } => "link",
        Input::Supplied(_) => "supplied",
        Input::LateReceipt(_) => "late-receipt",
    }
}

fn control_name(control: &Control) -> &'static str {
    match control {
        Control::Pause(_) => "pause",
        Control::Resume(_) => "resume",
        Control::IntentOpened {
            work: Intent::Each { .. },
            ..
        } => "intent-each",
        Control::IntentOpened {
            work: Intent::CancelSubject { .. },
            ..
        } => "intent-cancel-subject",
        Control::IntentDone { .. } => "intent-done",
        Control::Unexplained { .. } => "unexplained",
        Control::StrayDismissed { .. } => "stray-dismissed",
    }
}

fn of_tenant(name: &str, input: Input, events: Vec<Event>) -> (String, Record) {
    (
        name.into(),
        Record::Tenant(TenantRecord {
            at: AT,
            tenant: tenant(),
            previous: 41,
            input,
            events,
        }),
    )
}

/// Every golden record with the name of its file.
fn samples() -> Vec<(String, Record)> {
    let timer = || Input::Timer { id: ID };
    let mut samples = Vec::new();
    for input in inputs() {
        samples.push(of_tenant(
            &format!("input-{}", input_name(&input)),
            input,
            vec![Event::FactTaken],
        ));
    }
    for verdict in verdicts() {
        let sender = matches!(
            verdict,
            Verdict::Barred {
                what: Barred::Sender,
                ..
            }
        );
        let name = format!(
            "verdict-{}{}",
            verdict.name(),
            if sender { "-sender" } else { "" }
        );
        samples.push(of_tenant(
            &name,
            Input::Outcome {
                attempt: ATTEMPT,
                verdict,
            },
            Vec::new(),
        ));
    }
    let one = Input::Cancel {
        target: CancelTarget::Notification(ID),
        note: "".into(),
    };
    samples.push(of_tenant("input-cancel-one", one, Vec::new()));
    samples.push(of_tenant("every-event", timer(), events()));
    let ends = causes().into_iter().map(|cause| Event::Ended {
        id: ID,
        end: "end".into(),
        cause,
    });
    samples.push(of_tenant("every-cause", timer(), ends.collect()));
    samples.push(of_tenant("every-word", timer(), words()));
    for (kind, environment) in FactKind::ALL
        .into_iter()
        .zip(Environment::ALL.into_iter().cycle())
    {
        let input = Input::Fact(Fact {
            kind,
            environment,
            subject: None,
            amount_cents: None,
            ..fact()
        });
        samples.push(of_tenant(
            &format!("fact-{}", kind.name()),
            input,
            Vec::new(),
        ));
    }
    for (lane, environment) in Lane::ALL
        .into_iter()
        .zip(Environment::ALL.into_iter().rev())
    {
        let input = Input::Notify(Box::new(Notification {
            lane,
            environment,
            ..notification()
        }));
        samples.push(of_tenant(
            &format!("lane-{}", lane.name()),
            input,
            Vec::new(),
        ));
    }
    for control in controls() {
        let name = format!("control-{}", control_name(&control));
        samples.push((name, Record::Control(ControlRecord { at: AT, control })));
    }
    samples
}

/// The version that brought this variant. What came after version 1 stands here by name: it is in no
/// golden file of an older version.
fn version_of(event: &Event) -> u8 {
    match event {
        Event::Ended {
            cause: Cause::Blocked { .. } | Cause::Unexplained { .. },
            ..
        }
        | Event::AttemptFailed {
            class: Refusal::Soft,
            ..
        }
        | Event::ReceiptNoted {
            kind: ReceiptKind::Unexplained,
            ..
        }
        | Event::Unexplained { .. } => 3,
        Event::Ended {
            cause: Cause::CannotSend { .. } | Cause::Interrupted { .. },
            ..
        }
        | Event::AttemptFailed {
            class: Refusal::Unsendable,
            ..
        }
        | Event::ReceiptNoted {
            kind: ReceiptKind::Blocked,
            ..
        }
        | Event::AddressKept { .. } => 2,
        _ => 1,
    }
}

/// What the golden files of a version hold: the samples without what is newer.
fn samples_of(version: u8) -> Vec<(String, Record)> {
    let mut samples = samples();
    for (_, record) in &mut samples {
        if let Record::Tenant(record) = record {
            record.events.retain(|event| version_of(event) <= version);
        }
    }
    samples
}

fn encoded(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.encode(&mut bytes).expect("the record fits");
    bytes
}

#[test]
fn a_tenants_record_is_written_the_same_from_where_it_stands() {
    let samples = samples();
    let tenants: Vec<&TenantRecord> = samples
        .iter()
        .filter_map(|(_, record)| as_tenants(record))
        .collect();
    assert!(
        tenants.len() > 5,
        "{} of {} samples",
        tenants.len(),
        samples.len()
    );
    for record in tenants {
        let mut bytes = vec![7; 3];
        record.encode(&mut bytes).expect("the record fits");
        assert_eq!(bytes.split_off(3), encoded(&Record::Tenant(record.clone())));
        assert_eq!(bytes, [7; 3], "behind what is there");
    }
}

fn as_tenants(record: &Record) -> Option<&TenantRecord> {
    match record {
        Record::Tenant(record) => Some(record),
        Record::Control(_) => None,
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Lines of 64 hex digits, so that a change shows where it is.
fn hex(bytes: &[u8]) -> String {
    bytes
        .chunks(32)
        .map(|line| data_encoding::HEXLOWER.encode(line) + "\n")
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER
        .decode(text.replace(['\n', '\r'], "").as_bytes())
        .expect("a golden file holds hex digits")
}

fn golden(version: u8, name: &str) -> Vec<u8> {
    let path = folder().join(format!("record-v{version}-{name}.hex"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; for a record that is new, write it with {REGENERATE}=1",
            path.display()
        )
    });
    unhex(&text)
}

#[test]
fn what_was_written_once_is_read_as_it_was_meant_and_written_the_same_again() {
    for (name, expected) in samples() {
        let ours = encoded(&expected);
        if std::env::var_os(REGENERATE).is_some() {
            let path = folder().join(format!("record-v{RECORD_VERSION}-{name}.hex"));
            std::fs::write(&path, hex(&ours)).expect("the golden file can be written");
        }
        let golden = golden(RECORD_VERSION, &name);
        let change = format!(
            "{name}: the format of records changed. Data directories hold the old bytes: keep version {RECORD_VERSION} readable \
             and raise RECORD_VERSION; never regenerate a golden file that a release wrote"
        );
        assert_eq!(Record::decode(&golden).as_ref(), Ok(&expected), "{change}");
        assert_eq!(hex(&ours), hex(&golden), "{change}");
    }
}

#[test]
fn what_older_versions_wrote_is_read_as_it_was_meant() {
    for (version, files_then) in (1..).zip(FILES) {
        let names = files(version);
        assert_eq!(names.len(), files_then, "version {version}");
        let samples: BTreeMap<String, Record> = samples_of(version).into_iter().collect();
        for name in names {
            let bytes = golden(version, &name);
            assert_eq!(bytes[2], version, "{name} is of version {version}");
            let read = Record::decode(&bytes);
            assert_eq!(read.as_ref().ok(), samples.get(&name), "{name}");
        }
    }
}

/// Names of the golden files of a version.
fn files(version: u8) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder()).expect("the golden files");
    let names = entries.map(|entry| {
        entry
            .expect("an entry")
            .file_name()
            .to_string_lossy()
            .into_owned()
    });
    let of = |name: String| {
        Some(
            name.strip_prefix(&format!("record-v{version}-"))?
                .strip_suffix(".hex")?
                .to_owned(),
        )
    };
    names.filter_map(of).collect()
}

#[test]
fn every_golden_file_has_its_record_and_the_newest_version_has_files() {
    let expected: BTreeSet<String> = samples().into_iter().map(|(name, _)| name).collect();
    assert_eq!(files(RECORD_VERSION), expected);
    assert_eq!(
        RECORD_VERSION, 4,
        "a new version needs golden files of its own, beside these"
    );
}

#[test]
fn the_samples_hold_every_event_and_cause_once() {
    let distinct = |names: Vec<String>| names.into_iter().collect::<BTreeSet<_>>().len();
    let first = |debug: String| {
        debug
            .split([' ', '{'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        distinct(events().iter().map(|e| first(format!("{e:?}"))).collect()),
        events().len()
    );
    assert_eq!(
        distinct(causes().iter().map(|c| first(format!("{c:?}"))).collect()),
        causes().len()
    );
    use Event::{AddressKept, AddressMarked, FactTaken, ProfileStored, SubjectOpen};
    let named = |event: &Event| match event {
        ProfileStored { .. }
        | AddressMarked { .. }
        | AddressKept { .. }
        | FactTaken
        | SubjectOpen { .. } => None,
        _ => Some(ID),
    };
    for event in events() {
        assert_eq!(event.notification(), named(&event));
    }
}

#[test]
fn a_cut_or_lengthened_record_is_an_error_or_read_as_its_frame_says() {
    for (name, record) in samples() {
        let bytes = encoded(&record);
        for length in 0..bytes.len() {
            assert!(
                Record::decode(&bytes[..length]).is_err(),
                "{name} cut to {length} bytes"
            );
        }
        let followed = [&bytes[..], b"what follows"].concat();
        assert_eq!(
            Record::decode(&followed),
            Ok(record),
            "{name}: a frame ends where its length says"
        );
    }
}

fn any_sample() -> impl Strategy<Value = (String, Record)> {
    prop::sample::select(samples())
}

/// A frame whose header is right, around a payload that is not.
fn framed(payload: &[u8]) -> Vec<u8> {
    let mut bytes = encoded(&samples()[0].1);
    bytes.truncate(HEADER);
    bytes[8..12].copy_from_slice(&u32::try_from(payload.len()).expect("short").to_be_bytes());
    bytes[12..16].copy_from_slice(&crc32c::crc32c(payload).to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Record::decode(&bytes).is_err());
    }

    /// The checksum fits, so the payload's own decoder must stand it: whatever it reads, it can
    /// write and read again.
    #[test]
    fn an_arbitrary_payload_is_an_error_or_a_record(payload in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(record) = Record::decode(&framed(&payload)) {
            prop_assert_eq!(Record::decode(&encoded(&record)), Ok(record));
        }
    }

    /// The same, starting from real payloads: deeper into the decoder than noise gets.
    #[test]
    fn a_payload_damaged_before_its_checksum_does_no_harm(
        (_, record) in any_sample(), at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut payload = encoded(&record).split_off(HEADER);
        let at = at.index(payload.len());
        payload[at] = to;
        let _ = Record::decode(&framed(&payload));
        payload.truncate(cut.index(payload.len()));
        let _ = Record::decode(&framed(&payload));
    }

    #[test]
    fn a_damaged_byte_is_noticed((name, record) in any_sample(), at in any::<prop::sample::Index>(), flip in 1..=255u8) {
        let mut bytes = encoded(&record);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        match Record::decode(&bytes) {
            Err(_) => {}
            // The version is outside the checksum, and an older one is readable by promise.
            Ok(read) => {
                prop_assert!(at == 2 && bytes[2] < RECORD_VERSION, "{} byte {}", name, at);
                prop_assert_eq!(read, record);
            }
        }
    }
}
