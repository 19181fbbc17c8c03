//! The columns of arch/, item by item: each file has what every other has, in the same order, under the same names and
//! of the same types, and that is what the contract in arch/src/lib.rs says.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use quote::ToTokens;
use syn::{Attribute, Item, Visibility};

use workbench::project::{self, Arch};

/// Compares the columns with the first of them, and that with the contract.
pub fn check() -> Result<()> {
    let first = column(Arch::X86_64)?;
    for arch in Arch::ALL {
        let column = column(arch)?;
        for (number, wanted) in first.iter().enumerate() {
            let found = column.get(number).map_or("nothing", String::as_str);
            ensure!(found == wanted, "{}: item {number} is {found}, where x86_64 has {wanted}", arch.name());
        }
        ensure!(column.len() == first.len(), "{}: more than x86_64 has: {:?}", arch.name(), column.last());
    }
    for name in contract()? {
        let is_there =
            first.iter().any(|item| item.split(|letter: char| !is_of_a_name(letter)).any(|word| word == name));
        ensure!(is_there, "arch/src/lib.rs asks for {name}, which no column has");
    }
    Ok(())
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

fn source(file: &str) -> Result<syn::File> {
    let path: PathBuf = project::root().join("arch/src").join(file);
    let text = std::fs::read_to_string(&path).with_context(|| project::relative(&path).to_string())?;
    Ok(syn::parse_file(&text)?)
}

/// What a column has: the rows of its table of registers, then its items.
fn column(arch: Arch) -> Result<Vec<String>> {
    let file = source(&format!("{}.rs", arch.name()))?;
    let roles = rows(&file.attrs).map(|row| format!("the register table's row `{row}`"));
    Ok(roles.chain(file.items.iter().filter_map(describe)).collect())
}

/// The first cells of the tables in a documentation.
fn rows(attributes: &[Attribute]) -> impl Iterator<Item = String> {
    let lines = attributes.iter().filter_map(|attribute| {
        let syn::Meta::NameValue(documentation) = &attribute.meta else { return None };
        let syn::Expr::Lit(text) = &documentation.value else { return None };
        let syn::Lit::Str(text) = &text.lit else { return None };
        Some(text.value())
    });
    let cells = lines.filter_map(|line| Some(line.trim().strip_prefix('|')?.split('|').next()?.trim().to_owned()));
    cells.filter(|cell| !cell.starts_with("---"))
}

/// The names that the contract gives to what a column contains, its memory functions included.
fn contract() -> Result<Vec<String>> {
    let file = source("lib.rs")?;
    let documentation: Vec<String> = file.attrs.iter().map(|line| line.to_token_stream().to_string()).collect();
    let rows = documentation.iter().filter_map(|line| line.split_once("| ")?.1.split_once(" | "));
    // An item is named in the first cell, functions that need no name for the whole in the second.
    let cells = rows.map(|(first, second)| if first.contains('`') { first } else { second });
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(|name| name.trim_end_matches('!'));
    let names: Vec<String> = names.filter(|&name| name != "mem").map(str::to_owned).collect();
    ensure!(names.len() > 10, "the contract in arch/src/lib.rs cannot be read");
    Ok(names)
}

/// An item as the library above sees it: its attributes but for documentation, its name and its type, not its content.
fn describe(item: &Item) -> Option<String> {
    let described = match item {
        Item::Fn(function) if is_public(&function.vis) => {
            format!("{} {}", attributes(&function.attrs), function.sig.to_token_stream())
        }
        Item::Const(constant) if is_public(&constant.vis) => {
            format!("const {}: {}", constant.ident, constant.ty.to_token_stream())
        }
        Item::Mod(module) if is_public(&module.vis) => {
            let (_, items) = module.content.as_ref()?;
            let items: Vec<_> = items.iter().filter_map(describe).collect();
            format!("mod {} {{ {} }}", module.ident, items.join("; "))
        }
        Item::Macro(definition) => {
            let name = definition.mac.path.to_token_stream();
            let tokens = definition.mac.tokens.to_string();
            // Of macro_rules what it matches, of memory_function the names that it defines.
            let matched = tokens.split(['{', ',']).next().unwrap_or_default().trim();
            let named = definition.ident.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} {name} {named} {matched}", attributes(&definition.attrs))
        }
        _ => return None,
    };
    (!described.contains("compile_error")).then(|| described.trim().to_owned())
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn attributes(attributes: &[Attribute]) -> String {
    let all = attributes.iter().filter(|attribute| !attribute.path().is_ident("doc"));
    all.map(|attribute| attribute.to_token_stream().to_string()).collect::<Vec<_>>().join(" ")
}
