//! The calls that are disturbed: each operation, in each state that leads it another way.
//!
//! A scenario says what is there before the call, and what is right behind it. Which system calls there are in between
//! it does not say: that is traced.

use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::state::Memory;

/// What a call returned.
#[derive(Clone, Debug)]
pub struct Answer {
    pub value: i64,
    pub error: i32,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Number,
    Text(Option<Vec<u8>>),
    List(Option<Vec<Vec<u8>>>),
}

impl Answer {
    /// Takes it from the memory of tests/c/faults.c.
    pub fn read(memory: &Memory, address: u64) -> Result<Self> {
        let [value, error, length, kind] = memory.words(address)?;
        let len = usize::try_from(length)?;
        let content = match (kind, value) {
            (2, 0) => Content::Text(None),
            (2, text) => {
                let mut bytes = memory.bytes(text, len + 1)?;
                ensure!(bytes.pop() == Some(0), "no NUL behind a text");
                Content::Text(Some(bytes))
            }
            (3, 0) => Content::List(None),
            (3, list) => Content::List(Some(Self::list(memory, list, len)?)),
            _ => Content::Number,
        };
        Ok(Self { value: value.cast_signed(), error: i32::try_from(error)?, content })
    }

    fn list(memory: &Memory, list: u64, len: usize) -> Result<Vec<Vec<u8>>> {
        let pointers = memory.bytes(list, (len + 1) * 8)?;
        let mut pointers: Vec<u64> =
            pointers.chunks_exact(8).map(|word| word.try_into().map(u64::from_ne_bytes)).collect::<Result<_, _>>()?;
        ensure!(pointers.pop() == Some(0), "no null pointer behind a list");
        // They lie one behind the other, behind the array.
        let end = pointers.last().map_or(list, |last| last + 256);
        let block = memory.at_most(list, usize::try_from(end - list)?)?;
        let name = |pointer: u64| {
            let from = pointer.checked_sub(list).and_then(|at| block.get(usize::try_from(at).ok()?..));
            let name = from.and_then(|from| from.split(|&byte| byte == 0).next());
            name.map(<[u8]>::to_vec).context("an entry that is not in the list's block")
        };
        let mut names: Vec<_> = pointers.into_iter().map(name).collect::<Result<_>>()?;
        names.sort_unstable();
        Ok(names)
    }
}

/// What an answer is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is what it would be without a fault, and so is what the call did.
    Right,
    /// The call says that it failed, for this reason, and did nothing that it may not do then.
    Failed(i32),
    Wrong(String),
}

/// Something that is done, or looked at, around a call.
type Step = fn(&Place) -> Result<()>;

/// What a call is to return.
pub enum Expected {
    True,
    Number(fn(&Place) -> Result<i64>),
    /// One of these: what limits a process cannot always be known.
    AtLeastOne,
    /// A descriptor, which is open and locks the file.
    Descriptor,
    Text(fn(&Place) -> &[u8]),
    List(fn(&Place) -> &[Vec<u8>]),
    /// Even without a fault it fails, with this value and this reason.
    Failure(i64, i32),
}

pub struct Scenario {
    pub function: &'static str,
    /// The state that the call finds.
    pub state: &'static str,
    /// What the caller has done with signals: see tests/c/faults.c.
    pub setup: &'static str,
    pub arguments: &'static [&'static str],
    pub environment: &'static [(&'static str, &'static str)],
    /// Whether a call takes so long that only some reasons are tried, where another state shows the same calls.
    pub is_slow: bool,
    before: Step,
    expected: Expected,
    /// What must hold after a success.
    done: Step,
    /// What must hold after a failure.
    failed: Step,
}

const fn nothing(_: &Place) -> Result<()> {
    Ok(())
}

const PLAIN: Scenario = Scenario {
    function: "",
    state: "",
    setup: "plain",
    arguments: &[],
    environment: &[],
    is_slow: false,
    before: nothing,
    expected: Expected::True,
    done: nothing,
    failed: nothing,
};

