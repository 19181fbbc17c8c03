//! Facts about Rust code, from its syntax trees: the crate's public functions, and the names that a program uses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;
use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{Attribute, Expr, ImplItem, Item, Token, Type, UseTree, Visibility};

use workbench::list::{self, Function};
use workbench::project;

/// The crate's public functions, by their paths (`file::exists`, `FileLock::unlock`), each with the C names that
/// `#[doc(alias = "...")]` gives it.
pub struct Api(BTreeMap<String, Vec<String>>);

impl Api {
    pub fn read() -> Result<Self> {
        let mut functions: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut add = |path: String, visibility: &Visibility, attributes: &[Attribute]| {
            if matches!(visibility, Visibility::Public(_)) {
                functions.entry(path).or_default().extend(aliases(attributes));
            }
        };
        list::walk(&project::root().join("src/lib.rs"), &mut |position, item| {
            // A family re-exports what its own modules define.
            let family = position.module.split("::").next().unwrap_or_default();
            match item {
                Item::Fn(item) => add(format!("{family}::{}", item.sig.ident), &item.vis, &item.attrs),
                Item::Use(item) => {
                    for name in leaves(&item.tree) {
                        add(format!("{family}::{name}"), &item.vis, &item.attrs);
                    }
                }
                Item::Impl(item) => {
                    let Some(owner) = name_of(&item.self_ty) else { return Ok(()) };
                    for method in &item.items {
                        let ImplItem::Fn(method) = method else { continue };
                        add(format!("{owner}::{}", method.sig.ident), &method.vis, &method.attrs);
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(Self(functions))
    }

    /// Returns the path of the Rust function of an operation.
    pub fn path_of(&self, function: &Function) -> Option<&str> {
        let has_alias = |aliases: &Vec<String>| aliases.contains(&function.name);
        let named = self.0.iter().find(|(_, aliases)| has_alias(aliases)).map(|(path, _)| path.as_str());
        let usual = usual_path(function);
        named.or_else(|| self.0.get_key_value(&usual).map(|(path, _)| path.as_str()))
    }
}

/// Returns the names that a use declaration imports.
fn leaves(tree: &UseTree) -> Vec<String> {
    match tree {
        UseTree::Path(path) => leaves(&path.tree),
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
        UseTree::Name(name) => vec![name.ident.to_string()],
        UseTree::Rename(rename) => vec![rename.rename.to_string()],
        UseTree::Glob(_) => Vec::new(),
    }
}

/// Returns the path of the Rust function of an operation without an alias: `rt_dir_list` is `dir::list`.
pub fn usual_path(function: &Function) -> String {
    let Function { name, family, .. } = function;
    let name = name.strip_prefix("rt_").unwrap_or(name);
    let short = name.strip_prefix(family).and_then(|rest| rest.strip_prefix('_')).unwrap_or(name);
    format!("{family}::{short}")
}

/// Returns the other names under which the documentation lists an item.
fn aliases(attributes: &[Attribute]) -> Vec<String> {
    let mut names = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        let alias = attribute.parse_args::<syn::MetaNameValue>().ok().filter(|alias| alias.path.is_ident("alias"));
        if let Some(Expr::Lit(value)) = alias.map(|alias| alias.value)
            && let syn::Lit::Str(name) = value.lit
        {
            names.push(name.value());
        }
    }
    names
}

fn name_of(owner: &Type) -> Option<String> {
    let Type::Path(path) = owner else { return None };
    path.path.segments.last().map(|segment| segment.ident.to_string())
}

/// The names and texts that a program contains.
#[derive(Default)]
pub struct Mentions {
    /// The last two segments of each path.
    paths: BTreeSet<String>,
    methods: BTreeSet<String>,
    pub literals: BTreeSet<String>,
}

impl Mentions {
    /// Returns those of the crates with these root files.
    pub fn of(roots: impl IntoIterator<Item = PathBuf>) -> Result<Self> {
        let mut mentions = Self::default();
        for root in roots {
            list::walk(&root, &mut |_, item| {
                // The walk also visits the items of an inline module.
                mentions.visit_item(item);
                Ok(())
            })?;
        }
        Ok(mentions)
    }

    /// Returns whether the program calls a function, by its path or as a method.
    pub fn calls(&self, path: &str) -> bool {
        let is_method = path.starts_with(char::is_uppercase);
        let name = path.rsplit("::").next().unwrap_or(path);
        self.paths.contains(path) || (is_method && self.methods.contains(name))
    }
}

impl Visit<'_> for Mentions {
    fn visit_path(&mut self, path: &syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let last = names.len().saturating_sub(2);
        self.paths.insert(names[last..].join("::"));
        syn::visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        self.methods.insert(call.method.to_string());
        syn::visit::visit_expr_method_call(self, call);
    }

    fn visit_lit_str(&mut self, text: &syn::LitStr) {
        self.literals.insert(text.value());
    }

    /// Visits the arguments of macros such as `assert_eq`, which are expressions.
    fn visit_macro(&mut self, invocation: &syn::Macro) {
        let expressions = invocation.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated);
        expressions.iter().flatten().for_each(|expression| self.visit_expr(expression));
    }
}

/// Returns the names of the crate's integration tests, with their root files.
pub fn integration_tests() -> Result<BTreeMap<String, PathBuf>> {
    let mut tests = BTreeMap::new();
    for entry in std::fs::read_dir(project::root().join("tests"))? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let root = if path.is_dir() { path.join("main.rs") } else { path };
        if is_rust(&root) && root.is_file() {
            tests.insert(name, root);
        }
    }
    Ok(tests)
}

/// Returns the names of the `#[test]` functions of a Rust file, or of the files in a directory.
pub fn tests_in(path: &Path) -> Result<BTreeSet<String>> {
    let mut tests = Tests::default();
    let files = if path.is_dir() {
        path.read_dir()?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?
    } else {
        vec![path.to_owned()]
    };
    for file in files.iter().filter(|file| is_rust(file)) {
        tests.visit_file(&list::parse(file)?);
    }
    Ok(tests.0)
}

fn is_rust(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "rs")
}

#[derive(Default)]
struct Tests(BTreeSet<String>);

impl Visit<'_> for Tests {
    fn visit_item_fn(&mut self, function: &syn::ItemFn) {
        if function.attrs.iter().any(|attribute| attribute.path().is_ident("test")) {
            self.0.insert(function.sig.ident.to_string());
        }
        syn::visit::visit_item_fn(self, function);
    }
}
