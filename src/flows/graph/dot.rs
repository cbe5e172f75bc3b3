//! Owns the graph of a flow in the language of Graphviz (<https://graphviz.org/doc/info/lang.html>).
//! Refuses to place anything.

use std::fmt::Write as _;

use sluis_model::Flow;

use super::parts::{Graph, Shape};

/// The graph of a flow. Steps that are included stand in a box.
#[must_use]
pub fn dot(flow: &Flow) -> String {
    drawn(flow, true)
}

/// The graph of a flow without boxes: steps that are included have a colour of their own.
pub(super) fn flat(flow: &Flow) -> String {
    drawn(flow, false)
}

fn drawn(flow: &Flow, with_boxes: bool) -> String {
    let graph = Graph::of(flow);
    let mut text = String::from("digraph flow {\n");
    let (nodes, open) = graph.boxed();
    let mut count = 0;
    for (boxes, node) in nodes {
        if with_boxes {
            text.push_str(&"    }\n".repeat(boxes.closes));
            for step in boxes.opens {
                let _ = writeln!(
                    text,
                    "    subgraph cluster{count} {{ label=\"{}\";",
                    escaped(step)
                );
                count += 1;
            }
        }
        let (shape, fill) = match node.shape {
            Shape::Start | Shape::End => ("ellipse", "#e8f0e8"),
            Shape::Step if !node.within.is_empty() => ("box", "#e8ecf8"),
            Shape::Step => ("box", "#ffffff"),
            Shape::Rule => ("box", "#f4f0e0"),
            Shape::People => ("box", "#f8e4e0"),
        };
        let lines: Vec<String> = node.lines.iter().map(|line| escaped(line)).collect();
        let says = lines.join("\\n");
        let (id, style) = (&node.id, "style=\"filled\"");
        let _ = writeln!(
            text,
            "    {id} [label=\"{says}\" shape={shape} fillcolor=\"{fill}\" {style}];"
        );
    }
    if with_boxes {
        text.push_str(&"    }\n".repeat(open));
    }
    for edge in &graph.edges {
        let (from, to, label) = (&edge.from, &edge.to, escaped(&edge.label));
        let _ = writeln!(text, "    {from} -> {to} [label=\"{label}\"];");
    }
    text.push_str("}\n");
    text
}

/// Text between quotes.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
