//! Sizes in bytes as people write them: `262144`, `256KiB`, `1 GiB`.

/// Parses a size; the suffixes are `KiB`, `MiB`, `GiB`, and nothing else.
pub(super) fn parse(text: &str) -> Option<u64> {
    let (digits, shift) = match text.trim_end() {
        text if text.ends_with("KiB") => (text.trim_end_matches("KiB"), 10),
        text if text.ends_with("MiB") => (text.trim_end_matches("MiB"), 20),
        text if text.ends_with("GiB") => (text.trim_end_matches("GiB"), 30),
        text => (text, 0),
    };
    let number: u64 = digits.trim().parse().ok()?;
    number.checked_mul(1 << shift)
}

/// The shortest exact way to write a size.
pub(super) fn render(bytes: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        let whole = bytes >> shift;
        if whole > 0 && whole << shift == bytes {
            return format!("{whole} {unit}");
        }
    }
    bytes.to_string()
}
