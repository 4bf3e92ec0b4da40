use super::*;

#[test]
fn each_work_has_its_own_first_reason() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fail = async |name: &'static str| {
        given(&name, "it failed");
        tokio::task::yield_now().await;
        given(&"later", "it failed");
        name
    };
    let (first, second) = runtime.block_on(async { tokio::join!(asked(fail("one")), asked(fail("two"))) });
    assert_eq!(first, ("one", Some("it failed: one".to_owned())));
    assert_eq!(second, ("two", Some("it failed: two".to_owned())));
    assert_eq!(runtime.block_on(asked(async { 5 })), (5, None));
    // Nobody asks: the log has it.
    given(&"alone", "it failed");
}
