use super::*;

#[test]
fn what_was_set_first_goes_first() {
    let mut scratch = Scratch::default();
    for number in 0..100 {
        scratch.set(format!("key-{number}"), vec![number; VALUE_BYTES_MAX]);
        scratch.set("again".to_owned(), vec![number]);
    }
    assert!(scratch.bytes <= BYTES_MAX && scratch.order.len() <= 2 * scratch.values.len() + 16);
    assert_eq!(scratch.get("key-0"), None);
    assert_eq!(scratch.get("key-99").map(|value| value[0]), Some(99));
    assert_eq!(scratch.get("again"), Some(vec![99]));
    scratch.remove("again");
    assert_eq!(scratch.get("again"), None);
    for number in 0..100_000 {
        scratch.set(format!("small-{number}"), Vec::new());
    }
    assert!(scratch.values.len() < 10_000 && scratch.bytes <= BYTES_MAX);
}
