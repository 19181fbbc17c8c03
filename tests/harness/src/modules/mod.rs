//! The modules of the project's crates: no cycles, and in the library no use of a higher layer.

mod graph;
mod pages;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use workbench::project;

use self::graph::Graph;
use self::pages::Crates;
use crate::runner::FIGURES;

/// The layers above the operations of the library, then those below. A module may use its own layer and lower ones.
const ABOVE: [&[&str]; 1] = [&["c", "start"]];
const BELOW: [&[&str]; 6] =
    [&["content"], &["cgroup", "io", "temporary"], &["arg", "fields", "list", "text"], &["heap"], &["sys"], &["errno"]];

/// The library with each backend.
const LIBRARY: [Crates; 2] = [
    Crates { names: &["ffi_syscalls"], features: "archive,freestanding,panic-handler", directory: "kernel" },
    Crates { names: &["ffi_syscalls"], features: "libc,exports", directory: "libc" },
];

/// The other crates whose modules form no cycle.
const OTHERS: Crates =
    Crates { names: &["ffi_syscalls_arch", "workbench", "harness", "xtask"], features: "", directory: "tools" };

/// Checks all crates, and reports every violation at once.
pub fn check() -> Result<String> {
    let manifest = project::root().join("Cargo.toml");
    let mut output = String::new();
    let mut violations = Vec::new();
    for library in LIBRARY {
        for (_, graph) in library.graphs(&manifest)? {
            violations.extend(graph.cycles().into_iter().chain(graph.top_level().cycles()));
            violations.extend(uses_of_higher_layers(&graph.top_level()));
            output += &format!("{FIGURES}{}: {}: {}\n", library.directory, graph.size(), layers(&graph.top_level()));
        }
    }
    for (name, graph) in OTHERS.graphs(&manifest)? {
        violations.extend(graph.cycles());
        output += &format!("{FIGURES}{name}: {}\n", graph.size());
    }
    ensure!(violations.is_empty(), "{output}error: {}", violations.join("\nerror: "));
    Ok(output)
}

/// Returns the number of a module's layer, from the top.
fn layer_of(module: &str) -> usize {
    let position = |layers: &[&[&str]]| layers.iter().position(|layer| layer.contains(&module));
    let below = || position(&BELOW).map(|position| ABOVE.len() + 1 + position);
    position(&ABOVE).or_else(below).unwrap_or(ABOVE.len())
}

fn uses_of_higher_layers(graph: &Graph) -> Vec<String> {
    let up = graph.uses().filter(|(user, used, _)| *user != graph::ROOT && layer_of(used) < layer_of(user));
    up.map(|(user, used, names)| format!("{user} uses the higher layer {used}: {names}")).collect()
}

/// Describes the layers that the modules of a graph form: `c, start → dir, env → io → ...`.
fn layers(graph: &Graph) -> String {
    let mut layers: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for module in graph.modules().filter(|module| *module != graph::ROOT) {
        layers.entry(layer_of(module)).or_default().insert(module);
    }
    let layers = layers.into_values().map(|layer| layer.into_iter().collect::<Vec<_>>().join(", "));
    layers.collect::<Vec<_>>().join(" → ")
}
