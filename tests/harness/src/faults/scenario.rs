//! A call in one state: what is there before it, and what must hold after it. The tracer finds the system calls between.

use anyhow::Result;

use super::answer::{Answer, Content, Verdict};
use super::place::Place;

/// A step before or after a call.
pub type Step = fn(&Place) -> Result<()>;

/// The value that a call must return.
pub enum Expected {
    True,
    Number(fn(&Place) -> Result<i64>),
    /// 1 or more: the limits of a process are not always known.
    AtLeastOne,
    /// The descriptor of a lock.
    Descriptor,
    Text(fn(&Place) -> &[u8]),
    /// A text with this end.
    TextEnding(&'static str),
    List(fn(&Place) -> &[Vec<u8>]),
    /// A list with this entry.
    ListWith(&'static str),
    /// A mapping of these bytes.
    Mapping(fn(&Place) -> &[u8]),
    /// The path of something new, which begins so.
    NewPath(&'static str),
    /// A failure even without faults, with this value and this error.
    Failure(i64, i32),
}

pub struct Scenario {
    pub function: &'static str,
    /// The state that the call finds.
    pub state: &'static str,
    /// The signal handling, the standard streams or the umask of the caller: see tests/c/faults.c.
    pub setup: &'static str,
    pub arguments: &'static [&'static str],
    pub environment: &'static [(&'static str, &'static str)],
    /// Set for a slow call that another state covers: it gets fewer faults.
    pub is_slow: bool,
    pub before: Step,
    pub expected: Expected,
    /// Checks the effects of a success.
    pub done: Step,
    /// Checks the effects of a failure.
    pub failed: Step,
}

pub const fn nothing(_: &Place) -> Result<()> {
    Ok(())
}

pub const PLAIN: Scenario = Scenario {
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

/// The functions that return an empty text on failure.
const EMPTY_ON_FAILURE: [&str; 6] =
    ["rt_env_get", "rt_env_home", "rt_env_temp_dir", "rt_env_cache_dir", "rt_env_config_dir", "rt_env_data_dir"];

impl Scenario {
    pub fn name(&self) -> String {
        if self.state.is_empty() { self.function.to_owned() } else { format!("{}, {}", self.function, self.state) }
    }

    pub fn prepare(&self, place: &Place) -> Result<()> {
        place.empty_output()?;
        place.release();
        (self.before)(place)
    }

    /// Returns the verdict on a value and on the effects of the call.
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
            (Expected::TextEnding(end), Content::Text(found)) => {
                found.as_ref().is_some_and(|found| found.ends_with(end.as_bytes()))
            }
            (Expected::ListWith(entry), Content::List(found)) => {
                found.as_ref().is_some_and(|found| found.iter().any(|name| name == entry.as_bytes()))
            }
            (Expected::List(list), Content::List(found)) => found.as_deref() == Some(list(place)),
            (Expected::Mapping(bytes), Content::Mapping(found)) => found.as_deref() == Some(bytes(place)),
            (Expected::NewPath(start), Content::Text(found)) => found.as_deref().is_some_and(|path| {
                path.starts_with(start.as_bytes()) && str::from_utf8(path).is_ok_and(|path| place.exists(path))
            }),
            (Expected::Failure(value, errno), _) => answer.value == *value && answer.error == *errno,
            _ => false,
        };
        if is_right {
            return Ok(Verdict::Right);
        }
        let has_failed = match &answer.content {
            Content::Number if matches!(self.function, "rt_process_run" | "rt_process_exec" | "rt_shell") => {
                matches!(answer.value, -1 | 126 | 127)
            }
            Content::Number => answer.value == if self.is_boolean() { 0 } else { -1 },
            Content::Text(text) if EMPTY_ON_FAILURE.contains(&self.function) => text.as_deref() == Some(b""),
            Content::Text(text) => text.is_none(),
            Content::List(list) => list.is_none(),
            Content::Mapping(mapping) => mapping.is_none(),
        };
        Ok(if has_failed { Verdict::Failed(answer.error) } else { Verdict::Wrong(self.describe(answer)) })
    }

    fn is_boolean(&self) -> bool {
        matches!(self.expected, Expected::True | Expected::Failure(0, _)) || self.function == "rt_file_kind"
    }

    fn describe(&self, answer: &Answer) -> String {
        let what = match &answer.content {
            Content::Text(Some(text)) => format!("a text of {} bytes", text.len()),
            Content::Mapping(Some(bytes)) => format!("a mapping of {} bytes", bytes.len()),
            Content::List(Some(list)) => format!("a list of {}", list.len()),
            _ => answer.value.to_string(),
        };
        format!("it returned {what}, with the last error {}", answer.error)
    }
}
