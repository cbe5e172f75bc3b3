//! Owns how the programs ask mimalloc for memory: without an alignment, where every block has it anyway.
//! Refuses all else: where memory comes from, and when it goes back, is mimalloc's.
//!
//! The crate `mimalloc` asks for every block with its alignment. Unless its size is a power of two,
//! mimalloc 3 then takes a block that is longer by the alignment, so that it can be moved within it: 192
//! bytes for 160, 12,288 for 10,240, and more than twice the instructions
//! (`docs/decisions/2026-11-28-blocks-without-an-alignment.md`).

#![expect(
    unsafe_code,
    reason = "what an allocator gives is memory, which no type can prove to be good"
)]

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys::{
    mi_free, mi_malloc, mi_malloc_aligned, mi_realloc, mi_realloc_aligned, mi_zalloc,
    mi_zalloc_aligned,
};

/// The alignment of every block that is not shorter than this: `MI_MAX_ALIGN_SIZE` of mimalloc, which is
/// what C asks of `malloc` (C11, 7.22.3).
const ALIGNMENT: usize = 16;

/// The allocator of the programs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allocator;

/// Whether a block of that size has the alignment without being asked for it.
const fn has_anyway(size: usize, alignment: usize) -> bool {
    alignment <= ALIGNMENT && alignment <= size
}

// SAFETY: every block is one of mimalloc's: its own until it is freed, as long as was asked for, and
// aligned: `mi_malloc` and `mi_realloc` give what `has_anyway` says. None of the functions unwinds. A
// block may be given back or changed by any of them, whichever it came from.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (size, alignment) = (layout.size(), layout.align());
        // SAFETY: mimalloc takes every size, and every power of two as an alignment.
        let block = unsafe {
            match has_anyway(size, alignment) {
                true => mi_malloc(size),
                false => mi_malloc_aligned(size, alignment),
            }
        };
        block.cast()
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let (size, alignment) = (layout.size(), layout.align());
        // SAFETY: as in `alloc`.
        let block = unsafe {
            match has_anyway(size, alignment) {
                true => mi_zalloc(size),
                false => mi_zalloc_aligned(size, alignment),
            }
        };
        block.cast()
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the caller has it from here.
        unsafe { mi_free(block.cast()) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let alignment = layout.align();
        // SAFETY: the caller has it from here; otherwise as in `alloc`.
        let block = unsafe {
            match has_anyway(size, alignment) {
                true => mi_realloc(block.cast(), size),
                false => mi_realloc_aligned(block.cast(), size, alignment),
            }
        };
        block.cast()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Some sizes by which what is alive in an engine was found to lie in blocks that are too long.
    const SIZES: [usize; 6] = [48, 80, 160, 320, 1_280, 10_240];
    /// As many as fill more than one page of mimalloc's.
    const MANY: usize = 1_000;

    /// The least distance between two of many blocks.
    fn apart(give: impl Fn() -> *mut u8) -> usize {
        let blocks: Vec<*mut u8> = (0..MANY).map(|_| give()).collect();
        let mut places: Vec<usize> = blocks.iter().map(|block| block.addr()).collect();
        places.sort_unstable();
        for block in blocks {
            // SAFETY: it is mimalloc's, and nobody else has it.
            unsafe { mi_free(block.cast()) }
        }
        let apart = places.windows(2).map(|pair| pair[1] - pair[0]);
        apart.min().expect("there are many")
    }

    /// The distances between blocks that are asked for with an alignment, and between our own.
    fn both_apart(size: usize) -> (usize, usize) {
        let layout = Layout::from_size_align(size, 8).expect("a layout");
        // First, for it takes blocks of its size from a page that is there already.
        // SAFETY: every size is taken.
        let asked = apart(|| unsafe { mi_malloc_aligned(size, 8).cast() });
        // SAFETY: its size is not 0.
        let own = apart(|| unsafe { Allocator.alloc(layout) });
        (asked, own)
    }

    #[test]
    fn a_block_is_as_long_as_it_needs_to_be() {
        for size in SIZES {
            // A thread begins without pages.
            let thread = std::thread::spawn(move || both_apart(size));
            let (asked, own) = thread.join().expect("it ends");
            assert_eq!(own, size);
            assert!(
                asked > size,
                "the control, for {size}: without it mimalloc was mended, and this file may go"
            );
        }
    }

    proptest! {
        #[test]
        fn a_block_is_aligned_and_keeps_its_bytes_when_it_grows_or_shrinks(
            shift in 0..9_u32,
            sizes in prop::collection::vec(1..20_000_usize, 1..6),
            is_zeroed: bool,
        ) {
            let mut layout = Layout::from_size_align(sizes[0], 1 << shift).expect("a layout");
            // SAFETY: its size is not 0.
            let mut block = unsafe {
                match is_zeroed {
                    true => Allocator.alloc_zeroed(layout),
                    false => Allocator.alloc(layout),
                }
            };
            // SAFETY: the block is that long, and what was not asked for as zeros is filled before it is read.
            let mut bytes = unsafe {
                if !is_zeroed {
                    block.write_bytes(0, layout.size());
                }
                std::slice::from_raw_parts_mut(block, layout.size())
            };
            prop_assert!(bytes.iter().all(|byte| *byte == 0));
            for (number, size) in (1..).zip(&sizes) {
                bytes.fill(number);
                let kept = layout.size().min(*size);
                // SAFETY: the block is ours and has this layout; it is filled up to `kept`.
                (block, bytes) = unsafe {
                    let block = Allocator.realloc(block, layout, *size);
                    block.add(kept).write_bytes(number, size - kept);
                    (block, std::slice::from_raw_parts_mut(block, *size))
                };
                layout = Layout::from_size_align(*size, layout.align()).expect("a layout");
                prop_assert_eq!(block.addr() % layout.align(), 0);
                prop_assert!(bytes.iter().all(|byte| *byte == number));
            }
            // SAFETY: the block is ours and has this layout.
            unsafe { Allocator.dealloc(block, layout) }
        }
    }
}
