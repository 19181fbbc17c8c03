//! Reads and edits object files, archives and programs.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use object::elf::{self, FileHeader64};
use object::read::archive::ArchiveFile;
use object::read::elf::{Dyn, ElfFile64, FileHeader, ProgramHeader, Rela, SectionHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol};

/// Names of symbols, and whether they are weak.
#[derive(Default, Debug)]
pub struct Symbols {
    /// Global and defined.
    pub defined: BTreeSet<String>,
    /// Undefined and needed.
    pub undefined: BTreeSet<String>,
    /// Undefined, and null without a definition.
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

    /// Returns the symbols of all members of an archive.
    pub fn of_archive(path: &Path) -> Result<Self> {
        let mut symbols = Self::default();
        for member in members(path)? {
            symbols.defined.extend(member.symbols.defined);
            symbols.undefined.extend(member.symbols.undefined);
            symbols.weak_undefined.extend(member.symbols.weak_undefined);
        }
        Ok(symbols)
    }

    /// Returns the dynamic symbols of a shared object.
    pub fn of_shared_object(path: &Path) -> Result<Self> {
        Self::collect(object::File::parse(&*read(path)?)?.dynamic_symbols())
    }

    /// Returns the symbols of a linked program.
    pub fn of_program(path: &Path) -> Result<Self> {
        Self::collect(object::File::parse(&*read(path)?)?.symbols())
    }

    fn collect<'a>(mut all: impl Iterator<Item: ObjectSymbol<'a>>) -> Result<Self> {
        let mut symbols = Self::default();
        all.try_for_each(|symbol| symbols.add(&symbol)).map(|()| symbols)
    }
}

/// Returns the functions of an archive that begin with the instruction `endbr64`, the only targets of indirect branches
/// that a processor accepts under branch tracking.
pub fn functions_with_landing_pads(path: &Path) -> Result<BTreeSet<String>> {
    const ENDBR64: &[u8] = &[0xf3, 0x0f, 0x1e, 0xfa];
    let mut found = BTreeSet::new();
    for member in members(path)? {
        let object = object::File::parse(&*member.data)?;
        for symbol in object.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition()) {
            let section = symbol.section_index().context("no section")?;
            let code = object.section_by_index(section)?.data()?;
            if code.get(usize::try_from(symbol.address())?..).is_some_and(|code| code.starts_with(ENDBR64)) {
                found.insert(symbol.name()?.to_owned());
            }
        }
    }
    Ok(found)
}

/// A member of an archive.
pub struct Member {
    pub name: String,
    pub data: Vec<u8>,
    pub symbols: Symbols,
}

/// Returns the members of an archive, in the format of any system.
pub fn members(path: &Path) -> Result<Vec<Member>> {
    let data = read(path)?;
    let mut members = Vec::new();
    for member in ArchiveFile::parse(&*data)?.members() {
        let member = member?;
        let (name, content) = (String::from_utf8_lossy(member.name()).into_owned(), member.data(&*data)?);
        let symbols = Symbols::collect(object::File::parse(content)?.symbols())?;
        members.push(Member { name, data: content.to_vec(), symbols });
    }
    Ok(members)
}

/// Returns the names of the sections of an object.
pub fn sections(path: &Path) -> Result<Vec<String>> {
    let data = read(path)?;
    let object = object::File::parse(&*data)?;
    object.sections().map(|section| Ok(section.name()?.to_owned())).collect()
}

/// Returns the names of the symbols of an object.
pub fn symbol_names(path: &Path) -> Result<BTreeSet<String>> {
    let data = read(path)?;
    let object = object::File::parse(&*data)?;
    object.symbols().map(|symbol| Ok(symbol.name()?.to_owned())).collect()
}

/// The needs of a program or shared object at load time.
#[derive(Default, Debug)]
pub struct Loading {
    pub needed: Vec<String>,
    pub soname: Option<String>,
    pub has_interpreter: bool,
    /// Set if it can be loaded at any address.
    pub is_movable: bool,
    pub has_text_relocations: bool,
    /// The addresses of the code, before it is moved.
    pub code: Range<u64>,
}

/// Reads what a program or shared object needs from its loader. Fails on memory that is writable and executable.
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
            elf::PT_LOAD => {
                ensure!(!writes_and_executes, "{}: writable code", path.display());
                if flags.contains(elf::PF_X) {
                    let begin = segment.p_vaddr(endian);
                    loading.code = begin..begin + segment.p_memsz(endian);
                }
            }
            elf::PT_INTERP => loading.has_interpreter = true,
            elf::PT_DYNAMIC => read_dynamic(header, endian, &data, segment, &mut loading)?,
            _ => {}
        }
    }
    ensure!(has_stack_note, "{}: no PT_GNU_STACK, so the stack is executable", path.display());
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

