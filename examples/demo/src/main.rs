//! Demonstrates the operations on this machine.
//!
//! The program calls the functions of the shared object that its argument names, and compares the results with those of
//! std or of the kernel.

use std::ffi::{CStr, CString, OsString, c_char, c_void};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use comfy_table::{ContentArrangement, Table, presets};
use libloading::{Library, Symbol};

fn main() -> Result<()> {
    let path = std::env::args_os().nth(1).context("usage: demo SHARED_OBJECT")?;
    let work = tempfile::tempdir()?;
    let demo = Demo { library: Functions::load(Path::new(&path))?, work: work.path(), rows: Vec::new() };
    let rows = demo.run()?;
    println!("{}", table(&rows));
    let differing = rows.iter().filter(|row| !row.agrees).count();
    ensure!(differing == 0, "{differing} of the results differ from those of std or the kernel");
    println!("\nAll {} results agree with those of std or the kernel.", rows.len());
    Ok(())
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["operation", "action", "result", "checked"]);
    for row in rows {
        let agreement = if row.agrees { "ok" } else { "DIFFERS" };
        table.add_row([&row.operation, &row.action, &row.result, agreement]);
    }
    table
}

/// A line of the table.
struct Row {
    operation: String,
    action: String,
    result: String,
    /// True if std or the kernel returns the same.
    agrees: bool,
}

struct Demo<'a> {
    library: Functions,
    work: &'a Path,
    rows: Vec<Row>,
}

type Path1 = unsafe extern "C" fn(*const c_char) -> bool;
type Path2 = unsafe extern "C" fn(*const c_char, *const c_char) -> bool;
type PathNumber = unsafe extern "C" fn(*const c_char) -> i64;
type PathText = unsafe extern "C" fn(*const c_char) -> *mut c_char;

