//! What the operations that are measured find: where they work, and under which names.

use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::race::Libraries;

/// The variable that comes last, and so takes longest to find.
pub const LAST_VARIABLE: &str = "ZZ_LAST";
pub const LAST_VALUE: &str = "what it is set to";

/// What a row's operation finds.
pub struct Scene {
    pub libraries: Libraries,
    /// An empty directory.
    pub directory: PathBuf,
}

impl Scene {
    /// The path of something that is not there yet.
    pub fn name(&self, name: &str) -> Result<Name> {
        Name::new(self.directory.join(name))
    }

    /// A file with this content.
    pub fn file(&self, name: &str, content: &[u8]) -> Result<Name> {
        let name = self.name(name)?;
        fs::write(name.path, content)?;
        Ok(name)
    }
}

/// A path in the forms that contenders take. It is kept as long as the process runs, which is for one row.
#[derive(Clone, Copy)]
pub struct Name {
    pub c: &'static CStr,
    pub path: &'static Path,
}

impl Name {
    pub fn new(path: PathBuf) -> Result<Self> {
        let c = CString::new(path.as_os_str().as_bytes())?;
        Ok(Self { c: Box::leak(c.into_boxed_c_str()), path: Box::leak(path.into_boxed_path()) })
    }

    /// So many names that begin alike.
    pub fn numbered(path: &Path, count: usize) -> Result<&'static [Self]> {
        let numbered = (0..count).map(|number| Self::new(format!("{}{number:06}", path.display()).into()));
        Ok(numbered.collect::<Result<Vec<_>>>()?.leak())
    }
}
