use super::*;

fn check(names: &[String]) {
    let name = |at: usize| names[at].as_str();
    let order = Order::of(names.len(), name);
    for wanted in names.iter().map(String::as_str).chain(["", "0", "zz"]) {
        let expected: Vec<u32> =
            (0_u32..).zip(names).filter(|(_, own)| *own == wanted).map(|(at, _)| at).collect();
        match order.find(wanted, name) {
            Some(found) => assert_eq!(found, expected, "{wanted}"),
            None => assert!(names.len() <= SCANNED_MAX),
        }
    }
}

#[test]
fn entries_of_one_name_are_found_in_the_order_of_the_list() {
    for count in [0, 1, SCANNED_MAX, SCANNED_MAX + 1, 500] {
        for different in [1, 7, 1000] {
            let names: Vec<String> = (0..count).map(|at| format!("n{}", at * 31 % different)).collect();
            check(&names);
        }
    }
}
