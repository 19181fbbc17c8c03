//! A model of the kernel, with the system calls that the library makes.
//!
//! Each thread has a model of its own, whose state a test prepares. All threads share the memory, as in a process. The
//! real kernel starts children, and makes, walks and removes directories if the test asks for it.

pub mod arch;
pub mod memory;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::ffi::{CStr, c_char};
use std::ptr::{with_exposed_provenance, with_exposed_provenance_mut};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use linux_raw_sys::{errno, general, system};

use crate::{Sysno, nr};

/// The file at a path.
#[derive(Clone)]
pub enum File {
    /// A regular file, with its content and the size that stat(2) reports.
    Content(Rc<[u8]>, i64),
    /// A directory, with the records that getdents(2) returns.
    Records(Rc<[Vec<u8>]>),
    /// No file: opening the path fails with this error.
    Error(u32),
}

impl File {
    /// Returns a regular file of which stat(2) reports the true size.
    pub fn of(content: &[u8]) -> Self {
        Self::Content(content.into(), content.len().try_into().unwrap_or(i64::MAX))
    }
}

/// A function that returns the file at a path.
pub type Lookup = Rc<dyn Fn(&[u8]) -> File>;

/// The result of executing a program: its exit code, or the error of execve(2).
pub type Program = std::result::Result<u8, u32>;

/// A call of execve(2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The path of the program.
    pub path: Vec<u8>,
    /// The arguments, from argument zero on.
    pub arguments: Vec<Vec<u8>>,
}

/// The state of the model.
#[derive(Clone, Default)]
pub struct Kernel {
    /// The files by their paths.
    pub files: BTreeMap<Vec<u8>, File>,
    /// Returns the files at all other paths. If `None`, there are no other files.
    pub lookup: Option<Lookup>,
    /// The most bytes that each read returns, in turn and then from the first again. 0 stands for a read that a signal
    /// interrupts. If empty, nothing limits a read.
    pub steps: Vec<usize>,
    /// The real and the effective user id.
    pub users: [u32; 2],
    /// The affinity mask. If `None`, sched_getaffinity(2) fails with EPERM.
    pub processors: Option<Vec<u64>>,
    /// The results of the calls of execve(2), in turn; the last one repeats. If empty, each fails with ENOENT.
    pub programs: Vec<Program>,
    /// The calls of execve(2) so far.
    pub attempts: Vec<Attempt>,
    /// Set if mkdirat(2) and newfstatat(2) go to the real kernel.
    pub has_real_directories: bool,
    /// If set, the calls that walk and remove trees go to the real kernel, each after this function.
    pub before_real_call: Option<Rc<dyn Fn()>>,
    /// The state that the calls change.
    pub state: State,
}

/// The open descriptors, and the number of reads so far.
#[derive(Clone, Default)]
pub struct State {
    open: BTreeMap<usize, Open>,
    reads: usize,
}

#[derive(Clone)]
enum Open {
    File(Rc<[u8]>, usize, i64),
    Records(Rc<[Vec<u8>]>, usize),
    Pipe(Rc<RefCell<VecDeque<u8>>>),
}

thread_local! {
    static KERNEL: RefCell<Kernel> = RefCell::default();
}

/// Replaces the model of the calling thread.
pub fn set(kernel: Kernel) {
    KERNEL.with_borrow_mut(|now| *now = kernel);
}

/// Returns the number of open descriptors, and the calls of execve(2).
pub fn outcome() -> (usize, Vec<Attempt>) {
    KERNEL.with_borrow(|kernel| (kernel.state.open.len(), kernel.attempts.clone()))
}

type Answer = std::result::Result<usize, u32>;

/// Makes a system call to the real kernel, and returns its result.
fn real(number: Sysno, [a, b, c, d, e, f]: [usize; 6]) -> usize {
    // SAFETY: the library passes pointers that are valid for the call.
    unsafe { real_arch::syscall6(number as usize, a, b, c, d, e, f) }
}

/// Ends the calling process, which is a child that shares its parent's memory.
pub fn exit(code: usize) -> ! {
    loop {
        real(Sysno::exit_group, [code, 0, 0, 0, 0, 0]);
    }
}

/// Returns the bytes of the C string at an address, or EFAULT if the address is null.
fn text<'a>(address: usize) -> std::result::Result<&'a [u8], u32> {
    let pointer = with_exposed_provenance::<c_char>(address);
    if pointer.is_null() {
        return Err(errno::EFAULT);
    }
    // SAFETY: the library passes NUL-terminated strings.
    Ok(unsafe { CStr::from_ptr(pointer) }.to_bytes())
}

