use std::collections::HashSet;

use ffi_syscalls::dir::{Walk, WalkError};
use ffi_syscalls::file::Kind;
use walkdir::WalkDir;

use super::*;

/// A result of a walk: path, whether it is a directory, whether it is a link, depth; or errno, path, depth, ancestor.
type Seen = Result<(Vec<u8>, bool, bool, usize), (Option<i32>, Option<Vec<u8>>, usize, Option<Vec<u8>>)>;

fn bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().to_vec()
}

fn ours(walk: impl Iterator<Item = Result<dir::OwnedEntry, WalkError>>) -> Vec<Seen> {
    walk.map(|entry| match entry {
        Ok(entry) => {
            assert!(entry.depth() == 0 || entry.path().ends_with(entry.file_name()));
            Ok((entry.path().to_vec(), entry.is_dir(), entry.is_symlink(), entry.depth()))
        }
        Err(error) => {
            let errno = error.loop_ancestor().is_none().then(|| error.errno().raw());
            let ancestor = error.loop_ancestor().map(<[u8]>::to_vec);
            Err((errno, error.path().map(<[u8]>::to_vec), error.depth(), ancestor))
        }
    })
    .collect()
}

fn theirs(walk: impl Iterator<Item = walkdir::Result<walkdir::DirEntry>>) -> Vec<Seen> {
    walk.map(|entry| match entry {
        Ok(entry) => {
            let is_dir = entry.file_type().is_dir();
            Ok((bytes(entry.path()), is_dir, entry.path_is_symlink(), entry.depth()))
        }
        Err(error) => {
            let errno = error.io_error().and_then(std::io::Error::raw_os_error);
            Err((errno, error.path().map(bytes), error.depth(), error.loop_ancestor().map(bytes)))
        }
    })
    .collect()
}

fn lent(mut walk: Walk) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    while let Some(entry) = walk.next_entry() {
        paths.push(entry.unwrap().path().to_vec());
    }
    assert!(walk.next_entry().is_none() && walk.next().is_none());
    paths
}

#[test]
fn walk_yields_what_walkdir_yields_in_the_same_order() {
    let mut choices = Choices::new();
    for round in 0..if is_emulated() { 4 } else { 30 } {
        let temp = TempDir::new();
        let root = temp.join("tree");
        random_tree(&mut choices, &root, 100);
        temp.symlink("link", "tree");
        for root in [root, temp.join("link"), temp.join("tree/"), temp.join("missing"), temp.join("tree/.")] {
            let (min, max) = (choices.below(4), choices.below(6));
            let max = if choices.below(2) == 0 { usize::MAX } else { max };
            let contents_first = choices.below(2) == 0;
            let links = choices.below(2) == 0;
            // walkdir yields directories too late where the root is a link that is yielded before its contents.
            let root_links = choices.below(3) > 0 && !(contents_first && root.ends_with("link"));
            let a = Walk::new(&*root).min_depth(min).max_depth(max).contents_first(contents_first).follow_links(links);
            let b =
                WalkDir::new(&root).min_depth(min).max_depth(max).contents_first(contents_first).follow_links(links);
            let (a, b) = (ours(a.follow_root_links(root_links)), theirs(b.follow_root_links(root_links).into_iter()));
            assert_eq!(a, b, "{round}: {root} {min} {max} {contents_first} {links} {root_links}");
        }
    }
}

#[test]
fn walk_lends_what_it_yields() {
    let temp = TempDir::new();
    let root = temp.join("tree");
    random_tree(&mut Choices::new(), &root, 200);
    let owned: Vec<_> = Walk::new(&*root).map(|entry| entry.unwrap().into_path().to_vec()).collect();
    assert_eq!(lent(Walk::new(&*root)), owned);
    assert_eq!(owned.iter().collect::<HashSet<_>>().len(), owned.len());
    let files: Vec<_> = Walk::new(&*root).map(Result::unwrap).filter(|entry| !entry.is_dir()).collect();
    let files: Vec<_> = files.iter().map(|entry| entry.path().to_vec()).collect();
    let listed: Vec<_> = dir::walk(&*root).unwrap().iter().map(|path| path.to_bytes().to_vec()).collect();
    assert_eq!(listed, files);
}

