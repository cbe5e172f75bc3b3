//! Owns the short names by which a shard's indexes speak of what it has: notifications, groups;
//! tenants have theirs from their host. They hold within one process only; nothing of them is stored.

use sluis_model::NotificationId;

pub(super) use crate::tenant::Slot;

/// The place of a group of what stands still; what is counted in none has [`NOWHERE`].
pub(super) type Stand = u16;
/// In no group.
pub(super) const NOWHERE: Stand = Stand::MAX;

/// A notification's id as it lies in indexes: in its order, without the alignment of a `u128`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PackedId([u64; 2]);

impl PackedId {
    /// None is smaller.
    pub(super) const FIRST: Self = Self([0, 0]);
}

impl From<NotificationId> for PackedId {
    fn from(id: NotificationId) -> Self {
        Self([(id.0 >> 64) as u64, id.0 as u64])
    }
}

impl From<PackedId> for NotificationId {
    fn from(PackedId([high, low]): PackedId) -> Self {
        Self(u128::from(high) << 64 | u128::from(low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_id_keeps_the_order_of_ids() {
        let ids = [
            0,
            1,
            u128::from(u64::MAX),
            1 << 64,
            (1 << 112) + 5,
            u128::MAX,
        ]
        .map(NotificationId);
        assert!(ids.map(PackedId::from).is_sorted());
        assert_eq!(ids.map(|id| NotificationId::from(PackedId::from(id))), ids);
    }
}
