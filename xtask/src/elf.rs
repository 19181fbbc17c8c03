//! Reading what was built.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use object::elf::{self, FileHeader64};
use object::read::archive::ArchiveFile;
use object::read::elf::{Dyn, ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol};

/// Names of symbols, and whether they are weak.
#[derive(Default, Debug)]
pub struct Symbols {
    /// Global and defined.
    pub defined: BTreeSet<String>,
    /// Undefined and needed.
    pub undefined: BTreeSet<String>,
    /// Undefined, and null if nobody defines them.
    pub weak_undefined: BTreeSet<String>,
}

impl Symbols {
    fn add<'a>(&mut self, symbol: &impl ObjectSymbol<'a>) -> Result<()> {
        let name = symbol.name()?.to_owned();
        match (symbol.is_undefined(), symbol.is_weak()) {
            _ if name.is_empty() => false,
            (true, false) => self.undefined.insert(name),
            (true, true) => self.weak_undefined.insert(name),
            (false, _) if symbol.is_global() => self.defined.insert(name),
            (false, _) => false,
        };
        Ok(())
    }

    /// The symbols of all members of an archive.
    pub fn of_archive(path: &Path) -> Result<Self> {
        let mut symbols = Self::default();
        for member in members(path)? {
            symbols.defined.extend(member.symbols.defined);
            symbols.undefined.extend(member.symbols.undefined);
            symbols.weak_undefined.extend(member.symbols.weak_undefined);
        }
        Ok(symbols)
    }

    /// The dynamic symbols of a shared object.
    pub fn of_shared_object(path: &Path) -> Result<Self> {
        let data = read(path)?;
        let mut symbols = Self::default();
        object::File::parse(&*data)?.dynamic_symbols().try_for_each(|symbol| symbols.add(&symbol))?;
        Ok(symbols)
    }

    /// The symbols of a linked program.
    pub fn of_program(path: &Path) -> Result<Self> {
        let data = read(path)?;
        let mut symbols = Self::default();
        object::File::parse(&*data)?.symbols().try_for_each(|symbol| symbols.add(&symbol))?;
        Ok(symbols)
    }
}

/// A member of an archive.
pub struct Member {
    pub name: String,
    pub data: Vec<u8>,
    pub symbols: Symbols,
}

/// The members of an archive, of whatever system's format.
pub fn members(path: &Path) -> Result<Vec<Member>> {
    let data = read(path)?;
    let mut members = Vec::new();
    for member in ArchiveFile::parse(&*data)?.members() {
        let member = member?;
        let (name, content) = (String::from_utf8_lossy(member.name()).into_owned(), member.data(&*data)?);
        let mut symbols = Symbols::default();
        object::File::parse(content)?.symbols().try_for_each(|symbol| symbols.add(&symbol))?;
        members.push(Member { name, data: content.to_vec(), symbols });
    }
    Ok(members)
}

/// The names of the sections of an object.
pub fn sections(path: &Path) -> Result<Vec<String>> {
    let data = read(path)?;
    let object = object::File::parse(&*data)?;
    object.sections().map(|section| Ok(section.name()?.to_owned())).collect()
}

/// The names of the symbols of an object.
pub fn symbol_names(path: &Path) -> Result<BTreeSet<String>> {
    let data = read(path)?;
    let object = object::File::parse(&*data)?;
    object.symbols().map(|symbol| Ok(symbol.name()?.to_owned())).collect()
}

/// What a program or shared object asks of its loader.
#[derive(Default, Debug)]
pub struct Loading {
    pub needed: Vec<String>,
    pub soname: Option<String>,
    pub has_interpreter: bool,
    /// Whether it can be loaded anywhere.
    pub is_movable: bool,
    pub has_text_relocations: bool,
}

/// Reads what a program or shared object asks of its loader, and refuses memory that is writable and executable.
pub fn loading(path: &Path) -> Result<Loading> {
    let data = read(path)?;
    let file = ElfFile64::<Endianness>::parse(&*data)?;
    let (header, endian) = (file.elf_header(), file.endian());
    let mut loading = Loading { is_movable: header.e_type(endian) == elf::ET_DYN, ..Loading::default() };
    let mut has_stack_note = false;
    for segment in header.program_headers(endian, &*data)? {
        let flags = segment.p_flags(endian);
        let writes_and_executes = flags.contains(elf::PF_W) && flags.contains(elf::PF_X);
        match segment.p_type(endian) {
            elf::PT_GNU_STACK => {
                has_stack_note = true;
                ensure!(!flags.contains(elf::PF_X), "{}: executable stack", path.display());
            }
            elf::PT_LOAD => ensure!(!writes_and_executes, "{}: writable code", path.display()),
            elf::PT_INTERP => loading.has_interpreter = true,
            elf::PT_DYNAMIC => read_dynamic(header, endian, &data, segment, &mut loading)?,
            _ => {}
        }
    }
    ensure!(has_stack_note, "{}: no PT_GNU_STACK, so the stack would be executable", path.display());
    Ok(loading)
}

fn read_dynamic(
    header: &FileHeader64<Endianness>,
    endian: Endianness,
    data: &[u8],
    segment: &elf::ProgramHeader64<Endianness>,
    loading: &mut Loading,
) -> Result<()> {
    let sections = header.sections(endian, data)?;
    let Some((_, strings)) = sections.dynamic(endian, data)? else { bail!("no dynamic section") };
    let strings = sections.strings(endian, data, strings)?;
    for entry in segment.dynamic(endian, data)?.unwrap_or_default() {
        let string = || -> Result<String> { Ok(String::from_utf8(entry.string(endian, strings)?.to_owned())?) };
        match entry.d_tag(endian) {
            elf::DT_NEEDED => loading.needed.push(string()?),
            elf::DT_SONAME => loading.soname = Some(string()?),
            elf::DT_TEXTREL => loading.has_text_relocations = true,
            _ => {}
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}: was it built?", path.display()))
}
