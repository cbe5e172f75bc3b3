//! A small audience, and what a rehearsal says of it: that it repeats, that limits and windows hold, that
//! messages which cannot be made are told, and that two versions differ where they should.

mod counts;
mod told;

use std::num::NonZeroU32;
use std::sync::Arc;

use sluis_actors::router::{Owner, RouterSettings};
use sluis_channels::Templates;
use sluis_model::flow::Definition;
use sluis_model::outside::Outside;
use sluis_model::{
    Channel, ContactKind, CorporationId, DAY, Environment, Flow, Given, HOUR, Policy, RetryPolicy,
    Supplied, Timestamp,
};

use crate::*;

const FLOW: &str = r#"
name = "welcome"
version = 1
purpose = "information"
[input]
text = "text"
[[step]]
id = "mail"
send = { template = { email = "hello", sms = "short" }, via = ["email", "sms"] }
on.bounced = "again"
on.settled = { after = "1d", go = "end: sent" }
[[step]]
id = "again"
send = { template = { sms = "short" }, via = ["sms"] }
on.bounced = "end: lost"
on.settled = { after = "1d", go = "end: sent" }
"#;

/// A Thursday, 12:00 in the Netherlands.
const NOON: Timestamp = Timestamp(1_795_690_800_000);

fn definition(flow: &str) -> Definition {
    let files = [
        ("hello.subject.txt", "Hallo"),
        ("hello.txt", "Beste {{ tenant.name }}, {{ data.text }}"),
        ("short.txt", "{{ data.text }}"),
    ];
    Definition {
        flow: flow.into(),
        templates: files
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into(),
        ..Definition::default()
    }
}

fn carrier(name: &str, channel: Channel, rate: Option<u32>) -> Carrier {
    Carrier {
        name: name.into(),
        channel,
        owner: Owner::Street,
        concurrency: NonZeroU32::new(64).unwrap(),
        rate_per_second: rate.and_then(NonZeroU32::new),
        burst: None,
        text: (channel == Channel::Sms).then_some(TextBound {
            segments: 2,
            transliterate: true,
        }),
    }
}

fn stage(flow: &str, rate: Option<u32>) -> Stage {
    let definition = definition(flow);
    let corporation = CorporationId(1);
    Stage {
        corporation,
        corporation_name: "De Sluis".into(),
        public_url: "https://post.example.nl".into(),
        flow: Flow::compile(&definition).unwrap(),
        templates: Templates::compile(&definition.templates).unwrap(),
        policy: Policy {
            environment: Environment::Production,
            channels: [(corporation, vec![Channel::Email, Channel::Sms])].into(),
            allow_list: Default::default(),
            retry: RetryPolicy::default(),
            max_open_per_tenant: 100,
            steering: Default::default(),
        },
        routers: Default::default(),
        carriers: vec![
            carrier("relay", Channel::Email, rate),
            carrier("bird", Channel::Sms, None),
        ],
        outside: Outside::assumed(),
        starts: NOON,
        ends: NOON.plus(14 * DAY),
        desk: vec!["mon-fri 08:00-17:00".parse().unwrap()],
    }
}

fn body(text: &str) -> Arc<Body> {
    Arc::new(Body {
        subject: None,
        data: serde_json::json!({ "text": text }).to_string().into(),
        fields: Box::default(),
    })
}

fn audience(stage: &Stage, people: u32, text: &dyn Fn(u32) -> String) -> Audience {
    let mut audience = Audience::default();
    for number in 0..people {
        let mut points = vec![Given::new(
            ContactKind::Email,
            format!("h{number}@example.nl"),
        )];
        if number % 10 == 0 {
            points.clear();
        }
        if number % 3 == 0 && number % 10 != 0 {
            points.push(Given::mobile(format!("+3161{number:07}")));
        }
        let supplied = Supplied {
            name: "mevrouw Jansen".into(),
            points,
            ..Supplied::default()
        };
        audience.people.push(Person {
            number: format!("H-{number}").into(),
            profile: Some(Box::new(supplied)),
        });
        audience.rows.push(Row {
            person: number,
            line: u64::from(number) + 2,
            at: stage.starts,
            group: None,
            body: body(&text(number)),
        });
    }
    audience
}

fn short(_: u32) -> String {
    "Wij komen langs.".into()
}

