//! Drawing what was sampled: plots as SVG and a page that shows them with the results. Plain
//! text, made here: what a plotting crate brings along would be larger than this. Refuses to
//! smooth: every sample is a point.

mod page;
mod scale;
mod series;
mod svg;

pub use self::page::{Drawn, draw};
pub use self::svg::{Plot, Series};
