use super::*;

fn explanations(count_max: usize, bytes_max: usize, per_second_max: u32) -> Explanations {
    Explanations::new(Bounds { count_max, bytes_max, per_second_max })
}

#[test]
fn the_newest_are_kept_within_their_number_and_their_bytes() {
    let few = explanations(2, 1000, 1);
    for number in 0..5 {
        few.keep(&format!("R{number}"), &format!("text {number}"));
    }
    assert_eq!(few.latest(10).iter().map(|text| &**text).collect::<Vec<_>>(), ["text 4", "text 3"]);
    assert_eq!(few.latest(1).len(), 1);
    assert_eq!(few.get("r4").as_deref(), Some("text 4"));
    assert!(few.get("R1").is_none());
    let small = explanations(100, 50, 1);
    for number in 0..5 {
        small.keep(&format!("R{number}"), &"x".repeat(20));
    }
    assert_eq!(small.latest(10).len(), 2);
    small.keep("long", &"x".repeat(51));
    assert_eq!(small.latest(10).len(), 2);
    let none = explanations(0, 50, 1);
    none.keep("R1", "x");
    assert!(none.latest(10).is_empty() && !none.admit());
}

#[test]
fn only_so_many_a_second_are_made() {
    let explanations = explanations(10, 1000, 3);
    let admitted = |second| (0..10).filter(|_| explanations.admit_in(second)).count();
    assert_eq!((admitted(0), admitted(0), admitted(1), admitted(7)), (3, 0, 3, 3));
}
