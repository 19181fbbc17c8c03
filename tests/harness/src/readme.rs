//! Builds and runs the programs that README.md and docs/ show, and checks that the tests that SECURITY.md names exist.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};

use workbench::build;
use workbench::project::{self, Arch};
use workbench::shell::{cargo, command, execute};

use crate::{documents, rust_code};

pub fn check() -> Result<()> {
    check_proofs()?;
    let documents = documents::texts()?.join("\n");
    check_rust(&documents)?;
    check_c(&documents)
}

/// Returns the files in the documents: blocks whose first line has a path after the language.
fn files(documents: &str) -> impl Iterator<Item = (&str, &str)> {
    documents.split("\n```").skip(1).step_by(2).filter_map(|block| {
        let (first, content) = block.split_once('\n')?;
        Some((first.split_once(' ')?.1, content))
    })
}

/// Checks that the files and Rust tests exist that SECURITY.md names in the last column of its tables. The names of the
/// tests follow that of their file or directory. C programs are named as a whole.
fn check_proofs() -> Result<()> {
    let security = std::fs::read_to_string(project::root().join("SECURITY.md"))?;
    let mut count = 0;
    for line in security.lines() {
        let Some(proofs) = line.strip_suffix(" |").and_then(|row| row.rsplit("| ").next()) else { continue };
        let mut tests = BTreeSet::new();
        for word in proofs.split([' ', ',', ';']) {
            match word.strip_prefix('`').and_then(|word| word.strip_suffix('`')) {
                Some(test) if test.contains('_') => {
                    ensure!(tests.contains(test), "SECURITY.md: no Rust test {test}: {line}");
                    count += 1;
                }
                _ if word.starts_with("tests/") => {
                    let path = project::root().join(word);
                    ensure!(path.exists(), "SECURITY.md: no {word}: {line}");
                    tests = rust_code::tests_in(&path)?;
                }
                _ => {}
            }
        }
    }
    ensure!(count > 0, "SECURITY.md names no test");
    Ok(())
}

/// Runs the Rust programs, each as a package of its own, without and with optimisation.
fn check_rust(documents: &str) -> Result<()> {
    let work = tempfile::tempdir()?;
    for name in ["hosted", "freestanding"] {
        let package = work.path().join(name);
        std::fs::create_dir_all(package.join("src"))?;
        let own =
            files(documents).filter_map(|(path, content)| Some((path.strip_prefix(name)?.strip_prefix('/')?, content)));
        let mut count = 0;
        for (path, content) in own {
            let content = content.replace("/tmp/", &format!("{}/", work.path().display()));
            let content = content.replace("path = \"...\"", &format!("path = {:?}", project::root()));
            let head = format!("[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n");
            let content = if path == "Cargo.toml" { head + &content } else { content };
            std::fs::write(package.join(path), content)?;
            count += 1;
        }
        ensure!(count >= 2, "the documents show {count} files of a package {name}");
        for profile in ["dev", "release"] {
            let mut run = cargo();
            run.current_dir(&package).args(["run", "--quiet", "--profile", profile, "--target-dir"]);
            execute(run.arg(project::root().join("target/readme")))?;
        }
    }
    Ok(())
}

/// Runs the C program, linked by the command that is shown below it.
fn check_c(documents: &str) -> Result<()> {
    let arch = Arch::host()?;
    let dist = build::run_for(arch)?;
    let work = tempfile::tempdir()?;
    let program = work.path().join("prog.c");
    let (_, source) = files(documents).find(|(path, _)| *path == "prog.c").context("no document shows prog.c")?;
    std::fs::write(&program, source)?;
    let (_, shown) = documents.split_once("cc -nostdlib -static ").context("no document shows how to link prog.c")?;
    let (shown, _) = shown.split_once("\n```").context("no end of the command")?;
    let script = format!("cc -nostdlib -static {}", shown.replace("prog.c", &program.display().to_string()));
    let output = work.path().join("a.out");
    let mut link = command("sh");
    link.arg("-ec").arg(format!("{script} -o {}", output.display())).current_dir(&dist.place);
    execute(&mut link)?;
    let printed = execute(&mut command(&output))?.stdout;
    ensure!(printed == std::fs::read("/etc/hostname")?, "prog.c printed {:?}", String::from_utf8_lossy(&printed));
    Ok(())
}
