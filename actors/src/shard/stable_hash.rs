//! Owns the hashes by which a shard speaks of subjects and tenants in what it keeps and stores:
//! XXH3, 64 bits. They stand in the log ([`sluis_model::Carried`]), so they never change.
//! Refuses to be proof against whoever wants two to be equal: whoever uses one compares the thing
//! itself where that matters.

use sluis_model::{Subject, TenantKey};
use twox_hash::XxHash3_64;

/// The subject as it stands in indexes.
pub(super) fn subject_hash(subject: &Subject) -> u64 {
    let kind = XxHash3_64::oneshot(subject.kind.as_bytes());
    XxHash3_64::oneshot_with_seed(kind, subject.id.as_bytes())
}

/// The tenant, beside a subject.
pub(super) fn tenant_hash(key: &TenantKey) -> u64 {
    XxHash3_64::oneshot_with_seed(key.corporation.0.into(), key.tenant.as_bytes())
}

#[cfg(test)]
mod tests {
    use sluis_model::CorporationId;

    use super::*;

    #[test]
    fn what_is_stored_means_the_same_for_ever() {
        let subject = Subject {
            kind: "invoice".into(),
            id: "F-1".into(),
        };
        let key = TenantKey::new(CorporationId(1), "H-1");
        assert_eq!(
            (subject_hash(&subject), tenant_hash(&key)),
            (17_221_236_053_159_090_260, 1_266_507_406_704_772_078),
            "data directories hold these numbers"
        );
    }
}
