use super::*;

/// The command line of a shell that is run with these arguments, as the kernel has it.
fn command_line(place: &Place, args: &[&str]) -> Vec<u8> {
    let out = place.at("out");
    // Something follows, or the shell would become cat(1).
    assert_eq!(sh(r#"cat "/proc/$$/cmdline" > "$1"; :"#, &[&[&*out], args].concat()), Exited(0));
    let start = ["sh", "-c", r#"cat "/proc/$$/cmdline" > "$1"; :"#, "sh", &out].map(|arg| format!("{arg}\0"));
    fs::read(&out).unwrap().strip_prefix(start.concat().as_bytes()).unwrap().to_vec()
}

#[test]
fn arrive_as_they_are() {
    let place = Place::new();
    let args = ["a", "", "two words", "'", "\"", "\\", "new\nline", "$HOME", "*", "-x", "--", "\u{fc}", "\t", ""];
    let wanted: Vec<u8> = args.iter().flat_map(|arg| format!("{arg}\0").into_bytes()).collect();
    assert_eq!(command_line(&place, &args), wanted);
    assert_eq!(command_line(&place, &[]), b"");
}

#[test]
fn may_be_many_and_long() {
    let place = Place::new();
    let args: Vec<_> = (0..1000).map(|i| format!("{i} {}", "x".repeat(i))).collect();
    let wanted: Vec<u8> = args.iter().flat_map(|arg| format!("{arg}\0").into_bytes()).collect();
    assert!(command_line(&place, &args.iter().map(|arg| &**arg).collect::<Vec<_>>()) == wanted);
    let long = "y".repeat(100_000);
    assert!(command_line(&place, &[&long]) == format!("{long}\0").into_bytes());
}

#[test]
fn may_be_any_bytes() {
    let place = Place::new();
    let bytes: Vec<u8> = (1..=255).collect();
    let out = place.at("out");
    let args: [&[u8]; 5] = [b"-c", br#"printf %s "$2" > "$1""#, b"sh", out.as_bytes(), &bytes];
    assert_eq!(process::run("sh", &args), Ok(Exited(0)));
    assert_eq!(fs::read(&out).unwrap(), bytes);
}

#[test]
fn begin_with_the_command_as_it_was_given() {
    let place = Place::new();
    let copy = place.at("copy");
    for command in ["cp", "/bin/cp", "/bin//../bin/./cp"] {
        assert_eq!(process::run(command, &["/proc/self/cmdline", &copy]), Ok(Exited(0)));
        assert_eq!(fs::read_to_string(&copy).unwrap(), format!("{command}\0/proc/self/cmdline\0{copy}\0"));
        fs::remove_file(&copy).unwrap();
    }
}
