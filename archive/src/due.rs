//! Owns from when the period of an object is counted: when the last flow has ended of which it may have
//! something. Refuses to open an object: the manifests say enough.

use std::collections::BTreeMap;

use crate::manifest::{Manifest, SegmentOf};

/// What all manifests say of the notifications of one corporation that were accepted on one day.
#[derive(Clone, Copy, Debug, Default)]
struct DayOf {
    accepted: u64,
    ended: u64,
    /// When the newest entry was decided that stands in one object with an end.
    last_end: i64,
}

/// When notifications ended, by corporation and by the day on which they were accepted.
#[derive(Debug, Default)]
pub(crate) struct Ends(BTreeMap<(u16, i64), DayOf>);

/// From when the period of an object is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// From this instant, in milliseconds since 1970.
    From(i64),
    /// Not yet: notifications are open of those accepted on this day, counted from 1970.
    Open(i64),
}

impl Ends {
    /// Takes in a sealed volume.
    pub(crate) fn add(&mut self, manifest: &Manifest) {
        for segment in &manifest.segments {
            let last_at = segment.last_at();
            for flow in segment.days() {
                let day = self.0.entry((segment.corporation, flow.day)).or_default();
                day.accepted += u64::from(flow.accepted);
                day.ended += u64::from(flow.ended);
                if flow.ended > 0 {
                    day.last_end = day.last_end.max(last_at);
                }
            }
        }
    }

    /// From when the object's period is counted. Notifications that were accepted on the same day count
    /// together, so it may be later than for those in the object alone, and is never earlier.
    pub(crate) fn counted(&self, segment: &SegmentOf) -> Counted {
        let mut from = segment.last_at();
        for flow in segment.days() {
            let day = self.0.get(&(segment.corporation, flow.day));
            let day = day.copied().unwrap_or_default();
            if day.accepted > day.ended {
                return Counted::Open(flow.day);
            }
            from = from.max(day.last_end);
        }
        Counted::From(from)
    }
}