impl Scenario {
    pub fn name(&self) -> String {
        if self.state.is_empty() { self.function.to_owned() } else { format!("{}, {}", self.function, self.state) }
    }

    pub fn prepare(&self, place: &Place) -> Result<()> {
        place.empty_output()?;
        (self.before)(place)
    }

    /// What an answer is worth, and what the call left behind.
    pub fn verdict(&self, place: &Place, answer: &Answer) -> Result<Verdict> {
        let verdict = self.verdict_on_answer(place, answer)?;
        let effects = match verdict {
            Verdict::Right => (self.done)(place),
            Verdict::Failed(_) => (self.failed)(place),
            Verdict::Wrong(_) => Ok(()),
        };
        let effects = effects.and_then(|()| place.is_unharmed());
        Ok(effects.err().map_or(verdict, |error| Verdict::Wrong(format!("{error:#}"))))
    }

    fn verdict_on_answer(&self, place: &Place, answer: &Answer) -> Result<Verdict> {
        let is_right = match (&self.expected, &answer.content) {
            (Expected::True, _) => answer.value == 1,
            (Expected::Number(number), _) => answer.value == number(place)?,
            (Expected::AtLeastOne, _) => answer.value >= 1,
            (Expected::Descriptor, _) => answer.value == 3,
            (Expected::Text(text), Content::Text(found)) => found.as_deref() == Some(text(place)),
            (Expected::List(list), Content::List(found)) => found.as_deref() == Some(list(place)),
            (Expected::Failure(value, errno), _) => answer.value == *value && answer.error == *errno,
            _ => false,
        };
        if is_right {
            return Ok(Verdict::Right);
        }
        let says_failed = match &answer.content {
            Content::Number if self.function == "rt_process_run" => matches!(answer.value, -1 | 126 | 127),
            Content::Number => answer.value == if self.is_boolean() { 0 } else { -1 },
            Content::Text(text) if self.function.starts_with("rt_env_") && self.function != "rt_env_cwd" => {
                text.as_deref() == Some(b"")
            }
            Content::Text(text) => text.is_none(),
            Content::List(list) => list.is_none(),
        };
        Ok(if says_failed { Verdict::Failed(answer.error) } else { Verdict::Wrong(self.describe(answer)) })
    }

    fn is_boolean(&self) -> bool {
        matches!(self.expected, Expected::True | Expected::Failure(0, _))
    }

    fn describe(&self, answer: &Answer) -> String {
        let what = match &answer.content {
            Content::Text(Some(text)) => format!("a text of {} bytes", text.len()),
            Content::List(Some(list)) => format!("a list of {}", list.len()),
            _ => answer.value.to_string(),
        };
        format!("it returned {what}, with the last error {}", answer.error)
    }
}

/// A directory with what the calls work on. What they must not change is made once.
pub struct Place {
    pub directory: PathBuf,
    pub program: PathBuf,
    small: Vec<u8>,
    medium: Vec<u8>,
    large: Vec<u8>,
    piped: Vec<u8>,
    working_directory: Vec<u8>,
    host_name: Vec<u8>,
    home: Vec<u8>,
    few: Vec<Vec<u8>>,
    many: Vec<Vec<u8>>,
    guarded: Vec<(PathBuf, Guarded)>,
}

/// What tells that a file was not changed.
type Guarded = (u64, u32, u64, i64, i64);

const SOURCES: [&str; 5] = ["empty", "small", "medium", "large", "script"];
/// Longer than one of them fits where the library reads first.
const MEDIUM: usize = 300_000;
/// More than the heap keeps for later.
const LARGE: usize = (17 << 20) + 5;
const PIPED: usize = 40_000;
/// So many names, so long, do not fit where the library reads first.
const MANY: usize = 1500;

impl Place {
    /// More bytes than one ever takes.
    pub const SIZE: u64 = 2 * LARGE as u64;

