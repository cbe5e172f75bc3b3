//! Owns what an answer says beside "taken": that something fits nothing that is known. Order of
//! arrival is nobody's promise, so these are no refusals. Refuses to guess what was meant.

use std::borrow::Cow;

use sluis_model::{Subject, Unmatched};

/// One remark, for people.
pub(super) type Note = Cow<'static, str>;

const UNKNOWN_TENANT: &str = "tenant_id: no profile of this tenant is there yet, so no address: check the number, or load the tenant";
const NOTHING_OF_TENANT: &str = "tenant_id: nothing is known of this tenant, no profile and nothing open: the fact is kept, and listed \
                                 by GET /v1/facts/unmatched until it fits";
const NOTHING_OF_SUBJECT: &str = "subject: no notification for this tenant is or was about it, and no earlier fact told of it: the fact \
                                  is kept, and listed by GET /v1/facts/unmatched until it fits";

/// What is to be said of an accepted notification.
pub(super) fn of_notification(unknown_tenant: bool, near: Option<&Subject>) -> Vec<Note> {
    let unknown = unknown_tenant.then_some(Cow::Borrowed(UNKNOWN_TENANT));
    unknown.into_iter().chain(near.map(nearly)).collect()
}

/// What is to be said of a fact that was taken.
pub(super) fn of_fact(unmatched: Option<&Unmatched>) -> Vec<Note> {
    let Some(missed) = unmatched else {
        return Vec::new();
    };
    let tenant = missed.tenant.then_some(Cow::Borrowed(NOTHING_OF_TENANT));
    let subject = missed.subject.then_some(Cow::Borrowed(NOTHING_OF_SUBJECT));
    tenant
        .into_iter()
        .chain(subject)
        .chain(missed.near.as_ref().map(nearly))
        .collect()
}

/// Names a subject that differs only in case or blanks.
pub(super) fn nearly(known: &Subject) -> Note {
    format!(
        "subject: this tenant has {} {:?}, which differs only in case or in blanks: that is another subject",
        known.kind, known.id
    )
    .into()
}
