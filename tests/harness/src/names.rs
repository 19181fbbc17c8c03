//! The names of checks that other checks depend on.

use workbench::project::Arch;

/// Returns the name of the check that builds the artifacts of an architecture.
pub fn build(arch: Arch) -> String {
    format!("{}: build", arch.name())
}
