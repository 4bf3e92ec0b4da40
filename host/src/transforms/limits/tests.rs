use super::*;

#[test]
fn every_call_fits_into_what_one_may_have() {
    let given = LimitsGiven {
        memory_bytes_max: Some(4 << 30),
        input_bytes_max: Some(2 << 30),
        ..LimitsGiven::default()
    };
    for (all_bytes, memory, input, counted) in [
        (64 << 30, 4 << 30, 2 << 30, 6 << 30),
        (8 << 30, 4 << 30, 2 << 30, 4 << 30),
        (128 << 20, 64 << 20, 64 << 20, 64 << 20_u64),
    ] {
        let caps = CallCaps { memory_bytes_max: all_bytes / 2, ..RuntimeOptions::default().caps };
        let limits = CallLimits::new(&given).unwrap().capped(&caps);
        assert_eq!((limits.memory_bytes_max, limits.input_bytes_max), (memory, input), "{all_bytes}");
        assert_eq!(limits.bytes_counted(&caps), counted, "{all_bytes}");
    }
    // A list never has more than the memory that it has to fit into.
    let small = LimitsGiven { memory_bytes_max: Some(1 << 20), ..given };
    let limits = CallLimits::new(&small).unwrap().capped(&RuntimeOptions::default().caps);
    assert_eq!(limits.input_bytes_max, 1 << 20);
}
