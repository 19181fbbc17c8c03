//! Demonstrates the operations on this machine.
//!
//! The program calls the functions of the shared object that its argument names, and compares the results with those of
//! std, of the kernel or of a program of the system. It has a module and a table for each family of operations.

mod directories;
mod environment;
mod facts;
mod files;
mod library;
mod locks;
mod mappings;
mod paths;
mod processes;
mod shown;
mod streams;
mod times;

use std::path::Path;

use anyhow::{Context, Result, ensure};

use library::Library;
use shown::Demo;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let object = arguments.next().context("usage: demo SHARED_OBJECT")?;
    let object = std::path::absolute(Path::new(&object))?;
    let library = Library::load(&object)?;
    match arguments.next() {
        // A child of the demonstration, for what a process can do only once.
        Some(part) if part == processes::EXEC => processes::exec(&library),
        Some(part) if part == streams::ECHO => streams::echo(&library),
        _ => show(&library, &object),
    }
}

fn show(library: &Library, object: &Path) -> Result<()> {
    let work = tempfile::tempdir()?;
    let mut demo = Demo::new(library, object, work.path());
    files::show(&mut demo)?;
    locks::show(&mut demo)?;
    directories::show(&mut demo)?;
    paths::show(&mut demo)?;
    mappings::show(&mut demo)?;
    environment::show(&mut demo)?;
    processes::show(&mut demo)?;
    facts::show(&mut demo)?;
    times::show(&mut demo)?;
    streams::show(&mut demo)?;
    print!("{demo}");
    let (all, differing) = demo.counts();
    ensure!(differing == 0, "{differing} of the results differ from those of std, the kernel or the system's programs");
    println!("All {all} results agree with those of std, the kernel or the system's programs.");
    Ok(())
}
