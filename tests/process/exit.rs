use ffi_syscalls::process;

use crate::support::{checked, wait_for};

#[test]
fn exit_ends_the_process_with_the_low_8_bits() {
    for code in [0, 1, 86, 255, 256, 300, -1] {
        // SAFETY: the child only calls functions that need neither locks nor memory.
        let child = checked(unsafe { libc::fork() });
        if child == 0 {
            process::exit(code);
        }
        assert_eq!(wait_for(child).code(), Some(code & 0xff));
    }
}
