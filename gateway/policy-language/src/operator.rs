//! The operators of conditions: `ForAnyValue:StringNotLikeIfExists`, read.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

/// How values are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Comparison {
    /// Character by character.
    Equals,
    /// Without regard to case.
    EqualsIgnoreCase,
    /// With wildcards.
    Like,
    /// Numbers, by their order.
    Numeric(Order),
    /// Times, by their order.
    Date(Order),
    /// Truth values.
    Bool,
    /// Bytes, in base64.
    Binary,
    /// Addresses in ranges.
    IpAddress,
    /// ARNs, part by part, with wildcards.
    Arn,
    /// Whether there is no value.
    Null,
}

/// An order of numbers and times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// Whether `value` stands in this order to `limit`.
    pub(crate) fn holds<T: PartialOrd>(self, value: T, limit: T) -> bool {
        match self {
            Order::Equal => value == limit,
            Order::Less => value < limit,
            Order::LessOrEqual => value <= limit,
            Order::Greater => value > limit,
            Order::GreaterOrEqual => value >= limit,
        }
    }
}

/// How several values of a request are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Quantifier {
    /// The operator has no prefix: the key has one value.
    Single,
    /// `ForAnyValue:`
    Any,
    /// `ForAllValues:`
    All,
}

/// An operator of a condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Operator {
    pub(crate) comparison: Comparison,
    /// Whether it holds for what the comparison does not: `StringNotEquals`.
    pub(crate) negated: bool,
    /// Whether it holds for requests without the key.
    pub(crate) if_exists: bool,
    pub(crate) quantifier: Quantifier,
}

impl Operator {
    /// Reads an operator. Names are compared without regard to case, as AWS does.
    pub(crate) fn parse(text: &str) -> Option<Operator> {
        let folded = text.to_ascii_lowercase();
        let (quantifier, rest) = match folded.split_once(':') {
            Some(("foranyvalue", rest)) => (Quantifier::Any, rest),
            Some(("forallvalues", rest)) => (Quantifier::All, rest),
            Some(_) => return None,
            None => (Quantifier::Single, folded.as_str()),
        };
        let (name, if_exists) = match rest.strip_suffix("ifexists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let (comparison, negated) = comparison(name)?;
        let plain = quantifier == Quantifier::Single && !if_exists;
        (comparison != Comparison::Null || plain).then_some(Operator {
            comparison,
            negated,
            if_exists,
            quantifier,
        })
    }
}

/// The comparison of a name in lower case, and whether the name negates it.
fn comparison(name: &str) -> Option<(Comparison, bool)> {
    Some(match name {
        "stringequals" => (Comparison::Equals, false),
        "stringnotequals" => (Comparison::Equals, true),
        "stringequalsignorecase" => (Comparison::EqualsIgnoreCase, false),
        "stringnotequalsignorecase" => (Comparison::EqualsIgnoreCase, true),
        "stringlike" => (Comparison::Like, false),
        "stringnotlike" => (Comparison::Like, true),
        "numericequals" => (Comparison::Numeric(Order::Equal), false),
        "numericnotequals" => (Comparison::Numeric(Order::Equal), true),
        "numericlessthan" => (Comparison::Numeric(Order::Less), false),
        "numericlessthanequals" => (Comparison::Numeric(Order::LessOrEqual), false),
        "numericgreaterthan" => (Comparison::Numeric(Order::Greater), false),
        "numericgreaterthanequals" => (Comparison::Numeric(Order::GreaterOrEqual), false),
        "dateequals" => (Comparison::Date(Order::Equal), false),
        "datenotequals" => (Comparison::Date(Order::Equal), true),
        "datelessthan" => (Comparison::Date(Order::Less), false),
        "datelessthanequals" => (Comparison::Date(Order::LessOrEqual), false),
        "dategreaterthan" => (Comparison::Date(Order::Greater), false),
        "dategreaterthanequals" => (Comparison::Date(Order::GreaterOrEqual), false),
        "bool" => (Comparison::Bool, false),
        "binaryequals" => (Comparison::Binary, false),
        "ipaddress" => (Comparison::IpAddress, false),
        "notipaddress" => (Comparison::IpAddress, true),
        "arnequals" | "arnlike" => (Comparison::Arn, false),
        "arnnotequals" | "arnnotlike" => (Comparison::Arn, true),
        "null" => (Comparison::Null, false),
        _ => return None,
    })
}
