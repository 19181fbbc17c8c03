//! The objects of an archive, of which a linker takes those that a program refers to.
//!
//! The hosted archive has one object, with all functions. The freestanding archive has further objects for what few
//! programs need. Where the first object calls what is in another, it has a weak hook that does nothing. The other object
//! defines the hook too, and its definition takes precedence. So a program that refers to nothing of the other object pays
//! no more than the call.

use std::path::{Path, PathBuf};

/// An object of an archive.
pub struct Member {
    pub object: PathBuf,
    /// The names for which a linker takes it.
    pub roots: Vec<String>,
    /// Those of the names that are the program's, if it defines them.
    pub weak: &'static [&'static str],
    pub hooks: Vec<Hook>,
    /// Variables of the library that it has though nothing refers to them.
    kept: &'static [&'static str],
}

/// A hidden function that each member may define.
#[derive(Clone, Copy)]
pub struct Hook {
    pub name: &'static str,
    /// The function of the library that the name stands for.
    function: &'static str,
    /// Set if a definition in another member replaces it.
    pub is_weak: bool,
}

/// A member for names that few programs refer to. The library defines them in src/c and src/start.
struct Extra {
    object: &'static str,
    roots: &'static [&'static str],
    weak: &'static [&'static str],
    /// The name of its hook, and the function.
    hook: Option<(&'static str, &'static str)>,
    kept: &'static [&'static str],
}

const LAST_ERROR: Extra = Extra {
    object: "last_error.o",
    roots: &["rt_last_error"],
    weak: &[],
    hook: Some(("ffi_syscalls_set_error", "ffi_syscalls_keep_error")),
    kept: &[],
};

const THREAD_LOCALS: Extra = Extra {
    object: "tls.o",
    roots: &["ffi_syscalls_tls"],
    weak: &[],
    hook: Some(("ffi_syscalls_set_up_thread", "ffi_syscalls_tls")),
    kept: &[],
};

/// It is a member of its own because linkers keep entries in the array of destructors.
const ATEXIT: Extra = Extra {
    object: "atexit.o",
    roots: &["__cxa_atexit", "__dso_handle", "atexit"],
    weak: &["__cxa_atexit", "__dso_handle", "atexit"],
    hook: None,
    kept: &["ffi_syscalls_first_destructor", "ffi_syscalls_last_destructor"],
};

const EXTRAS: [Extra; 3] = [LAST_ERROR, THREAD_LOCALS, ATEXIT];

/// The functions for C++ in the first object of the freestanding archive.
pub const FOR_CXX: [&str; 4] =
    ["__cxa_guard_abort", "__cxa_guard_acquire", "__cxa_guard_release", "__cxa_pure_virtual"];

/// The function that the weak hooks stand for.
const NOTHING: &str = "ffi_syscalls_do_nothing";

impl Member {
    /// Returns the arguments by which a linker makes it of the library.
    pub fn link_arguments(&self) -> Vec<String> {
        let functions = self.hooks.iter().map(|hook| hook.function);
        let kept = self.roots.iter().map(String::as_str).chain(functions).chain(self.kept.iter().copied());
        let hooks = self.hooks.iter().map(|hook| format!("--defsym={}={}", hook.name, hook.function));
        kept.map(|name| format!("--undefined={name}")).chain(hooks).collect()
    }
}

/// Returns the only object of an archive.
pub fn whole(roots: Vec<String>, directory: &Path) -> Member {
    Member { object: directory.join("ffi_syscalls.o"), roots, weak: &[], hooks: Vec::new(), kept: &[] }
}

/// Returns the objects of the freestanding archive, by the names that the library defines.
pub fn freestanding(roots: Vec<String>, directory: &Path) -> Vec<Member> {
    let is_extra = |root: &String| EXTRAS.iter().any(|extra| extra.roots.contains(&root.as_str()));
    let roots = roots.into_iter().filter(|root| !is_extra(root)).collect();
    let weak = |(name, _)| Hook { name, function: NOTHING, is_weak: true };
    let hooks = EXTRAS.iter().filter_map(|extra| extra.hook.map(weak)).collect();
    let first = Member { hooks, weak: &FOR_CXX, ..whole(roots, directory) };
    let extras = EXTRAS.iter().map(|extra| Member {
        object: directory.join(extra.object),
        roots: extra.roots.iter().map(|&root| root.to_owned()).collect(),
        weak: extra.weak,
        hooks: extra.hook.iter().map(|&(name, function)| Hook { name, function, is_weak: false }).collect(),
        kept: extra.kept,
    });
    std::iter::once(first).chain(extras).collect()
}

/// Returns the names that the freestanding archive defines beyond the functions of the library, the memory functions and
/// the entry.
pub fn extra_names() -> impl Iterator<Item = &'static str> {
    let hooks = EXTRAS.iter().filter_map(|extra| Some(extra.hook?.0));
    EXTRAS.iter().flat_map(|extra| extra.roots).copied().chain(FOR_CXX).chain(hooks)
}
