//! A message of which nobody would see anything does not leave.

use serde_json::json;
use sluis_model::Channel;

use super::rehearsed::rehearsed;
use super::{RenderError, render, templates};

#[test]
fn a_text_that_comes_out_blank_is_refused_on_every_channel() {
    let all = templates(&[
        ("m.subject.txt", "Bericht"),
        ("m.txt", "{{ data.a }}\n"),
        ("s.txt", " {{ data.a }}"),
    ]);
    for blank in ["", " \n", "\u{a0}", "\u{200b}\u{feff}"] {
        let data = || json!({ "a": blank });
        let mail = render(&all, Channel::Email, "m", "nl", data()).unwrap_err();
        assert_eq!(mail, RenderError::Blank("m.txt".into()));
        let sms = render(&all, Channel::Sms, "s", "nl", data()).unwrap_err();
        assert_eq!((sms.code(), sms.file()), ("render_blank", "s.txt"));
    }
    assert!(render(&all, Channel::Sms, "s", "nl", json!({ "a": "." })).is_ok());
    let subject = templates(&[("m.subject.txt", "{{ data.a }}"), ("m.txt", "x")]);
    let unseen = render(
        &subject,
        Channel::Email,
        "m",
        "nl",
        json!({ "a": "\u{200b}" }),
    );
    assert_eq!(
        unseen.unwrap_err(),
        RenderError::Subject("m.subject.txt".into())
    );
}

#[test]
fn a_template_that_says_nothing_without_an_optional_field_is_found_at_load() {
    let found = rehearsed("{% if data.when is defined %}{{ data.when|datum }}{% endif %}");
    assert!(
        found.len() == 1 && found[0].contains("left out"),
        "{found:?}"
    );
    assert!(found[0].contains("not blank"), "{found:?}");
}
