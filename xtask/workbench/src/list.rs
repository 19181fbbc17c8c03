//! The list of operations: the C functions that the crate exports, read from its syntax trees.
//!
//! The header, the list for C programs and the tables of the documents are generated from it. Tests, fault scenarios and
//! recorded figures are checked against it.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use syn::{Attribute, FnArg, Item, ItemFn, ItemMod, PointerMutability, ReturnType, Type, Visibility};

use crate::project;

/// Families in the order of the header. Other families follow, and `support` is the last.
const FAMILIES: [&str; 10] = ["file", "dir", "path", "glob", "mmap", "env", "process", "system", "time", "stdio"];

/// The family of functions that serve C callers and are no operations.
pub const SUPPORT: &str = "support";

/// A function that the crate exports.
#[derive(Debug)]
pub struct Function {
    pub name: String,
    /// The file that defines it, without its extension.
    pub family: String,
    /// The first sentence of its documentation.
    pub summary: String,
    pub parameters: Vec<Parameter>,
    /// The type in C; `None` for a function that does not return.
    pub returns: Option<String>,
    file: PathBuf,
}

#[derive(Debug)]
pub struct Parameter {
    pub name: String,
    /// The type in C.
    pub kind: String,
}

impl Function {
    pub fn is_operation(&self) -> bool {
        self.family != SUPPORT
    }

    /// Returns the sort key of its family in the header.
    fn rank(&self) -> (usize, String) {
        let known = FAMILIES.iter().position(|&family| family == self.family);
        let rank = if self.is_operation() { known.unwrap_or(FAMILIES.len()) } else { usize::MAX };
        (rank, self.family.clone())
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", declaration(&self.kind, &self.name))
    }
}

/// Returns a C declaration, without a space after the star of a pointer.
fn declaration(kind: &str, name: &str) -> String {
    if kind.ends_with('*') { format!("{kind}{name}") } else { format!("{kind} {name}") }
}

/// Returns all functions that the crate exports, in the order of the header.
pub fn read() -> Result<Vec<Function>> {
    let mut functions = Vec::new();
    walk(&project::root().join("src/lib.rs"), &mut |position, item| match item {
        Item::Fn(item) if is_exported(item) => {
            functions.push(function(position.file, item)?);
            Ok(())
        }
        _ => Ok(()),
    })?;
    ensure!(!functions.is_empty(), "src exports no function");
    functions.sort_by_key(Function::rank);
    Ok(functions)
}

/// Returns the names of all functions that the crate exports.
pub fn names() -> Result<Vec<String>> {
    Ok(read()?.into_iter().map(|function| function.name).collect())
}

/// Returns the files that define the functions, in the order of the header.
pub fn files(functions: &[Function]) -> Vec<&Path> {
    let mut files: Vec<&Path> = functions.iter().map(|function| function.file.as_path()).collect();
    files.dedup();
    files
}

/// The position of an item in the source.
pub struct Position<'a> {
    pub file: &'a Path,
    /// The directory with the files of the module's submodules.
    directory: PathBuf,
    /// The path of its module below the crate root; empty in the root.
    pub module: String,
}

