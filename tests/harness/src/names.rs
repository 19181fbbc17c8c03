//! Names of checks that others come after.

use workbench::project::Arch;

/// The name of the check that builds the artifacts of an architecture.
pub fn build(arch: Arch) -> String {
    format!("{}: build", arch.name())
}
