use super::*;

#[test]
fn samples_of_one_metric_are_added_up() {
    let text = "# HELP a_total x\na_total{s=\"auth\",x=\"1\"} 2\na_total{s=\"auth\"} 3\na_total_more 9\na_total{s=\"p\"} 5\n";
    assert_eq!(sum_samples(text, "a_total", &["s=\"auth\""]), 5.0);
    assert_eq!(sum_samples(text, "a_total", &[]), 10.0);
    assert_eq!(sum_samples(text, "b", &[]), 0.0);
}
