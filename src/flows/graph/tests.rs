//! The graphs of the shipped flows: those in the documents are the ones that the program draws.

use std::fmt::Write as _;
use std::path::Path;

use sluis_model::Flow;

use super::{dot, mermaid, svg};
use crate::config::Config;
use crate::config::flows::find;

fn shipped() -> Vec<Flow> {
    let (found, _) = find(&Config::built_in());
    found
        .iter()
        .map(|found| Flow::compile(&found.definition).unwrap())
        .collect()
}

/// `SLUIS_WRITE_GRAPHS=1 cargo test -p sluis --lib graph` writes the page anew.
#[test]
fn the_graphs_in_the_documents_are_those_of_the_shipped_flows() {
    let mut page = String::from(
        "# Graphs of the flows that are built in\n\n`sluis flow graph NAME` draws a flow. A test writes this page \
         (`SLUIS_WRITE_GRAPHS=1 cargo test -p sluis --lib graph`).\n",
    );
    for flow in shipped() {
        let _ = write!(
            page,
            "\n## {}\n\n```mermaid\n{}```\n",
            flow.name,
            mermaid(&flow)
        );
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/flow-graphs.md");
    if std::env::var_os("SLUIS_WRITE_GRAPHS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page);
}

#[test]
fn every_step_rule_and_way_out_is_in_each_graph() {
    let flows = shipped();
    let storno = flows.iter().find(|flow| &*flow.name == "storno").unwrap();
    let drawn = mermaid(storno);
    for part in [
        "step0[\"mail<br/>sends by preferred, email; link\"]",
        "step0 -->|\"bounced\"| step1",
        "step0 -->|\"unanswered after 2d\"| step1",
        "step2 -->|\"after 5d\"|",
        "guard: balance above zero<br/>facts.balance_cents #gt; 0<br/>facts at most 1d old",
        "stop: paid another way<br/>subject.open_amount_cents #lt;= 0<br/>closes the link",
        "[/\"human: collections\"/]",
        "([\"end: paid\"])",
    ] {
        assert!(drawn.contains(part), "{part}\n{drawn}");
    }
    assert_eq!(
        drawn.matches("human: collections").count(),
        1,
        "people are one node\n{drawn}"
    );
    let edges = |text: &str, arrow: &str| text.matches(arrow).count();
    assert_eq!(edges(&drawn, "-->"), edges(&dot(storno), " -> "));
}

#[test]
fn a_picture_has_every_node_and_is_well_formed() {
    for flow in shipped() {
        let picture = svg(&flow).unwrap();
        assert!(picture.ends_with("</svg>"), "{picture}");
        for step in &flow.steps {
            assert!(picture.contains(&*step.id), "{}: {}", flow.name, step.id);
        }
    }
}
