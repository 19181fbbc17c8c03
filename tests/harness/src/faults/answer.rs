//! The value that a call returned.

use anyhow::{Context, Result, ensure};

use super::memory::Memory;

/// The value of a call, and the last error after it.
#[derive(Clone, Debug)]
pub struct Answer {
    pub value: i64,
    pub error: i32,
    pub content: Content,
}

#[derive(Clone, Debug)]
pub enum Content {
    Number,
    Text(Option<Vec<u8>>),
    List(Option<Vec<Vec<u8>>>),
    Mapping(Option<Vec<u8>>),
}

impl Answer {
    /// Reads it from the memory of tests/c/faults.c.
    pub fn read(memory: &Memory, address: u64) -> Result<Self> {
        let [value, error, length, kind] = memory.words(address)?;
        let len = usize::try_from(length)?;
        let content = match (kind, value) {
            (2, 0) => Content::Text(None),
            (2, text) => {
                let mut bytes = memory.bytes(text, len + 1)?;
                ensure!(bytes.pop() == Some(0), "no NUL after a text");
                Content::Text(Some(bytes))
            }
            (3, 0) => Content::List(None),
            (3, list) => Content::List(Some(Self::list(memory, list, len)?)),
            (4, 0) => Content::Mapping(None),
            (4, mapping) => Content::Mapping(Some(memory.bytes(mapping, len)?)),
            _ => Content::Number,
        };
        Ok(Self { value: value.cast_signed(), error: i32::try_from(error)?, content })
    }

    fn list(memory: &Memory, list: u64, len: usize) -> Result<Vec<Vec<u8>>> {
        let pointers = memory.bytes(list, (len + 1) * 8)?;
        let mut pointers: Vec<u64> =
            pointers.chunks_exact(8).map(|word| word.try_into().map(u64::from_ne_bytes)).collect::<Result<_, _>>()?;
        ensure!(pointers.pop() == Some(0), "no null pointer after a list");
        // The entries follow the array, one after the other.
        let end = pointers.last().map_or(list, |last| last + 256);
        let block = memory.at_most(list, usize::try_from(end - list)?)?;
        let name = |pointer: u64| {
            let from = pointer.checked_sub(list).and_then(|at| block.get(usize::try_from(at).ok()?..));
            let name = from.and_then(|from| from.split(|&byte| byte == 0).next());
            name.map(<[u8]>::to_vec).context("an entry outside the block of the list")
        };
        let mut names: Vec<_> = pointers.into_iter().map(name).collect::<Result<_>>()?;
        names.sort_unstable();
        Ok(names)
    }
}

/// The verdict on a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The value and the effects are those of a call without faults.
    Right,
    /// The call failed with this error, and its effects are allowed then.
    Failed(i32),
    Wrong(String),
}
