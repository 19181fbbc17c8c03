//! Processors: masks of the kernel's, and /proc/stat.

use linux_raw_sys::errno;

use super::{Numbers, with_kernel};
use crate::kernel::{File, Kernel};
use crate::system;

/// The first byte says how many words the mask has that follow, the rest is /proc/stat. Without a mask the kernel does
/// not tell any.
pub fn run(data: &[u8]) {
    let mut numbers = Numbers(data);
    let count = usize::from(numbers.byte());
    // Some kernels' masks are longer than what is tried first.
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
    // So that no limit is known, and none is kept.
    kernel.files.insert(b"/proc/self/mountinfo".to_vec(), File::Error(errno::EACCES));
    assert_eq!(with_kernel(kernel, system::cpu_count), expected.max(1));
}