fn all(results: &Results, channel: Channel) -> Counts {
    let mut all = Counts::default();
    for (via, counts) in &results.counts {
        if via.channel == channel {
            all.started += counts.started;
            all.bounced += counts.bounced;
            all.refused += counts.refused;
            all.unsendable += counts.unsendable;
        }
    }
    all
}

fn ended(results: &Results, end: &str) -> u64 {
    let found = results.ends.iter().find(|(name, _)| &**name == end);
    found.map_or(0, |(_, count)| *count)
}

#[test]
fn every_row_comes_to_an_end_and_who_has_no_address_is_told() {
    let stage = stage(FLOW, None);
    let audience = audience(&stage, 1_000, &short);
    let results = run(&stage, &audience, 1);
    let ends: u64 = results.ends.iter().map(|(_, count)| count).sum();
    assert_eq!(ends, 1_000);
    assert_eq!((results.people, results.unreachable), (1_000, 100));
    let nobody = results
        .exceptions
        .iter()
        .filter(|e| e.trouble == Trouble::NoAddress);
    assert!(nobody.clone().count() >= 100, "{}", nobody.count());
    let mail = all(&results, Channel::Email);
    assert!(
        mail.started >= 900 && mail.bounced > 0 && mail.refused > 0,
        "{mail:?}"
    );
    // Who bounced and has a phone gets a text.
    assert!(all(&results, Channel::Sms).started > 0);
    assert!(ended(&results, "lost") >= 100);
}

#[test]
fn it_repeats_with_any_number_of_threads_and_another_seed_stays_within_the_spread() {
    let mut stage = stage(FLOW, Some(50));
    let audience = audience(&stage, 3_000, &short);
    let one = run(&stage, &audience, 1);
    let two = run(&stage, &audience, 4);
    assert_eq!(one.outcomes, two.outcomes);
    assert_eq!(one.counts, two.counts);
    assert_eq!(one.calls_by_hour, two.calls_by_hour);
    for seed in 2..12 {
        stage.outside.seed = seed;
        let other = run(&stage, &audience, 1);
        for (end, count) in &one.ends {
            let spread = Spread::of(*count, 3_000, None);
            let there = ended(&other, end);
            assert!(
                spread.holds(there),
                "{end}: {there} not in {spread:?} of {count}"
            );
        }
        let (mine, other) = (all(&one, Channel::Email), all(&other, Channel::Email));
        assert!(Spread::of(mine.bounced, mine.started, None).holds(other.bounced));
    }
}

#[test]
fn a_limit_decides_when_it_is_finished() {
    let stage = stage(FLOW, Some(10));
    let audience = audience(&stage, 1_000, &short);
    let results = run(&stage, &audience, 1);
    let (first, _) = results.span[&Channel::Email];
    assert!(first.since(NOON) <= 2_000, "{}", first.since(NOON));
    // 900 mails at ten a second; what was put off comes later.
    let hour: u64 = results.sent_by_hour[&(0, Channel::Email)];
    assert!(hour >= 890, "{hour}");
    let busy = results
        .outcomes
        .iter()
        .filter(|outcome| outcome.sent > 0)
        .count();
    assert!(busy >= 900, "{busy}");
}

#[test]
fn nothing_leaves_outside_the_send_window() {
    let mut stage = stage(FLOW, None);
    let mut settings = RouterSettings::new(Channel::Email);
    settings.default.window = Some("mon-fri 09:00-11:00".parse().unwrap());
    stage.routers.insert(Channel::Email, settings);
    let audience = audience(&stage, 200, &short);
    let results = run(&stage, &audience, 1);
    let (first, _) = results.span[&Channel::Email];
    assert_eq!(first.since(NOON) / HOUR, 21, "the next morning at nine");
    let hours = results
        .sent_by_hour
        .keys()
        .filter(|(_, channel)| *channel == Channel::Email);
    for (hour, _) in hours {
        let of_day = (12 + hour) % 24;
        assert!((9..11).contains(&of_day), "{hour}");
    }
}

