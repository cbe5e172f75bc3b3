//! Owns the question whether what came in fits anything that is known of its tenant. Order of
//! arrival is nobody's promise, so what fits nothing is taken all the same; it is said, and found
//! later. Refuses to correct anything: a subject in another case is another subject, only named
//! here as near.

use crate::notification::Subject;
use crate::state::Tenant;

/// What a fact did not find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// Nothing is known of the tenant: no profile came, and nothing is open.
    pub tenant: bool,
    /// No open notification of the tenant is about the fact's subject, and no earlier fact told of
    /// it.
    pub subject: bool,
    /// A subject of the tenant that differs from the fact's only in case or in blanks.
    pub near: Option<Subject>,
}

/// What a fact about `about` does not find with its tenant, as it is before the fact is taken; none:
/// it finds everything. `about`: the subject that should be known, see [`Fact::about`]. What else a
/// fact is about may come before anything else speaks of it.
///
/// [`Fact::about`]: crate::Fact::about
#[must_use]
pub fn unmatched(tenant: &Tenant, about: Option<&Subject>) -> Option<Unmatched> {
    let unknown = !is_known(tenant);
    let subject = about.is_some_and(|subject| !subjects(tenant).any(|known| known == subject));
    let near = about
        .filter(|_| subject)
        .and_then(|subject| near(tenant, subject));
    (unknown || subject).then_some(Unmatched {
        tenant: unknown,
        subject,
        near,
    })
}

/// Whether anything is known of the tenant beside what facts told: a profile, or something open.
#[must_use]
pub fn is_known(tenant: &Tenant) -> bool {
    tenant.profile.is_some() || !tenant.open.is_empty()
}

/// Subjects of a tenant that are compared to find one that is near: most have a few, and each costs
/// a look at memory.
const MOST_COMPARED: usize = 8;

/// A subject of the tenant that differs from `subject` only in case or in blanks; none when it is
/// there as it stands.
#[must_use]
pub(crate) fn near(tenant: &Tenant, subject: &Subject) -> Option<Subject> {
    let close =
        |known: &&Subject| *known != subject && same_but_for_case_and_blanks(known, subject);
    let found = subjects(tenant).take(MOST_COMPARED).find(close)?;
    (!subjects(tenant).any(|known| known == subject)).then(|| found.clone())
}

/// What is open and what facts told of.
fn subjects(tenant: &Tenant) -> impl Iterator<Item = &Subject> {
    let told = tenant
        .told
        .as_deref()
        .into_iter()
        .flat_map(|told| &told.subjects)
        .map(|money| &money.subject);
    tenant
        .open
        .iter()
        .filter_map(|open| open.subject.as_deref())
        .chain(told)
}

fn same_but_for_case_and_blanks(one: &Subject, other: &Subject) -> bool {
    plain(&one.id).eq(plain(&other.id)) && plain(&one.kind).eq(plain(&other.kind))
}

/// The text without blanks, in lower case, from its end: numbers of one series differ there first.
fn plain(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .rev()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Fact, FactKind};
    use crate::notification::Environment;
    use crate::profile::Profile;
    use crate::state::{SubjectMoney, Told};
    use crate::time::Timestamp;

    fn subject(id: &str) -> Subject {
        Subject {
            kind: "invoice".into(),
            id: id.into(),
        }
    }

    fn fact(kind: FactKind, id: &str) -> Fact {
        let about = kind.needs_subject().then(|| subject(id));
        let (amount_cents, occurred_at, environment) =
            (Some(1), Timestamp(0), Environment::Production);
        Fact {
            fact_id: "f".into(),
            body: 1,
            kind,
            subject: about,
            amount_cents,
            occurred_at,
            environment,
        }
    }

    /// A tenant with a profile of whom facts told of this subject.
    fn told(id: &str) -> Tenant {
        let (open, payments, paid_at) = (None, Vec::new(), Timestamp(0));
        let money = SubjectMoney {
            subject: subject(id),
            open,
            open_ahead: false,
            paid_cents: 0,
            paid_at,
            payments,
        };
        let told = Told {
            subjects: [money].into(),
            ..Told::default()
        };
        Tenant {
            profile: Some(Box::new(Profile::default())),
            told: Some(Box::new(told)),
            ..Tenant::default()
        }
    }

    #[test]
    fn nobody_is_known_before_a_profile_or_a_notification_came() {
        for kind in FactKind::ALL {
            let found =
                unmatched(&Tenant::default(), fact(kind, "F-1").about()).expect("nothing fits");
            assert_eq!(
                (found.tenant, found.subject, found.near),
                (true, kind.needs_subject(), None),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn only_money_about_a_subject_asks_for_the_subject() {
        let tenant = told("F-1");
        assert_eq!(
            FactKind::ALL.map(|kind| unmatched(&tenant, fact(kind, "F-1").about())),
            [const { None }; 5]
        );
        let missed =
            FactKind::ALL.map(|kind| unmatched(&tenant, fact(kind, "F-2").about()).is_some());
        assert_eq!(missed, FactKind::ALL.map(FactKind::needs_subject));
    }

    #[test]
    fn what_is_there_as_it_stands_has_nothing_near() {
        let mut tenant = told("F-1");
        let other = told("f-1")
            .told
            .and_then(|told| told.subjects.into_iter().next())
            .expect("one");
        tenant.told_mut().subjects.push_back(other);
        assert_eq!(
            (
                near(&tenant, &subject("f-1")),
                near(&tenant, &subject("F-1"))
            ),
            (None, None)
        );
        assert_eq!(near(&tenant, &subject("F 1")), None);
        assert_eq!(near(&tenant, &subject("f -1")), Some(subject("F-1")));
    }

    #[test]
    fn a_subject_in_another_case_or_with_blanks_is_another_one_and_named_as_near() {
        let tenant = told("F-1");
        for id in ["f-1", "F -1", "\u{a0}F-1"] {
            let found =
                unmatched(&tenant, fact(FactKind::Payment, id).about()).expect("another subject");
            assert_eq!(
                (found.subject, found.near),
                (true, Some(subject("F-1"))),
                "{id:?}"
            );
        }
        let found =
            unmatched(&tenant, fact(FactKind::Payment, "F1").about()).expect("another subject");
        assert_eq!(found.near, None);
    }
}