#[test]
fn walk_skips_and_filters_as_walkdir() {
    let mut choices = Choices::new();
    for _ in 0..if is_emulated() { 2 } else { 20 } {
        let temp = TempDir::new();
        let root = temp.join("tree");
        random_tree(&mut choices, &root, 100);
        let contents_first = choices.below(2) == 0;
        let a = Walk::new(&*root).filter_entry(|entry| !entry.path().len().is_multiple_of(3));
        let b = WalkDir::new(&root).into_iter().filter_entry(|entry| !bytes(entry.path()).len().is_multiple_of(3));
        assert_eq!(ours(a), theirs(b));
        let (mut a, mut found) = (Walk::new(&*root).contents_first(contents_first), Vec::new());
        let (mut b, mut expected) = (WalkDir::new(&root).contents_first(contents_first).into_iter(), Vec::new());
        for i in 0.. {
            let (ours, theirs) = (a.next(), b.next());
            assert_eq!(ours.is_some(), theirs.is_some());
            let (Some(ours), Some(theirs)) = (ours, theirs) else { break };
            found.push(ours.unwrap().path().to_vec());
            expected.push(bytes(theirs.unwrap().path()));
            if i % 5 == 3 {
                a.skip_current_dir();
                b.skip_current_dir();
            }
        }
        assert_eq!(found, expected);
    }
}

#[test]
fn walk_reports_loops_of_links_with_the_directory_they_lead_to() {
    let temp = TempDir::new();
    temp.mkdir("a");
    temp.mkdir("a/b");
    temp.symlink("a/b/up", "..");
    temp.symlink("a/b/self", ".");
    temp.symlink("a/b/dangling", "missing");
    temp.symlink("beside", "a/b");
    let root = temp.path();
    let found = ours(Walk::new(root).follow_links(true));
    assert_eq!(found, theirs(WalkDir::new(root).follow_links(true).into_iter()));
    assert!(found.iter().filter(|seen| seen.is_err()).count() >= 5);
}

#[test]
fn walk_of_a_deep_tree_needs_few_descriptors_and_no_paths() {
    in_child(|temp| {
        let root = temp.join("tree");
        let len = deep_tree(&root, 400, &"d".repeat(39));
        let before = count_descriptors();
        set_soft_limit(libc::RLIMIT_NOFILE, 16);
        let list = dir::walk(&*root);
        let contents_first =
            Walk::new(&*root).contents_first(true).map(|entry| entry.unwrap().depth()).collect::<Vec<_>>();
        let narrow = Walk::new(&*root).max_open(0).map(|entry| entry.unwrap().depth()).max();
        set_soft_limit(libc::RLIMIT_NOFILE, 256);
        let list = list.unwrap();
        assert_eq!(list.len(), 800);
        assert_eq!(list.iter().map(|path| path.count_bytes()).max(), Some(root.len() + len - 40 + 2));
        assert_eq!((contents_first.len(), narrow), (1 + 400 * 3, Some(400)));
        assert_eq!(contents_first.last(), Some(&0));
        assert_eq!(count_descriptors(), before);
        dir::remove_all(&*root).unwrap();
    });
}

