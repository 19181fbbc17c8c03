//! The graph of a crate with known cycles: fixtures/modules.

use std::path::Path;

use super::graph::Graph;
use super::pages::Crates;
use super::{layer_of, uses_of_higher_layers};

fn fixture() -> Graph {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/modules/Cargo.toml");
    let fixture = Crates { names: &["modules"], features: "", directory: "fixture" };
    let (_, graph) = fixture.graphs(&manifest).expect("rustdoc documents the fixture").remove(0);
    graph
}

#[test]
fn cycles_are_found_through_reexports_and_method_calls() {
    let graph = fixture();
    let cycles = graph.cycles();
    assert_eq!(cycles, ["cycle of modules: first uses second (double); second uses first (Number, crate::Number)"]);
    // The files of upper/ and lower form none, but upper/ as a whole and lower do.
    let top = graph.top_level().cycles();
    assert_eq!(top.len(), 2, "{top:?}");
    assert!(
        top.iter().any(|cycle| cycle.contains("lower uses upper") && cycle.contains("upper uses lower")),
        "{top:?}"
    );
}

#[test]
fn modules_that_only_declare_or_reexport_one_another_form_no_cycle() {
    let graph = fixture();
    assert!(graph.uses().all(|(_, used, _)| used != "crate" && used != "upper"), "declarations count as uses");
}

#[test]
fn a_use_of_a_higher_layer_is_a_violation() {
    let mut graph = Graph::default();
    graph.add("file", "io", "write_all");
    graph.add("c", "file", "copy");
    graph.add("crate", "c", "c");
    assert_eq!(uses_of_higher_layers(&graph), Vec::<String>::new());
    graph.add("heap", "file", "read_text");
    assert_eq!(uses_of_higher_layers(&graph), ["heap uses the higher layer file: read_text"]);
}

#[test]
fn modules_that_no_layer_names_are_operations() {
    assert!(layer_of("c") < layer_of("glob") && layer_of("glob") < layer_of("io"));
}
