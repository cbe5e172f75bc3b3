//! sluis-bench.
