use super::*;

#[test]
fn what_is_asked_for_is_counted() {
    let cost = of(|| {
        drop(vec![0_u8; 1000]);
        drop(vec![0_u8; 500]);
    });
    assert_eq!((cost.allocated, cost.most), (1500, 1000));
    let mut kept = Vec::new();
    let cost = of(|| kept.extend_from_slice(&[0_u8; 2000]));
    assert!(cost.allocated >= 2000 && cost.most >= 2000 && kept.len() == 2000);
    let nothing = least(3, || ());
    assert!(nothing.time < Duration::from_secs(1));
    assert_eq!((nothing.allocated, nothing.most), (0, 0));
}
