//! Goals about texts: case, blanks, beginnings and lengths.

use std::sync::Arc;

use super::{Function, Goal, Node, Op, Pattern, nested::json_at};
use crate::check::domain::{Domain, Shape};
use crate::check::eval::order::to_int;
use crate::value::{Type, Value};

/// Texts without letters of the other case; what else the function does to them is left to a filter.
pub(super) fn cased(domain: &mut Domain, lower: bool) -> bool {
    let pattern = if lower { "^[^A-Z]*$" } else { "^[^a-z]*$" };
    require(domain, pattern)
}

pub(super) fn trimmed(domain: &mut Domain) -> bool {
    require(domain, r"^([^\s](.*[^\s])?)?$")
}

pub(super) fn require(domain: &mut Domain, pattern: &str) -> bool {
    match (domain.text_mut(), Pattern::regex(pattern, false, true)) {
        (Some(text), Ok(pattern)) => {
            text.require(Arc::new(pattern));
            true
        }
        _ => false,
    }
}

/// `left(x, 2) = 'AB'`, `right` and `substr` alike: tried as texts that have it there.
pub(super) fn prefix(
    domain: &mut Domain,
    function: &Function,
    arguments: &[Node],
    goal: &Goal,
) -> bool {
    let column = bare(&arguments[0]);
    if let (Goal::Match(pattern), true, Some(Node::Const(Value::Int(from)))) = (
        goal,
        column && *function == Function::Substring,
        arguments.get(1),
    ) {
        let skipped = u32::try_from(*from - 1).ok();
        let whole = skipped.filter(|_| arguments.len() == 2);
        if let (Some(text), Some(pattern)) =
            (domain.text_mut(), whole.and_then(|n| pattern.behind(n)))
        {
            text.require(Arc::new(pattern));
        }
        return false;
    }
    let whole = |at: usize| match arguments.get(at) {
        Some(Node::Const(Value::Int(n))) => u32::try_from(*n).ok(),
        _ => None,
    };
    let texts: Vec<&str> = match goal {
        Goal::Compare(Op::Eq, Value::Text(text)) => vec![text],
        Goal::Among(values) => values
            .iter()
            .filter_map(|value| match value {
                Value::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect(),
        _ => return false,
    };
    if !column || texts.is_empty() {
        return false;
    }
    let each: Vec<String> = texts
        .iter()
        .map(|text| text.chars().flat_map(escape).collect())
        .collect();
    let any = each.join("|");
    match (function, whole(1)) {
        (Function::Left, _) => require(domain, &format!("^({any})")),
        (Function::Right, Some(_)) => require(domain, &format!("({any})$")),
        (Function::Substring, Some(from @ 1..)) => {
            let end = if arguments.len() == 2 { "$" } else { "" };
            require(domain, &format!("^.{{{}}}({any}){end}", from - 1))
        }
        _ => false,
    };
    false
}

/// `upper(x) = 'AB'`: texts that are the same in any case.
pub(super) fn any_case(domain: &mut Domain, lower: bool, inner: &Node, goal: &Goal) -> bool {
    let Goal::Compare(Op::Eq, Value::Text(text)) = goal else {
        return false;
    };
    let cased = if lower {
        text.to_lowercase()
    } else {
        text.to_uppercase()
    };
    if cased != *text || !text.is_ascii() || !bare(inner) {
        return false;
    }
    let text: String = text.chars().flat_map(escape).collect();
    let pattern = Pattern::regex(&format!("^{text}$"), true, true);
    match (domain.text_mut(), pattern) {
        (Some(own), Ok(pattern)) => {
            own.require(Arc::new(pattern));
            true
        }
        _ => false,
    }
}

/// Whether it is the column, without the blanks of a `char(n)`.
fn bare(node: &Node) -> bool {
    match node {
        Node::Column(_) => true,
        Node::Call(Function::Unpad, inner) => bare(&inner[0]),
        Node::Cast(inner, Type::Text { max: None, .. }) => bare(inner),
        _ => false,
    }
}

/// `strpos(x, '@') > 1`: texts that hold it behind so many characters, and none before.
pub(super) fn position(domain: &mut Domain, arguments: &[Node], goal: &Goal) -> bool {
    let (Goal::Compare(op, value), [subject, Node::Const(Value::Text(needle))]) = (goal, arguments)
    else {
        return false;
    };
    let mut characters = needle.chars();
    let (Some(first), true, Some(at)) = (characters.next(), bare(subject), to_int(value)) else {
        return false;
    };
    let least = match op {
        Op::Gt => at,
        Op::Ge | Op::Eq => at - 1,
        Op::Ne if at == 0 => 0,
        _ => return false,
    };
    let (Ok(least), true) = (u8::try_from(least.max(0)), needle.is_ascii()) else {
        return false;
    };
    let escaped: String = needle.chars().flat_map(escape).collect();
    let exactly = if *op == Op::Eq { "" } else { "," };
    if *op == Op::Eq && at < 1 {
        return false;
    }
    // The first character of a longer text may stand before it as well: such texts are left out.
    let before: String = escape(first).collect();
    require(
        domain,
        &format!("^[^{before}]{{{least}{exactly}}}{escaped}"),
    ) && characters.next().is_none()
        && matches!(subject, Node::Column(_))
}

/// A character of a pattern that stands for itself.
fn escape(c: char) -> impl Iterator<Item = char> {
    let backslash = (!c.is_alphanumeric()).then_some('\\');
    backslash.into_iter().chain([c])
}

/// The least and the greatest length that a comparison allows.
pub(super) fn length_bounds(goal: &Goal) -> Option<(usize, Option<usize>)> {
    let Goal::Compare(op, value) = goal else {
        return None;
    };
    let n = to_int(value)?;
    let at = |n: i64| usize::try_from(n.max(0)).ok();
    Some(match op {
        Op::Eq => (at(n)?, at(n)),
        Op::Ge => (at(n)?, None),
        Op::Gt => (at(n + 1)?, None),
        Op::Le if n >= 0 => (0, at(n)),
        Op::Lt if n >= 1 => (0, at(n - 1)),
        Op::Ne if n == 0 => (1, None),
        // Nothing is shorter than nothing.
        Op::Le | Op::Lt => (1, Some(0)),
        Op::Ne => return None,
    })
}

/// Bounds the length; `octets` are as many as characters in what is made, and more in other texts.
pub(super) fn text_length(domain: &mut Domain, inner: &Node, goal: &Goal, octets: bool) -> bool {
    let Some((min, max)) = length_bounds(goal) else {
        return false;
    };
    let direct = match inner {
        Node::Column(_) => true,
        // Trimmed texts are as long as themselves; the trim itself is left to a filter.
        Node::Call(Function::Trim { .. } | Function::Unpad | Function::Pad(_), below)
            if matches!(below[0], Node::Column(_)) =>
        {
            if !matches!(inner, Node::Call(Function::Pad(_), _)) {
                trimmed(domain);
            }
            false
        }
        Node::Call(Function::JsonText, arguments) => {
            let now = domain.now();
            if let Some(shape) = json_at(domain, &arguments[0], arguments.get(1)) {
                let mut scalar = Domain::of(&TEXT, 0, now);
                if let Some(text) = scalar.text_mut() {
                    text.bound(min, max);
                }
                shape.scalar = Some(Box::new(scalar));
            }
            return false;
        }
        _ => return false,
    };
    match domain.shape_mut() {
        Shape::Text(text) => {
            text.bound(min, max);
            direct && !octets
        }
        Shape::Bytes(bytes) => {
            bytes.bound(min, max);
            direct
        }
        _ => false,
    }
}

pub(super) const TEXT: Type = Type::Text {
    max: None,
    padded: false,
    caseless: false,
};
