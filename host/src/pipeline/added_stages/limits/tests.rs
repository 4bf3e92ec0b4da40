use super::*;

#[test]
fn a_manifest_sets_limits_within_bounds() {
    assert_eq!(StageLimits::new(None, None).unwrap(), StageLimits::default());
    let set = StageLimits::new(Some(1 << 20), Some(20)).unwrap();
    assert_eq!((set.memory_bytes_max, set.time_max), (1 << 20, Duration::from_millis(20)));
    let refused = |memory, time, word: &str| {
        let error = StageLimits::new(memory, time).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    refused(Some(0), None, "memory_bytes_max = 0 must be from 65536 to 1073741824");
    refused(Some((1 << 30) + 1), None, "memory_bytes_max");
    refused(None, Some(0), "time_ms_max = 0 must be from 1 to 10000");
    refused(None, Some(10_001), "time_ms_max");
}

#[test]
fn what_a_run_takes_is_added_up_and_ends_at_the_limit() {
    let mut meter = Meter::start(StageLimits::new(Some(1 << 20), None).unwrap());
    assert!(meter.memory_growing(0, 1 << 19, None).unwrap());
    // Another memory.
    assert!(meter.memory_growing(0, 1 << 19, None).unwrap());
    assert_eq!(meter.memory_bytes(), 1 << 20);
    let error = meter.memory_growing(1 << 19, (1 << 19) + 1, None).unwrap_err().to_string();
    assert!(error.contains("memory_bytes_max = 1048576"), "{error}");
    // A module that says itself how far it grows is told so, and goes on.
    assert!(!meter.memory_growing(0, 20, Some(10)).unwrap());
    assert!(meter.table_growing(0, TABLE_ELEMENTS_MAX, None).unwrap());
    assert!(meter.table_growing(0, 1, None).is_err());
}
