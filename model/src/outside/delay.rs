//! Owns a spread of delays: quantiles that lie equally far apart, with straight lines between them.
//! Refuses a shape of its own: what was measured is given.

/// How long something takes: the least, quantiles in between, the most; in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delay(Vec<i64>);

impl Delay {
    /// Most quantiles.
    pub const MOST: usize = 101;

    /// From quantiles in ascending order; none when they are not, or when there is none.
    #[must_use]
    pub fn new(quantiles: Vec<i64>) -> Option<Self> {
        let sound = !quantiles.is_empty()
            && quantiles.len() <= Self::MOST
            && quantiles[0] >= 0
            && quantiles.is_sorted();
        sound.then_some(Self(quantiles))
    }

    /// The quantiles.
    #[must_use]
    pub fn quantiles(&self) -> &[i64] {
        &self.0
    }

    /// The delay below which the share `part` of all lies; `part` from 0 to 1.
    #[must_use]
    pub fn at(&self, part: f64) -> i64 {
        let Some(last) = self.0.len().checked_sub(1) else {
            return 0;
        };
        let place = part.clamp(0.0, 1.0) * last as f64;
        let below = (place as usize).min(last);
        let (from, to) = (self.0[below], self.0[(below + 1).min(last)]);
        from + ((to - from) as f64 * (place - below as f64)) as i64
    }
}
