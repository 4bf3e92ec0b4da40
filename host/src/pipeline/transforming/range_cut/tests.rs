use bytes::Bytes;
use proptest::prelude::*;

use super::*;

proptest! {
    /// Whatever the pieces are: what is cut out is what a slice of the whole would be.
    #[test]
    fn a_cut_is_a_slice(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..20),
        ends in (0..400_usize, 0..400_usize),
    ) {
        let whole: Vec<u8> = pieces.concat();
        prop_assume!(!whole.is_empty());
        let (one, other) = (ends.0 % whole.len(), ends.1 % whole.len());
        let (first, last) = (one.min(other), one.max(other));
        let mut cut = RangeCut::new(first as u64, last as u64);
        let taken: Vec<u8> =
            pieces.iter().flat_map(|piece| cut.take(Bytes::from(piece.clone())).to_vec()).collect();
        prop_assert!(cut.is_over());
        prop_assert_eq!(&taken[..], &whole[first..=last]);
    }
}