    /// Makes one in an empty directory, for a program.
    pub fn new(directory: &Path, program: &Path) -> Result<Self> {
        let bytes = |len: usize| (0..len).map(|at| b"0123456789abcdefghijklmnopqrs\n\0"[at % 31]).collect::<Vec<_>>();
        let names = |count: usize| {
            let mut names: Vec<_> = (0..count).map(|number| format!("{number:0>70}").into_bytes()).collect();
            names.sort_unstable();
            names
        };
        let directory = directory.canonicalize()?;
        let mut place = Self {
            working_directory: directory.as_os_str().as_encoded_bytes().to_vec(),
            program: program.to_path_buf(),
            small: bytes(4000),
            medium: bytes(MEDIUM),
            large: bytes(LARGE),
            piped: (0..PIPED).map(|at| b"abcdefghijklmnopqrstuvw"[at % 23]).collect(),
            host_name: fs::read_to_string("/proc/sys/kernel/hostname")?.trim_end().as_bytes().to_vec(),
            home: home_in_passwd()?,
            few: names(3),
            many: names(MANY),
            guarded: Vec::new(),
            directory,
        };
        place.fill()?;
        Ok(place)
    }

    fn fill(&mut self) -> Result<()> {
        fs::write(self.at("empty"), b"")?;
        fs::write(self.at("small"), &self.small)?;
        fs::write(self.at("medium"), &self.medium)?;
        fs::write(self.at("large"), &self.large)?;
        fs::write(self.at("script"), "exit 7\n")?;
        fs::set_permissions(self.at("script"), Permissions::from_mode(0o755))?;
        fs::set_permissions(self.at("small"), Permissions::from_mode(0o640))?;
        symlink("small", self.at("link"))?;
        symlink("link-to-itself", self.at("link-to-itself"))?;
        for (name, entries) in [("few", &self.few), ("many", &self.many)] {
            fs::create_dir(self.at(name))?;
            for entry in entries {
                File::create(self.at(name).join(str::from_utf8(entry)?))?;
            }
        }
        // For searches: nothing there, a file that may not be executed, the program.
        for name in ["path", "path/a", "path/b", "path/c"] {
            fs::create_dir(self.at(name))?;
        }
        fs::write(self.at("path/b/prog"), "")?;
        symlink(&self.program, self.at("path/c/prog"))?;
        fs::copy(self.at("script"), self.at("path/c/script"))?;
        for name in SOURCES {
            self.guarded.push((self.at(name), guard(&self.at(name))?));
        }
        Ok(())
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// What the program prints goes there.
    pub fn output(&self) -> Result<File> {
        Ok(OpenOptions::new().append(true).create(true).open(self.at("output"))?)
    }

    /// What it says on the standard error.
    pub fn errors(&self) -> Result<File> {
        Ok(OpenOptions::new().append(true).create(true).open(self.at("errors"))?)
    }

    fn empty_output(&self) -> Result<()> {
        for name in ["output", "errors"] {
            OpenOptions::new().write(true).create(true).truncate(true).open(self.at(name))?;
        }
        Ok(())
    }

    /// Whether the sources are as they were.
    fn is_unharmed(&self) -> Result<()> {
        for (path, wanted) in &self.guarded {
            ensure!(guard(path)? == *wanted, "{} has changed", path.display());
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<()> {
        let path = self.at(name);
        match fs::symlink_metadata(&path) {
            Ok(file) if file.is_dir() => Ok(fs::remove_dir_all(path)?),
            Ok(_) => Ok(fs::remove_file(path)?),
            Err(_) => Ok(()),
        }
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        self.remove(name)?;
        Ok(fs::write(self.at(name), content)?)
    }

    fn exists(&self, name: &str) -> bool {
        fs::symlink_metadata(self.at(name)).is_ok()
    }

    fn is(&self, name: &str, content: &[u8]) -> Result<()> {
        let found = fs::read(self.at(name)).with_context(|| format!("no {name}"))?;
        ensure!(found == content, "{name} has {} bytes, and not the {} that it should", found.len(), content.len());
        Ok(())
    }

    fn is_copy(&self, name: &str, source: &str, content: &[u8]) -> Result<()> {
        self.is(name, content)?;
        let mode = |name: &str| Ok::<_, anyhow::Error>(fs::metadata(self.at(name))?.mode() & 0o7777);
        ensure!(mode(name)? == mode(source)?, "{name} has not the permissions of {source}");
        Ok(())
    }

    fn has_no(&self, name: &str) -> Result<()> {
        ensure!(!self.exists(name), "{name} is still there");
        Ok(())
    }

    fn has(&self, name: &str) -> Result<()> {
        ensure!(self.exists(name), "{name} is gone");
        Ok(())
    }
}

fn guard(path: &Path) -> Result<Guarded> {
    let file = fs::metadata(path)?;
    Ok((file.len(), file.mode(), file.ino(), file.mtime(), file.mtime_nsec()))
}

/// The home directory of the user who runs this, as /etc/passwd has it.
fn home_in_passwd() -> Result<Vec<u8>> {
    let user = rustix::process::getuid().as_raw().to_string();
    let passwd = fs::read_to_string("/etc/passwd")?;
    let mut homes = passwd.lines().filter_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        (fields.len() >= 7 && fields[2] == user).then(|| fields[5].as_bytes().to_vec())
    });
    homes.next().context("/etc/passwd does not have this user")
}

const HERE: (&str, &str) = ("RT_FAULTS", "here");

const ENOENT: i32 = libc::ENOENT;
const LINES: &str = "one line\nand another\n";

/// All of them.
pub const ALL: &[Scenario] = &[
    // Facts about files
    exists("a file", &["small"], Expected::True),
    exists("nothing there", &["nowhere"], Expected::Failure(0, ENOENT)),
    exists("a loop of links", &["link-to-itself"], Expected::Failure(0, libc::ELOOP)),
    ask("rt_file_size", &["small"], Expected::Number(|place| Ok(place.small.len().try_into()?))),
    ask("rt_file_modified_time", &["small"], Expected::Number(|place| Ok(fs::metadata(place.at("small"))?.mtime()))),
    // Reading
    read("an empty file", &["empty"], Expected::Text(|_| b"")),
    read("4 KB", &["small"], Expected::Text(|place| &place.small)),
    read("300 KB", &["medium"], Expected::Text(|place| &place.medium)),
    Scenario { is_slow: true, ..read("17 MB", &["large"], Expected::Text(|place| &place.large)) },
    read("a pipe", &["pipe=40000"], Expected::Text(|place| &place.piped)),
    read("nothing there", &["nowhere"], Expected::Failure(0, ENOENT)),
    read("a directory", &["few"], Expected::Failure(0, libc::EISDIR)),
    // Writing
    write_new("rt_file_write_text"),
    write_over(
        "rt_file_write_text",
        "a longer file",
        |place| place.is("new", LINES.as_bytes()),
        |place| place.has("new"),
    ),
    write_new("rt_file_append_text"),
    write_over(
        "rt_file_append_text",
        "a file",
        |place| place.is("new", &[&place.small, LINES.as_bytes()].concat()),
        |place| {
            let found = fs::read(place.at("new"))?;
            ensure!(found.starts_with(&place.small), "what was in the file has changed");
            Ok(())
        },
    ),
    // Copying
    copy_new("nothing in it", &["empty", "new"], |place| place.is_copy("new", "empty", b"")),
    copy_new("4 KB", &["small", "new"], |place| place.is_copy("new", "small", &place.small)),
    copy_new("4 KB, by way of a link", &["link", "new"], |place| place.is_copy("new", "small", &place.small)),
    copy_new("300 KB", &["medium", "new"], |place| place.is_copy("new", "medium", &place.medium)),
    copy_new("a pipe", &["pipe=40000", "new"], |place| place.is("new", &place.piped)),
    Scenario {
        expected: Expected::Failure(0, libc::EISDIR),
        ..copy_new("a directory", &["few", "new"], |place| place.has_no("new"))
    },
    copy_over("4 KB over a longer file", &["small", "new"], |place| place.is_copy("new", "small", &place.small)),
    copy_over("300 KB over a file", &["medium", "new"], |place| place.is_copy("new", "medium", &place.medium)),
    Scenario {
        before: |place| {
            place.remove("new")?;
            place.remove("behind")?;
            Ok(symlink("behind", place.at("new"))?)
        },
        ..copy_over("to where a dangling link leads", &["small", "new"], |place| {
            place.is_copy("behind", "small", &place.small)
        })
    },
    Scenario {
        function: "rt_file_copy",
        state: "onto itself, by way of a link",
        arguments: &["small", "link"],
        expected: Expected::Failure(0, libc::EINVAL),
        ..PLAIN
    },
    // Names
    delete("rt_file_delete"),
    delete("rt_file_remove"),
    create("", &["new", "plain"], |place| place.has("new"), |place| place.has_no("new")),
    create("three levels", &["new/b/c", "recursive"], |place| place.has("new/b/c"), |place| place.has_no("new/b/c")),
    create("recursive, there already", &["few", "recursive"], |place| place.has("few"), |place| place.has("few")),
    list("3 names", &["few"], Expected::List(|place| &place.few)),
    list("1500 names", &["many"], Expected::List(|place| &place.many)),
    list("a file", &["small"], Expected::Failure(0, libc::ENOTDIR)),
    // Locks
    lock("a new file", |place| place.remove("new")),
    lock("a file", |place| place.write("new", b"")),
    Scenario {
        function: "rt_file_unlock",
        arguments: &["new"],
        before: |place| place.write("new", b""),
        done: |place| place.is_free("new"),
        failed: |place| place.is_free("new"),
        ..PLAIN
    },
    // The environment
    ask("rt_env_cwd", &[], Expected::Text(|place| &place.working_directory)),
    Scenario { state: "set", environment: &[HERE], ..ask("rt_env_get", &["RT_FAULTS"], Expected::Text(|_| b"here")) },
    Scenario {
        state: "HOME",
        environment: &[("HOME", "/home/of/mine")],
        ..ask("rt_env_home", &[], Expected::Text(|_| b"/home/of/mine"))
    },
    Scenario {
        state: "/etc/passwd",
        environment: &[HERE],
        ..ask("rt_env_home", &[], Expected::Text(|place| &place.home))
    },
    Scenario { environment: &[HERE], ..ask("rt_env_set", &["RT_FAULTS", "there"], Expected::True) },
    // Processes
    ask("rt_getpid", &[], Expected::AtLeastOne),
    run("a path", "plain", &["path/c/prog", "check", "plain", "an argument", ""]),
    run("a path, the caller ignores SIGCHLD", "ignores", &["path/c/prog", "check", "ignores", "an argument", ""]),
    run("a path, the caller waits for nobody", "not-waited", &["path/c/prog", "check", "plain", "an argument", ""]),
    run("a path, the caller handles signals", "handles", &["path/c/prog", "check", "handles", "an argument", ""]),
    run("a name", "plain", &["prog", "check", "plain", "an argument", ""]),
    run("a script without #!", "plain", &["script"]),
    Scenario { expected: Expected::Failure(127, ENOENT), ..run("a name, not found", "plain", &["no-such-program"]) },
    Scenario {
        expected: Expected::Failure(127, ENOENT),
        ..run("a path, not found, the caller ignores SIGCHLD", "ignores", &["path/no-such-program"])
    },
    Scenario {
        expected: Expected::Failure(126, libc::EACCES),
        ..run("a path, not to be executed", "plain", &["path/b/prog"])
    },
    // The system
    ask("rt_system_cpu_count", &[], Expected::AtLeastOne),
    ask("rt_hostname", &[], Expected::Text(|place| &place.host_name)),
    print("rt_print", |place| place.is("output", LINES.as_bytes())),
    print("rt_eprint", |place| place.is("errors", LINES.as_bytes())),
];

/// Those that no system call is disturbed of, with the reason.
pub const WITHOUT: [&str; 5] = ["rt_free", "rt_len", "rt_last_error", "rt_error_text", "rt_exit"];

impl Place {
    /// Whether nobody has a lock on the file: the one who asks gets it, and gives it back.
    fn is_free(&self, name: &str) -> Result<()> {
        let file = File::open(self.at(name))?;
        ensure!(file.try_lock().is_ok(), "{name} is still locked");
        Ok(())
    }