/// Returns the strings of a null-terminated array.
fn texts(address: usize) -> std::result::Result<Vec<Vec<u8>>, u32> {
    let array = with_exposed_provenance::<*const c_char>(address);
    let mut texts = Vec::new();
    for slot in 0.. {
        // SAFETY: the library passes a null-terminated array, and no earlier slot is null.
        let pointer = unsafe { *array.wrapping_add(slot) };
        if pointer.is_null() {
            break;
        }
        texts.push(text(pointer.expose_provenance())?.to_vec());
    }
    Ok(texts)
}

/// Copies bytes to an address.
fn put(address: usize, bytes: &[u8]) {
    let to = with_exposed_provenance_mut::<u8>(address);
    // SAFETY: the library passes a buffer with room for these bytes.
    unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
}

/// Writes a value to an address.
fn put_value<T>(address: usize, value: T) {
    // SAFETY: the library passes a buffer for a value of this type.
    unsafe { with_exposed_provenance_mut::<T>(address).write(value) };
}

fn zeroed<T>() -> T {
    // SAFETY: the type is a struct of the kernel, whose fields may all be zero.
    unsafe { std::mem::zeroed() }
}

impl Kernel {
    fn find(&self, path: &[u8]) -> File {
        let looked_up = || self.lookup.as_ref().map_or(File::Error(errno::ENOENT), |lookup| lookup(path));
        self.files.get(path).cloned().unwrap_or_else(looked_up)
    }

    fn insert(&mut self, open: Open) -> usize {
        let fd = (3..).find(|fd| !self.state.open.contains_key(fd)).unwrap_or(3);
        self.state.open.insert(fd, open);
        fd
    }

    fn open(&mut self, path: &[u8]) -> Answer {
        // PATH_MAX counts the NUL.
        if path.len() >= 4096 {
            return Err(errno::ENAMETOOLONG);
        }
        match self.find(path) {
            File::Content(content, size) => Ok(self.insert(Open::File(content, 0, size))),
            File::Records(records) => Ok(self.insert(Open::Records(records, 0))),
            File::Error(number) => Err(number),
        }
    }

    fn read(&mut self, fd: usize, address: usize, len: usize) -> Answer {
        let step = self.steps.get(self.state.reads % self.steps.len().max(1)).copied().unwrap_or(usize::MAX);
        self.state.reads += 1;
        match self.state.open.get_mut(&fd).ok_or(errno::EBADF)? {
            Open::File(content, at, _) => {
                if step == 0 {
                    return Err(errno::EINTR);
                }
                let rest = content.get(*at..).unwrap_or_default();
                let part = rest.get(..len.min(step)).unwrap_or(rest);
                put(address, part);
                *at += part.len();
                Ok(part.len())
            }
            Open::Pipe(bytes) => {
                let part: Vec<u8> = (0..len).map_while(|_| bytes.borrow_mut().pop_front()).collect();
                put(address, &part);
                if part.is_empty() { Err(errno::EAGAIN) } else { Ok(part.len()) }
            }
            Open::Records(..) => Err(errno::EISDIR),
        }
    }

    /// Returns as many whole records as fit into the buffer and, after the first record, into the step.
    fn read_records(&mut self, fd: usize, address: usize, len: usize) -> Answer {
        let step = self.steps.get(self.state.reads % self.steps.len().max(1)).copied().unwrap_or(usize::MAX);
        self.state.reads += 1;
        let Open::Records(records, next) = self.state.open.get_mut(&fd).ok_or(errno::EBADF)? else {
            return Err(errno::ENOTDIR);
        };
        let mut end = 0;
        while let Some(record) = records.get(*next).filter(|record| end + record.len() <= len) {
            if end > 0 && end + record.len() > step {
                break;
            }
            put(address + end, record);
            end += record.len();
            *next += 1;
        }
        if end == 0 && *next < records.len() { Err(errno::EINVAL) } else { Ok(end) }
    }

    fn stat(&self, fd: usize, address: usize) -> Answer {
        let mut stat: general::stat = zeroed();
        if let Open::File(_, _, size) = self.state.open.get(&fd).ok_or(errno::EBADF)? {
            stat.st_mode = general::S_IFREG | 0o644;
            stat.st_size = *size;
        }
        put_value(address, stat);
        Ok(0)
    }

    fn pipe(&mut self, address: usize) -> Answer {
        let bytes = Rc::default();
        let ends = [self.insert(Open::Pipe(Rc::clone(&bytes))), self.insert(Open::Pipe(bytes))];
        put_value(address, ends.map(|end| i32::try_from(end).unwrap_or_default()));
        Ok(0)
    }

    fn write(&mut self, fd: usize, address: usize, len: usize) -> Answer {
        let Open::Pipe(bytes) = self.state.open.get_mut(&fd).ok_or(errno::EBADF)? else { return Err(errno::EINVAL) };
        // SAFETY: the library passes a buffer of this length.
        bytes.borrow_mut().extend(unsafe { std::slice::from_raw_parts(with_exposed_provenance::<u8>(address), len) });
        Ok(len)
    }

