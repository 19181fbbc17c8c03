//! Installs the artifacts of `build`.

use std::fs::{DirBuilder, File, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tempfile::NamedTempFile;

use crate::project::{self, Dist};

/// Installs all artifacts below a directory. Returns their new paths.
pub fn install_all(dist: &Dist, place: &Path) -> Result<Vec<PathBuf>> {
    let files = dist.files();
    for file in &files {
        ensure!(
            file.is_file(),
            "{} is missing: run `cargo xtask build` with the same options first",
            project::relative(file)
        );
    }
    let mut installed = Vec::new();
    for file in files {
        let to = place.join(file.strip_prefix(&dist.place)?);
        install(&file, &to).with_context(|| format!("cannot install {}", to.display()))?;
        installed.push(to);
    }
    Ok(installed)
}

/// Writes a new file and renames it, so that running programs keep an old one that they map. Every user may read it,
/// with any umask.
fn install(from: &Path, to: &Path) -> Result<()> {
    let directory = to.parent().context("a file in the root directory")?;
    DirBuilder::new().recursive(true).mode(0o755).create(directory)?;
    let mut new = NamedTempFile::new_in(directory)?;
    std::io::copy(&mut File::open(from)?, &mut new)?;
    let mode = if to.extension().is_some_and(|extension| extension == "so") { 0o755 } else { 0o644 };
    new.as_file().set_permissions(Permissions::from_mode(mode))?;
    new.persist(to)?;
    Ok(())
}
