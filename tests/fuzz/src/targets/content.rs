//! Reads a file in parts of any size, whatever size stat(2) reports.

use super::{Numbers, with_kernel};
use crate::file;
use crate::kernel::{File, Kernel};

/// Input: the reported size, the number of repetitions of the content, the lengths of the reads, and the content.
pub fn run(data: &[u8]) {
    let mut numbers = Numbers(data);
    let claimed = (numbers.word() >> (numbers.byte() % 64)).cast_signed() as i64;
    let repeats = 1 + numbers.short() % 400;
    let count = usize::from(numbers.byte() % 8);
    let mut steps: Vec<usize> = (0..count).map(|_| numbers.short() % 5000).collect();
    // A length above 0, so that not every read is interrupted.
    steps.push(4096);
    let content = numbers.0.repeat(repeats);
    let mut kernel = Kernel { steps, ..Kernel::default() };
    kernel.files.insert(b"/f".to_vec(), File::Content(content.as_slice().into(), claimed));
    let text = with_kernel(kernel, || file::read_text("/f")).unwrap_or_else(|errno| panic!("{errno:?}"));
    assert!(text == content, "{} bytes of {}", text.len(), content.len());
    assert_eq!(text.as_c_str().to_bytes(), content.split(|&byte| byte == 0).next().unwrap_or_default());
}
