//! The pipes to the standard streams of a child, and moving their bytes.

use core::mem::MaybeUninit;

use super::options::Options;
use crate::content::grow;
use crate::errno::{Errno, Result};
use crate::heap::Block;
use crate::io::SMALL_BUFFER;
use crate::sys::{self, Fd, PollRequest};
use crate::text::Text;

/// The least room of a read.
const ROOM: usize = 4096;

/// The most reads of a stream that is left open. The largest pipe holds 1 MB.
const LAST_READS: usize = 64;

/// A stream of the child that is kept.
pub(super) struct Capture {
    /// None after its end.
    pipe: Option<Fd>,
    kept: Block,
    max: usize,
    is_truncated: bool,
}

impl Capture {
    /// Opens a pipe, and returns the end of the child, too.
    fn open(max: usize) -> Result<(Self, Fd)> {
        let (pipe, end) = sys::pipe()?;
        sys::set_blocking(&end)?;
        Ok((Self { pipe: Some(pipe), kept: Block::new(ROOM)?, max, is_truncated: false }, end))
    }

    /// Captures nothing: the text is empty.
    fn empty() -> Result<Self> {
        Ok(Self { pipe: None, kept: Block::new(1)?, max: 0, is_truncated: false })
    }

    /// Reads once. Returns false if there is nothing to read now.
    fn receive(&mut self) -> Result<bool> {
        let Some(pipe) = &self.pipe else { return Ok(false) };
        let missing = self.max.saturating_sub(self.kept.len());
        let mut scratch = [MaybeUninit::uninit(); SMALL_BUFFER];
        let result = if missing == 0 {
            sys::read(pipe, &mut scratch).inspect(|&read| self.is_truncated |= read > 0)
        } else {
            // One byte more than the content takes the NUL.
            let capacity = self.kept.len().saturating_add(ROOM);
            grow(&mut self.kept, capacity)?;
            let room = self.kept.spare_capacity_mut();
            let len = room.len().saturating_sub(1).min(missing);
            let result = sys::read(pipe, room.get_mut(..len).unwrap_or_default());
            if let Ok(read) = result {
                // SAFETY: the read initialized this many bytes after the length.
                unsafe { self.kept.set_len(self.kept.len() + read) };
            }
            result
        };
        match result {
            Ok(0) => self.pipe = None,
            Ok(_) => return Ok(true),
            Err(Errno::EAGAIN) => {}
            Err(errno) => return Err(errno),
        }
        Ok(false)
    }

    /// Returns the text, and whether it lacks what was beyond the limit.
    fn into_text(self) -> Result<(Text, bool)> {
        let capacity = self.kept.capacity();
        let text = Text::from_block(self.kept)?;
        let text = if text.len() < capacity / 4 { Text::new(&text)? } else { text };
        Ok((text, self.is_truncated))
    }
}

/// The standard input of the child.
struct Input<'a> {
    /// None once all is written, or nobody reads.
    pipe: Option<Fd>,
    rest: &'a [u8],
    /// The signal mask of the calling thread, in which SIGPIPE is blocked meanwhile.
    mask: Option<sys::SignalSet>,
    /// Set if SIGPIPE was pending before.
    was_pending: bool,
}

impl<'a> Input<'a> {
    fn open(rest: &'a [u8]) -> Result<(Self, Fd)> {
        let (end, pipe) = sys::pipe()?;
        sys::set_blocking(&end)?;
        let pipe = if rest.is_empty() { None } else { Some(pipe) };
        Ok((Self { pipe, rest, mask: None, was_pending: false }, end))
    }

    /// Blocks SIGPIPE until [`Streams::finish`].
    fn begin(&mut self) -> Result<()> {
        if self.pipe.is_some() {
            self.mask = Some(sys::block_signal(sys::SIGPIPE)?);
            self.was_pending = sys::is_pending(sys::SIGPIPE).unwrap_or_default();
        }
        Ok(())
    }

    fn send(&mut self) -> Result<()> {
        let Some(pipe) = &self.pipe else { return Ok(()) };
        match sys::write(pipe, self.rest) {
            Ok(0) => return Err(Errno::EIO),
            Ok(written) => self.rest = self.rest.get(written..).unwrap_or_default(),
            Err(Errno::EAGAIN) => return Ok(()),
            Err(Errno::EPIPE) => {
                self.pipe = None;
                if !self.was_pending {
                    self.take_signal();
                }
            }
            Err(errno) => return Err(errno),
        }
        if self.rest.is_empty() {
            self.pipe = None;
        }
        Ok(())
    }

    /// Takes the SIGPIPE of a write back.
    fn take_signal(&mut self) {
        loop {
            match sys::take_signal(sys::SIGPIPE, 0) {
                Err(Errno::EINTR) => {}
                Ok(()) | Err(Errno::EAGAIN) => return,
                // It must not end the caller, so it stays blocked.
                Err(_) => {
                    self.mask = None;
                    return;
                }
            }
        }
    }
}

/// The pipes to a child.
pub(super) struct Streams<'a> {
    input: Option<Input<'a>>,
    out: Option<Capture>,
    err: Option<Capture>,
    /// The ends that become the standard streams of the child.
    ends: [Option<Fd>; 3],
}

