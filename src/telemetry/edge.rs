//! Owns the edges: the ports at which requests come in, by the words that metrics use.

/// Where requests come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The HTTP port.
    Http,
    /// The binary port.
    Binary,
}

impl Edge {
    /// Every edge, in the order of their codes.
    pub(super) const ALL: [Self; 2] = [Self::Http, Self::Binary];

    /// The word used in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Binary => "binary",
        }
    }
}
