//! The files, paths and variables that the measured operations use.

use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::comparison::Libraries;

/// The last variable of the environment, which takes longest to find.
pub const LAST_VARIABLE: &str = "ZZ_LAST";
pub const LAST_VALUE: &str = "what it is set to";

/// The inputs of a row.
pub struct Fixture {
    pub libraries: Libraries,
    /// An empty directory.
    pub directory: PathBuf,
}

impl Fixture {
    /// Returns the path of a file that does not exist yet.
    pub fn path(&self, name: &str) -> Result<TestPath> {
        TestPath::new(self.directory.join(name))
    }

    /// Creates a file with this content.
    pub fn file(&self, name: &str, content: &[u8]) -> Result<TestPath> {
        let file = self.path(name)?;
        fs::write(file.path, content)?;
        Ok(file)
    }
}

/// A path in the types that implementations accept. It is leaked: the process measures one row only.
#[derive(Clone, Copy)]
pub struct TestPath {
    pub c: &'static CStr,
    pub path: &'static Path,
}

impl TestPath {
    pub fn new(path: PathBuf) -> Result<Self> {
        let c = CString::new(path.as_os_str().as_bytes())?;
        Ok(Self { c: Box::leak(c.into_boxed_c_str()), path: Box::leak(path.into_boxed_path()) })
    }

    /// Returns paths with this prefix and a number.
    pub fn numbered(path: &Path, count: usize) -> Result<&'static [Self]> {
        let numbered = (0..count).map(|number| Self::new(format!("{}{number:06}", path.display()).into()));
        Ok(numbered.collect::<Result<Vec<_>>>()?.leak())
    }
}