impl Demo<'_> {
    fn run(mut self) -> Result<Vec<Row>> {
        self.files()?;
        self.directories()?;
        self.environment()?;
        self.processes_and_system()?;
        Ok(self.rows)
    }

    fn row(&mut self, operation: &str, action: impl Into<String>, result: impl ToString, agrees: bool) {
        let (action, result) = (action.into(), result.to_string());
        self.rows.push(Row { operation: operation.into(), action, result, agrees });
    }

    fn path(&self, name: &str) -> Result<(CString, std::path::PathBuf)> {
        let path = self.work.join(name);
        Ok((CString::new(path.as_os_str().as_bytes())?, path))
    }

    fn files(&mut self) -> Result<()> {
        let (note, note_path) = self.path("note")?;
        let (twin, twin_path) = self.path("twin")?;
        let wrote = self.library.call2("rt_file_write_text", &note, c"straight from the kernel\n")?;
        self.row(
            "rt_file_write_text",
            "wrote a line to note",
            wrote,
            fs::read(&note_path)? == b"straight from the kernel\n",
        );
        let appended = self.library.call2("rt_file_append_text", &note, c"no libc\n")?;
        let content = fs::read(&note_path)?;
        self.row("rt_file_append_text", "appended another line", appended, content.ends_with(b"kernel\nno libc\n"));
        let exists = self.library.call1("rt_file_exists", &note)?;
        self.row("rt_file_exists", "checked that note exists", exists, exists == note_path.exists());
        let text = self.library.text("rt_file_read_text", &note)?;
        self.row("rt_file_read_text", "read note", format!("{} bytes", text.len()), text == content);
        let size = self.library.number("rt_file_size", &note)?;
        let facts = fs::metadata(&note_path)?;
        self.row("rt_file_size", "queried the size of note", size, size == i64::try_from(facts.len())?);
        let time = self.library.number("rt_file_modified_time", &note)?;
        self.row("rt_file_modified_time", "queried the modification time of note", time, time == facts.mtime());
        let copied = self.library.call2("rt_file_copy", &note, &twin)?;
        self.row("rt_file_copy", "copied note to twin", copied, fs::read(&twin_path)? == content);
        self.locks(&note)?;
        let deleted = self.library.call1("rt_file_delete", &twin)?;
        self.row("rt_file_delete", "deleted twin", deleted, !twin_path.exists());
        let again = self.library.call1("rt_file_remove", &twin)?;
        let reason = self.library.last_error()?;
        self.row(
            "rt_file_remove",
            "tried to delete twin again",
            format!("{again}, {reason}"),
            !again && reason.starts_with("ENOENT:"),
        );
        Ok(())
    }

    fn locks(&mut self, note: &CStr) -> Result<()> {
        let lock = self.library.number("rt_file_lock", note)?;
        let file = fs::File::open(OsString::from_vec(note.to_bytes().to_vec()))?;
        let is_locked = matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock));
        self.row("rt_file_lock", "locked note", format!("descriptor {lock}"), lock >= 0 && is_locked);
        let unlock: Symbol<'_, unsafe extern "C" fn(i64) -> bool> = self.library.get("rt_file_unlock")?;
        // SAFETY: the argument is a plain integer.
        let unlocked = unsafe { unlock(lock) };
        self.row("rt_file_unlock", "unlocked note", unlocked, file.try_lock().is_ok());
        Ok(())
    }

    fn directories(&mut self) -> Result<()> {
        let (deep, deep_path) = self.path("a/b/c")?;
        let create: Symbol<'_, unsafe extern "C" fn(*const c_char, bool) -> bool> =
            self.library.get("rt_dir_create")?;
        // SAFETY: the argument is a NUL-terminated string.
        let created = unsafe { create(deep.as_ptr(), true) };
        self.row("rt_dir_create", "created a/b/c", created, deep_path.is_dir());
        let list: Symbol<'_, unsafe extern "C" fn(*const c_char) -> *mut *mut c_char> =
            self.library.get("rt_dir_list")?;
        // SAFETY: the argument is a NUL-terminated string.
        let names = unsafe { list(c"/".as_ptr()) };
        ensure!(!names.is_null(), "rt_dir_list: {}", self.library.last_error()?);
        let len = self.library.len(names.cast())?;
        let mut found = Vec::new();
        for i in 0..len {
            // SAFETY: rt_len reports the entries of the list.
            let name = unsafe { *names.add(i) };
            // SAFETY: each entry is a NUL-terminated string.
            found.push(OsString::from_vec(unsafe { CStr::from_ptr(name) }.to_bytes().to_vec()));
        }
        self.library.free(names.cast())?;
        let expected = fs::read_dir("/")?.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>>>()?;
        self.row("rt_dir_list", "listed /", format!("{len} names"), found == expected);
        Ok(())
    }

    fn environment(&mut self) -> Result<()> {
        let cwd = self.library.text0("rt_env_cwd")?;
        let same = cwd == std::env::current_dir()?.as_os_str().as_bytes();
        self.row("rt_env_cwd", "queried the working directory", lossy(&cwd), same);
        let path = self.library.text("rt_env_get", c"PATH")?;
        let same = std::env::var_os("PATH").unwrap_or_default().as_bytes() == path;
        self.row("rt_env_get", "read PATH", format!("{} bytes", path.len()), same);
        let set = self.library.call2("rt_env_set", c"GREETING", c"hello")?;
        let value = self.library.text("rt_env_get", c"GREETING")?;
        self.row("rt_env_set", "set GREETING", set, value == b"hello" && std::env::var_os("GREETING").is_none());
        let home = self.library.text0("rt_env_home")?;
        let same = std::env::home_dir().unwrap_or_default().as_os_str().as_bytes() == home;
        self.row("rt_env_home", "queried the home directory", lossy(&home), same);
        Ok(())
    }

    fn processes_and_system(&mut self) -> Result<()> {
        let pid: Symbol<'_, unsafe extern "C" fn() -> i64> = self.library.get("rt_getpid")?;
        // SAFETY: the function has no arguments.
        let pid = unsafe { pid() };
        self.row("rt_getpid", "queried the process ID", pid, pid == i64::from(std::process::id()));
        let code = self.library.run(c"sh", &[c"-c", c"test \"$GREETING\" = hello && exit 42"])?;
        self.row("rt_process_run", "ran a shell that checks GREETING and exits with 42", code, code == 42);
        let count: Symbol<'_, unsafe extern "C" fn() -> i64> = self.library.get("rt_system_cpu_count")?;
        // SAFETY: the function has no arguments.
        let count = unsafe { count() };
        // std rounds a quota down. The library rounds it up.
        let std_count = i64::try_from(std::thread::available_parallelism()?.get())?;
        self.row("rt_system_cpu_count", "counted processors", count, (std_count..=std_count + 1).contains(&count));
        let name = self.library.text0("rt_hostname")?;
        let same = fs::read("/proc/sys/kernel/hostname")?.trim_ascii_end() == name;
        self.row("rt_hostname", "queried the host name", lossy(&name), same);
        Ok(())
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The functions of the shared object.
struct Functions(Library);

impl Functions {
    fn load(path: &Path) -> Result<Self> {
        // SAFETY: the shared object of this project has no code that runs when it is loaded.
        Ok(Self(unsafe { Library::new(path) }.with_context(|| format!("cannot load {}", path.display()))?))
    }

    fn get<F>(&self, name: &str) -> Result<Symbol<'_, F>> {
        // SAFETY: `F` is the type that the header declares for `name`.
        unsafe { self.0.get(name) }.with_context(|| name.to_owned())
    }

    fn call1(&self, name: &str, path: &CStr) -> Result<bool> {
        let function: Symbol<'_, Path1> = self.get(name)?;
        // SAFETY: the argument is a NUL-terminated string.
        Ok(unsafe { function(path.as_ptr()) })
    }

    fn call2(&self, name: &str, first: &CStr, second: &CStr) -> Result<bool> {
        let function: Symbol<'_, Path2> = self.get(name)?;
        // SAFETY: both arguments are NUL-terminated strings.
        Ok(unsafe { function(first.as_ptr(), second.as_ptr()) })
    }

    fn number(&self, name: &str, path: &CStr) -> Result<i64> {
        let function: Symbol<'_, PathNumber> = self.get(name)?;
        // SAFETY: the argument is a NUL-terminated string.
        Ok(unsafe { function(path.as_ptr()) })
    }

    fn text(&self, name: &str, argument: &CStr) -> Result<Vec<u8>> {
        let function: Symbol<'_, PathText> = self.get(name)?;
        // SAFETY: the argument is a NUL-terminated string.
        self.copy_and_free(name, unsafe { function(argument.as_ptr()) })
    }

    fn text0(&self, name: &str) -> Result<Vec<u8>> {
        let function: Symbol<'_, unsafe extern "C" fn() -> *mut c_char> = self.get(name)?;
        // SAFETY: the function has no arguments.
        self.copy_and_free(name, unsafe { function() })
    }

    /// Copies a text that the library returned, and frees the original.
    fn copy_and_free(&self, name: &str, text: *mut c_char) -> Result<Vec<u8>> {
        ensure!(!text.is_null(), "{name}: {}", self.last_error()?);
        let len = self.len(text.cast())?;
        // SAFETY: rt_len reports the bytes of the text.
        let copy = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), len) }.to_vec();
        self.free(text.cast())?;
        Ok(copy)
    }

    fn run(&self, program: &CStr, arguments: &[&CStr]) -> Result<i32> {
        type Run = unsafe extern "C" fn(*const c_char, *const *const c_char, usize) -> i32;
        let function: Symbol<'_, Run> = self.get("rt_process_run")?;
        let pointers: Vec<_> = arguments.iter().map(|argument| argument.as_ptr()).collect();
        // SAFETY: `pointers` holds `len` pointers to NUL-terminated strings.
        Ok(unsafe { function(program.as_ptr(), pointers.as_ptr(), pointers.len()) })
    }

    fn len(&self, pointer: *const c_void) -> Result<usize> {
        let function: Symbol<'_, unsafe extern "C" fn(*const c_void) -> usize> = self.get("rt_len")?;
        // SAFETY: `pointer` is a text or list of the library.
        Ok(unsafe { function(pointer) })
    }

    fn free(&self, pointer: *mut c_void) -> Result<()> {
        let function: Symbol<'_, unsafe extern "C" fn(*mut c_void)> = self.get("rt_free")?;
        // SAFETY: `pointer` is a text or list of the library, and is not used again.
        unsafe { function(pointer) };
        Ok(())
    }

    /// Returns the error text of the last failed call.
    fn last_error(&self) -> Result<String> {
        let number: Symbol<'_, unsafe extern "C" fn() -> i32> = self.get("rt_last_error")?;
        let text: Symbol<'_, unsafe extern "C" fn(i32) -> *const c_char> = self.get("rt_error_text")?;
        // SAFETY: the function has no arguments.
        let number = unsafe { number() };
        // SAFETY: the argument is a plain integer.
        let text = unsafe { text(number) };
        // SAFETY: rt_error_text returns a static NUL-terminated string.
        Ok(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
    }
}
