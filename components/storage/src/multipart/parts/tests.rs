use proptest::collection::btree_set;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

use super::{NUMBER_MAX, gaps};

#[test]
fn consecutive_parts_leave_one_gap_behind_them() {
    assert_eq!(gaps([1, 2, 3].into_iter()), [(4, NUMBER_MAX + 1)]);
    assert_eq!(gaps([].into_iter()), [(1, NUMBER_MAX + 1)]);
    assert_eq!(gaps([2, 9_999].into_iter()), [(1, 2), (3, 9_999), (10_000, 10_001)]);
    assert!(gaps(1..=NUMBER_MAX).is_empty());
}

proptest! {
    #[test]
    fn gaps_hold_every_number_but_the_parts(numbers in btree_set(1..=NUMBER_MAX, 0..40)) {
        let gaps = gaps(numbers.iter().copied());
        prop_assert!(gaps.iter().all(|(start, end)| start < end));
        let inside: u32 = gaps.iter().map(|(start, end)| end - start).sum();
        prop_assert_eq!(inside as usize + numbers.len(), NUMBER_MAX as usize);
        for number in numbers {
            prop_assert!(gaps.iter().all(|(start, end)| !(*start..*end).contains(&number)));
        }
    }
}