    /// Records a call of execve(2), and returns its result.
    fn execute(&mut self, path: usize, argv: usize) -> std::result::Result<Program, u32> {
        let number = self.attempts.len().min(self.programs.len().saturating_sub(1));
        self.attempts.push(Attempt { path: text(path)?.to_vec(), arguments: texts(argv)? });
        Ok(self.programs.get(number).copied().unwrap_or(Err(errno::ENOENT)))
    }

    fn affinity(&self, len: usize, address: usize) -> Answer {
        let mask = self.processors.as_ref().ok_or(errno::EPERM)?;
        let bytes: Vec<u8> = mask.iter().flat_map(|word| word.to_ne_bytes()).collect();
        if len < bytes.len() {
            return Err(errno::EINVAL);
        }
        put(address, &bytes);
        Ok(bytes.len())
    }
}

fn int(register: usize) -> usize {
    register & 0xffff_ffff
}

/// Answers a call from the state of the model.
fn answer(number: Sysno, [a, b, c, d, ..]: [usize; 6]) -> Answer {
    KERNEL.with_borrow_mut(|kernel| match number {
        Sysno::openat => kernel.open(text(b)?),
        Sysno::close => kernel.state.open.remove(&int(a)).map(|_| 0).ok_or(errno::EBADF),
        Sysno::read => kernel.read(int(a), b, c),
        Sysno::write => kernel.write(int(a), b, c),
        Sysno::getdents64 => kernel.read_records(int(a), b, c),
        Sysno::fstat => kernel.stat(int(a), b),
        Sysno::faccessat | nr::NEWFSTATAT => match kernel.find(text(b)?) {
            File::Error(number) => Err(number),
            _ => Ok(0),
        },
        Sysno::pipe2 => kernel.pipe(a),
        Sysno::getuid => Ok(kernel.users[0] as usize),
        Sysno::geteuid => Ok(kernel.users[1] as usize),
        Sysno::getgid | Sysno::getegid | Sysno::rt_sigprocmask | Sysno::nanosleep => Ok(0),
        Sysno::sched_getaffinity => kernel.affinity(b, c),
        Sysno::sysinfo => {
            let info = system::sysinfo { totalram: 1 << 30, mem_unit: 1, ..zeroed() };
            put_value(a, info);
            Ok(0)
        }
        // Every signal has its default disposition.
        Sysno::rt_sigaction => {
            if c != 0 {
                put_value::<general::kernel_sigaction>(c, zeroed());
            }
            Ok(0)
        }
        // Registers carry addresses, so the provenance of a mapping is exposed here.
        Sysno::mmap => memory::map(b).map(|start| start.as_ptr().expose_provenance()).ok_or(errno::ENOMEM),
        Sysno::munmap => {
            memory::unmap(a, b);
            Ok(0)
        }
        Sysno::mremap => memory::remap(a, b, c).map(|start| start.as_ptr().expose_provenance()).ok_or(errno::ENOMEM),
        Sysno::madvise => Ok(d),
        _ => Err(errno::ENOSYS),
    })
}

/// Returns whether the operations on trees make this call.
fn walks_or_removes(number: Sysno) -> bool {
    use Sysno::{close, fstat, getdents64, lseek, openat, unlinkat};
    matches!(number, openat | close | getdents64 | fstat | lseek | unlinkat | nr::NEWFSTATAT)
}

fn call(number: usize, arguments: [usize; 6]) -> usize {
    let Some(number) = Sysno::new(number) else { return answered(Err(errno::ENOSYS)) };
    let before_real_call = KERNEL.with_borrow(|kernel| kernel.before_real_call.clone());
    if let (true, Some(before)) = (walks_or_removes(number), before_real_call) {
        before();
        return real(number, arguments);
    }
    match number {
        Sysno::mkdirat | nr::NEWFSTATAT if KERNEL.with_borrow(|kernel| kernel.has_real_directories) => {
            real(number, arguments)
        }
        Sysno::gettid => thread(),
        Sysno::futex => {
            std::thread::yield_now();
            answered(Err(errno::EAGAIN))
        }
        Sysno::wait4 => real(number, arguments),
        Sysno::exit_group => exit(arguments[0]),
        Sysno::execve => {
            let [path, argv, ..] = arguments;
            match KERNEL.with_borrow_mut(|kernel| kernel.execute(path, argv)) {
                Ok(Ok(code)) => exit(code.into()),
                Ok(Err(number)) | Err(number) => answered(Err(number)),
            }
        }
        number => answered(answer(number, arguments)),
    }
}

fn answered(answer: Answer) -> usize {
    answer.unwrap_or_else(|number| (number as usize).wrapping_neg())
}

/// Returns the calling thread's number.
fn thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    thread_local! {
        static THREAD: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    THREAD.with(|&thread| thread)
}