type Visit<'a> = &'a mut dyn FnMut(&Position<'_>, &Item) -> Result<()>;

/// Calls a function with each item of a crate, in its root file and in the modules that it declares.
pub fn walk(root: &Path, visit: Visit<'_>) -> Result<()> {
    walk_file(root, String::new(), visit)
}

/// Returns the syntax tree of a file.
pub fn parse(file: &Path) -> Result<syn::File> {
    let text = std::fs::read_to_string(file).with_context(|| project::relative(file).to_string())?;
    syn::parse_file(&text).with_context(|| project::relative(file).to_string())
}

fn walk_file(file: &Path, module: String, visit: Visit<'_>) -> Result<()> {
    let syntax = parse(file)?;
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let has_own_directory = module.is_empty() || stem == "mod";
    let directory = if has_own_directory { file.with_file_name("") } else { file.with_extension("") };
    walk_items(&Position { file, directory, module }, &syntax.items, visit)
}

fn walk_items(position: &Position<'_>, items: &[Item], visit: Visit<'_>) -> Result<()> {
    for item in items {
        visit(position, item)?;
        let Item::Mod(declared) = item else { continue };
        let name = declared.ident.to_string();
        let module = [position.module.as_str(), &name].join("::").trim_start_matches("::").to_owned();
        match &declared.content {
            Some((_, items)) => {
                let directory = position.directory.join(&name);
                walk_items(&Position { file: position.file, directory, module }, items, visit)?;
            }
            None => walk_file(&module_file(position, declared)?, module, visit)?,
        }
    }
    Ok(())
}

/// Returns the file of a module, by the rules of the compiler.
fn module_file(position: &Position<'_>, module: &ItemMod) -> Result<PathBuf> {
    let name = module.ident.to_string();
    let named = module.attrs.iter().find(|attribute| attribute.path().is_ident("path")).and_then(text_of);
    let candidates = match named {
        Some(path) => vec![position.file.with_file_name(path)],
        None => {
            vec![position.directory.join(format!("{name}.rs")), position.directory.join(&name).join("mod.rs")]
        }
    };
    let found = candidates.into_iter().find(|candidate| candidate.is_file());
    found.with_context(|| format!("{}: no file of the module {name}", project::relative(position.file)))
}

/// Returns the text of an attribute of the form `name = "text"`.
fn text_of(attribute: &Attribute) -> Option<String> {
    let syn::Expr::Lit(value) = &attribute.meta.require_name_value().ok()?.value else { return None };
    let syn::Lit::Str(text) = &value.lit else { return None };
    Some(text.value())
}

/// Returns whether C programs can call a function: it is public and `extern`, and its symbol is its name.
fn is_exported(item: &ItemFn) -> bool {
    let is_unmangled = |attribute: &Attribute| {
        let inner = attribute.parse_args::<syn::Path>();
        attribute.path().is_ident("unsafe") && inner.is_ok_and(|path| path.is_ident("no_mangle"))
    };
    let is_public = matches!(item.vis, Visibility::Public(_));
    is_public && item.sig.abi.is_some() && item.attrs.iter().any(is_unmangled)
}

fn function(file: &Path, item: &ItemFn) -> Result<Function> {
    let name = item.sig.ident.to_string();
    let parameters = item.sig.inputs.iter().map(parameter).collect::<Result<_>>().with_context(|| name.clone())?;
    let returns = match &item.sig.output {
        ReturnType::Default => Some("void".to_owned()),
        ReturnType::Type(_, kind) if matches!(**kind, Type::Never(_)) => None,
        ReturnType::Type(_, kind) => Some(c_type(kind).with_context(|| name.clone())?),
    };
    let family = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
    Ok(Function { summary: summary(&item.attrs), name, family, parameters, returns, file: file.to_owned() })
}

fn parameter(argument: &FnArg) -> Result<Parameter> {
    let FnArg::Typed(typed) = argument else { bail!("a method") };
    let syn::Pat::Ident(pattern) = &*typed.pat else { bail!("a parameter without a name") };
    Ok(Parameter { name: pattern.ident.to_string(), kind: c_type(&typed.ty)? })
}

/// Returns a type in C.
fn c_type(kind: &Type) -> Result<String> {
    match kind {
        Type::Path(path) => {
            let name = path.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
            let spelled = match name.as_str() {
                "bool" => "bool",
                "c_char" => "char",
                "c_void" => "void",
                "i32" => "int32_t",
                "i64" => "int64_t",
                "u32" => "uint32_t",
                "u64" => "uint64_t",
                "usize" => "size_t",
                // A struct of the library has the same name in both languages.
                name if name.starts_with("rt_") => name,
                _ => bail!("no C type for {name}: add it to xtask/workbench/src/list.rs"),
            };
            Ok(spelled.to_owned())
        }
        Type::Ptr(pointer) => {
            let target = c_type(&pointer.elem)?;
            let is_constant = matches!(pointer.mutability, PointerMutability::Const(_));
            Ok(match (is_constant, target.ends_with('*')) {
                (false, true) => format!("{target}*"),
                (false, false) => format!("{target} *"),
                (true, true) => format!("{target}const *"),
                (true, false) => format!("const {target} *"),
            })
        }
        _ => bail!("neither a pointer nor a named type: C has no such type"),
    }
}

/// Returns the first sentence of a documentation comment.
fn summary(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(text_of);
    let lines = lines.map(|line| line.trim().to_owned()).take_while(|line| !line.is_empty());
    let paragraph = lines.collect::<Vec<_>>().join(" ");
    match paragraph.find(". ") {
        Some(end) => paragraph[..=end].to_owned(),
        None => paragraph,
    }
}
