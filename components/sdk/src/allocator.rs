//! The allocator of every guest: lists of free pieces by size, over the standard one.
//!
//! A call allocates some two hundred small pieces in the guests that it passes, most of them texts
//! that the canonical ABI hands over, and frees them all before it ends. Taking a piece from a list
//! of its size and putting it back is a third of the work of a general allocator. A guest has one
//! thread, so that nothing is locked.

#![expect(unsafe_code, reason = "an allocator deals in raw memory; each block says why it is sound")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::{self, NonNull};

/// Sizes are rounded up to a multiple of this; it is the alignment of every piece, too.
const GRAIN: usize = 16;
/// The largest piece that has a list; larger ones are left to the standard allocator.
const PIECE_MAX: usize = 1024;
/// What is taken from the standard allocator at once, to be cut into pieces.
const CHUNK: usize = 32 << 10;

/// Lists of free pieces, one for each size, and the rest of the chunk that is being cut.
struct Pieces {
    free: [Cell<*mut Piece>; PIECE_MAX / GRAIN],
    next: Cell<*mut u8>,
    left: Cell<usize>,
}

/// A free piece: the next one of its size.
struct Piece {
    next: *mut Piece,
}

// SAFETY: the guests' target has no threads.
unsafe impl Sync for Pieces {}

impl Pieces {
    const fn new() -> Pieces {
        Pieces {
            free: [const { Cell::new(ptr::null_mut()) }; PIECE_MAX / GRAIN],
            next: Cell::new(ptr::null_mut()),
            left: Cell::new(0),
        }
    }

    /// The list for a layout; none when it is too large, too small or aligned too strictly.
    fn list(&self, layout: Layout) -> Option<(&Cell<*mut Piece>, usize)> {
        let index = layout.size().checked_sub(1)? / GRAIN;
        let list = self.free.get(index)?;
        (layout.align() <= GRAIN).then_some((list, (index + 1) * GRAIN))
    }

    /// A new piece, from the chunk.
    fn cut(&self, size: usize) -> *mut u8 {
        if self.left.get() < size {
            let Ok(layout) = Layout::from_size_align(CHUNK, GRAIN) else { return ptr::null_mut() };
            // SAFETY: the layout is not empty.
            let Some(chunk) = NonNull::new(unsafe { System.alloc(layout) }) else { return ptr::null_mut() };
            // What was left of the chunk before is smaller than a piece, and stays unused.
            self.next.set(chunk.as_ptr());
            self.left.set(CHUNK);
        }
        let piece = self.next.get();
        self.left.set(self.left.get() - size);
        // SAFETY: `size` bytes from `next` on belong to the chunk, as `left` said.
        self.next.set(unsafe { piece.add(size) });
        piece
    }
}

// SAFETY: a piece is at least as large as its layout, because both ways of the lists go by `list`;
// it is aligned to `GRAIN`, because chunks and sizes are; and it is on a list only while it is
// free.
unsafe impl GlobalAlloc for Pieces {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((list, size)) = self.list(layout) else {
            // SAFETY: the caller's layout.
            return unsafe { System.alloc(layout) };
        };
        match NonNull::new(list.get()) {
            Some(piece) => {
                // SAFETY: what is on a list is a free piece.
                list.set(unsafe { piece.as_ref() }.next);
                piece.as_ptr().cast()
            }
            None => self.cut(size),
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let Some((list, _)) = self.list(layout) else {
            // SAFETY: it came from there, by the same test of the same layout.
            return unsafe { System.dealloc(pointer, layout) };
        };
        let piece = pointer.cast::<Piece>();
        // SAFETY: the piece is the caller's to give, large enough and aligned for a `Piece`.
        unsafe { piece.write(Piece { next: list.get() }) };
        list.set(piece);
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Ok(new) = Layout::from_size_align(size, layout.align()) else { return ptr::null_mut() };
        match (self.list(layout), self.list(new)) {
            // SAFETY: it came from there and stays there.
            (None, None) => unsafe { System.realloc(pointer, layout, size) },
            // Still fits.
            (Some((_, old)), Some((_, needed))) if old == needed => pointer,
            _ => {
                // SAFETY: the new layout is not empty; the old piece holds what is copied, and is
                // freed by its own layout.
                unsafe {
                    let moved = self.alloc(new);
                    if !moved.is_null() {
                        ptr::copy_nonoverlapping(pointer, moved, layout.size().min(size));
                        self.dealloc(pointer, layout);
                    }
                    moved
                }
            }
        }
    }
}

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static PIECES: Pieces = Pieces::new();

#[cfg(test)]
mod tests;
