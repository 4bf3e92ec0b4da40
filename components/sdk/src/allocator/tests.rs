use super::*;

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 8).unwrap()
}

#[test]
fn pieces_are_aligned_apart_and_used_again() {
    let pieces = Pieces::new();
    // SAFETY: every piece is freed with the layout that it was made with, and not used after.
    unsafe {
        let mut held = Vec::new();
        for round in 0..5000_usize {
            let layout = layout(1 + round * 7 % 1500);
            let piece = pieces.alloc(layout);
            assert_eq!(piece as usize % 8, 0);
            piece.write_bytes(round as u8, layout.size());
            held.push((piece, layout, round as u8));
        }
        for (piece, layout, value) in &held {
            assert!((0..layout.size()).all(|at| *piece.add(at) == *value));
        }
        let small = held.iter().find(|(_, layout, _)| layout.size() == 8).map(|held| held.0);
        for (piece, layout, _) in held {
            pieces.dealloc(piece, layout);
        }
        assert!(small.is_some());
        let first = pieces.alloc(layout(100));
        pieces.dealloc(first, layout(100));
        assert_eq!(pieces.alloc(layout(97)), first);
    }
}

#[test]
fn what_grows_keeps_its_bytes() {
    let pieces = Pieces::new();
    // SAFETY: as above.
    unsafe {
        let mut size = 1;
        let mut piece = pieces.alloc(layout(size));
        piece.write(0);
        while size < 5000 {
            let grown = size + 1 + size / 3;
            piece = pieces.realloc(piece, layout(size), grown);
            (size..grown).for_each(|at| piece.add(at).write(at as u8));
            size = grown;
        }
        assert!((0..size).all(|at| *piece.add(at) == at as u8));
        pieces.dealloc(piece, layout(size));
    }
}