#[test]
fn a_text_that_is_too_long_and_a_message_that_cannot_be_made_are_told() {
    let flow = FLOW.replace("via = [\"email\", \"sms\"]", "via = [\"sms\", \"email\"]");
    let stage = stage(&flow, None);
    let long = |number: u32| {
        if number == 3 {
            "lang ".repeat(80)
        } else {
            "kort".into()
        }
    };
    let mut audience = audience(&stage, 30, &long);
    audience.rows[6].body = Arc::new(Body {
        subject: None,
        data: "{}".into(),
        fields: Box::default(),
    });
    let results = run(&stage, &audience, 1);
    let of = |trouble| {
        let found = results
            .exceptions
            .iter()
            .filter(move |e| e.trouble == trouble);
        found.map(|e| (e.row, e.channel)).collect::<Vec<_>>()
    };
    assert_eq!(of(Trouble::TooLong), [(3, Some(Channel::Sms))]);
    assert!(of(Trouble::Render).contains(&(6, Some(Channel::Sms))));
    // The mail goes instead of the text.
    assert_eq!(results.outcomes[3].first, Some(Channel::Email));
}

#[test]
fn what_no_channel_brings_in_time_is_told() {
    let within = "via = [\"email\", \"sms\"], within = \"1h\" }";
    let flow = FLOW.replace("via = [\"email\", \"sms\"] }", within);
    let mut stage = stage(&flow, None);
    let price = |channel, takes| {
        format!("[[price]]\nchannel = \"{channel}\"\ncents = 1\ntakes = \"{takes}\"\n")
    };
    let rates = price("email", "2h") + &price("sms", "5m");
    let rates = sluis_model::steering::Steering::parse(&rates).unwrap();
    stage.policy.steering.insert(stage.corporation, rates);
    let audience = audience(&stage, 100, &short);
    let results = run(&stage, &audience, 1);
    let late = results.exceptions.iter();
    let late = late.filter(|found| found.trouble == Trouble::TooLate);
    assert_eq!(late.count(), 60, "those with a mailbox alone");
    assert_eq!(all(&results, Channel::Email).started, 0);
}

#[test]
fn calls_come_while_the_desk_is_open() {
    let mut stage = stage(FLOW, None);
    stage.outside.people.calls = 100.0;
    let audience = audience(&stage, 500, &short);
    let results = run(&stage, &audience, 1);
    for hour in results.calls_by_hour.keys() {
        let (day, of_day) = ((12 + hour) / 24, (12 + hour) % 24);
        assert!((8..17).contains(&of_day), "{hour}");
        assert!(![2, 3].contains(&day), "at the weekend: {hour}");
    }
    assert!(results.peak().unwrap().1 > 20);
}

#[test]
fn two_versions_differ_in_the_rows_that_go_another_way() {
    let one = stage(FLOW, None);
    let two = stage(
        &FLOW.replace("via = [\"email\", \"sms\"]", "via = [\"sms\", \"email\"]"),
        None,
    );
    let (a, b) = (audience(&one, 300, &short), audience(&two, 300, &short));
    let (first, second) = (run(&one, &a, 1), run(&two, &b, 1));
    let compared = compare(&first, &second);
    // 90 of 300 have a phone beside their mailbox; others go alike but for bounces that no text follows.
    let moved = compared.changes.iter().filter(|(change, _)| {
        change.first == Some(Channel::Email) && change.other_first == Some(Channel::Sms)
    });
    assert_eq!(moved.map(|(_, count)| count).sum::<u64>(), 90);
    assert_eq!(compare(&first, &first).alike, 300);
}

#[test]
fn the_report_names_everything_and_no_address() {
    let stage = stage(FLOW, Some(20));
    let audience = audience(&stage, 400, &short);
    let results = run(&stage, &audience, 1);
    let rejected = [(7, "H-7".to_owned(), "=cmd, \"quoted\"".to_owned())];
    let told = Told {
        stage: &stage,
        audience: &audience,
        results: &results,
        rejected: &rejected,
        notes: &["a note <b>".to_owned()],
        other: None,
        most_calls: Some(2),
    };
    let (text, page, list) = (text(&told), html(&told), csv(&told));
    for part in [
        "Messages, by step and channel",
        "has none",
        "Where notifications end",
        "assumed",
    ] {
        assert!(text.contains(part) && page.contains(part), "{part}");
    }
    assert!(
        page.contains("<svg") && !page.contains("<script") && page.contains("a note &lt;b&gt;")
    );
    assert!(
        list.contains("7,H-7,refused,,,\"'=cmd, \"\"quoted\"\"\"\r\n"),
        "{list}"
    );
    assert!(list.contains(",H-0,no_address,mail,,"), "{list}");
    for told in [&text, &page, &list] {
        assert!(!told.contains("@example.nl") && !told.contains("+3161"));
    }
}

