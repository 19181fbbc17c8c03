//! What is measured: operations, where, with how much, and what is expected of the library there.

use anyhow::Result;

use crate::race::Race;
use crate::scene::Scene;
use crate::{directories, files, surroundings};

/// Where files lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Tmpfs,
    Disk,
}

impl Place {
    pub fn name(self) -> &'static str {
        match self {
            Self::Tmpfs => "tmpfs",
            Self::Disk => "disk",
        }
    }
}

/// How much faster than the libc ones the library is to be, and how slow it may be beside anybody.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub speedup: Option<f64>,
    pub least: f64,
}

const NO_SLOWER: Target = Target { speedup: None, least: 1.0 };

type Make = Box<dyn Fn(&Scene) -> Result<Race>>;

/// A line of the table.
pub struct Row {
    pub operation: String,
    /// None where no files are used.
    pub place: Option<Place>,
    /// Variables in the environment.
    pub variables: usize,
    /// Memory that the process has touched, in bytes.
    pub memory: usize,
    /// Whether it takes long, and so is left out of a quick run.
    pub is_large: bool,
    pub target: Target,
    pub make: Make,
}

impl Row {
    fn new(operation: impl Into<String>, make: impl Fn(&Scene) -> Result<Race> + 'static) -> Self {
        Self {
            operation: operation.into(),
            place: None,
            variables: 20,
            memory: 0,
            is_large: false,
            target: NO_SLOWER,
            make: Box::new(make),
        }
    }

    /// What it is called.
    pub fn name(&self) -> String {
        let place = self.place.map(|place| format!(" ({})", place.name()));
        format!("{}{}", self.operation, place.unwrap_or_default())
    }

    fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
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

    fn slower_to(self, least: f64) -> Self {
        Self { target: Target { least, ..self.target }, ..self }
    }
}

const SIZES: [(&str, usize); 4] = [("0", 0), ("4 KB", 4 << 10), ("1 MB", 1 << 20), ("64 MB", LARGE)];
const LARGE: usize = 64 << 20;

/// All rows.
pub fn all() -> Vec<Row> {
    let mut rows = system();
    for place in [Place::Tmpfs, Place::Disk] {
        rows.extend(facts_of_files().into_iter().chain(contents(place)).chain(directories()).map(|row| row.at(place)));
    }
    rows
}

fn system() -> Vec<Row> {
    vec![
        Row::new("getpid", surroundings::getpid),
        Row::new("cpu_count", surroundings::cpu_count).faster_by(20.0),
        Row::new("hostname", surroundings::hostname),
        Row::new("cwd", surroundings::cwd),
        Row::new("home", surroundings::home),
        Row::new("print a line", surroundings::print),
        Row::new("env_get, 20 variables", surroundings::get),
        Row::new("env_get, 1,000 variables", surroundings::get).with_variables(1000),
        Row::new("env_get, not set", surroundings::get_unset),
        Row::new("env_set, 20 variables", surroundings::set),
        Row::new("env_set, 1,000 variables", surroundings::set).with_variables(1000),
        Row::new("process_run, small parent", surroundings::run).faster_by(1.2),
        Row::new("process_run, 64 MB parent", surroundings::run).with_memory(64 << 20),
        Row::new("process_run, 2 GB parent", surroundings::run).with_memory(2 << 30).large_if(true).faster_by(100.0),
    ]
}

fn facts_of_files() -> Vec<Row> {
    vec![
        Row::new("exists, hit", |scene: &Scene| files::exists(scene, true)).faster_by(1.2),
        Row::new("exists, miss", |scene: &Scene| files::exists(scene, false)),
        Row::new("size", files::size),
        Row::new("mtime", files::modified),
        Row::new("delete", files::delete),
        // The locked file is looked at once more.
        Row::new("lock + unlock", files::lock).slower_to(0.65),
    ]
}

fn contents(place: Place) -> impl Iterator<Item = Row> {
    let copy_speedup = move |row: Row| {
        let is_slow = row.is_large && place == Place::Disk;
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

fn in_sizes(operation: &str, make: fn(&Scene, usize) -> Result<Race>) -> [Row; 4] {
    SIZES.map(|(size, len)| {
        Row::new(operation.replace("{}", size), move |scene: &Scene| make(scene, len)).large_if(len == LARGE)
    })
}

fn directories() -> Vec<Row> {
    let list = |name: &str, count| {
        Row::new(format!("dir_list, {name} entries"), move |scene: &Scene| directories::list(scene, count))
    };
    vec![
        Row::new("dir_create", directories::create),
        Row::new("dir_create, 2 parents too", directories::create_with_parents),
        list("10", 10),
        list("1,000", 1000).faster_by(2.0),
        list("100,000", 100_000).large_if(true),
    ]
}
