//! Tests of what is found in a template when it is loaded, before any tenant is told anything.

use super::templates;

pub(super) fn rehearsed(template: &str) -> Vec<String> {
    let text = r#"
name = "f"
version = 1
purpose = "information"
[input]
title = "text"
cents = "money"
when = "date?"
[[step]]
id = "one"
send = { template = { sms = "a" }, via = ["sms"] }
"#;
    let definition = sluis_model::flow::Definition {
        flow: text.into(),
        ..Default::default()
    };
    let flow = sluis_model::Flow::compile(&definition).unwrap();
    templates(&[("a.txt", template)])
        .rehearse(&flow)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_faulty_template_is_found_at_load_and_not_by_its_tenants() {
    assert_eq!(
        rehearsed(
            "{{ data.title }} {{ data.cents|euro }}{% if data.when is defined %} {{ data.when|datum }}{% endif %}"
        ),
        [""; 0]
    );
    for (template, said) in [
        (
            "{{ data.titel }}",
            "data.titel not given: expected them in the notification's data",
        ),
        ("{{ data.title|euro }}", "euro wants whole cents"),
        (
            "{{ data.title }} {{ link }}",
            "link not given: expected them of a step with link = true",
        ),
        ("{{ data.when|datum }}", "left out that may be"),
        (
            "{{ tenant.naam }}",
            "tenant.naam not given: expected them among the variables",
        ),
        ("{{ task.call.day }}", "expected them of an answer"),
    ] {
        let found = rehearsed(template);
        assert!(found.len() == 1, "{template}: {found:?}");
        assert!(found[0].contains(said), "{template}: {found:?}");
    }
    let found = rehearsed("{{ data.title|replace('a', data.title)|length }}");
    let is_told = found.len() == 1 && found[0].contains("the longest texts");
    assert!(is_told, "{found:?}");
}
