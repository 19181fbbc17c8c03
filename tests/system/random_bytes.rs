use super::*;

#[test]
fn random_bytes_fills_buffers_of_any_length() {
    for len in [0, 1, 2, 255, 256, 257, 4096, 1 << 20] {
        let mut buffer = vec![0; len + 2];
        system::random_bytes(buffer.get_mut(1..=len).unwrap()).unwrap();
        assert_eq!((buffer.first(), buffer.last()), (Some(&0), Some(&0)), "the bytes around the buffer");
        if len >= 4096 {
            assert_looks_random(&buffer);
        }
    }
}

/// Every value of a byte occurs about as often as the others, and no 16 bytes occur twice.
fn assert_looks_random(bytes: &[u8]) {
    let mut counts = [0_usize; 256];
    for byte in bytes {
        *counts.get_mut(usize::from(*byte)).unwrap() += 1;
    }
    let expected = bytes.len() / 256;
    // Ten standard deviations of a binomial distribution.
    let allowed = 10 * expected.isqrt() + 1;
    assert!(counts.iter().all(|count| count.abs_diff(expected) <= allowed), "{counts:?}");
    let mut chunks: Vec<_> = bytes.chunks_exact(16).collect();
    chunks.sort_unstable();
    assert!(chunks.windows(2).all(|pair| pair.first() != pair.last()));
}

#[test]
#[cfg(target_os = "linux")]
fn random_bytes_come_from_a_device_where_getrandom_is_refused() {
    if is_emulated() {
        report_not_in_an_emulator("a refused system call");
        return;
    }
    in_child(|_| {
        deny_syscall(libc::SYS_getrandom);
        let mut buffer = vec![0; 100_000];
        system::random_bytes(&mut buffer).unwrap();
        assert_looks_random(&buffer);
    });
}

#[test]
#[cfg(target_os = "linux")]
fn random_bytes_report_why_there_are_none() {
    if is_emulated() {
        report_not_in_an_emulator("a refused system call");
        return;
    }
    in_child(|_| {
        deny_syscall(libc::SYS_openat);
        deny_syscall(libc::SYS_getrandom);
        assert_eq!(system::random_bytes(&mut [0; 32]), Err(Errno::EPERM));
        assert_eq!(system::random_bytes(&mut []), Ok(()));
    });
}
