//! Sizes in bytes and times as people write them: `262144`, `450MB`, `1 GiB`; `90`, `90s`, `5m`.

/// How sizes are written, for messages.
pub(crate) const FORMS: &str = "written as 1048576, 450MB or 2GiB (1 MB is 1000 KB, 1 MiB is 1024 KiB)";
/// How times are written, for messages.
pub(super) const TIME_FORMS: &str = "written as 90, 90s, 5m, 2h or 1d";

/// Units of sizes. Their case does not count, for no unit is of bits or of milli-anything.
const SIZES: [(&str, u64); 14] = [
    ("", 1),
    ("b", 1),
    ("kb", 1000),
    ("mb", 1000 * 1000),
    ("gb", 1000 * 1000 * 1000),
    ("tb", 1000 * 1000 * 1000 * 1000),
    ("pb", 1000 * 1000 * 1000 * 1000 * 1000),
    ("eb", 1000 * 1000 * 1000 * 1000 * 1000 * 1000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("pib", 1 << 50),
    ("eib", 1 << 60),
];

/// Units of times, in seconds.
const TIMES: [(&str, u64); 5] = [("", 1), ("s", 1), ("m", 60), ("h", 60 * 60), ("d", 24 * 60 * 60)];

/// Parses a size, in bytes. It is a whole number of its unit.
pub(crate) fn parse(text: &str) -> Option<u64> {
    with_unit(text, &SIZES)
}

/// Parses a time, in seconds. It is a whole number of its unit.
pub(super) fn parse_time(text: &str) -> Option<u64> {
    with_unit(text, &TIMES)
}

fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let (digits, unit) =
        text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let unit = unit.trim_start();
    let (_, factor) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    digits.parse::<u64>().ok()?.checked_mul(*factor)
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
