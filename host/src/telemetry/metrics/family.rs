//! What a scrape or an export finds: families of samples, as they are at one moment.

/// All samples of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// The whole name, without the `_total` of counters.
    pub name: String,
    /// What it means, in one line.
    pub help: &'static str,
    /// How its values behave.
    pub kind: Kind,
    /// One for each combination of labels.
    pub samples: Vec<Sample>,
}

/// How the values of a family behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// They only grow, and start at 0 with the process.
    Counter,
    /// They go up and down.
    Gauge,
    /// They are distributions.
    Histogram,
}

/// One value with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Names and values.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: Value,
}

/// The value of a sample.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number.
    Whole(u64),
    /// Any number.
    Real(f64),
    /// A distribution.
    Spread(Spread),
}

/// A distribution.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spread {
    /// The sum of all values.
    pub sum: f64,
    /// Counts by upper bound, rising; the last bound is `f64::MAX`, for what is above all others.
    pub slots: Vec<(f64, u64)>,
    /// For slots, by their position: a request that fell into it.
    pub exemplars: Vec<(usize, Exemplar)>,
}

/// A request that stands for those that fell into the same slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exemplar {
    /// Its id: 16 capital letters and digits.
    pub request_id: [u8; 16],
    /// What it took.
    pub seconds: f64,
    /// When, in seconds since 1970.
    pub at: f64,
}

impl Family {
    /// A family without samples.
    pub(crate) fn new(name: &str, help: &'static str, kind: Kind) -> Family {
        Family { name: name.to_owned(), help, kind, samples: Vec::new() }
    }

    /// A counter without labels.
    pub(crate) fn counter(name: &str, help: &'static str, value: u64) -> Family {
        Family::new(name, help, Kind::Counter).with(Vec::new(), Value::Whole(value))
    }

    /// A counter without labels whose steps are not whole.
    pub(crate) fn real_counter(name: &str, help: &'static str, value: f64) -> Family {
        Family::new(name, help, Kind::Counter).with(Vec::new(), Value::Real(value))
    }

    /// A gauge without labels.
    pub(crate) fn gauge(name: &str, help: &'static str, value: f64) -> Family {
        Family::new(name, help, Kind::Gauge).with(Vec::new(), Value::Real(value))
    }

    /// One more sample.
    pub(crate) fn with(mut self, labels: Vec<(&'static str, String)>, value: Value) -> Family {
        self.samples.push(Sample { labels, value });
        self
    }

    /// More samples, each with one label.
    pub(crate) fn by<'a>(
        mut self,
        label: &'static str,
        values: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Family {
        let sample = |(name, value): (&str, Value)| Sample { labels: vec![(label, name.to_owned())], value };
        self.samples.extend(values.into_iter().map(sample));
        self
    }
}

impl Spread {
    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.slots.iter().map(|(_, count)| count).sum()
    }
}

impl Exemplar {
    /// The id as text.
    pub fn id(&self) -> &str {
        std::str::from_utf8(&self.request_id).unwrap_or_default()
    }
}
