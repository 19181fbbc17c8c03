//! Packages for cargo: one that has a published crate fetched, and one of its tests.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use workbench::cannot_run::CannotRun;
use workbench::project;
use workbench::shell::{capture, cargo, execute, printed};

use super::crates::Published;
use super::extract::Extracted;

/// The source of a published crate, where cargo keeps it.
pub struct Source {
    pub directory: PathBuf,
    pub edition: String,
}

/// Has cargo fetch a crate, if it has not done so before.
pub fn source(published: &Published, place: &Path) -> Result<Source> {
    let Published { name, version, .. } = published;
    let directory = place.join("fetch");
    let dependencies = format!("{name} = {{ version = \"={version}\", default-features = false }}\n");
    let manifest = write_package(&directory, "fetch", "2024", &dependencies)?;
    let output = resolve(published, &manifest, &["metadata", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&output).context("the metadata of cargo")?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let is_it = |package: &&Value| package["name"] == *name && package["version"] == *version;
    let package = packages.iter().find(is_it).context("cargo did not fetch the crate")?;
    let text = |field: &str| package[field].as_str().with_context(|| format!("no {field}"));
    let directory = Path::new(text("manifest_path")?).with_file_name("");
    Ok(Source { directory, edition: text("edition")?.to_owned() })
}

/// The package of a crate's tests.
pub struct Package {
    manifest: PathBuf,
}

impl Package {
    pub fn write(published: &Published, place: &Path, edition: &str, tests: &[Extracted]) -> Result<Self> {
        let name = published.name;
        let directory = place.join("test");
        let shim = project::root().join("tests/shims").join(name);
        let mut dependencies = format!("{name} = {{ package = \"shim_{name}\", path = {:?} }}\n", shim);
        for (name, version) in published.dependencies {
            dependencies += &format!("{name} = {version}\n");
        }
        let manifest = write_package(&directory, &format!("tests_of_{name}"), edition, &dependencies)?;
        // The versions that the project uses.
        fs::copy(project::root().join("Cargo.lock"), directory.join("Cargo.lock"))?;
        let programs = directory.join("tests");
        if programs.is_dir() {
            fs::remove_dir_all(&programs)?;
        }
        fs::create_dir(&programs)?;
        for (number, tests) in tests.iter().enumerate() {
            fs::write(programs.join(format!("tests_{number}.rs")), tests.text(name))?;
        }
        Ok(Self { manifest })
    }

    /// Runs the tests. Returns the number of those that passed, and the output.
    pub fn test(&self, published: &Published) -> Result<(usize, String)> {
        resolve(published, &self.manifest, &["fetch"])?;
        let mut test = cargo();
        test.args(["test", "--quiet", "--no-fail-fast", "--tests", "--offline", "--manifest-path"]).arg(&self.manifest);
        test.arg("--target-dir").arg(project::root().join("target/published/build"));
        // The tests are those of another project, with warnings of its own.
        test.env("RUSTFLAGS", "--cap-lints allow");
        if published.is_unstable {
            test.env("RUSTC_BOOTSTRAP", "1");
        }
        let printed = printed(&execute(&mut test)?);
        let results = printed.lines().filter_map(|line| line.strip_prefix("test result: ok. ")?.split_once(" passed"));
        let passed = results.filter_map(|(count, _)| count.parse::<usize>().ok()).sum();
        Ok((passed, printed))
    }
}

/// Writes an empty library with dependencies, in a workspace of its own. Returns the path of its manifest.
fn write_package(directory: &Path, name: &str, edition: &str, dependencies: &str) -> Result<PathBuf> {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"{edition}\"\npublish = false\n\n\
         [lib]\npath = \"empty.rs\"\n\n[dependencies]\n{dependencies}\n[workspace]\n"
    );
    fs::create_dir_all(directory)?;
    fs::write(directory.join("empty.rs"), "")?;
    fs::write(directory.join("Cargo.toml"), manifest)?;
    Ok(directory.join("Cargo.toml"))
}

/// Runs a command of cargo that fetches what it needs: without the network if cargo has all of it.
fn resolve(published: &Published, manifest: &Path, arguments: &[&str]) -> Result<String> {
    let mut why = String::new();
    for offline in [true, false] {
        let mut command = cargo();
        command.args(arguments).args(offline.then_some("--offline")).arg("--manifest-path").arg(manifest);
        let output = capture(&mut command)?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?);
        }
        why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    }
    let Published { name, version, .. } = published;
    let last = why.lines().last().unwrap_or_default().trim();
    bail!(CannotRun(format!(
        "cargo cannot reach the registry for {name} {version} and what its tests need ({last}). To enable it: run it \
         once with a network"
    )))
}
