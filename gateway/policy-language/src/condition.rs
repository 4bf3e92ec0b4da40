//! Conditions: in which circumstances a statement applies.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>

use super::context::{Known, RECALL_COST};
use super::json::Json;
use super::keys::{Key, KeyId, Values};
use super::kind::Effect;
use super::malformed::MalformedPolicy;
use super::memory::Standing;
use super::operator::{Comparison, Operator, Quantifier};
use super::pattern::{Arn, ArnPattern, Pattern, Piece, Syntax, Variables, Wildcards};
use super::values::{self, Cidr};

/// One line of a `Condition` element: an operator, a key, and the values that the policy gives.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Condition {
    /// As written.
    pub(crate) operator_text: Box<str>,
    pub(crate) operator: Operator,
    pub(crate) key: Key,
    /// As written, in the order of the document.
    pub(crate) texts: Vec<Box<str>>,
    operands: Operands,
}

/// The values of a policy, read.
#[derive(Clone, PartialEq, Debug)]
enum Operands {
    Patterns(Vec<Pattern>),
    Arns(Vec<ArnPattern>),
    /// Numbers, and times in milliseconds.
    Numbers(Vec<f64>),
    Bools(Vec<bool>),
    Binaries(Vec<Vec<u8>>),
    Ranges(Vec<Cidr>),
    /// Whether the key must be missing.
    Absent(Vec<bool>),
}

/// Steps that it takes to compare a condition, besides those for what it compares.
const COMPARE_COST: usize = 24;

/// How much more it costs to read a number or an address than to compare its letters.
const READ_COST: usize = 8;

/// A variable of the policy has no value in this request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Unresolved;

impl Condition {
    /// Whether a request fulfils the condition of a statement.
    ///
    /// A value with a variable that has no value in the request matches nothing. With a negated
    /// operator this would make the condition hold. It must not open anything: in a statement that
    /// allows, the condition does not hold at all.
    pub(crate) fn holds(&self, known: Known<'_>, effect: Effect) -> bool {
        let Some(memory) = known.context.memory() else { return self.compare(known, effect) };
        if !known.budget.spend(RECALL_COST) {
            return false;
        }
        // A condition that does not depend on the object is compared for the first object, and the
        // result is kept for the others.
        match memory.standing(self) {
            Some(Standing::Settled(holds)) => holds,
            Some(Standing::Varies) => self.compare(known, effect),
            None => {
                let holds = self.compare(known, effect);
                let standing =
                    if self.is_common(known) { Standing::Settled(holds) } else { Standing::Varies };
                // After the budget ended, results are not real comparisons, and must not be kept.
                if !known.budget.is_exhausted() {
                    memory.keep_standing(self, standing);
                }
                holds
            }
        }
    }

    /// Whether neither its key nor its variables depend on the object.
    fn is_common(&self, known: Known<'_>) -> bool {
        let is_common = |piece: &Piece| match piece {
            Piece::Variable(variable) => known.context.is_common(&variable.key),
            Piece::Text(_) | Piece::One | Piece::Any => true,
        };
        known.context.is_common(&self.key)
            && self.patterns().into_iter().all(|pattern| pattern.pieces().iter().all(is_common))
    }

    fn compare(&self, known: Known<'_>, effect: Effect) -> bool {
        known.budget.spend(COMPARE_COST);
        let actual = known.value(&self.key);
        if matches!(actual.as_deref(), Some(Values::Unknown)) {
            return effect == Effect::Deny;
        }
        let actual = actual.filter(|values| !values.as_slice().is_empty());
        if let Operands::Absent(wanted) = &self.operands {
            return wanted.contains(&actual.is_none());
        }
        let Some(actual) = actual else { return self.holds_without_value() };
        let mut unresolved = false;
        let mut one = |value: &str| {
            let matches = self.operands.match_one(self.operator.comparison, value, known, &mut unresolved);
            matches != self.operator.negated
        };
        let values = actual.as_slice();
        let holds = match (self.operator.quantifier, self.operator.negated) {
            (Quantifier::All, _) => values.iter().all(|value| one(value)),
            (Quantifier::Any, _) => values.iter().any(|value| one(value)),
            // Without a prefix, a key with several values equals what one of its values equals, and
            // differs from what none of them equals.
            (Quantifier::Single, false) => values.iter().any(|value| one(value)),
            (Quantifier::Single, true) => values.iter().all(|value| one(value)),
        };
        holds && !(unresolved && effect == Effect::Allow)
    }

