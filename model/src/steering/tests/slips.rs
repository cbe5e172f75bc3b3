//! Slips that would count for nothing, and files that are no TOML.

use std::collections::BTreeSet;

use super::mistakes;
use crate::channel::Channel;
use crate::steering::{Provided, Steering};

#[test]
fn a_price_names_a_provider_of_its_channel() {
    let providers = [("bird", Channel::Sms), ("relay", Channel::Email)];
    let providers = providers.map(|(name, channel)| Provided { name, channel });
    let price = |channel: &str, provider: &str| {
        format!("[[price]]\nchannel = \"{channel}\"\nprovider = \"{provider}\"\ncents = 7\n")
    };
    let sound = price("sms", "bird");
    assert!(Steering::parse_for(&sound, &providers).is_ok());
    for (text, expected, hint) in [
        (
            price("sms", "brid"),
            "a provider of sms: bird",
            "[[provider]]",
        ),
        (
            price("sms", "relay"),
            "a provider of sms: bird",
            "relay is a provider of email",
        ),
        (
            price("letter", "bird"),
            "the corporation has none of letter",
            "bird is a provider of sms",
        ),
    ] {
        let found = Steering::parse_for(&text, &providers).unwrap_err();
        assert_eq!((found.len(), &*found[0].path), (1, "price[0].provider"));
        assert_eq!(found[0].line, 3);
        assert!(found[0].expected.contains(expected), "{found:?}");
        assert!(found[0].hint.contains(hint), "{found:?}");
        // Scenarios know no providers.
        assert!(Steering::parse(&text).is_ok());
    }
}

#[test]
fn a_line_that_is_no_toml_hides_no_mistake_in_others() {
    let text = "[[service]]\ncategory = \"rent\"\nfrom = \"soon\"\nsms = \"of\"\n\n\
        [[service]]\ncategory = \"rent\"\nfrom = 04-02-2026\nsms = \"offf\"\n\n\
        [[cap]]\nname = \"a\"\ncategories = [\"x\"]\nmost = two\nwithin = \"7d\"\n\n\
        [[price]]\nchannel = \"fax\"\ncents = 1\n";
    let told = |text: &str| {
        let lines = mistakes(text).into_iter();
        lines.map(|found| found.line).collect::<BTreeSet<_>>()
    };
    assert_eq!(Vec::from_iter(told(text)), [3, 4, 8, 9, 14, 18]);
    // Behind a broken head nobody knows whose the lines are.
    let head = text.replace("\n[[cap]]", "\n[[cap]");
    assert_eq!(Vec::from_iter(told(&head)), [3, 4, 8, 9, 11]);
}

#[test]
fn a_segment_in_other_case_is_a_slip_and_no_other_segment() {
    let section = |name: &str| format!("[[segment]]\nname = \"{name}\"\nteam = \"t\"\n");
    let twice = section("seniors") + &section("Seniors");
    let found = mistakes(&twice);
    assert_eq!((found.len(), &*found[0].path), (1, "segment[1].name"));
    let row = "[[service]]\ncategory = \"a\"\nsegment = \"Seniors\"\nsms = \"off\"\n";
    let found = mistakes(&(row.to_owned() + &section("seniors")));
    assert_eq!((found.len(), found[0].line), (1, 3));
    assert_eq!(found[0].expected, "\"seniors\", as [[segment]] has it");
    // A segment may have a matrix alone.
    assert!(Steering::parse(row).is_ok());
}
