use std::sync::Arc;

use super::*;

const ID: &str = "0123456789ABCDEF";

#[test]
fn requests_of_all_threads_are_added_up() {
    let metrics = Arc::new(Metrics::new(2));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let metrics = Arc::clone(&metrics);
            std::thread::spawn(move || {
                for _ in 0..100 {
                    metrics.request("GetObject", 200, Duration::from_micros(30), ID);
                }
                metrics.request("GetObject", 418, Duration::from_secs(3600), ID);
                metrics.request("", 400, Duration::ZERO, ID);
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let page = metrics.render(TextForm::OpenMetrics);
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
        let slots = sum.spread().slots;
        slots.iter().filter(|(limit, _)| *limit <= bound).map(|(_, count)| count).sum::<u64>()
    };
    assert_eq!(count_at_most(0, 256e-9), 1);
    assert_eq!(count_at_most(256, 256e-9), 1);
    assert_eq!(count_at_most(257, 256e-9), 0);
    assert_eq!(count_at_most(257, 1024e-9), 1);
    assert_eq!(count_at_most(1024, 1024e-9), 1);
    assert_eq!(count_at_most(1025, 1024e-9), 0);
    assert_eq!(count_at_most(1025, 4096e-9), 1);
    assert_eq!(count_at_most(u64::MAX, 1e6), 0);
    assert_eq!(count_at_most(u64::MAX, f64::MAX), 1);
}

#[test]
fn a_client_cannot_make_series_without_bound() {
    let metrics = Metrics::new(1);
    for number in 0..10_000 {
        metrics.request(&format!("Operation{number}"), 200, Duration::ZERO, ID);
        metrics.error(&format!("Error{number}"), 400);
    }
    let page = metrics.render(TextForm::OpenMetrics);
    assert!(page.matches("portcullis_requests_total{").count() <= OPERATIONS_MAX + 1);
    assert!(page.matches("portcullis_errors_total{").count() <= ERRORS_MAX + 1);
    assert!(page.contains("portcullis_errors_total{error=\"other\",code=\"other\"} 9744\n"), "{page}");
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
    let page = metrics.render(TextForm::OpenMetrics);
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

#[test]
fn a_request_falls_between_the_bounds_that_people_read() {
    let count_at_most = |micros: u64, bound: f64| {
        let metrics = Metrics::new(1);
        metrics.request("", 200, Duration::from_micros(micros), ID);
        let families = metrics.families();
        let durations = families.iter().find(|family| family.name == "portcullis_request_duration_seconds");
        let Value::Spread(spread) = &durations.unwrap().samples[0].value else { panic!("no distribution") };
        assert_eq!(spread.slots.len(), 13);
        spread.slots.iter().filter(|(limit, _)| *limit <= bound).map(|(_, count)| count).sum::<u64>()
    };
    for (micros, bound, count) in [
        (0, 0.0005, 1),
        (500, 0.0005, 1),
        (501, 0.0005, 0),
        (501, 0.001, 1),
        (30_000_000, 30.0, 1),
        (30_000_001, 30.0, 0),
        (30_000_001, f64::MAX, 1),
    ] {
        assert_eq!(count_at_most(micros, bound), count, "{micros} {bound}");
    }
}

#[test]
fn exemplars_are_there_by_choice_and_in_openmetrics_only() {
    let metrics = Metrics::new(1);
    metrics.request("GetObject", 200, Duration::from_millis(3), ID);
    let exemplar = format!("# {{request_id=\"{ID}\"}} 0.003 ");
    assert!(!metrics.render(TextForm::OpenMetrics).contains("request_id"));
    metrics.keep_exemplars();
    metrics.request("GetObject", 200, Duration::from_millis(3), ID);
    let page = metrics.render(TextForm::OpenMetrics);
    let line = page.lines().find(|line| line.contains(&exemplar)).expect("an exemplar");
    assert!(line.starts_with("portcullis_request_duration_seconds_bucket{le=\"0.005\""), "{line}");
    assert!(!metrics.render(TextForm::Plain).contains("request_id"));
}

#[test]
fn the_form_is_the_one_that_the_scraper_prefers() {
    let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;\
                      q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    for (accept, form) in [
        (None, TextForm::Plain),
        (Some(""), TextForm::Plain),
        (Some("*/*"), TextForm::Plain),
        (Some("text/plain"), TextForm::Plain),
        (Some(prometheus), TextForm::OpenMetrics),
        (Some("application/openmetrics-text"), TextForm::OpenMetrics),
        (Some("text/plain;q=0.9, application/openmetrics-text;q=0.5"), TextForm::Plain),
        (Some("application/openmetrics-text;q=0"), TextForm::Plain),
        (Some("application/openmetrics-text;q=x"), TextForm::Plain),
    ] {
        assert_eq!(TextForm::accepted(accept), form, "{accept:?}");
    }
}

#[test]
fn the_plain_form_names_counters_as_their_samples() {
    let metrics = Metrics::new(1);
    metrics.error("Odd \"name\"\\\n", 400);
    let (open, plain) = (metrics.render(TextForm::OpenMetrics), metrics.render(TextForm::Plain));
    assert!(open.contains("# TYPE portcullis_errors counter\n") && open.ends_with("# EOF\n"));
    assert!(plain.contains("# TYPE portcullis_errors_total counter\n") && !plain.contains("EOF"));
    let line = "portcullis_errors_total{error=\"Odd \\\"name\\\"\\\\\\n\",code=\"400\"} 1";
    assert!(plain.lines().any(|found| found == line), "{line}\n{plain}");
}

#[test]
fn the_process_and_its_disk_are_measured() {
    let metrics = Metrics::new(1);
    metrics.set_bounds(std::env::temp_dir(), vec![("in_flight", 7)]);
    let page = metrics.render(TextForm::Plain);
    let value = |name: &str| -> f64 {
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name}\n{page}")).parse().unwrap()
    };
    assert!(value("process_resident_memory_bytes") > 1e5);
    assert!(value("process_virtual_memory_bytes") >= value("process_resident_memory_bytes"));
    assert!(value("process_open_fds") >= 3.0 && value("process_open_fds") <= value("process_max_fds"));
    assert!(value("process_start_time_seconds") > 1.7e9);
    assert!(value("process_threads") >= 1.0);
    assert!(value("process_cpu_seconds_total") >= 0.0);
    assert!(value("portcullis_volume_inodes") >= value("portcullis_volume_free_inodes"));
    assert!(page.contains("portcullis_limit{limit=\"in_flight\"} 7\n"));
    assert!(page.contains("portcullis_build_info{version=\"") && page.contains("portcullis_ready 0\n"));
    // The name of a program can look like fields.
    assert_eq!(process::stat_field("1 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12", 14), Some(11.0));
    assert_eq!(process::stat_field("", 14), None);
}

#[test]
fn added_stages_are_shown_before_they_fail() {
    let metrics = Metrics::new(1);
    metrics.added_stage("audit");
    metrics.added_stage_failed("tenancy");
    let page = metrics.render(TextForm::Plain);
    for line in ["{stage=\"audit\"} 0\n", "{stage=\"tenancy\"} 1\n"] {
        assert!(page.contains(&format!("portcullis_added_stage_failures_total{line}")), "{page}");
    }
}
