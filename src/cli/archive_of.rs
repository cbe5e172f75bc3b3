//! Owns of what `sluis archive` is asked: a notification, a tenant or a subject, and how each is written.
//! Refuses to look it up.

use clap::Args;
use sluis_archive::{Key, Topic};
use sluis_model::{CorporationId, NotificationId, Subject, TenantKey};

/// Of what.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Of {
    /// A notification.
    #[arg(long, value_name = "ID", conflicts_with_all = ["corporation", "tenant", "subject"])]
    id: Option<NotificationId>,
    /// The corporation's number in the configuration.
    #[arg(long, value_name = "NUMBER", value_parser = corporation)]
    corporation: Option<u16>,
    /// A tenant of the corporation.
    #[arg(
        long,
        value_name = "TENANT",
        requires = "corporation",
        conflicts_with = "subject"
    )]
    tenant: Option<String>,
    /// A subject of the corporation, as `invoice/F-2026-0118`.
    #[arg(long, value_name = "KIND/ID", requires = "corporation", value_parser = subject)]
    subject: Option<Subject>,
}

/// The number of a corporation. Its name is another thing, and people give it all the same.
pub(super) fn corporation(text: &str) -> Result<u16, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| {
        "expected the corporation's number, from 1 to 65535: `id` of its [[corporation]] in the configuration, not its name"
            .to_owned()
    })
}

/// A subject, without blanks around its parts: it is stored so.
fn subject(text: &str) -> Result<Subject, String> {
    let (kind, id) = text.split_once('/').unwrap_or_default();
    if kind.trim().is_empty() || id.trim().is_empty() {
        return Err("expected KIND/ID, such as invoice/F-2026-0118".to_owned());
    }
    let (kind, id) = (kind.into(), id.into());
    Ok(Subject { kind, id }.trimmed())
}

impl Of {
    /// Under what it is found.
    ///
    /// # Errors
    /// A corporation is given, and nothing of it.
    pub(super) fn key(&self) -> anyhow::Result<Key> {
        if let Some(id) = self.id {
            return Ok(Key::Notification(id));
        }
        let corporation = CorporationId(self.corporation.unwrap_or_default());
        match (&self.tenant, &self.subject) {
            (Some(tenant), _) => Ok(Key::Tenant(TenantKey::new(corporation, tenant.as_str()))),
            (None, Some(Subject { kind, id })) => {
                let (kind, id) = (kind.clone(), id.clone());
                Ok(Key::Subject(corporation, Topic { kind, id }))
            }
            (None, None) => {
                anyhow::bail!("--tenant or --subject KIND/ID goes with --corporation")
            }
        }
    }
}

impl std::fmt::Display for Of {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(id) = self.id {
            return write!(f, "notification {id}");
        }
        let corporation = self.corporation.unwrap_or_default();
        match (&self.tenant, &self.subject) {
            (Some(tenant), _) => write!(f, "tenant {tenant} of corporation {corporation}"),
            (None, Some(Subject { kind, id })) => {
                write!(f, "subject {kind}/{id} of corporation {corporation}")
            }
            (None, None) => write!(f, "corporation {corporation}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corporation_goes_by_its_number() {
        assert_eq!(corporation("7"), Ok(7));
        for wrong in ["demo", "0", "65536", "-1", "", "1 "] {
            let error = corporation(wrong).unwrap_err();
            assert!(error.contains("not its name"), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_subject_has_a_kind_and_a_number_without_blanks_around_them() {
        let expected = Subject {
            kind: "invoice".into(),
            id: "F/1".into(),
        };
        for text in ["invoice/F/1", " invoice / F/1 "] {
            assert_eq!(subject(text).as_ref(), Ok(&expected), "{text}");
        }
        for wrong in ["F-1", "invoice/", "/F-1", " / ", ""] {
            let error = subject(wrong).unwrap_err();
            assert!(error.contains("expected KIND/ID"), "{wrong}: {error}");
        }
    }
}
