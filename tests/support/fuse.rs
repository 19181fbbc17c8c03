//! A file system in memory with the quirks of real ones, served to the kernel through /dev/fuse. See fuse(4).

#![allow(clippy::indexing_slicing, reason = "a test stops at a request that it did not expect")]

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::thread;

use super::{checked, enter_mount_namespace, mount};

/// The peculiarities of a file system.
#[derive(Clone, Copy, Default)]
pub(crate) struct Quirks {
    /// A change of mode fails with EPERM, and a new file gets 0755 whatever was asked for: CIFS, 9p, vfat.
    pub(crate) refuses_chmod: bool,
    /// Files report a size of 0, whatever they contain.
    pub(crate) claims_size_0: bool,
    /// Each report of a file has another inode number.
    pub(crate) renumbers: bool,
    /// Closing a file fails with EDQUOT.
    pub(crate) fails_close: bool,
    /// Files report no block, as if all were holes. Without support for SEEK_DATA, the kernel reports all as data.
    pub(crate) claims_no_blocks: bool,
    /// There is a block device, named `device`.
    pub(crate) has_device: bool,
}

/// A mounted file system with one directory. Dropping it unmounts it.
pub(crate) struct FuseMount(CString);

impl FuseMount {
    /// Mounts a file system, in a mount namespace of its own. Its threads and children share the namespace.
    pub(crate) fn new(point: &str, quirks: Quirks) -> Result<Self, String> {
        let mut device =
            File::options().read(true).write(true).open("/dev/fuse").map_err(|error| format!("/dev/fuse: {error}"))?;
        enter_mount_namespace()?;
        let options = format!("fd={},rootmode=40000,user_id=0,group_id=0,allow_other", device.as_raw_fd());
        mount("quirks", point, "fuse", 0, &options)?;
        let mut server = Server { quirks, nodes: vec![], names: BTreeMap::new(), reports: 0 };
        server.add(libc::S_IFDIR | 0o777);
        if quirks.has_device {
            let device = server.add(libc::S_IFBLK | 0o600);
            server.names.insert(b"device".to_vec(), device);
        }
        thread::spawn(move || {
            let mut buffer = vec![0; 1 << 18];
            // A read fails when the file system is unmounted.
            while let Ok(len) = device.read(&mut buffer) {
                let request = Request(&buffer[..len]);
                // Requests to forget a file have no reply.
                if ![2, 42].contains(&request.operation()) {
                    let reply = server.answer(request);
                    let (error, content) = reply.map_or_else(|errno| (-errno, vec![]), |content| (0, content));
                    let len = u32::try_from(16 + content.len()).unwrap();
                    let head = [&len.to_ne_bytes()[..], &error.to_ne_bytes(), &request.0[8..16]].concat();
                    // It fails if the request was interrupted.
                    let _ = device.write(&[head, content].concat());
                }
            }
        });
        Ok(Self(CString::new(point).unwrap()))
    }
}

impl Drop for FuseMount {
    fn drop(&mut self) {
        // SAFETY: the path is NUL-terminated.
        checked(unsafe { libc::umount2(self.0.as_ptr(), libc::MNT_DETACH) });
    }
}

/// A request of the kernel: a header of 40 bytes, and the arguments.
#[derive(Clone, Copy)]
struct Request<'a>(&'a [u8]);

impl Request<'_> {
    fn u32(self, at: usize) -> u32 {
        u32::from_ne_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    fn u64(self, at: usize) -> u64 {
        u64::from_ne_bytes(self.0[at..at + 8].try_into().unwrap())
    }

    fn index(self, at: usize) -> usize {
        self.u64(at).try_into().unwrap()
    }

    fn operation(self) -> u32 {
        self.u32(4)
    }

    /// Returns the name that ends the request.
    fn name(self, at: usize) -> Vec<u8> {
        self.0[at..].split(|&byte| byte == 0).next().unwrap().to_vec()
    }
}

/// A file. The first node is the root directory.
struct Node {
    /// The type and the mode.
    mode: u32,
    content: Vec<u8>,
}

struct Server {
    quirks: Quirks,
    nodes: Vec<Node>,
    /// The indexes of the files in the root directory.
    names: BTreeMap<Vec<u8>, usize>,
    reports: u64,
}

/// The content of a reply, or an error number.
type Reply = Result<Vec<u8>, i32>;

const DIRECT_IO: u32 = 1;
const HANDLE: u64 = 0;

impl Server {
    /// Returns the index of a new node.
    fn add(&mut self, mode: u32) -> usize {
        self.nodes.push(Node { mode, content: vec![] });
        self.nodes.len() - 1
    }

