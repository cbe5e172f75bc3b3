//! Owns the speed of rendering: the shipped notice as mail and as text message, from data of 1 KiB.
//! Refuses building the mail around it.

use std::collections::BTreeMap;

use serde_json::json;
use sluis_channels::render::{Context, CorporationView, Templates, TenantView};
use sluis_model::Channel;

use super::MicroArgs;
use super::decide::data;
use super::harness::Harness;

const FILES: [(&str, &str); 3] = [
    (
        "notice-mail.subject.txt",
        include_str!("../../../config/flows/templates/notice-mail.subject.txt"),
    ),
    (
        "notice-mail.txt",
        include_str!("../../../config/flows/templates/notice-mail.txt"),
    ),
    (
        "notice-sms.txt",
        include_str!("../../../config/flows/templates/notice-sms.txt"),
    ),
];

pub(super) fn run(harness: &mut Harness, _: &MicroArgs) -> anyhow::Result<()> {
    let files: BTreeMap<_, _> = FILES
        .map(|(name, source)| (name.to_owned(), source.to_owned()))
        .into();
    let templates =
        Templates::compile(&files).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let text = data();
    let value: serde_json::Value = serde_json::from_str(&text)?;
    let context = Context {
        tenant: TenantView {
            id: "load-0000001",
            name: "Huurder 1",
            language: "nl",
        },
        corporation: CorporationView {
            name: "Woningstichting Demo",
        },
        data: &value,
        task: None,
        ask: None,
        link: None,
        unsubscribe_url: None,
    };
    for (name, channel, template) in [
        ("mail", Channel::Email, "notice-mail"),
        ("sms", Channel::Sms, "notice-sms"),
    ] {
        templates.render(channel, template, &context)?;
        let size = json!({ "data_bytes": text.len(), "template": template });
        harness.each(&format!("render: {name}"), size, || {
            templates.render(channel, template, std::hint::black_box(&context))
        });
    }
    Ok(())
}
