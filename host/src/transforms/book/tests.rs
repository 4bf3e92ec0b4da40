//! Names that come and go.

use super::*;

fn owners(name: &str) -> PlaceOwners {
    PlaceOwners::of(&format!("arn:aws:lambda:us-east-1:000000000001:function:{name}"))
}

#[test]
fn a_function_keeps_its_figures_and_lines() {
    let book = FunctionBook::default();
    let (figures, _) = book.open(&owners("redact"));
    figures.began();
    let (again, _) = book.open(&PlaceOwners::of("arn:aws:lambda:us-east-1:000000000001:function:redact:2"));
    assert!(Arc::ptr_eq(&figures, &again));
    let all = book.figures();
    assert_eq!((all[0].account.as_str(), all[0].function.as_str()), ("000000000001", "redact"));
    assert_eq!(all[0].figures.calls, 1);
    assert_eq!(book.logs("redact").len(), 1);
    assert_eq!(book.logs("arn:aws:lambda:us-east-1:000000000001:function:redact:live").len(), 1);
    assert!(book.logs("red").is_empty());
}

#[test]
fn names_have_a_bound_and_no_count_is_lost() {
    let book = FunctionBook::default();
    // This one is ready all the time.
    let (ready, _) = book.open(&owners("ready"));
    ready.began();
    for number in 0..3 * FUNCTIONS_MAX {
        book.open(&owners(&format!("f{number}"))).0.began();
    }
    let all = book.figures();
    assert_eq!(all.len(), FUNCTIONS_MAX + 1);
    assert!(all.iter().any(|each| each.function == "ready"));
    assert_eq!(all.last().unwrap().function, OTHERS);
    let calls: u64 = all.iter().map(|each| each.figures.calls).sum();
    assert_eq!(calls, 1 + 3 * FUNCTIONS_MAX as u64);
    // Where all are ready, a further one is among the others.
    let kept: Vec<_> = all.iter().map(|each| book.open(&owners(&each.function))).collect();
    let (other, log) = book.open(&owners("one-more"));
    other.began();
    assert!(book.logs("one-more").is_empty() && log.after(0).is_empty());
    drop(kept);
}
