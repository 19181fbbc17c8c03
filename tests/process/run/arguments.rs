use super::*;

/// Runs a shell with these arguments and returns them as they are in its /proc/PID/cmdline.
fn command_line(temp: &TempDir, args: &[&str]) -> Vec<u8> {
    let out = temp.join("out");
    // The `:` keeps the shell from replacing itself by cat(1).
    assert_eq!(sh(r#"cat "/proc/$$/cmdline" > "$1"; :"#, &[&[&*out], args].concat()), Exited(0));
    let start = ["sh", "-c", r#"cat "/proc/$$/cmdline" > "$1"; :"#, "sh", &out].map(|arg| format!("{arg}\0"));
    fs::read(&out).unwrap().strip_prefix(start.concat().as_bytes()).unwrap().to_vec()
}

#[test]
fn run_passes_arguments_unchanged() {
    let temp = TempDir::new();
    let args = ["a", "", "two words", "'", "\"", "\\", "new\nline", "$HOME", "*", "-x", "--", "\u{fc}", "\t", ""];
    let wanted: Vec<u8> = args.iter().flat_map(|arg| format!("{arg}\0").into_bytes()).collect();
    assert_eq!(command_line(&temp, &args), wanted);
    assert_eq!(command_line(&temp, &[]), b"");
}

#[test]
fn run_passes_many_and_long_arguments() {
    let temp = TempDir::new();
    let args: Vec<_> = (0..1000).map(|i| format!("{i} {}", "x".repeat(i))).collect();
    let wanted: Vec<u8> = args.iter().flat_map(|arg| format!("{arg}\0").into_bytes()).collect();
    assert!(command_line(&temp, &args.iter().map(|arg| &**arg).collect::<Vec<_>>()) == wanted);
    let long = "y".repeat(100_000);
    assert!(command_line(&temp, &[&long]) == format!("{long}\0").into_bytes());
}

#[test]
fn run_passes_arguments_of_any_bytes() {
    let temp = TempDir::new();
    let bytes: Vec<u8> = (1..=255).collect();
    let out = temp.join("out");
    let args: [&[u8]; 5] = [b"-c", br#"printf %s "$2" > "$1""#, b"sh", out.as_bytes(), &bytes];
    assert_eq!(process::run("sh", &args), Ok(Exited(0)));
    assert_eq!(fs::read(&out).unwrap(), bytes);
}

#[test]
fn run_passes_the_command_as_argument_zero() {
    let temp = TempDir::new();
    let copy = temp.join("copy");
    for command in ["cp", "/bin/cp", "/bin//../bin/./cp"] {
        assert_eq!(process::run(command, &["/proc/self/cmdline", &copy]), Ok(Exited(0)));
        assert_eq!(fs::read_to_string(&copy).unwrap(), format!("{command}\0/proc/self/cmdline\0{copy}\0"));
        fs::remove_file(&copy).unwrap();
    }
}