#[test]
fn walk_of_a_wide_and_deep_tree_yields_each_entry_once() {
    let temp = TempDir::new();
    let mut path = temp.mkdir("tree");
    let (levels, files) = if is_emulated() { (6, 400) } else { (12, 600) };
    for level in 0..levels {
        for i in 0..files {
            fs::write(format!("{path}/{level}-{i:0>60}"), "").unwrap();
        }
        for side in ["before", "zafter"] {
            fs::create_dir(format!("{path}/{side}")).unwrap();
            fs::write(format!("{path}/{side}/file"), "").unwrap();
        }
        path += "/before";
    }
    let root = temp.join("tree");
    let mut found = lent(Walk::new(&*root).max_open(2));
    assert_eq!(
        found,
        theirs(WalkDir::new(&root).into_iter()).into_iter().map(|seen| seen.unwrap().0).collect::<Vec<_>>()
    );
    let count = found.len();
    found.sort();
    found.dedup();
    assert_eq!(found.len(), count);
}

#[test]
fn walk_takes_the_same_memory_for_wide_directories() {
    if is_emulated() {
        return report_not_in_an_emulator("the memory of the process: it includes that of the emulator");
    }
    in_child(|temp| {
        let peak = || {
            let status = fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
            line.trim_matches([' ', '\t', 'k', 'B']).parse::<usize>().unwrap()
        };
        let root = temp.mkdir("tree");
        let first = temp.file("tree/0", "");
        for i in 0..20_000 {
            fs::hard_link(&first, temp.join(&format!("tree/{i:0>200}"))).unwrap();
        }
        let mut walk = Walk::new(&*root);
        let (before, mut count) = (peak(), 0);
        while let Some(entry) = walk.next_entry() {
            count += entry.unwrap().depth();
        }
        assert_eq!(count, 20_001);
        // The names alone are 4 MB.
        assert!(peak() - before < 600, "{} KB more", peak() - before);
    });
}

#[test]
fn walk_reports_directories_that_cannot_be_read_and_goes_on() {
    as_ordinary_user(|temp| {
        let root = temp.mkdir("tree");
        for name in ["a", "b", "c"] {
            temp.mkdir(&format!("tree/{name}"));
            temp.file(&format!("tree/{name}/file"), "");
        }
        set_mode(&temp.join("tree/b"), 0o111);
        let found = ours(Walk::new(&*root));
        assert_eq!(found, theirs(WalkDir::new(&root).into_iter()));
        assert_eq!(found.iter().filter(|seen| seen.is_err()).count(), 1);
        let found = ours(Walk::new(&*root).contents_first(true));
        assert_eq!(found, theirs(WalkDir::new(&root).contents_first(true).into_iter()));
        assert_eq!(dir::walk(&*root).unwrap_err(), Errno::EACCES);
        set_mode(&temp.join("tree/b"), 0o755);
        assert_eq!(dir::walk(&*root).unwrap().len(), 3);
    });
}

#[test]
fn walk_reports_the_errors_of_its_root() {
    let temp = TempDir::new();
    temp.file("file", "");
    temp.symlink("to-file", "file");
    temp.symlink("dangling", "missing");
    temp.mkdir("directory");
    temp.mkfifo("directory/fifo");
    temp.symlink("link", "directory");
    for (name, errno) in [("file", Errno::ENOTDIR), ("to-file", Errno::ENOTDIR), ("dangling", Errno::ENOENT)] {
        assert_eq!(dir::walk(&*temp.join(name)).unwrap_err(), errno, "{name}");
        let (ours, theirs) = (ours(Walk::new(&*temp.join(name))), theirs(WalkDir::new(temp.join(name)).into_iter()));
        assert_eq!(ours, theirs);
    }
    assert_eq!(dir::walk("").unwrap_err(), Errno::ENOENT);
    assert_eq!(dir::walk("/tmp\0").unwrap_err(), Errno::EINVAL);
    let error = Walk::new("/tmp\0").next().unwrap().unwrap_err();
    assert_eq!((error.errno(), error.path()), (Errno::EINVAL, None));
    let found = dir::walk(&*temp.join("link/")).unwrap();
    assert_eq!(found.iter().next().unwrap().to_bytes(), temp.join("link/fifo").as_bytes());
    assert_eq!(Walk::new(&*temp.join("link")).nth(1).unwrap().unwrap().kind(), Some(Kind::Fifo));
}
