//! The table of system calls, from traces.

use std::fmt::Write;

use anyhow::{Result, bail, ensure};
use regex_lite::Regex;

/// A system call in normal form.
struct Call {
    text: String,
    /// The same without the name of a signal, since calls for all signals are one repetition.
    kind: String,
}

/// The calls of a process.
pub struct Process {
    calls: Vec<Call>,
}

/// The replacements that turn lines of strace into their normal form.
pub struct Normal {
    replacements: Vec<(Regex, &'static str)>,
    signal: Regex,
}

impl Normal {
    pub fn new() -> Result<Self> {
        let replacements = [
            // strace's alignment, and its words for an error and for where it put one.
            (r"\) += ", ") = "),
            (r" \(INJECTED\)", ""),
            (r" = -1 (E[A-Z0-9]+).*$", " = $1"),
            (r#"write\((-1), "([^"]*)".*$"#, "MARK $2"),
            (r"AT_FDCWD<[^>]*>", "AT_FDCWD"),
            (r"\b\d+<[^>]*>(?:\(deleted\))?", "FD"),
            (r"\b((?:close|flock|fstat)\()\d+", "${1}FD"),
            (r"0x[0-9a-f]+( /\* .*? \*/)?", "ADDR"),
            (r#"^((?:write|pwrite64)\(.*)"(?:[^"\\]|\\.)*"(?:\.\.\.)?, \d+"#, "${1}TEXT, SIZE"),
            (r#"^((?:read|pread64|getcwd|getrandom)\((?:FD, )?)"(?:[^"\\]|\\.)*"(?:\.\.\.)?"#, "${1}ADDR"),
            // The directory of the scenarios, and random names.
            (r#""/[^"]*/scenarios/"#, "\"DIRECTORY/"),
            (r"(tmp-|prefix-)[a-z0-9]{12}\b", "${1}NAME"),
            (r#"^(readlinkat\([^"]*"[^"]*", )(?:"(?:[^"\\]|\\.)*"(?:\.\.\.)?|ADDR), \d+"#, "${1}ADDR, SIZE"),
            (r"\bP_PID, \d+", "P_PID, PID"),
            (r"\b((?:munmap)\(ADDR, )\d+", "${1}SIZE"),
            (r"\b((?:mremap)\(ADDR, )\d+, \d+", "${1}SIZE, SIZE"),
            (r"\b((?:mmap)\((?:NULL|ADDR), )\d+", "${1}SIZE"),
            (r"\b((?:madvise)\(ADDR, )\d+", "${1}SIZE"),
            // The kernel does not look at the size of a signal set that is not there.
            (r"(ppoll\(ADDR, 1, NULL, NULL), \d+", "$1, SIZE"),
            // The result of a successful call is dropped, except the 0 that marks the end of a file or directory.
            (r"^((?:read|getdents64|copy_file_range)\(.*\)) = 0$", "$1 = end"),
            (r"\) = (?:\d+|FD|ADDR|\?).*$", ")"),
            (r" = end$", " = 0"),
        ];
        let replacements = replacements.map(|(pattern, with)| Ok((Regex::new(pattern)?, with)));
        Ok(Self {
            replacements: replacements.into_iter().collect::<Result<_>>()?,
            signal: Regex::new(r"\bSIG[A-Z0-9_]+")?,
        })
    }

    fn call(&self, line: &str, ids: &[&str]) -> Call {
        let mut text = line.to_owned();
        for (pattern, with) in &self.replacements {
            text = pattern.replace_all(&text, *with).into_owned();
        }
        for id in ids {
            text = text.replace(&format!("({id}, "), "(PID, ");
        }
        let kind = self.signal.replace_all(&text, "SIG").into_owned();
        Call { text, kind }
    }

    /// Returns the calls of each process of a group. Those of a child end where it executes another program.
    pub fn processes(&self, traces: &[(String, String)]) -> Result<Vec<Process>> {
        let ids: Vec<_> = traces.iter().map(|(id, _)| id.as_str()).collect();
        let mut processes = Vec::new();
        for (number, (_, trace)) in traces.iter().enumerate() {
            let lines = trace.lines().filter(|line| !line.starts_with("+++") && !line.starts_with("---"));
            let mut calls: Vec<_> = lines.map(|line| self.call(line, &ids)).collect();
            let became = |call: &Call| call.text.starts_with("execve(") && call.text.ends_with(')');
            if let Some(last) = calls.iter().position(became).filter(|_| number > 0) {
                calls.truncate(last + 1);
            }
            processes.push(Process { calls });
        }
        ensure!(!processes.is_empty(), "strace wrote nothing");
        Ok(processes)
    }
}

/// Writes a section for each mark of the first process. The calls of a child follow the section that started it.
pub fn write_sections(table: &mut String, variant: Option<&str>, processes: &[Process]) -> Result<()> {
    let Some((program, children)) = processes.split_first() else { return Ok(()) };
    let mut children = children.iter();
    let mut section: Option<(String, Vec<&Call>)> = None;
    for call in &program.calls {
        if let Some(name) = call.text.strip_prefix("MARK ") {
            if let Some((name, calls)) = section.take() {
                write_section(table, &name, &calls, &mut children)?;
            }
            let variant = variant.map(|what| format!("; {what}")).unwrap_or_default();
            section = (!name.is_empty()).then(|| (format!("{name}{variant}"), Vec::new()));
        } else if let Some((_, calls)) = &mut section {
            calls.push(call);
        }
    }
    // The last section has no mark after it: its call ends the process.
    section.map_or(Ok(()), |(name, calls)| write_section(table, &name, &calls, &mut children))
}

fn write_section<'a>(
    table: &mut String,
    name: &str,
    calls: &[&Call],
    children: &mut impl Iterator<Item = &'a Process>,
) -> Result<()> {
    writeln!(table, "\n{name}")?;
    if calls.is_empty() {
        writeln!(table, "    no call")?;
    }
    write_calls(table, "    ", calls)?;
    let starts = |call: &&&Call| call.text.starts_with("clone(") && call.text.ends_with(')');
    let mut waiting = calls.iter().filter(starts).count();
    while waiting > 0 {
        let Some(child) = children.next() else { bail!("{name}: no trace of a child") };
        writeln!(table, "  its child")?;
        let calls: Vec<_> = child.calls.iter().collect();
        write_calls(table, "    ", &calls)?;
        waiting += calls.iter().filter(starts).count();
        waiting -= 1;
    }
    Ok(())
}

/// Writes calls. Repeated ones are written once, with their number.
fn write_calls(table: &mut String, indent: &str, mut calls: &[&Call]) -> Result<()> {
    while let [first, rest @ ..] = calls {
        let (len, times) = repetition(calls);
        if times < 2 {
            writeln!(table, "{indent}{}", first.text)?;
            calls = rest;
            continue;
        }
        let (repeated, after) = (&calls[..len], &calls[len * times..]);
        writeln!(table, "{indent}{times} times")?;
        for call in repeated {
            writeln!(table, "{indent}    {}", call.kind)?;
        }
        calls = after;
    }
    Ok(())
}

/// Returns the length of the repetition at the start, and the number of times.
fn repetition(calls: &[&Call]) -> (usize, usize) {
    for len in 1..=3.min(calls.len() / 2) {
        let is_same = |piece: &[&Call]| piece.iter().zip(calls).all(|(one, other)| one.kind == other.kind);
        let times = calls.chunks_exact(len).take_while(|piece| is_same(piece)).count();
        if times > 2 {
            return (len, times);
        }
    }
    (1, 1)
}