/// The texts of the captured streams, and whether one lacks what was beyond the limit.
pub(super) type Texts = (Option<Text>, Option<Text>, bool);

impl<'a> Streams<'a> {
    /// Opens the pipes.
    pub(super) fn open(options: &Options<'a>) -> Result<Self> {
        let mut streams = Self { input: None, out: None, err: None, ends: [None, None, None] };
        let [input_end, out_end, err_end] = &mut streams.ends;
        if let Some(input) = options.input {
            let (input, end) = Input::open(input)?;
            (streams.input, *input_end) = (Some(input), Some(end));
        } else if options.null_input {
            *input_end = Some(open_null()?);
        }
        if options.captures_out {
            let (out, end) = Capture::open(options.max_output)?;
            (streams.out, *out_end) = (Some(out), Some(end));
        }
        if options.captures_err && options.err_to_out {
            streams.err = Some(Capture::empty()?);
        } else if options.captures_err {
            let (err, end) = Capture::open(options.max_output)?;
            (streams.err, *err_end) = (Some(err), Some(end));
        }
        Ok(streams)
    }

    /// Returns the descriptors of the child's ends, or -1.
    pub(super) fn ends(&self) -> [i32; 3] {
        self.ends.each_ref().map(|end| end.as_ref().map_or(-1, Fd::raw))
    }

    /// Returns the descriptors of the caller's ends, or -1.
    pub(super) fn others(&self) -> [i32; 3] {
        [self.input_pipe(), pipe_of(self.out.as_ref()), pipe_of(self.err.as_ref())]
    }

    fn input_pipe(&self) -> i32 {
        self.input.as_ref().and_then(|input| input.pipe.as_ref()).map_or(-1, Fd::raw)
    }

    /// Closes the ends of the child, which has copies, or leaves them to a supervisor that closes them.
    pub(super) fn release_ends(&mut self, others_close: bool) {
        for end in self.ends.iter_mut().filter_map(Option::take) {
            if others_close {
                let _ = end.into_raw();
            }
        }
    }

    /// Begins to move bytes.
    pub(super) fn begin(&mut self) -> Result<()> {
        self.input.as_mut().map_or(Ok(()), Input::begin)
    }

    /// Returns whether a stream of the child may have more.
    pub(super) fn has_output(&self) -> bool {
        pipe_of(self.out.as_ref()) >= 0 || pipe_of(self.err.as_ref()) >= 0
    }

    /// Returns whether all pipes are closed.
    pub(super) fn is_done(&self) -> bool {
        !self.has_output() && self.input_pipe() < 0
    }

    /// Returns what to wait for.
    pub(super) fn requests(&self) -> [PollRequest; 3] {
        let [input, out, err] = self.others();
        [request(out, sys::POLLIN), request(err, sys::POLLIN), request(input, sys::POLLOUT)]
    }

    /// Moves bytes of the pipes that are ready.
    pub(super) fn transfer(&mut self, [out, err, input]: [bool; 3]) -> Result<()> {
        if let Some(input) = self.input.as_mut().filter(|_| input) {
            input.send()?;
        }
        for (stream, is_ready) in [(&mut self.out, out), (&mut self.err, err)] {
            if let Some(stream) = stream.as_mut().filter(|_| is_ready) {
                stream.receive()?;
            }
        }
        Ok(())
    }

    /// Reads what is left in pipes that another process holds open.
    pub(super) fn drain(&mut self) -> Result<()> {
        for stream in [&mut self.out, &mut self.err].into_iter().flatten() {
            for _ in 0..LAST_READS {
                if !stream.receive()? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Closes the pipes, and puts the signal mask back.
    pub(super) fn finish(&mut self) {
        if let Some(input) = &mut self.input {
            input.pipe = None;
            if let Some(mask) = input.mask.take() {
                let _ = sys::set_signal_mask(mask);
            }
        }
        for stream in [&mut self.out, &mut self.err].into_iter().flatten() {
            stream.pipe = None;
        }
    }

    pub(super) fn into_texts(self) -> Result<Texts> {
        let out = self.out.map(Capture::into_text).transpose()?;
        let err = self.err.map(Capture::into_text).transpose()?;
        let is_truncated = [&out, &err].into_iter().flatten().any(|(_, is_truncated)| *is_truncated);
        Ok((out.map(|(text, _)| text), err.map(|(text, _)| text), is_truncated))
    }
}

fn pipe_of(stream: Option<&Capture>) -> i32 {
    stream.and_then(|stream| stream.pipe.as_ref()).map_or(-1, Fd::raw)
}

/// Requests events of a descriptor; -1 is none.
pub(super) const fn request(fd: i32, events: i16) -> PollRequest {
    PollRequest { fd, events, revents: 0 }
}

/// Opens an input without content: /dev/null or, without it, a pipe without a writer.
fn open_null() -> Result<Fd> {
    sys::open(c"/dev/null", sys::O_RDONLY, 0).or_else(|_| {
        let (end, _) = sys::pipe()?;
        sys::set_blocking(&end)?;
        Ok(end)
    })
}
