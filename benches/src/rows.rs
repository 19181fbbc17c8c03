//! The rows of the table: operation, file system, size and target of each.

use anyhow::Result;

use crate::comparison::Comparison;
use crate::fixture::Fixture;
use crate::trees::Shape;
use crate::{contents, directories, files, system, time, trees};

/// The file system of the files of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    Tmpfs,
    Disk,
}

impl FileSystem {
    pub fn name(self) -> &'static str {
        match self {
            Self::Tmpfs => "tmpfs",
            Self::Disk => "disk",
        }
    }
}

/// The promised speed-up over plain libc, and the minimum ratio to every other implementation.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub speedup: Option<f64>,
    pub minimum: f64,
}

const NO_SLOWER: Target = Target { speedup: None, minimum: 1.0 };

type Make = Box<dyn Fn(&Fixture) -> Result<Comparison>>;

/// A row of the table.
pub struct Row {
    pub operation: String,
    /// `None` for operations without files.
    pub file_system: Option<FileSystem>,
    /// Number of environment variables.
    pub variables: usize,
    /// Resident memory of the process in bytes.
    pub memory: usize,
    /// True if the row takes long. A quick run skips it.
    pub is_large: bool,
    pub target: Target,
    pub make: Make,
}

impl Row {
    fn new(operation: impl Into<String>, make: impl Fn(&Fixture) -> Result<Comparison> + 'static) -> Self {
        Self {
            operation: operation.into(),
            file_system: None,
            variables: 20,
            memory: 0,
            is_large: false,
            target: NO_SLOWER,
            make: Box::new(make),
        }
    }

    /// Returns operation and file system.
    pub fn name(&self) -> String {
        let file_system = self.file_system.map(|file_system| format!(" ({})", file_system.name()));
        format!("{}{}", self.operation, file_system.unwrap_or_default())
    }

    fn at(self, file_system: FileSystem) -> Self {
        Self { file_system: Some(file_system), ..self }
    }

    fn with_variables(self, variables: usize) -> Self {
        Self { variables, ..self }
    }

    fn with_memory(self, memory: usize) -> Self {
        Self { memory, ..self }
    }

    fn large_if(self, is_large: bool) -> Self {
        Self { is_large, ..self }
    }

    fn faster_by(self, speedup: f64) -> Self {
        Self { target: Target { speedup: Some(speedup), ..self.target }, ..self }
    }

    fn faster_by_if(self, condition: bool, speedup: f64) -> Self {
        if condition { self.faster_by(speedup) } else { self }
    }

    fn at_least(self, minimum: f64) -> Self {
        Self { target: Target { minimum, ..self.target }, ..self }
    }
}

const SIZES: [(&str, usize); 4] = [("0", 0), ("4 KB", 4 << 10), ("1 MB", 1 << 20), ("64 MB", LARGE)];
const LARGE: usize = 64 << 20;

/// Returns all rows.
pub fn all() -> Vec<Row> {
    let mut rows = system_rows();
    for file_system in [FileSystem::Tmpfs, FileSystem::Disk] {
        rows.extend(
            metadata_rows()
                .into_iter()
                .chain(content_rows(file_system))
                .chain(directory_rows())
                .map(|row| row.at(file_system)),
        );
    }
    rows
}

fn system_rows() -> Vec<Row> {
    vec![
        Row::new("getpid", system::getpid),
        Row::new("cpu_count", system::cpu_count).faster_by(20.0),
        Row::new("hostname", system::hostname),
        Row::new("cwd", system::cwd),
        Row::new("home", system::home),
        Row::new("print a line", system::print),
        Row::new("env_get, 20 variables", system::get),
        Row::new("env_get, 1,000 variables", system::get).with_variables(1000),
        Row::new("env_get, not set", system::get_unset),
        Row::new("env_set, 20 variables", system::set),
        Row::new("env_set, 1,000 variables", system::set).with_variables(1000),
        Row::new("process_run, small parent", system::run).faster_by(1.2),
        Row::new("process_run, 64 MB parent", system::run).with_memory(64 << 20),
        Row::new("process_run, 2 GB parent", system::run).with_memory(2 << 30).large_if(true).faster_by(100.0),
        Row::new("process_output, 64 MB", contents::capture).large_if(true),
        Row::new("now_unix_micros", time::now_unix_micros),
        Row::new("now_nanos", time::now_nanos),
        Row::new("timestamp_get_year", time::year),
        Row::new("timestamp_format", time::format),
        Row::new("timestamp_parse", time::parse),
    ]
}

fn metadata_rows() -> Vec<Row> {
    vec![
        Row::new("exists, hit", |fixture: &Fixture| files::exists(fixture, true)).faster_by(1.2),
        Row::new("exists, miss", |fixture: &Fixture| files::exists(fixture, false)),
        Row::new("size", files::size),
        Row::new("mtime", files::modified),
        Row::new("delete", files::delete),
        // The library checks after locking that the path still names the locked file.
        Row::new("lock + unlock", files::lock).at_least(0.65),
    ]
}

fn content_rows(file_system: FileSystem) -> impl Iterator<Item = Row> {
    let copy_speedup = move |row: Row| {
        let is_slow = row.is_large && file_system == FileSystem::Disk;
        row.faster_by_if(is_slow, 1.5)
    };
    let read = in_sizes("read {}", files::read).into_iter().map(|row| {
        let is_large = row.is_large;
        row.faster_by_if(is_large, 3.0)
    });
    read.chain(in_sizes("write {}", files::write))
        .chain(in_sizes("append {}", files::append))
        .chain(in_sizes("copy {}", files::copy_to_new).into_iter().map(copy_speedup))
        .chain(in_sizes("copy {} over a file", files::copy_over).into_iter().map(copy_speedup))
}

fn in_sizes(operation: &str, make: fn(&Fixture, usize) -> Result<Comparison>) -> [Row; 4] {
    SIZES.map(|(size, len)| {
        Row::new(operation.replace("{}", size), move |fixture: &Fixture| make(fixture, len)).large_if(len == LARGE)
    })
}

fn directory_rows() -> Vec<Row> {
    let list = |name: &str, count| {
        Row::new(format!("dir_list, {name} entries"), move |fixture: &Fixture| directories::list(fixture, count))
    };
    let tree = |name: &str, make: fn(&Fixture) -> Result<Comparison>| Row::new(name, make).large_if(true);
    vec![
        Row::new("dir_create", directories::create),
        Row::new("dir_create, 2 parents too", directories::create_with_parents),
        list("10", 10),
        list("1,000", 1000).faster_by(2.0),
        list("100,000", 100_000).large_if(true),
        tree("walk, wide", |fixture| trees::walk(fixture, Shape::Wide)),
        tree("walk, deep", |fixture| trees::walk(fixture, Shape::Deep)),
        tree("remove_all, wide", |fixture| trees::remove_all(fixture, Shape::Wide)),
        tree("remove_all, deep", |fixture| trees::remove_all(fixture, Shape::Deep)),
        Row::new("glob, literal middle", trees::glob),
        Row::new("mmap 1 MB", contents::map),
        Row::new("atomic_write 4 KB", contents::atomic_write),
    ]
}