    /// Whether the condition holds for a request without the key.
    fn holds_without_value(&self) -> bool {
        match self.operator.quantifier {
            Quantifier::Single => self.operator.negated || self.operator.if_exists,
            Quantifier::Any => self.operator.if_exists,
            Quantifier::All => true,
        }
    }

    /// Whether the condition holds only for a fixed set of values: the key is there, and is one of
    /// them. Each value is shown to `fixed`, with whether it contains wildcards or variables.
    pub(crate) fn confines(&self, mut fixed: impl FnMut(&str, bool) -> bool) -> bool {
        let compares = matches!(
            self.operator.comparison,
            Comparison::Equals | Comparison::EqualsIgnoreCase | Comparison::Like | Comparison::Arn
        );
        let demands =
            !self.operator.negated && !self.operator.if_exists && self.operator.quantifier != Quantifier::All;
        let mut open = self.texts.iter().zip(self.operands.openness());
        compares && demands && open.all(|(text, is_open)| fixed(text, is_open))
    }

    /// The patterns among its values, which may name variables.
    pub(crate) fn patterns(&self) -> Vec<&Pattern> {
        match &self.operands {
            Operands::Patterns(patterns) => patterns.iter().collect(),
            Operands::Arns(patterns) => {
                patterns.iter().flat_map(|own| own.head().iter().chain([&own.relative])).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether the condition holds only for addresses within ranges that are not broad.
    pub(crate) fn confines_addresses(&self) -> bool {
        let demands =
            !self.operator.negated && !self.operator.if_exists && self.operator.quantifier != Quantifier::All;
        match &self.operands {
            Operands::Ranges(ranges) => demands && !values::are_broad(ranges),
            _ => false,
        }
    }
}

impl Operands {
    /// Whether a value of the request is one of these. Sets `unresolved` where a variable has no
    /// value.
    fn match_one(
        &self,
        comparison: Comparison,
        value: &str,
        known: Known<'_>,
        unresolved: &mut bool,
    ) -> bool {
        // Other operands than patterns: each value of the request is read once, which costs;
        // comparing it then costs next to nothing.
        let is_read = |operands: usize| known.budget.spend_bytes(READ_COST * value.len() + operands);
        match self {
            Operands::Patterns(patterns) => any(patterns, unresolved, |pattern| match comparison {
                Comparison::EqualsIgnoreCase => pattern.equals_ignoring_case(value, known).ok_or(Unresolved),
                _ => pattern.matches(value, known).ok_or(Unresolved),
            }),
            Operands::Arns(patterns) => {
                known.budget.spend_bytes(value.len())
                    && Arn::parse(value).is_some_and(|arn| {
                        any(patterns, unresolved, |pattern| pattern.matches(&arn, known).ok_or(Unresolved))
                    })
            }
            Operands::Numbers(numbers) if !is_read(numbers.len()) => false,
            Operands::Bools(wanted) if !is_read(wanted.len()) => false,
            Operands::Ranges(ranges) if !is_read(READ_COST * ranges.len()) => false,
            Operands::Binaries(wanted) if !is_read(wanted.iter().map(Vec::len).sum()) => false,
            Operands::Numbers(numbers) => match comparison {
                Comparison::Numeric(order) => values::number(value)
                    .is_some_and(|value| numbers.iter().any(|limit| order.holds(value, *limit))),
                Comparison::Date(order) => values::date(value)
                    .is_some_and(|value| numbers.iter().any(|limit| order.holds(value, *limit))),
                _ => false,
            },
            Operands::Bools(wanted) => values::boolean(value).is_some_and(|value| wanted.contains(&value)),
            Operands::Binaries(wanted) => values::binary(value).is_some_and(|value| wanted.contains(&value)),
            Operands::Ranges(ranges) => values::address(value)
                .is_some_and(|address| ranges.iter().any(|range| range.contains(address))),
            Operands::Absent(_) => false,
        }
    }

    /// For each value, whether it stands for more than itself.
    fn openness(&self) -> Vec<bool> {
        match self {
            Operands::Patterns(patterns) => patterns.iter().map(|pattern| !pattern.is_fixed()).collect(),
            Operands::Arns(patterns) => patterns.iter().map(|pattern| !pattern.is_fixed()).collect(),
            _ => Vec::new(),
        }
    }
}

/// Whether one of the patterns matches; sets `unresolved` where a variable of one has no value.
fn any<P>(
    patterns: &[P],
    unresolved: &mut bool,
    mut matches: impl FnMut(&P) -> Result<bool, Unresolved>,
) -> bool {
    patterns.iter().any(|pattern| {
        matches(pattern).unwrap_or_else(|Unresolved| {
            *unresolved = true;
            false
        })
    })
}

/// Reads a `Condition` element.
pub(crate) fn parse(value: &Json, variables: Variables) -> Result<Vec<Condition>, MalformedPolicy> {
    let blocks = value.members().ok_or(MalformedPolicy::Syntax)?;
    let mut conditions = Vec::new();
    for (operator_text, keys) in blocks {
        let operator = Operator::parse(operator_text)
            .ok_or_else(|| MalformedPolicy::ConditionType(operator_text.clone()))?;
        for (name, values) in keys.members().ok_or(MalformedPolicy::Syntax)? {
            let texts = texts_of(values).ok_or(MalformedPolicy::Syntax)?;
            let operands = Operands::parse(operator, operator_text, &texts, variables)?;
            conditions.push(Condition {
                operator_text: operator_text.as_str().into(),
                operator,
                key: Key::parse(name),
                texts,
                operands,
            });
        }
    }
    Ok(conditions)
}

/// Strings, numbers and truth values, alone or in a list.
fn texts_of(value: &Json) -> Option<Vec<Box<str>>> {
    let text = |item: &Json| match item {
        Json::Text(text) | Json::Number(text) => Some(text.as_str().into()),
        Json::Bool(value) => Some(value.to_string().into()),
        Json::Null | Json::List(_) | Json::Object(_) => None,
    };
    value.items().iter().map(text).collect()
}

impl Operands {
    fn parse(
        operator: Operator,
        operator_text: &str,
        texts: &[Box<str>],
        variables: Variables,
    ) -> Result<Operands, MalformedPolicy> {
        let patterns = |wildcards| {
            let syntax = Syntax { wildcards, variables };
            texts.iter().map(|text| Pattern::parse(text, syntax)).collect()
        };
        let invalid = || MalformedPolicy::ConditionValue(operator_text.to_owned());
        Ok(match operator.comparison {
            Comparison::Equals | Comparison::EqualsIgnoreCase => {
                Operands::Patterns(patterns(Wildcards::Literal))
            }
            Comparison::Like => Operands::Patterns(patterns(Wildcards::Match)),
            Comparison::Arn => {
                Operands::Arns(texts.iter().map(|text| ArnPattern::parse(text, variables)).collect())
            }
            Comparison::Numeric(_) => Operands::Numbers(read(texts, values::number, invalid)?),
            Comparison::Date(_) => Operands::Numbers(read(texts, values::date, invalid)?),
            Comparison::Bool => Operands::Bools(read(texts, values::boolean, invalid)?),
            Comparison::Binary => Operands::Binaries(read(texts, values::binary, invalid)?),
            Comparison::IpAddress => {
                Operands::Ranges(read(texts, Cidr::parse, || MalformedPolicy::ConditionIpAddress)?)
            }
            Comparison::Null => Operands::Absent(read(texts, values::boolean, invalid)?),
        })
    }
}

fn read<T>(
    texts: &[Box<str>],
    value: impl Fn(&str) -> Option<T>,
    invalid: impl Fn() -> MalformedPolicy,
) -> Result<Vec<T>, MalformedPolicy> {
    texts.iter().map(|text| value(text).ok_or_else(&invalid)).collect()
}

/// The values that a request has for a condition, for explanations.
pub(crate) fn actual(condition: &Condition, known: Known<'_>) -> Option<Vec<String>> {
    let values = known.value(&condition.key)?;
    if *values == Values::Unknown {
        return Some(vec!["not known".to_owned()]);
    }
    Some(values.as_slice().iter().map(|value| value.clone().into_owned()).collect())
}

/// Whether a condition's key is one that no request carries.
pub(crate) fn is_unknown(key: &Key) -> bool {
    // Claims of web identities are named after their provider: `accounts.google.com:aud`.
    key.id() == KeyId::Other && !key.name().split_once(':').is_some_and(|(vendor, _)| vendor.contains('.'))
}

#[cfg(test)]
mod tests;
