#![expect(clippy::unwrap_used, reason = "a test stops at an unexpected result")]

extern crate std;

use std::vec::Vec;

use super::*;

/// Returns a copy of the image that the kernel has mapped, or `None` if there is none.
fn image() -> Option<Vec<u8>> {
    let start = NonNull::new(with_exposed_provenance_mut::<u8>(aux_value(AT_SYSINFO_EHDR)?))?;
    // SAFETY: the kernel has mapped its image there, and a mapping has whole pages.
    let page = unsafe { NonNull::slice_from_raw_parts(start, PAGE).as_ref() };
    let len = Image(page).mapped_len()?;
    // SAFETY: the image states this length.
    Some(unsafe { NonNull::slice_from_raw_parts(start, len).as_ref() }.to_vec())
}

fn find_in(image: &[u8]) -> Option<usize> {
    Image(image).find_symbol(VDSO_CLOCK_GETTIME.to_bytes_with_nul())
}

#[test]
#[cfg_attr(miri, ignore = "Miri has no image")]
fn find_symbol_finds_only_functions_that_the_image_has() {
    let Some(image) = image() else { return report_no_image() };
    let offset = find_in(&image).unwrap();
    assert!(offset > 0 && offset < image.len());
    assert_eq!(Image(&image).find_symbol(b"__vdso_no_such_function\0"), None);
    // A name that starts like another one is not that one.
    let name = VDSO_CLOCK_GETTIME.to_bytes();
    assert_eq!(Image(&image).find_symbol(&[name.get(..name.len() - 1).unwrap(), b"\0"].concat()), None);
}

/// Each reading of a field is checked, so an image of any content ends in an offset inside it or in none.
#[test]
#[cfg_attr(miri, ignore = "Miri has no image")]
fn find_symbol_survives_an_image_that_is_cut_or_changed_anywhere() {
    let Some(image) = image() else { return report_no_image() };
    for len in (0..PAGE).chain((PAGE..image.len()).step_by(61)) {
        let cut = image.get(..len).unwrap();
        assert!(find_in(cut).is_none_or(|offset| offset < len));
        Image(cut).mapped_len();
    }
    let mut changed = image.clone();
    // The headers, the dynamic section and the tables come before the code.
    for at in 0..image.len().min(PAGE) {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            *changed.get_mut(at).unwrap() = value;
            assert!(find_in(&changed).is_none_or(|offset| offset < image.len()));
            Image(&changed).mapped_len();
        }
        *changed.get_mut(at).unwrap() = *image.get(at).unwrap();
    }
}

fn report_no_image() {
    std::eprintln!("CANNOT RUN: the image of the vDSO: the kernel or the emulator maps none");
}
