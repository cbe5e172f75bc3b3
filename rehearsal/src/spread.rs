//! Owns how far a count may lie from what a rehearsal counted. A rehearsal is one draw, and so is what
//! comes: each count of rows has at most the variance of a binomial one, and there are two of them. A
//! share that was measured from few messages adds its own. Refuses to be narrower than that.

/// Of so many standard deviations: 999 of 1,000 draws lie within.
const DEVIATIONS: f64 = 3.29;
/// No count is known better than this.
const LEAST: f64 = 3.0;

/// What a count may be with another seed, or in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// At least.
    pub from: u64,
    /// At most.
    pub to: u64,
}

impl Spread {
    /// Of a count among `of` that might have been. `measured`: from how many messages its share is known;
    /// none: it was assumed, and only the draws spread.
    #[must_use]
    pub fn of(count: u64, of: u64, measured: Option<u64>) -> Self {
        Self::together(count, of, measured, 1.0)
    }

    /// The same where rows go together: those of one household end together, and their number spreads as
    /// that of the households does. `together`: how many go together, weighed by themselves.
    #[must_use]
    pub fn together(count: u64, of: u64, measured: Option<u64>, together: f64) -> Self {
        let (count_f, of_f) = (count as f64, of.max(count).max(1) as f64);
        let share = count_f / of_f;
        // What never came, or always, might come otherwise once.
        let share = share.clamp(0.5 / of_f, 1.0 - 0.5 / of_f);
        let known = measured.filter(|measured| *measured > 0);
        let ours = known.map_or(0.0, |measured| of_f / measured as f64);
        let variance = of_f * share * (1.0 - share) * (2.0 * together.max(1.0) + ours);
        let within = (DEVIATIONS * variance.sqrt()).max(LEAST).ceil() as u64;
        Self {
            from: count.saturating_sub(within),
            to: count.saturating_add(within),
        }
    }

    /// Whether a count lies within.
    #[must_use]
    pub const fn holds(&self, count: u64) -> bool {
        self.from <= count && count <= self.to
    }

    /// How far to either side.
    #[must_use]
    pub const fn width(&self, count: u64) -> u64 {
        self.to.saturating_sub(count)
    }
}
