//! Owns the nodes and edges of a flow. Refuses to draw them.

use sluis_model::Flow;
use sluis_model::flow::Go;

use crate::flows::ways::{length, ways};
use crate::flows::words::{does, goes};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Where it begins.
    Start,
    /// A step.
    Step,
    /// A rule that holds at every step.
    Rule,
    /// An end.
    End,
    /// People.
    People,
}

/// A node.
#[derive(Debug)]
pub(super) struct Node {
    /// A word of its own, for the languages of graphs.
    pub id: String,
    /// What it is.
    pub shape: Shape,
    /// What it says, line by line.
    pub lines: Vec<String>,
    /// The step that included it, and the one that included that, the outermost first.
    pub within: Vec<String>,
}

/// An edge between two nodes.
#[derive(Debug)]
pub(super) struct Edge {
    /// From.
    pub from: String,
    /// To.
    pub to: String,
    /// What takes it.
    pub label: String,
}

/// A flow as a graph.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Its nodes.
    pub nodes: Vec<Node>,
    /// Its edges.
    pub edges: Vec<Edge>,
}

impl Graph {
    /// The graph of a flow.
    pub(super) fn of(flow: &Flow) -> Self {
        let mut graph = Self::default();
        graph.node(
            "start",
            Shape::Start,
            vec![format!("{} {}", flow.name, flow.version)],
        );
        for (index, step) in flow.steps.iter().enumerate() {
            let lines = vec![step.id.to_string(), does(step)];
            graph.node(&format!("step{index}"), Shape::Step, lines);
        }
        graph.edge("start", "step0", String::new());
        for (index, step) in flow.steps.iter().enumerate() {
            for way in ways(step) {
                let label = way.label();
                graph.way(flow, &format!("step{index}"), way.go, label);
            }
        }
        graph.rules(flow);
        graph
    }

    fn rules(&mut self, flow: &Flow) {
        for (index, guard) in flow.guards.iter().enumerate() {
            let id = format!("guard{index}");
            let mut lines = vec![
                format!("guard: {}", guard.name),
                guard.when.text.to_string(),
            ];
            lines.extend(
                guard
                    .fresh_within_ms
                    .map(|ms| format!("facts at most {} old", length(ms))),
            );
            self.node(&id, Shape::Rule, lines);
            self.way(flow, &id, &guard.otherwise, "does not hold".to_owned());
        }
        if let Some(close) = flow.close {
            let lines = vec!["before it ends: closes what it opened".to_owned()];
            self.node("close", Shape::Rule, lines);
            self.way(flow, "close", &Go::Step(close.step), "first".to_owned());
        }
        for (index, stop) in flow.stops.iter().enumerate() {
            let id = format!("stop{index}");
            let mut lines = vec![format!("stop: {}", stop.name), stop.when.text.to_string()];
            if stop.close_link {
                lines.push("closes the link".to_owned());
            }
            self.node(&id, Shape::Rule, lines);
            self.way(flow, &id, &stop.go, "holds".to_owned());
        }
    }

    fn node(&mut self, id: &str, shape: Shape, lines: Vec<String>) {
        let within = match shape {
            Shape::Step => within(&lines[0]),
            Shape::Start | Shape::Rule | Shape::End | Shape::People => Vec::new(),
        };
        let id = id.to_owned();
        self.nodes.push(Node {
            id,
            shape,
            lines,
            within,
        });
    }

    fn edge(&mut self, from: &str, to: &str, label: String) {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.edges.push(Edge { from, to, label });
    }

    /// An edge to where a way leads. An end, or a list of people, is one node however many lead there.
    fn way(&mut self, flow: &Flow, from: &str, go: &Go, label: String) {
        let shape = match go {
            Go::Step(index) => return self.edge(from, &format!("step{index}"), label),
            Go::End(_) => Shape::End,
            Go::Human(_) => Shape::People,
        };
        let says = goes(flow, go);
        let known = self
            .nodes
            .iter()
            .find(|node| node.shape == shape && node.lines[0] == says);
        let to = match known {
            Some(node) => node.id.clone(),
            None => {
                let id = format!("out{}", self.nodes.len());
                self.node(&id, shape, vec![says]);
                id
            }
        };
        self.edge(from, &to, label);
    }
}

/// The steps that included the one with this id: `chase` of `chase.visit`.
fn within(id: &str) -> Vec<String> {
    let points = id.match_indices('.');
    points.map(|(at, _)| id[..at].to_owned()).collect()
}

/// What opens and closes around a node when they are written in their order.
pub(super) struct Boxes<'a> {
    /// The boxes that close before it.
    pub closes: usize,
    /// Those that open before it, by the ids of the steps.
    pub opens: &'a [String],
}

impl Graph {
    /// Every node with the boxes before it. `open` says how many are open at the end.
    pub(super) fn boxed(&self) -> (Vec<(Boxes<'_>, &Node)>, usize) {
        let mut open: &[String] = &[];
        let mut all = Vec::new();
        for node in &self.nodes {
            let same = open.iter().zip(&node.within);
            let same = same.take_while(|(open, own)| open == own).count();
            let boxes = Boxes {
                closes: open.len() - same,
                opens: &node.within[same..],
            };
            all.push((boxes, node));
            open = &node.within;
        }
        (all, open.len())
    }
}