const DEBT: &str = r#"
name = "debt"
version = 1
purpose = "collection"
[input]
text = "text"
[[step]]
id = "mail"
send = { template = { email = "hello", sms = "short" }, via = ["email"], link = true }
on.bounced = "end: lost"
on.answered = "end: answered"
on.unanswered = { after = "5d", go = "end: silent" }
"#;

/// Couples: every two people are a household.
fn couples(stage: &Stage, people: u32) -> Audience {
    let mut audience = audience(stage, people, &short);
    for one in (0..people).step_by(2) {
        let group = u32::try_from(audience.groups.len()).unwrap();
        for row in [one, one + 1] {
            audience.rows[row as usize].group = Some(group);
        }
        audience.groups.push(Group {
            household: format!("C-{group}").into(),
            rows: vec![one, one + 1],
        });
    }
    audience
}

#[test]
fn who_answers_for_all_stops_the_others_and_who_does_not_stops_nobody() {
    let mut together = stage(DEBT, None);
    together.outside.channels[0].pressed = 40.0;
    let audience = couples(&together, 400);
    let results = run(&together, &audience, 1);
    assert_eq!(results.outcomes, run(&together, &audience, 4).outcomes);
    let end = |results: &Results, row: u32| {
        let end = results.outcomes[row as usize].end.unwrap();
        results.ends[usize::from(end)].0.clone()
    };
    let mut stopped = 0;
    for group in &audience.groups {
        let (one, other) = (end(&results, group.rows[0]), end(&results, group.rows[1]));
        // Who pressed ends as answered, and the other with him, unless his had ended before.
        let both = [&*one, &*other];
        assert!(
            !both.contains(&"answered") || !both.contains(&"silent"),
            "{both:?}"
        );
        stopped += u64::from(both == ["answered", "answered"]);
    }
    assert!(stopped > 30, "{stopped}");
    // The control: where each answers for himself, the other goes on.
    let each = DEBT.replace("collection", "information");
    let mut each = stage(&each, None);
    each.outside.channels[0].pressed = 40.0;
    let results = run(&each, &couples(&each, 400), 1);
    let apart = audience.groups.iter().filter(|group| {
        let (one, other) = (end(&results, group.rows[0]), end(&results, group.rows[1]));
        [&*one, &*other].contains(&"answered") && [&*one, &*other].contains(&"silent")
    });
    assert!(apart.count() > 30);
}

#[test]
fn a_press_counts_at_the_provider_that_took_the_message() {
    let mut stage = stage(DEBT, Some(1));
    stage.outside.channels[0].pressed = 100.0;
    // The first takes one a second: most go through the second.
    stage.carriers.push(carrier("spare", Channel::Email, None));
    let results = run(&stage, &audience(&stage, 300, &short), 1);
    let of = |name: &str| {
        let ways = results.counts.iter();
        let ways = ways.filter(|(via, _)| &*stage.carriers[usize::from(via.carrier)].name == name);
        ways.map(|(_, counts)| (counts.accepted, counts.pressed))
            .fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    };
    let (taken, pressed) = of("spare");
    assert!(
        taken > 100 && pressed > 90,
        "{taken} taken, {pressed} pressed"
    );
    assert!(of("relay").1 <= of("relay").0);
}

#[test]
fn an_end_is_one_in_the_hours_too_and_what_is_put_off_leaves_once() {
    let mut stage = stage(FLOW, None);
    stage.outside.channels[0].deferred = 50.0;
    let results = run(&stage, &audience(&stage, 400, &short), 1);
    for (place, (end, count)) in results.ends.iter().enumerate() {
        let hours = results.ends_by_hour.iter();
        let hours = hours.filter(|((_, of), _)| usize::from(*of) == place);
        let sum: i64 = hours.map(|(_, count)| count).sum();
        assert_eq!(sum, i64::try_from(*count).unwrap(), "{end}");
    }
    let left: u64 = results.sent_by_hour.values().sum();
    assert_eq!(left, results.counts.values().map(Counts::left).sum::<u64>());
    assert!(results.started() > left + 100, "many were put off");
    // What is put off costs nothing, and what leaves costs once.
    let unpriced: u64 = results.counts.values().map(|one| one.unpriced).sum();
    assert!(
        unpriced <= left,
        "{unpriced} have no price, {left} would leave"
    );
}
