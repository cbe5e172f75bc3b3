//! What all sinks share: the profile in force, the book, the count of tries per recipient, the
//! rates and the world. Refuses to know a protocol.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use sluis_model::AttemptRef;
use tokio::time::Instant;

use super::rate::{Pacer, Window};
use super::{Book, Channel, Decision, Drawn, LaterEvent, Press, Profile, World, decide, link_in};
use crate::clock;

/// What the book keeps.
#[derive(Debug, Clone, Default)]
pub struct CoreOptions {
    /// Mail headers to write down, any case.
    pub headers: Vec<String>,
    /// Keep whole messages, for tests that read them.
    pub keep_bodies: bool,
    /// Draw every fate from these models, instead of from the profile.
    pub drawn: Option<Drawn>,
}

/// Shared by all sinks of one world; create once, clone the `Arc`.
pub struct SinkCore {
    pub(super) options: CoreOptions,
    pub(super) world: Arc<dyn World>,
    profile: RwLock<Arc<Profile>>,
    book: Book,
    /// These by channel.
    tries: [Mutex<HashMap<String, u32>>; Channel::ALL.len()],
    windows: [Mutex<Window>; Channel::ALL.len()],
    pacers: [Mutex<Pacer>; Channel::ALL.len()],
    started: Instant,
}

impl SinkCore {
    /// A core that captures no headers and keeps no bodies.
    pub fn new(profile: Profile, world: Arc<dyn World>) -> Arc<Self> {
        Self::with_options(profile, world, CoreOptions::default())
    }

    /// A core with options.
    pub fn with_options(
        profile: Profile,
        world: Arc<dyn World>,
        mut options: CoreOptions,
    ) -> Arc<Self> {
        options
            .headers
            .iter_mut()
            .for_each(|name| name.make_ascii_lowercase());
        Arc::new(Self {
            options,
            world,
            profile: RwLock::new(Arc::new(profile)),
            book: Book::default(),
            tries: Default::default(),
            windows: Default::default(),
            pacers: Default::default(),
            started: clock::mono(),
        })
    }

    /// The sinks' book.
    #[must_use]
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// The profile in force.
    #[must_use]
    pub fn profile(&self) -> Arc<Profile> {
        self.profile.read().clone()
    }

    /// Replaces the profile while the sinks run; takes effect at the next message.
    pub fn set_profile(&self, profile: Profile) {
        *self.profile.write() = Arc::new(profile);
    }

    /// Decides a try and counts it. `attempt`: of which attempt, where the message says it.
    pub(super) fn decide(
        &self,
        channel: Channel,
        recipient: &str,
        attempt: Option<AttemptRef>,
    ) -> Decision {
        if let Some(drawn) = &self.options.drawn {
            return drawn.decide(channel, recipient, attempt);
        }
        let nth = {
            let mut tries = self.tries[channel as usize].lock();
            match tries.get_mut(recipient) {
                Some(n) => {
                    *n += 1;
                    *n
                }
                None => *tries.entry(recipient.to_owned()).or_insert(0),
            }
        };
        let profile = self.profile();
        decide(channel, profile.of(channel), profile.seed, recipient, nth)
    }

    /// Whoever got a message presses its button later, where that was drawn and it has one.
    pub(super) fn read_later(&self, decision: &Decision, attempt: Option<AttemptRef>, text: &str) {
        let Some((reads, attempt)) = decision.reads.zip(attempt) else {
            return;
        };
        let Some(url) = link_in(text) else {
            return;
        };
        let press = Press {
            url,
            attempt,
            pays_ms: reads.pays_ms,
        };
        let at_ms = self.world.now_ms() + reads.pressed_ms;
        self.world.later(at_ms, LaterEvent::Press(press));
    }

    pub(super) fn is_down(&self, channel: Channel) -> bool {
        let profile = self.profile();
        profile.of(channel).is_down(self.world.now_ms())
    }

    /// Whether the provider's own rate limit lets one more through.
    pub(super) fn admits(&self, channel: Channel) -> bool {
        match self.profile().of(channel).throttle_per_second {
            Some(rate) => self.windows[channel as usize]
                .lock()
                .admit(self.world.now_ms(), rate),
            None => true,
        }
    }

    /// How long to hold an answer back: the decided latency, and the next free slot of a limited
    /// sink.
    pub(super) fn hold(&self, channel: Channel, decided_ms: u64) -> Duration {
        let decided = Duration::from_millis(decided_ms);
        let Some(rate) = self.profile().of(channel).limit_per_second else {
            return decided;
        };
        let now = u64::try_from((clock::mono() - self.started).as_micros()).unwrap_or(u64::MAX);
        decided.max(Duration::from_micros(
            self.pacers[channel as usize].lock().wait_us(now, rate),
        ))
    }
}
