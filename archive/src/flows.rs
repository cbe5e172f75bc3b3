//! Owns when notifications were accepted and ended, by the day on which they were accepted: from that it
//! is known when the last flow has ended of which an object has something. Refuses to know which
//! notifications they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluis_model::{DAY, Event, NotificationId, TenantRecord};

use crate::words;

/// Of the notifications that were accepted on one day (UTC): what an entry, or all entries of an object,
/// say of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowDay {
    /// The day, counted from 1970.
    pub day: i64,
    /// How many are accepted here.
    #[serde(rename = "begun")]
    pub accepted: u32,
    /// How many end here.
    #[serde(rename = "over")]
    pub ended: u32,
}

/// The day on which a notification was accepted.
pub(crate) const fn day_of(id: NotificationId) -> i64 {
    id.made_at().0.div_euclid(DAY)
}

/// What a record says of the notifications that it is about.
pub(crate) fn of_record(record: &TenantRecord) -> Vec<FlowDay> {
    let mut days = Days::default();
    if let Some(id) = words::about(&record.input) {
        days.count(day_of(id), 0, 0);
    }
    for event in &record.events {
        if let Some(id) = event.notification() {
            let accepted = u32::from(matches!(event, Event::Accepted { .. }));
            let ended = u32::from(matches!(event, Event::Ended { .. }));
            days.count(day_of(id), accepted, ended);
        }
    }
    days.list()
}

/// Days, each once, in order.
#[derive(Debug, Default)]
pub(crate) struct Days(BTreeMap<i64, (u32, u32)>);

impl Days {
    /// What an entry about these notifications says.
    pub(crate) fn add(&mut self, days: &[FlowDay], ids: &[Box<str>]) {
        for day in days {
            self.count(day.day, day.accepted, day.ended);
        }
        if days.is_empty() {
            for id in ids.iter().filter_map(|id| id.parse().ok()) {
                self.count(day_of(id), 0, 0);
            }
        }
    }

    fn count(&mut self, day: i64, accepted: u32, ended: u32) {
        let counts = self.0.entry(day).or_default();
        counts.0 = counts.0.saturating_add(accepted);
        counts.1 = counts.1.saturating_add(ended);
    }

    pub(crate) fn list(&self) -> Vec<FlowDay> {
        let days = self.0.iter();
        let listed = days.map(|(day, (accepted, ended))| FlowDay {
            day: *day,
            accepted: *accepted,
            ended: *ended,
        });
        listed.collect()
    }
}