/// The instructions that read the global offset table and that a linker can replace by direct ones: `call`, `jmp`, and
/// after a REX prefix `mov`.
const CALL_AND_JUMP: [[u8; 2]; 2] = [[0xff, 0x15], [0xff, 0x25]];
const MOVE: u8 = 0x8b;

/// Lets linkers replace calls through the global offset table, in an x86_64 object, by direct calls to symbols of the
/// same program.
///
/// The stable compiler emits an older relocation for these calls, so that even a static program would get a table. See
/// R_X86_64_GOTPCRELX in the x86-64 ABI.
pub fn make_calls_relaxable(path: &Path) -> Result<()> {
    let mut data = read(path)?;
    for (at, kind) in relaxable_calls(&data)? {
        data.get_mut(at..at + size_of::<u32>()).context("no relocation")?.copy_from_slice(&kind.to_le_bytes());
    }
    Ok(std::fs::write(path, data)?)
}

/// Returns the offsets of the kinds of such relocations in the file, and their new kinds.
fn relaxable_calls(data: &[u8]) -> Result<Vec<(usize, u32)>> {
    let file = ElfFile64::<Endianness>::parse(data)?;
    let (header, endian) = (file.elf_header(), file.endian());
    let mut found = Vec::new();
    if header.e_machine(endian) != elf::EM_X86_64 {
        return Ok(found);
    }
    let sections = header.sections(endian, data)?;
    for section in sections.iter() {
        let Some((relocations, _)) = section.rela(endian, data)? else { continue };
        let code = sections.section(section.info_link(endian))?.data(endian, data)?;
        let begin = usize::try_from(section.sh_offset(endian))?;
        for (number, relocation) in relocations.iter().enumerate() {
            let operand = usize::try_from(relocation.r_offset(endian))?;
            let before = operand.checked_sub(2).and_then(|start| code.get(start..operand)).unwrap_or_default();
            let kind = match before {
                _ if relocation.r_type(endian, false) != elf::R_X86_64_GOTPCREL => continue,
                call if CALL_AND_JUMP.iter().any(|known| call == known) => elf::R_X86_64_GOTPCRELX,
                [MOVE, _] => elf::R_X86_64_REX_GOTPCRELX,
                _ => continue,
            };
            // The kind is the low half of `r_info`, the second word of a relocation.
            found.push((begin + number * size_of_val(relocation) + size_of::<u64>(), kind.0));
        }
    }
    Ok(found)
}

/// Gives the sections of an object with entries of the array of destructors their type, which renaming does not change.
pub fn mark_destructors(path: &Path) -> Result<()> {
    let mut data = read(path)?;
    let file = ElfFile64::<Endianness>::parse(&*data)?;
    let (header, endian) = (file.elf_header(), file.endian());
    let sections = header.sections(endian, &*data)?;
    let table = usize::try_from(header.e_shoff(endian))?;
    let mut found = Vec::new();
    for (number, section) in sections.iter().enumerate() {
        if sections.section_name(endian, section)?.starts_with(b".fini_array") {
            // The type follows the name.
            found.push(table + number * size_of_val(section) + size_of::<u32>());
        }
    }
    for at in found {
        let kind = elf::SHT_FINI_ARRAY.0.to_le_bytes();
        data.get_mut(at..at + kind.len()).context("no section header")?.copy_from_slice(&kind);
    }
    Ok(std::fs::write(path, data)?)
}

/// Hides a global symbol of an object, so that a shared object does not export it. Makes it weak if requested.
pub fn hide(path: &Path, name: &str, is_weak: bool) -> Result<()> {
    let mut data = read(path)?;
    let file = ElfFile64::<Endianness>::parse(&*data)?;
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name)).with_context(|| format!("no {name}"))?;
    let table = file.elf_section_table().symbols(file.endian(), &*data, elf::SHT_SYMTAB)?;
    let begin = usize::try_from(file.elf_section_table().section(table.section())?.sh_offset(file.endian()))?;
    let at = begin + symbol.index().0 * size_of::<elf::Sym64<Endianness>>() + size_of::<u32>();
    let kind = symbol.elf_symbol().st_type();
    let binding = if is_weak { elf::STB_WEAK } else { elf::STB_GLOBAL };
    // `st_info` and `st_other` follow the name.
    let info = [(binding.0 << 4) | kind.0, elf::STV_HIDDEN.0];
    data.get_mut(at..at + info.len()).context("no symbol")?.copy_from_slice(&info);
    Ok(std::fs::write(path, data)?)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}; build it first", path.display()))
}