    fn is_locked(&self, name: &str) -> Result<()> {
        let file = File::open(self.at(name))?;
        ensure!(file.try_lock().is_err(), "{name} is not locked");
        Ok(())
    }
}

type Words = &'static [&'static str];

/// A call that is known by what it returns.
const fn ask(function: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { function, arguments, expected, ..PLAIN }
}

const fn exists(state: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { state, ..ask("rt_file_exists", arguments, expected) }
}

const fn read(state: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { state, ..ask("rt_file_read_text", arguments, expected) }
}

const fn list(state: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { state, ..ask("rt_dir_list", arguments, expected) }
}

const fn print(function: &'static str, done: Step) -> Scenario {
    Scenario { function, arguments: &[LINES], done, ..PLAIN }
}

/// A text that is put where nothing is.
const fn write_new(function: &'static str) -> Scenario {
    let (before, done): (Step, Step) = (|place| place.remove("new"), |place| place.is("new", LINES.as_bytes()));
    Scenario { function, state: "a new file", arguments: &["new", LINES], before, done, ..PLAIN }
}

/// A text that is put where a file is.
const fn write_over(function: &'static str, state: &'static str, done: Step, failed: Step) -> Scenario {
    let before: Step = |place| place.write("new", &place.small);
    Scenario { function, state, arguments: &["new", LINES], before, done, failed, ..PLAIN }
}

