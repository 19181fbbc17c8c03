use super::*;

#[test]
fn join_agrees_with_std_for_paths_that_are_not_empty() {
    let texts = texts(b"a/.", 4);
    for base in &texts {
        for name in &texts {
            let ours = path::join(base, name).unwrap();
            match (base.is_empty(), name.is_empty()) {
                (_, true) => assert_eq!(ours, base),
                (true, false) => assert_eq!(ours, name),
                (false, false) => {
                    assert_eq!(ours, std_path(base).join(std_path(name)).into_os_string().into_vec());
                }
            }
        }
    }
}

#[test]
fn join_takes_paths_of_any_length_and_bytes() {
    let (base, name) = (vec![b'x'; 10_000], b"\xff\0\n".repeat(5000));
    assert_eq!(path::join(&base, &name).unwrap(), [&base[..], b"/", &name].concat());
}
