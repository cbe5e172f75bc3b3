//! Owns the graph of a flow in the language of Mermaid (<https://mermaid.js.org>), which many viewers of
//! Markdown draw. Refuses characters that mean something there.

use std::fmt::Write as _;

use sluis_model::Flow;

use super::parts::{Graph, Shape};

/// The graph of a flow.
#[must_use]
pub fn mermaid(flow: &Flow) -> String {
    let graph = Graph::of(flow);
    let mut text = String::from("flowchart TD\n");
    let (nodes, open) = graph.boxed();
    let mut count = 0;
    for (boxes, node) in nodes {
        text.push_str(&"    end\n".repeat(boxes.closes));
        for step in boxes.opens {
            let _ = writeln!(text, "    subgraph box{count}[\"{}\"]", escaped(step));
            count += 1;
        }
        let lines: Vec<String> = node.lines.iter().map(|line| escaped(line)).collect();
        let (open, close) = match node.shape {
            Shape::Start | Shape::End => ("([", "])"),
            Shape::Step => ("[", "]"),
            Shape::Rule => ("{{", "}}"),
            Shape::People => ("[/", "/]"),
        };
        let says = lines.join("<br/>");
        let _ = writeln!(text, "    {}{open}\"{says}\"{close}", node.id);
    }
    text.push_str(&"    end\n".repeat(open));
    for edge in &graph.edges {
        let label = match edge.label.is_empty() {
            true => String::new(),
            false => format!("|\"{}\"|", escaped(&edge.label)),
        };
        let _ = writeln!(text, "    {} -->{label} {}", edge.from, edge.to);
    }
    text
}

/// Text as Mermaid takes it between quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '#' => out.push_str("#35;"),
            '&' => out.push_str("#amp;"),
            other => out.push(other),
        }
    }
    out
}
