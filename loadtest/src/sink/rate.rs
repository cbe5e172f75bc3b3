//! Rates at a sink: how many are let through in a second, and when the next one may be served. Owns
//! the arithmetic on a clock given to it; refuses to wait or to read a clock.

/// Lets `per_second` through in every second and refuses the rest.
#[derive(Debug, Default)]
pub(super) struct Window {
    second: i64,
    used: u32,
}

impl Window {
    /// Whether one more fits in the second of `now_ms`.
    pub(super) fn admit(&mut self, now_ms: i64, per_second: u32) -> bool {
        let second = now_ms.div_euclid(1000);
        if second != self.second {
            *self = Self { second, used: 0 };
        }
        let fits = self.used < per_second;
        self.used += u32::from(fits);
        fits
    }
}

/// Spaces answers evenly: each caller gets the next free slot, never one in the past.
#[derive(Debug, Default)]
pub(super) struct Pacer {
    next_us: u64,
}

impl Pacer {
    /// Microseconds to wait from `now_us` for a slot at `per_second`.
    pub(super) fn wait_us(&mut self, now_us: u64, per_second: u32) -> u64 {
        let slot = self.next_us.max(now_us);
        self.next_us = slot + 1_000_000 / u64::from(per_second.max(1));
        slot - now_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_starts_again_every_second() {
        let mut window = Window::default();
        let admitted: Vec<_> = [5_000, 5_500, 5_999, 6_000]
            .map(|now| window.admit(now, 2))
            .into();
        assert_eq!(admitted, [true, true, false, true]);
    }

    #[test]
    fn a_pacer_spaces_evenly_and_does_not_save_up() {
        let mut pacer = Pacer::default();
        let waits: Vec<_> = [0, 0, 0, 10_000_000, 10_000_000]
            .map(|now| pacer.wait_us(now, 1000))
            .into();
        assert_eq!(waits, [0, 1_000, 2_000, 0, 1_000]);
    }
}
