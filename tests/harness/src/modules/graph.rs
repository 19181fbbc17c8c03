//! A graph of modules.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

/// The crate itself as a module.
pub const ROOT: &str = "crate";

/// The names through which one module uses another, by the user and the used.
///
/// A module is named by its path in the crate, as `sys/fd`.
#[derive(Default)]
pub struct Graph(BTreeMap<(String, String), BTreeSet<String>>);

impl Graph {
    pub fn add(&mut self, user: &str, used: &str, name: &str) {
        if user != used {
            self.0.entry((user.to_owned(), used.to_owned())).or_default().insert(name.to_owned());
        }
    }

    /// Returns each use: the user, the used and the names.
    pub fn uses(&self) -> impl Iterator<Item = (&str, &str, String)> {
        self.0.iter().map(|((user, used), names)| (&**user, &**used, list(names)))
    }

    pub fn modules(&self) -> impl Iterator<Item = &str> {
        let all: BTreeSet<&str> = self.0.keys().flat_map(|(user, used)| [&**user, &**used]).collect();
        all.into_iter()
    }

    pub fn size(&self) -> String {
        format!("{} modules, {} uses of one by another", self.modules().count(), self.0.len())
    }

    /// Returns the graph of the modules of the crate root, each with all modules below it.
    pub fn top_level(&self) -> Self {
        let top = |module: &str| module.split('/').next().unwrap_or_default().to_owned();
        let mut graph = Self::default();
        for ((user, used), names) in &self.0 {
            names.iter().for_each(|name| graph.add(&top(user), &top(used), name));
        }
        graph
    }

    /// Describes each cycle: its modules, and the names that tie them together.
    pub fn cycles(&self) -> Vec<String> {
        let graph: DiGraphMap<&str, ()> = self.0.keys().map(|(user, used)| (&**user, &**used)).collect();
        let components = tarjan_scc(&graph);
        let cycles = components.into_iter().filter(|component| component.len() > 1);
        cycles.map(|cycle| format!("cycle of modules: {}", self.ties(&cycle).join("; "))).collect()
    }

    fn ties(&self, cycle: &[&str]) -> Vec<String> {
        let ties = self.uses().filter(|(user, used, _)| cycle.contains(user) && cycle.contains(used));
        ties.map(|(user, used, names)| format!("{user} uses {used} ({names})")).collect()
    }
}

/// Lists the first of some names.
fn list(names: &BTreeSet<String>) -> String {
    const MOST: usize = 8;
    let rest = if names.len() > MOST { ", ..." } else { "" };
    names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ") + rest
}
