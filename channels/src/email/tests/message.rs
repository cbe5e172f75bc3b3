//! The message as it stands on the wire.

use super::super::request::compose;
use super::peer::mail;

#[test]
fn a_mail_as_it_leaves() {
    let letter = compose(&mail()).unwrap();
    let text = String::from_utf8(letter.bytes).unwrap();
    assert!(text.is_ascii(), "no 8BITMIME needed");
    insta::assert_snapshot!(text.replace("\r\n", "\n"));
}

#[test]
fn a_resend_is_the_same_message() {
    assert_eq!(compose(&mail()).unwrap().bytes, compose(&mail()).unwrap().bytes);
}
