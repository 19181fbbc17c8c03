//! The graph of a crate's modules, from rustdoc's source pages.
//!
//! With `--generate-link-to-definition` rustdoc links each name in a source page to its definition, as the compiler
//! resolved it: paths through any re-export, method calls, and what macros are called with.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use regex_lite::Regex;
use workbench::project;
use workbench::shell::{cargo, execute};

use super::graph::{Graph, ROOT};

/// The number of a line, or a link to a line of another page, perhaps that of a `mod` item.
const LINE_OR_LINK: &str = r##"id=(?<line>[0-9]+) data-nosnippet|(?<mod>mod </span>)?<a href="(?<page>[^"#]+)#(?<target>[0-9]+)[^"]*">(?<name>.*?)</a>"##;

/// A place in the source: the path of a page below that of the crate, and a line.
type Place = (PathBuf, u32);

/// The links of one page.
#[derive(Default)]
struct Page {
    /// The pages of the modules that this one declares, by the lines of the `mod` items.
    declared: BTreeMap<u32, PathBuf>,
    /// The definitions that it uses, by name.
    used: BTreeSet<(Place, String)>,
}

/// Crates whose pages one run of rustdoc makes, so that they share the builds of their dependencies.
#[derive(Clone, Copy)]
pub struct Crates {
    pub names: &'static [&'static str],
    pub features: &'static str,
    /// The directory of target/modules for them. A crate with other features has another, since cargo does not renew its
    /// pages when the features change back.
    pub directory: &'static str,
}

impl Crates {
    /// Documents the crates, and reads the modules of each.
    pub fn graphs(self, manifest: &Path) -> Result<Vec<(&'static str, Graph)>> {
        let place = project::root().join("target/modules").join(self.directory);
        let mut doc = cargo();
        doc.args(["doc", "--quiet", "--no-deps", "--document-private-items", "--manifest-path"]).arg(manifest);
        doc.args(["--features", self.features, "--target-dir"]).arg(&place);
        doc.args(self.names.iter().flat_map(|name| ["--package", name]));
        doc.env("RUSTDOCFLAGS", "--cap-lints=allow -Zunstable-options --generate-link-to-definition");
        // A stable rustdoc takes unstable options then.
        execute(doc.env("RUSTC_BOOTSTRAP", "1"))?;
        self.names.iter().map(|name| Ok((*name, graph(&place.join("doc/src").join(name))?))).collect()
    }
}

/// Reads the pages from the crate's root on: pages of removed modules may still be there.
fn graph(source: &Path) -> Result<Graph> {
    let pattern = Regex::new(LINE_OR_LINK)?;
    let root = ["lib.rs.html", "main.rs.html"].map(PathBuf::from).into_iter().find(|page| source.join(page).exists());
    let mut waiting = vec![root.context("no page of a crate root")?];
    let mut pages = BTreeMap::new();
    while let Some(path) = waiting.pop() {
        let html = fs::read_to_string(source.join(&path)).with_context(|| path.display().to_string())?;
        let page = read(&pattern, &path, &html);
        waiting.extend(page.declared.values().cloned());
        pages.insert(path, page);
    }
    let mut graph = Graph::default();
    for (path, page) in &pages {
        for ((target, line), name) in &page.used {
            // A path that names a module is linked to its declaration: the items reached through it are what is used.
            if pages.get(target).is_some_and(|target| !target.declared.contains_key(line)) {
                graph.add(&module(path), &module(target), name);
            }
        }
    }
    Ok(graph)
}

fn read(pattern: &Regex, path: &Path, html: &str) -> Page {
    let mut page = Page::default();
    let mut line = 0;
    for found in pattern.captures_iter(html) {
        let number = |name| found.name(name).and_then(|number| number.as_str().parse().ok());
        if let Some(number) = number("line") {
            line = number;
        }
        let (Some(target), Some(target_line)) = (found.name("page"), number("target")) else { continue };
        let target = resolve(path, target.as_str());
        if found.name("mod").is_some() {
            page.declared.insert(line, target);
        } else {
            page.used.insert(((target, target_line), plain(&found["name"])));
        }
    }
    page
}

/// Returns the page that a link refers to.
fn resolve(from: &Path, link: &str) -> PathBuf {
    let mut path = from.parent().map(Path::to_owned).unwrap_or_default();
    for component in Path::new(link).components() {
        if component == Component::ParentDir && path.file_name().is_some() {
            path.pop();
        } else {
            path.push(component);
        }
    }
    path
}

/// Removes the tags from a piece of HTML.
fn plain(html: &str) -> String {
    let pieces = html.split('<').enumerate();
    pieces.map(|(at, piece)| if at == 0 { piece } else { piece.split_once('>').unwrap_or_default().1 }).collect()
}

/// Returns the module of a page.
fn module(page: &Path) -> String {
    let page = page.to_string_lossy();
    match page.trim_end_matches(".rs.html") {
        "lib" | "main" => ROOT.to_owned(),
        path => path.trim_end_matches("/mod").to_owned(),
    }
}
