//! What is kept, and who is held: what is written there and can mean nobody is a mistake that nobody
//! would notice before it is too late.

use super::{KEYED, config, wrong};
use crate::config::keeping::topic;

fn keyed(more: &str) -> String {
    KEYED.replace("sender.email_from", &format!("{more}\nsender.email_from"))
}

#[test]
fn a_period_of_a_category_that_there_cannot_be_is_refused() {
    let expected = "expected a category, 1 to 64 bytes of lower-case letters, digits, hyphens and underscores: no notification can have \
                    this one, so nothing would be kept by it";
    for key in ["General", "rent increase", ""] {
        let text = format!("[archive.keep_days]\n\"{key}\" = 40\n");
        assert_eq!(
            wrong(&text),
            format!("archive.keep_days: {key:?}: {expected}")
        );
        let text = keyed(&format!("keep_days = {{ \"{key}\" = 40 }}"));
        assert_eq!(
            wrong(&text),
            format!("corporation.waterpoort.keep_days: {key:?}: {expected}")
        );
    }
}

#[test]
fn a_hold_that_can_hold_nobody_is_refused() {
    for tenant in ["", "  ", "H\n1", &"H".repeat(65)] {
        let said = wrong(&keyed(&format!("legal_holds = [\"H1001\", {tenant:?}]")));
        assert!(
            said.starts_with("corporation.waterpoort.legal_holds[1]: "),
            "{tenant:?}: {said}"
        );
        assert!(
            said.contains("expected the number of a tenant, 1 to 64 bytes"),
            "{said}"
        );
    }
    for subject in ["F-1", "/F-1", "invoice/", "Invoice/F-1", "in voice/F-1"] {
        let said = wrong(&keyed(&format!("legal_hold_subjects = [{subject:?}]")));
        assert!(said.contains("expected KIND/ID"), "{subject:?}: {said}");
    }
}

#[test]
fn blanks_around_what_is_held_mean_nothing() {
    let held = config(&keyed(
        "legal_holds = [\" H1001 \"]\nlegal_hold_subjects = [\" invoice / F/1 \"]",
    ));
    let corporation = &held.corporations[0];
    for (tenant, is_held) in [("H1001", true), (" H1001 ", true), ("H1002", false)] {
        assert_eq!(corporation.holds(tenant), is_held, "{tenant:?}");
    }
    let topic = topic(&corporation.legal_hold_subjects[0]).unwrap();
    assert_eq!((&*topic.kind, &*topic.id), ("invoice", "F/1"));
    let plain = config(&keyed(
        "legal_holds = [\"H1001\"]\nlegal_hold_subjects = [\"invoice/F/1\"]",
    ));
    let terms = held.archive_terms().held;
    let expected = plain.archive_terms().held;
    assert!(expected.iter().all(|key| terms.contains(key)), "{terms:?}");
}
