use super::*;

#[test]
fn append_text_adds_to_the_end() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let mut wanted = vec![];
    for content in [&b""[..], b"one\n", b"", b"\0two\xff", &random_bytes(200_000)] {
        file::append_text(&*path, content).unwrap();
        wanted.extend_from_slice(content);
        assert_same_bytes(&fs::read(&path).unwrap(), &wanted);
    }
}

#[test]
fn append_text_by_many_threads_keeps_lines_whole() {
    const LINES: usize = 300;
    let temp = TempDir::new();
    let path = temp.join("file");
    let line = |thread: usize, number: usize| {
        let letter = char::from(b'a' + u8::try_from(thread).unwrap());
        format!("{thread} {number} {}\n", letter.to_string().repeat(number * 37 % 9000))
    };
    thread::scope(|scope| {
        for thread in 0..8 {
            let path = &path;
            scope.spawn(move || {
                for number in 0..LINES {
                    file::append_text(&**path, line(thread, number)).unwrap();
                }
            });
        }
    });
    let mut next = [0; 8];
    let content = fs::read_to_string(&path).unwrap();
    for found in content.split_inclusive('\n') {
        let thread: usize = found.split(' ').next().unwrap().parse().unwrap();
        assert!(found == line(thread, next[thread]), "line {} of thread {thread} is damaged", next[thread]);
        next[thread] += 1;
    }
    assert_eq!(next, [LINES; 8]);
}
