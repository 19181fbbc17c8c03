//! The tests of a crate, taken out of its source as syntax trees.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{Ident, Item, ItemFn, UseTree};
use workbench::list::parse;

/// The items of one program of tests.
pub struct Extracted {
    file: syn::File,
    /// Set for a module, which uses the names of its crate by paths within the crate.
    is_module: bool,
    /// The names of the items that were left out.
    pub left_out: BTreeSet<String>,
    /// The number of tests.
    pub count: usize,
}

impl Extracted {
    /// Reads a file that is a program of its own.
    pub fn file(path: &Path) -> Result<Self> {
        let mut file = parse(path)?;
        inline(&mut file.items, path.parent().context("no directory")?)?;
        Ok(Self { file, is_module: false, left_out: BTreeSet::new(), count: 0 })
    }

    /// Reads a module that a file defines or declares.
    pub fn module(path: &Path, name: &str) -> Result<Self> {
        let mut file = parse(path)?;
        file.attrs.clear();
        file.items.retain(|item| matches!(item, Item::Mod(module) if module.ident == name));
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_root = matches!(stem, "lib" | "main" | "mod");
        inline(&mut file.items, &if is_root { path.with_file_name("") } else { path.with_extension("") })?;
        file.items.first().with_context(|| format!("{} has no module {name}", path.display()))?;
        Ok(Self { file, is_module: true, left_out: BTreeSet::new(), count: 0 })
    }

    /// Removes functions and crates by their names, and statements by a string literal in them.
    pub fn leave_out(&mut self, names: &[&str]) {
        let mut remove = Remove { names, removed: &mut self.left_out };
        remove.from(&mut self.file.items);
        remove.visit_file_mut(&mut self.file);
    }

    /// Replaces a module in the imports by another.
    pub fn replace(&mut self, from: &str, to: &str) -> Result<()> {
        let idents = |path: &str| Ok::<_, syn::Error>(syn::parse_str::<syn::Path>(path)?.segments);
        let (from, to) = (idents(from)?, idents(to)?);
        let of = |segments: &syn::punctuated::Punctuated<syn::PathSegment, _>, at: usize| {
            segments.get(at).map(|segment: &syn::PathSegment| segment.ident.clone()).context("a path of two names")
        };
        let mut replace = Replace { from: [of(&from, 0)?, of(&from, 1)?], to: [of(&to, 0)?, of(&to, 1)?] };
        replace.visit_file_mut(&mut self.file);
        Ok(())
    }

    /// Counts the tests.
    pub fn count(&mut self) {
        let mut tests = Count(0);
        tests.visit_file(&self.file);
        self.count = tests.0;
    }

    /// Returns the text of the program, for a library with this name.
    pub fn text(&self, library: &str) -> String {
        // The paths of a module start at its crate, which has the names of the library here.
        let names = format!("extern crate {library};\n#[allow(unused_imports)]\nuse {library}::*;\n");
        let names = if self.is_module { &*names } else { "" };
        format!("{names}{}\n", self.file.to_token_stream())
    }
}

/// Puts the modules that items declare in place of their declarations. Their files are below the directory.
fn inline(items: &mut [Item], directory: &Path) -> Result<()> {
    for item in items {
        let Item::Mod(module) = item else { continue };
        let own = directory.join(module.ident.to_string());
        if module.content.is_none() {
            let files = [own.with_extension("rs"), own.join("mod.rs")];
            let file = files.iter().find(|file| file.is_file());
            let file = parse(file.with_context(|| format!("no file of the module {}", module.ident))?)?;
            module.content = Some((syn::token::Brace::default(), file.items));
            module.semi = None;
        }
        if let Some((_, items)) = &mut module.content {
            inline(items, &own)?;
        }
    }
    Ok(())
}

struct Remove<'a> {
    names: &'a [&'a str],
    removed: &'a mut BTreeSet<String>,
}

impl Remove<'_> {
    fn from(&mut self, items: &mut Vec<Item>) {
        items.retain(|item| {
            let name = match item {
                Item::Fn(function) => function.sig.ident.to_string(),
                Item::ExternCrate(item) => item.ident.to_string(),
                _ => return true,
            };
            let is_kept = !self.names.contains(&name.as_str());
            if !is_kept {
                self.removed.insert(name);
            }
            is_kept
        });
    }
}

impl VisitMut for Remove<'_> {
    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        // Inner statements come first, so that a block is not removed with all that is in it.
        visit_mut::visit_block_mut(self, block);
        block.stmts.retain(|statement| {
            let has = |name: &&&str| name.starts_with('"') && has_literal(statement.to_token_stream(), name);
            let found = self.names.iter().find(has);
            self.removed.extend(found.map(|name| (*name).to_owned()));
            found.is_none()
        });
    }

    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        if let Some((_, items)) = &mut module.content {
            self.from(items);
        }
        visit_mut::visit_item_mod_mut(self, module);
    }
}

/// Returns whether tokens have a literal, the arguments of macros included.
fn has_literal(tokens: TokenStream, literal: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_literal(group.stream(), literal),
        TokenTree::Literal(found) => found.to_string() == literal,
        _ => false,
    })
}

struct Replace {
    from: [Ident; 2],
    to: [Ident; 2],
}

impl VisitMut for Replace {
    fn visit_item_use_mut(&mut self, item: &mut syn::ItemUse) {
        let UseTree::Path(path) = &mut item.tree else { return };
        let second = match &mut *path.tree {
            UseTree::Path(path) => &mut path.ident,
            UseTree::Name(name) => &mut name.ident,
            _ => return,
        };
        if path.ident == self.from[0] && *second == self.from[1] {
            [path.ident, *second] = self.to.clone();
        }
    }
}

struct Count(usize);

impl Visit<'_> for Count {
    fn visit_item_fn(&mut self, function: &ItemFn) {
        self.0 += usize::from(function.attrs.iter().any(|attribute| attribute.path().is_ident("test")));
        syn::visit::visit_item_fn(self, function);
    }
}
