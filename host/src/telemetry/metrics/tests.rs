use std::sync::Arc;

use super::*;

#[test]
fn requests_of_all_threads_are_added_up() {
    let metrics = Arc::new(Metrics::new(2));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let metrics = Arc::clone(&metrics);
            std::thread::spawn(move || {
                for _ in 0..100 {
                    metrics.request("GetObject", 200, Duration::from_micros(30));
                }
                metrics.request("GetObject", 418, Duration::from_secs(3600));
                metrics.request("", 400, Duration::ZERO);
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let page = metrics.render();
    assert!(page.contains("portcullis_requests_total{operation=\"GetObject\",code=\"200\"} 400\n"), "{page}");
    assert!(page.contains("portcullis_requests_total{operation=\"GetObject\",code=\"other\"} 4\n"), "{page}");
    assert!(page.contains("portcullis_requests_total{operation=\"none\",code=\"400\"} 4\n"), "{page}");
    assert!(
        page.contains("portcullis_request_duration_seconds_count{operation=\"GetObject\"} 404\n"),
        "{page}"
    );
    assert!(page.contains("le=\"+Inf\",operation=\"GetObject\"} 404\n"), "{page}");
    assert!(page.ends_with("# EOF\n"));
}

#[test]
fn a_duration_falls_into_the_slot_whose_bound_it_does_not_exceed() {
    let count_at_most = |nanos: u64, bound: f64| {
        let histogram = Histogram::default();
        histogram.observe(Duration::from_nanos(nanos));
        let mut sum = histogram::Sum::default();
        histogram.add_to(&mut sum);
        sum.slots().iter().filter(|(limit, _)| *limit <= bound).map(|(_, count)| count).sum::<u64>()
    };
    assert_eq!(count_at_most(0, 256e-9), 1);
    assert_eq!(count_at_most(256, 256e-9), 1);
    assert_eq!(count_at_most(257, 256e-9), 0);
    assert_eq!(count_at_most(257, 512e-9), 1);
    assert_eq!(count_at_most(u64::MAX, 1e6), 0);
    assert_eq!(count_at_most(u64::MAX, f64::MAX), 1);
}

#[test]
fn a_client_cannot_make_series_without_bound() {
    let metrics = Metrics::new(1);
    for number in 0..10_000 {
        metrics.request(&format!("Operation{number}"), 200, Duration::ZERO);
    }
    assert!(metrics.render().matches("portcullis_requests_total{").count() <= OPERATIONS_MAX + 1);
}

#[test]
fn stage_time_and_replacements_and_levels_are_shown_by_name() {
    let metrics = Metrics::new(1);
    metrics.stage(stage_index("auth"), Duration::from_micros(3));
    metrics.stage(stage_index("no such stage"), Duration::from_micros(3));
    metrics.stage(usize::MAX, Duration::from_micros(3));
    metrics.instance_replaced();
    Refusal::ALL.iter().for_each(|refusal| metrics.refused(*refusal));
    metrics.connections(1);
    metrics.in_flight(1);
    metrics.in_flight(-1);
    let page = metrics.render();
    for line in [
        "portcullis_stage_duration_seconds_count{stage=\"auth\"} 1",
        "portcullis_stage_duration_seconds_count{stage=\"other\"} 1",
        "portcullis_instances_replaced_total 1",
        "portcullis_refused_total{limit=\"connections\"} 1",
        "portcullis_refused_total{limit=\"in_flight\"} 1",
        "portcullis_refused_total{limit=\"rate_address\"} 1",
        "portcullis_connections 1",
        "portcullis_connections_accepted_total 1",
        "portcullis_requests_in_flight 0",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
}
