use super::*;

#[test]
fn getuid_returns_the_real_user() {
    in_child(|_| {
        // SAFETY: the call has no arguments.
        assert_eq!(system::getuid(), unsafe { libc::getuid() });
        if !is_root() {
            report_cannot_run("a real user that is not the effective one: run the tests as root");
            return;
        }
        // SAFETY: the arguments are plain integers.
        checked(unsafe { libc::setresuid(NOBODY, 0, 0) });
        assert_eq!(system::getuid(), NOBODY);
    });
}
