//! Owns what becomes of messages that stand in line where no provider takes them: theirs was taken
//! from their corporation, or has refused its account for too long. Each is decided on: people get
//! it, with the reason. Refuses to choose another account.

use sluis_model::{Input, NoWay, Why};

use super::core::ShardCore;
use super::links::ProviderEntry;
use super::request::GivenUp;
use crate::outbox::QueueKey;

/// Most messages of one line that one turn decides on.
const MOST_AT_ONCE: usize = 256;
/// Code of the reason when no provider of the channel is the corporation's.
const NO_PROVIDER: &str = "no_provider";

impl ShardCore {
    /// Decides on what stands in a line that no provider serves. Whether there may be more.
    pub(super) fn strand(&mut self) -> bool {
        let mut unserved = self.schedule.ready.take_unserved();
        let links = &self.settings.links;
        let changed = self.schedule.ready.changed();
        unserved.extend(changed.filter(|queue| !links.serve(queue)).cloned());
        let mut more = false;
        for queue in unserved {
            if self.decide_line(&queue, &no_provider(&queue)) {
                self.schedule.ready.keep_unserved(queue);
                more = true;
            }
        }
        more
    }

    /// Decides on what stands in lines whose every provider is among those that are given up.
    pub(super) fn give_up(&mut self, given_up: &GivenUp) {
        let links = &self.settings.links;
        let reason = |queue: &QueueKey| {
            let mut serving = links.serving(queue).peekable();
            let first = serving.peek().and_then(|entry| given_up.why(&entry.name));
            let all = serving.all(|entry: &ProviderEntry| given_up.why(&entry.name).is_some());
            first.filter(|_| all).cloned()
        };
        let queues = self.schedule.ready.queues();
        let lost = queues.filter(|queue| queue.channel == given_up.channel);
        let lost: Vec<(QueueKey, Why)> = lost
            .filter_map(|queue| Some((queue.clone(), reason(queue)?)))
            .collect();
        for (queue, why) in lost {
            self.decide_line(&queue, &why);
        }
    }

    /// Decides on the first messages of a line. Whether there may be more.
    fn decide_line(&mut self, queue: &QueueKey, why: &Why) -> bool {
        for _ in 0..MOST_AT_ONCE {
            let Some(id) = self.schedule.ready.pop(queue) else {
                return false;
            };
            if !self.tenants.set_queued(id, false) || self.candidate(id, queue).is_none() {
                continue;
            }
            let no_way = NoWay {
                id,
                channel: queue.channel,
                pinned: queue.pinned.clone(),
                why: why.clone(),
            };
            self.decide_by_id(id, Input::NoWay(Box::new(no_way)));
        }
        true
    }
}

/// Why nothing takes what stands in this line.
fn no_provider(queue: &QueueKey) -> Why {
    let text = match &queue.pinned {
        Some(provider) => {
            format!("{provider}, which may have it already, is not the corporation's any more")
        }
        None => format!(
            "the corporation has no provider for {} any more",
            queue.channel
        ),
    };
    Why::new(NO_PROVIDER, &text)
}
