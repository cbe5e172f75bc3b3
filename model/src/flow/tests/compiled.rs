//! Owns the tests of compiled flows and of the definitions they come from.

use super::{NOTICE, SOUND, STORNO, definition};
use crate::flow::{Begin, Definition, Except, Flow, Handlers, Via};
use crate::time::DAY;
use crate::{Channel, Timestamp};

#[test]
fn the_shipped_flows_compile() {
    let storno = Flow::compile(&definition(STORNO)).unwrap();
    let steps: Vec<_> = storno.steps.iter().map(|step| &*step.id).collect();
    assert_eq!(
        (&*storno.name, steps),
        ("storno", vec!["mail", "sms", "payment"])
    );
    assert_eq!(
        storno.fields.iter().map(|f| &**f).collect::<Vec<_>>(),
        ["amount_cents", "reason_code"]
    );
    assert_eq!(
        (storno.amount, storno.guards.len(), storno.stops.len()),
        (Some(0), 4, 1)
    );
    assert_eq!(storno.template(1, Channel::Sms), Some("storno-sms"));
    assert_eq!(
        (
            storno.template(1, Channel::Email),
            storno.template(9, Channel::Sms)
        ),
        (Some("storno-mail"), None)
    );
    let sms = storno.message(1).expect("a step that sends");
    assert_eq!(
        (&sms.via[..], sms.except),
        (
            &[Via::Channel(Channel::Sms), Via::Channel(Channel::Email)][..],
            Except::Tried
        )
    );

    let notice = Flow::compile(&definition(NOTICE)).unwrap();
    let templates: Vec<_> = notice.templates().map(|(channel, _)| channel).collect();
    assert_eq!(
        templates,
        [
            Channel::Email,
            Channel::Sms,
            Channel::Null,
            Channel::Email,
            Channel::Sms
        ]
    );
}

/// A directory holds its definitions by these names, and its records name them.
#[test]
fn a_stored_definition_keeps_its_name() {
    let text = |text: &str| text.to_owned();
    let definition = Definition {
        flow: text("name = \"a\""),
        classes: [(text("class"), text("default = \"B\""))].into(),
        templates: [(text("mail.txt"), text("Beste huurder"))].into(),
        ..Definition::default()
    };
    assert_eq!(
        definition.reference().to_string(),
        "6f69b6faba7babd821ae5baf0412791a"
    );
    assert_eq!(
        Definition::decode(&definition.encode()),
        Ok(definition.clone())
    );
    let counting = Definition {
        calendars: [(text("nl"), text("holidays = \"nl\""))].into(),
        ..definition.clone()
    };
    assert_ne!(counting.reference(), definition.reference());
    assert_eq!(Definition::decode(&counting.encode()), Ok(counting));
}

/// A wait of working days and one of hours, in the same flow.
#[test]
fn a_wait_may_count_working_days() {
    let flow = SOUND.replace("wait = { for = \"1d\"", "wait = { for = \"2 working days\"");
    let mut definition = definition(&format!("calendar = \"nl\"\n{flow}"));
    definition.calendars = [("nl".to_owned(), "holidays = \"nl\"".to_owned())].into();
    let flow = Flow::compile(&definition).unwrap();
    let pause = flow.steps.iter().find(|step| &*step.id == "pause").unwrap();
    // Thursday 24 December 2026, noon in Amsterdam. Two working days later it is Tuesday.
    let thursday = Timestamp(1_798_110_000_000);
    assert_eq!(
        pause.kind.enter(thursday),
        Begin::Wait(thursday.plus(5 * DAY))
    );
}

/// What the flow says of all its steps together, whatever their kinds.
#[test]
fn a_flow_knows_its_ends_its_lists_and_its_messages() {
    let flow = SOUND
        .replace("end: answered", "human: letters")
        .replace("then = \"ask\"", "then = \"human: night\"")
        .replace(
            "= \"mail\" } }",
            "= \"mail\", \"stop\" = \"end: by hand\" } }",
        );
    let flow = Flow::compile(&definition(&flow)).unwrap();
    let ends: Vec<&str> = flow.ends().collect();
    assert_eq!(ends, ["wrong type", "by hand", "paid"]);
    let lists: Vec<&str> = flow.lists().collect();
    assert_eq!(lists, ["delivery", "desk", "letters", "night"]);
    assert_eq!(flow.messages().count(), 1);
    let listens = |index: usize| *flow.steps[index].on() != Handlers::NOTHING;
    assert_eq!([0, 1, 2].map(listens), [true, false, false]);
}

#[test]
fn a_definition_survives_storage_and_any_change_gives_it_another_name() {
    let storno = definition(STORNO);
    assert_eq!(Definition::decode(&storno.encode()).unwrap(), storno);
    let mut changed = storno.clone();
    changed
        .templates
        .insert("storno-sms.txt".into(), "Beste huurder".into());
    assert_ne!(changed.reference(), storno.reference());
    assert_ne!(
        definition(&STORNO.replace("48h", "47h")).reference(),
        storno.reference()
    );
    assert!(Definition::decode(&storno.encode()[1..]).is_err());
}
