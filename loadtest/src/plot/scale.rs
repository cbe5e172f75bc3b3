//! From values to places: the range of an axis, where its ticks stand and what they say. Refuses an
//! empty range.

/// How values spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// From zero, evenly.
    Linear,
    /// By powers of ten.
    Log,
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    kind: Kind,
    from: f64,
    to: f64,
    pub(super) ticks: Vec<f64>,
}

impl Scale {
    /// Holds zero and every value, or on a logarithmic axis every value above zero.
    pub(super) fn over(kind: Kind, values: impl Iterator<Item = f64>) -> Self {
        let shown =
            values.filter(|value| value.is_finite() && (kind == Kind::Linear || *value > 0.0));
        let (low, high) = shown.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        match kind {
            Kind::Linear => {
                let step = nice(if high > 0.0 { high } else { 1.0 } / 5.0);
                let count = (high / step).ceil().max(1.0);
                let ticks = (0..=count as u32).map(|n| f64::from(n) * step).collect();
                Self {
                    kind,
                    from: 0.0,
                    to: count * step,
                    ticks,
                }
            }
            Kind::Log => {
                let low = if low.is_finite() {
                    low.log10().floor()
                } else {
                    0.0
                };
                let high = if high > 0.0 {
                    high.log10().ceil().max(low + 1.0)
                } else {
                    low + 1.0
                };
                let ticks = (low as i32..=high as i32)
                    .map(|power| 10_f64.powi(power))
                    .collect();
                Self {
                    kind,
                    from: low,
                    to: high,
                    ticks,
                }
            }
        }
    }

    /// Where a value stands: 0 is the beginning of the axis, 1 its end; `None` when the axis has no
    /// place for it.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        let value = match self.kind {
            Kind::Linear => value,
            Kind::Log if value > 0.0 => value.log10(),
            Kind::Log => return None,
        };
        value
            .is_finite()
            .then(|| (value - self.from) / (self.to - self.from))
    }
}

/// The next 1, 2 or 5 times a power of ten.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let first = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|first| first * power >= step * 0.999_999);
    first.unwrap_or(10.0) * power
}

/// A tick's text: short, with k and M.
pub(super) fn short(value: f64) -> String {
    let (value, unit) = match value.abs() {
        large if large >= 1e6 => (value / 1e6, "M"),
        large if large >= 1e3 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = format!("{value:.3}");
    format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_axes_begin_at_zero_and_end_behind_the_highest() {
        let scale = Scale::over(Kind::Linear, [3.0, 37_400.0, f64::NAN].into_iter());
        assert_eq!(scale.ticks, [0.0, 10_000.0, 20_000.0, 30_000.0, 40_000.0]);
        assert_eq!(
            (
                scale.place(0.0),
                scale.place(20_000.0),
                scale.place(f64::NAN)
            ),
            (Some(0.0), Some(0.5), None)
        );
        let empty = Scale::over(Kind::Linear, std::iter::empty());
        assert_eq!(empty.place(0.0), Some(0.0));
    }

    #[test]
    fn logarithmic_axes_have_whole_powers() {
        let scale = Scale::over(Kind::Log, [0.0, 0.5, 80.0].into_iter());
        assert_eq!(scale.ticks, [0.1, 1.0, 10.0, 100.0]);
        assert_eq!(
            (scale.place(0.1), scale.place(100.0), scale.place(0.0)),
            (Some(0.0), Some(1.0), None)
        );
        assert_eq!(
            Scale::over(Kind::Log, std::iter::empty()).ticks,
            [1.0, 10.0]
        );
    }

    #[test]
    fn ticks_are_short() {
        assert_eq!(
            [0.0, 0.1, 20.0, 40_000.0, 2_500_000.0].map(short),
            ["0", "0.1", "20", "40k", "2.5M"]
        );
    }
}