const fn create(state: &'static str, arguments: Words, done: Step, failed: Step) -> Scenario {
    Scenario { function: "rt_dir_create", state, arguments, before: |place| place.remove("new"), done, failed, ..PLAIN }
}

/// A copy to where nothing is: after a failure nothing is there either.
const fn copy_new(state: &'static str, arguments: Words, done: Step) -> Scenario {
    let (before, failed): (Step, Step) = (|place| place.remove("new"), |place| place.has_no("new"));
    Scenario { function: "rt_file_copy", state, arguments, before, done, failed, ..PLAIN }
}

/// A copy to where a file is: after a failure there still is one.
const fn copy_over(state: &'static str, arguments: Words, done: Step) -> Scenario {
    let (before, failed): (Step, Step) = (|place| place.write("new", &place.medium), |place| place.has("new"));
    Scenario { function: "rt_file_copy", state, arguments, before, done, failed, ..PLAIN }
}

const fn delete(function: &'static str) -> Scenario {
    Scenario {
        function,
        arguments: &["new"],
        before: |place| place.write("new", b""),
        done: |place| place.has_no("new"),
        failed: |place| place.has("new"),
        ..PLAIN
    }
}

const fn lock(state: &'static str, before: Step) -> Scenario {
    Scenario {
        function: "rt_file_lock",
        state,
        arguments: &["new"],
        before,
        expected: Expected::Descriptor,
        done: |place| place.is_locked("new"),
        failed: |place| if place.exists("new") { place.is_free("new") } else { Ok(()) },
        ..PLAIN
    }
}

/// A program that exits with 7 when it was given what it should have been.
const fn run(state: &'static str, setup: &'static str, arguments: Words) -> Scenario {
    Scenario {
        function: "rt_process_run",
        state,
        setup,
        arguments,
        environment: &[HERE, ("PATH", "path/a:path/b:path/c")],
        expected: Expected::Number(|_| Ok(7)),
        ..PLAIN
    }
}