    fn answer(&mut self, request: Request<'_>) -> Reply {
        let index = request.index(16).saturating_sub(1);
        match request.operation() {
            // FUSE_INIT: version 7.31, and writes of up to 128 KB.
            26 => Ok(words(&[7, 31, 1 << 16, 0, 0, 1 << 17, 1, 32, 0, 0, 0, 0, 0, 0, 0, 0])),
            // FUSE_LOOKUP
            1 => self.names.get(&request.name(40)).copied().map_or(Err(libc::ENOENT), |found| Ok(self.entry(found))),
            // FUSE_GETATTR
            3 => Ok([vec![0; 16], self.attributes(index)].concat()),
            4 => self.set_attributes(index, request),
            // FUSE_UNLINK
            10 => self.names.remove(&request.name(40)).map(|_| vec![]).ok_or(libc::ENOENT),
            // FUSE_OPEN, FUSE_OPENDIR
            14 | 27 => Ok(self.opened()),
            // FUSE_READ: the offset is at 48, and the size at 56.
            15 => {
                let content = self.nodes[index].content.get(request.index(48)..).unwrap_or_default();
                Ok(content[..content.len().min(request.u32(56).try_into().unwrap())].to_vec())
            }
            16 => Ok(self.write(index, request)),
            // FUSE_CREATE: the mode, without the umask, is at 44, and the name at 56.
            35 => {
                let mode = if self.quirks.refuses_chmod { 0o755 } else { request.u32(44) & 0o7777 & !request.u32(48) };
                let created = self.add(libc::S_IFREG | mode);
                self.names.insert(request.name(56), created);
                Ok([self.entry(created), self.opened()].concat())
            }
            // FUSE_FLUSH
            25 if self.quirks.fails_close => Err(libc::EDQUOT),
            // FUSE_RELEASE, FUSE_FSYNC, FUSE_FLUSH, FUSE_RELEASEDIR
            18 | 20 | 25 | 29 => Ok(vec![]),
            _ => Err(libc::ENOSYS),
        }
    }

    /// FUSE_SETATTR: the flags are at 40, the size at 56, and the mode at 108.
    fn set_attributes(&mut self, index: usize, request: Request<'_>) -> Reply {
        let (sets_mode, sets_size) = (request.u32(40) & 1 != 0, request.u32(40) & 8 != 0);
        if sets_mode && self.quirks.refuses_chmod {
            return Err(libc::EPERM);
        }
        if sets_mode {
            let mode = &mut self.nodes[index].mode;
            *mode = *mode & libc::S_IFMT | request.u32(108) & 0o7777;
        }
        if sets_size {
            self.nodes[index].content.resize(request.index(56), 0);
        }
        Ok([vec![0; 16], self.attributes(index)].concat())
    }

    /// FUSE_WRITE: the offset is at 48, and the content at 80.
    fn write(&mut self, index: usize, request: Request<'_>) -> Vec<u8> {
        let (offset, bytes) = (request.index(48), &request.0[80..]);
        let content = &mut self.nodes[index].content;
        content.resize(content.len().max(offset + bytes.len()), 0);
        content[offset..offset + bytes.len()].copy_from_slice(bytes);
        words(&[bytes.len().try_into().unwrap(), 0])
    }

    /// Returns struct fuse_open_out.
    fn opened(&self) -> Vec<u8> {
        // Otherwise the kernel reads no more than the size.
        let flags = if self.quirks.claims_size_0 { DIRECT_IO } else { 0 };
        [&HANDLE.to_ne_bytes()[..], &words(&[flags, 0])].concat()
    }

    /// Returns struct fuse_entry_out, which the kernel must not keep.
    fn entry(&mut self, index: usize) -> Vec<u8> {
        let node = u64::try_from(index).unwrap() + 1;
        [&node.to_ne_bytes()[..], &[0; 32], &self.attributes(index)].concat()
    }

    /// Returns struct fuse_attr.
    fn attributes(&mut self, index: usize) -> Vec<u8> {
        self.reports += 1;
        let Node { mode, content } = &self.nodes[index];
        let number = u64::try_from(index).unwrap() + 1 + if self.quirks.renumbers { self.reports << 20 } else { 0 };
        let len = u64::try_from(content.len()).unwrap();
        let size = if self.quirks.claims_size_0 { 0 } else { len };
        let blocks = if self.quirks.claims_no_blocks { 0 } else { len.div_ceil(512) };
        let numbers =
            [number, size, blocks, 0, 0, 0].iter().flat_map(|number| number.to_ne_bytes()).collect::<Vec<_>>();
        [numbers, words(&[0, 0, 0, *mode, 1, 0, 0, 0, 4096, 0])].concat()
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}
