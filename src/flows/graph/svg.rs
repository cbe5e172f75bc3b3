//! Owns the picture of a flow: `layout-rs` places what the graph in Graphviz's language has. Refuses to
//! place anything itself.

use layout::backends::svg::SVGWriter;
use layout::gv::{DotParser, GraphBuilder};
use sluis_model::Flow;

use super::dot::flat;

/// A picture of a flow, as SVG.
///
/// # Errors
/// What could not be placed.
pub fn svg(flow: &Flow) -> Result<String, String> {
    let graph = DotParser::new(&flat(flow)).process()?;
    let mut builder = GraphBuilder::new();
    builder.visit_graph(&graph);
    let mut picture = builder.get();
    let mut writer = SVGWriter::new();
    picture.do_it(false, false, false, &mut writer);
    Ok(writer.finalize())
}
