use super::Assembly;
use crate::records::{Part, Span};
use crate::tables::MANIFEST_PAGE_PARTS;

fn part(number: u32, size: u64) -> Part {
    let spans = vec![Span { blob: u64::from(number), offset: 0, length: size }];
    Part { number, size, modified_ms: 0, md5: [0; 16], checksums: Vec::new(), spans }
}

#[test]
fn parts_lie_one_after_the_other() {
    let parts = [part(2, 10), part(3, 20), part(9, 5)];
    let assembly = Assembly::of(&parts.iter().collect::<Vec<_>>());
    assert_eq!((assembly.size, assembly.count), (35, 3));
    assert_eq!(assembly.page_offsets, [0]);
    let laid: Vec<(u32, u64)> =
        assembly.pages[0].parts.iter().map(|part| (part.number, part.offset)).collect();
    assert_eq!(laid, [(2, 0), (3, 10), (9, 30)]);
}

#[test]
fn a_page_begins_where_the_one_before_ends() {
    let parts: Vec<Part> = (1..=10_000).map(|number| part(number, u64::from(number))).collect();
    let assembly = Assembly::of(&parts.iter().collect::<Vec<_>>());
    assert_eq!(assembly.pages.len(), 10_000_usize.div_ceil(MANIFEST_PAGE_PARTS));
    assert_eq!(assembly.page_offsets.len(), assembly.pages.len());
    for (page, offset) in assembly.pages.iter().zip(&assembly.page_offsets) {
        assert_eq!(page.parts[0].offset, *offset);
        assert!(page.parts.len() <= MANIFEST_PAGE_PARTS);
    }
    assert_eq!(assembly.size, 10_000 * 10_001 / 2);
}
