//! Owns the speed of sealing and opening 1 KiB at rest, with the key found by its tenant as the engine
//! does. Refuses the journal's share.

use serde_json::json;
use sluis_keys::{Found, KeyStore, Secret, StoreOptions, WrappingKeys};
use sluis_model::{CorporationId, TenantKey};

use super::MicroArgs;
use super::harness::Harness;

const BYTES: usize = 1_024;
/// Tenants that take turns.
const TENANTS: u32 = 10_000;

pub(super) fn run(harness: &mut Harness, _: &MicroArgs) -> anyhow::Result<()> {
    let dir = std::env::temp_dir().join(format!("sluis-bench-keys-{}", std::process::id()));
    let keys = WrappingKeys::default().with(CorporationId(1), &[Secret::new([7; 32])]);
    let store = KeyStore::open(&dir, keys, StoreOptions::default())?;
    let tenants: Vec<_> = (0..TENANTS)
        .map(|number| TenantKey::new(CorporationId(1), format!("load-{number:07}")))
        .collect();
    let mut turns = tenants.iter().cycle();
    let mut bytes = Vec::with_capacity(2 * BYTES);
    let mut seal = || {
        let tenant = turns.next().unwrap_or(&tenants[0]);
        bytes.clear();
        bytes.resize(BYTES, 42);
        let (id, key) = store.sealing_key(tenant).ok()??;
        key.seal(b"here", &mut bytes, 0);
        Some((id, bytes.clone()))
    };
    let sealed: Option<Vec<_>> = tenants.iter().map(|_| seal()).collect();
    let sealed = sealed.ok_or_else(|| anyhow::anyhow!("a tenant has no key"))?;
    let size = json!({ "bytes": BYTES, "tenants": TENANTS });
    harness.each("seal: seal 1 KiB of a tenant", size.clone(), &mut seal);
    let mut turns = sealed.iter().cycle();
    let mut opened = Vec::with_capacity(2 * BYTES);
    harness.each("seal: open 1 KiB by the number of its key", size, || {
        let (id, bytes) = turns.next()?;
        opened.clear();
        opened.extend_from_slice(bytes);
        match store.opening_key(*id).ok()? {
            Found::Key(key) => key.open(b"here", &mut opened).ok().map(|plain| plain.len()),
            Found::Erased(_) => None,
        }
    });
    std::fs::remove_file(&dir)?;
    Ok(())
}
