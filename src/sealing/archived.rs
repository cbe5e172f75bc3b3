//! Owns what of a tenant stands in the archive without being sealed, which no destroyed key makes
//! unreadable. Refuses to open what is sealed: it needs no keys.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use anyhow::Context as _;
use sluis_archive::{Archive, ArchiveError, Cover, Key, Store};
use sluis_model::TenantKey;

use crate::config::Config;

/// How many entries of the tenant in sealed volumes are not sealed for him.
///
/// # Errors
/// The archive is away or damaged: then nobody knows.
pub(crate) fn plain_entries(
    config: &Config,
    environment: &BTreeMap<String, String>,
    tenant: &TenantKey,
) -> anyhow::Result<u64> {
    match &config.archive.url {
        Some(url) => {
            let runtime = tokio::runtime::Runtime::new()?;
            let options = environment.iter();
            let options = options.map(|(name, value)| (name.as_str(), value.as_str()));
            let store = Store::s3(url, options, runtime.handle().clone())?;
            count(store, tenant)
        }
        None => {
            let directory = config.archive_directory();
            if !directory.is_dir() {
                return Ok(0);
            }
            count(Store::directory(&directory)?, tenant)
        }
    }
    .context("the archive cannot be read, so it is not known what it has of this tenant")
}

fn count(store: Store, tenant: &TenantKey) -> anyhow::Result<u64> {
    Ok(count_plain(&Archive::look(store)?, tenant)?)
}

/// How many entries of the tenant are not sealed for him.
///
/// # Errors
/// The archive cannot be read.
pub(crate) fn count_plain(archive: &Archive, tenant: &TenantKey) -> Result<u64, ArchiveError> {
    let mut plain = 0;
    archive.find(&Key::Tenant(tenant.clone()), |_| true, &mut |found| {
        plain += u64::from(found.cover == Cover::Bare);
        ControlFlow::Continue(())
    })?;
    Ok(plain)
}
