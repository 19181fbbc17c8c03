//! Counts processors, by the affinity mask and by /proc/stat.

use linux_raw_sys::errno;

use super::{Numbers, with_kernel};
use crate::kernel::{File, Kernel};
use crate::system;

/// Input: a byte that selects the number of words in the affinity mask, the mask, and the content of /proc/stat. If the
/// mask has no words, sched_getaffinity(2) fails.
pub fn run(data: &[u8]) {
    let mut numbers = Numbers(data);
    let count = usize::from(numbers.byte());
    // Some kernels have a mask that is longer than the library's first buffer.
    let count = if count > 250 { 1025 + count } else { count % 40 };
    let mask: Vec<usize> = (0..count).map(|_| numbers.word()).collect();
    let stat = numbers.0;
    let in_mask: usize = mask.iter().map(|word| word.count_ones() as usize).sum();
    let listed = stat
        .split(|&byte| byte == b'\n')
        .filter(|line| line.strip_prefix(b"cpu").and_then(<[u8]>::first).is_some_and(u8::is_ascii_digit));
    let expected = if in_mask > 0 { in_mask } else { listed.count() };
    let processors = (count > 0).then(|| mask.into_iter().map(|word| word as u64).collect());
    let mut kernel = Kernel { processors, ..Kernel::default() };
    kernel.files.insert(b"/proc/stat".to_vec(), File::of(stat));
    // Makes the quota unknown, so that the library applies none and keeps none.
    kernel.files.insert(b"/proc/self/mountinfo".to_vec(), File::Error(errno::EACCES));
    assert_eq!(with_kernel(kernel, system::cpu_count), expected.max(1));
}
