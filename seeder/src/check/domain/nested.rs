//! Documents, arrays and ranges: what a CHECK says about their parts.

use std::collections::BTreeMap;

use crate::check::eval::{Json, order::order};
use crate::key::Draw;
use crate::value::{Type, Value, write_text};

use super::{Domain, Nulls};

/// A document: its kind, members that it has, its length as an array, its value as a scalar.
#[derive(Debug, Clone, Default)]
pub(in crate::check) struct JsonShape {
    /// Kinds that are allowed, in `jsonb_typeof`'s words; `None` for all.
    pub(in crate::check) kinds: Option<Vec<String>>,
    /// What `?`, `->` and `->>` ask for.
    pub(in crate::check) members: BTreeMap<String, JsonShape>,
    /// Keys that must not be there.
    pub(in crate::check) absent: Vec<String>,
    pub(in crate::check) min: usize,
    pub(in crate::check) max: Option<usize>,
    /// What `->>` gives, as text or as what the text is cast to.
    pub(in crate::check) scalar: Option<Box<Domain>>,
    /// A document that it contains.
    pub(in crate::check) includes: Option<Json>,
}

impl JsonShape {
    /// Keeps documents of these kinds.
    pub(in crate::check) fn narrow_kinds(&mut self, kept: impl Fn(&str) -> bool) {
        const KINDS: [&str; 6] = ["object", "array", "string", "number", "boolean", "null"];
        let own = self.kinds.take();
        let own = own.unwrap_or_else(|| KINDS.iter().map(|&kind| kind.to_owned()).collect());
        self.kinds = Some(own.into_iter().filter(|kind| kept(kind)).collect());
    }

    fn allows(&self, kind: &str) -> bool {
        self.kinds
            .as_ref()
            .is_none_or(|kinds| kinds.iter().any(|own| own == kind))
    }

    pub(super) fn is_empty(&self) -> bool {
        let contradicted = self.members.keys().any(|key| self.absent.contains(key));
        let misfit = !self.members.is_empty() && !self.allows("object");
        self.kinds.as_ref().is_some_and(Vec::is_empty)
            || contradicted
            || misfit
            || self.max.is_some_and(|max| max < self.min)
            || self.members.values().any(Self::is_empty)
            || self.scalar.as_ref().is_some_and(|scalar| scalar.is_empty())
    }

    pub(super) fn prepare(&mut self) -> bool {
        self.members.values_mut().all(Self::prepare)
            && self.scalar.as_mut().is_none_or(|scalar| scalar.prepare())
    }

    pub(super) fn size(&self) -> u64 {
        if self.kind() == "object" { 1 << 32 } else { 1 }
    }

    pub(super) fn unrank(&self, rank: u64) -> Value {
        let mut document = self.make(crate::key::Key::derive(0, &[]).draw(rank, 0, 0));
        if let Json::Object(members) = &mut document {
            members.insert("id".to_owned(), Json::Number(rank.into(), rank.to_string()));
        }
        text_of(&document)
    }

    pub(super) fn sample(&self, draw: Draw) -> Value {
        text_of(&self.make(draw))
    }

    fn kind(&self) -> &str {
        if let Some(included) = &self.includes {
            return included.type_name();
        }
        if !self.members.is_empty() {
            return "object";
        }
        if (self.min > 0 || self.max.is_some()) && self.allows("array") {
            return "array";
        }
        if self.scalar.is_some() {
            return if self.allows("string") {
                "string"
            } else {
                "number"
            };
        }
        match &self.kinds {
            Some(kinds) => kinds.first().map_or("null", String::as_str),
            None => "object",
        }
    }

    fn make(&self, draw: Draw) -> Json {
        let number = |number: u64| Json::Number(number.into(), number.to_string());
        match self.kind() {
            "object" => {
                let mut members = match &self.includes {
                    Some(Json::Object(members)) => members.clone(),
                    _ => BTreeMap::new(),
                };
                let mut draw = draw;
                for (key, shape) in &self.members {
                    draw = draw.next();
                    members
                        .entry(key.clone())
                        .or_insert_with(|| shape.make_member(draw));
                }
                // Nothing is asked of it: still it is not the same as all others.
                let free = members.is_empty() && !self.absent.iter().any(|key| key == "id");
                if free && self.includes.is_none() {
                    members.insert("id".to_owned(), number(1 + draw.below(1_000_000)));
                }
                Json::Object(members)
            }
            "array" => {
                let mut elements = match &self.includes {
                    Some(Json::Array(elements)) => elements.clone(),
                    _ => Vec::new(),
                };
                let length = self.min + draw.below(3) as usize;
                let length = self.max.map_or(length, |max| length.min(max));
                while elements.len() < length {
                    elements.push(number(elements.len() as u64 + 1));
                }
                Json::Array(elements)
            }
            "boolean" => Json::Bool(draw.below(2) == 1),
            "null" => Json::Null,
            _ => self.make_scalar(draw),
        }
    }

    /// A member that nothing is said about is a short text.
    fn make_member(&self, draw: Draw) -> Json {
        let silent = self.kinds.is_none()
            && self.members.is_empty()
            && self.scalar.is_none()
            && self.includes.is_none()
            && self.max.is_none();
        if silent && self.min == 0 {
            return Json::Text(format!("{:04x}", draw.below(1 << 16)));
        }
        self.make(draw)
    }

    fn make_scalar(&self, draw: Draw) -> Json {
        let number = |text: String| match text.parse() {
            Ok(value) => Json::Number(value, text),
            Err(_) => Json::Text(text),
        };
        match (&self.scalar, self.kind()) {
            (Some(domain), kind) => {
                let value = domain.sample(draw);
                let mut out = Vec::new();
                write_text(&value, &Type::Other(String::new()), &mut out);
                let text = String::from_utf8_lossy(&out).into_owned();
                let numeric = matches!(value, Value::Int(_) | Value::Decimal(_) | Value::Float(_));
                match value {
                    Value::Bool(truth) if self.allows("boolean") => Json::Bool(truth),
                    _ if kind == "number" || (numeric && self.allows("number")) => number(text),
                    _ => Json::Text(text),
                }
            }
            (None, "number") => number((1 + draw.below(1_000)).to_string()),
            (None, "string") => Json::Text(format!("{:04x}", draw.below(1 << 16))),
            (None, _) => Json::Null,
        }
    }
}

fn text_of(document: &Json) -> Value {
    let mut out = String::new();
    document.write(&mut out);
    Value::Text(out)
}

/// An array: its length and its elements.
#[derive(Debug, Clone)]
pub(in crate::check) struct ArrayShape {
    pub(in crate::check) min: usize,
    pub(in crate::check) max: Option<usize>,
    pub(in crate::check) element: Box<Domain>,
    /// Elements that it has in front.
    pub(in crate::check) required: Vec<Value>,
}

impl ArrayShape {
    /// Arrays without NULL among their elements.
    pub(super) fn new(mut element: Domain) -> Self {
        element.set_nulls(Nulls::Forbidden);
        Self {
            min: 0,
            max: None,
            element: Box::new(element),
            required: Vec::new(),
        }
    }

    pub(super) fn contains(&self, value: &Value) -> bool {
        let Value::Array(elements) = value else {
            return false;
        };
        let has = |wanted: &Value| elements.iter().any(|own| super::same(own, wanted));
        elements.len() >= self.min
            && self.max.is_none_or(|max| elements.len() <= max)
            && elements
                .iter()
                .all(|element| self.element.contains(element))
            && self.required.iter().all(has)
    }

    pub(super) fn is_empty(&self) -> bool {
        let least = self.min.max(self.required.len());
        self.max.is_some_and(|max| max < least) || (least > 0 && self.element.is_empty())
    }

    pub(super) fn size(&self) -> u64 {
        match self.width() {
            0 => 1,
            _ => self.element.size(),
        }
    }

    /// Free elements of a ranked array.
    fn width(&self) -> usize {
        let least = self.min.max(self.required.len() + 1);
        let length = self.max.map_or(least, |max| least.min(max));
        length.saturating_sub(self.required.len())
    }

    pub(super) fn unrank(&self, rank: u64) -> Value {
        let mut elements = self.required.clone();
        for _ in 0..self.width() {
            elements.push(self.element.unrank(rank));
        }
        Value::Array(elements)
    }

    pub(super) fn sample(&self, draw: Draw) -> Value {
        let least = self.min.max(self.required.len());
        let length = least + draw.below(3) as usize;
        let length = self
            .max
            .map_or(length, |max| length.min(max))
            .max(least.min(self.max.unwrap_or(least)));
        let mut elements = self.required.clone();
        let mut draw = draw;
        while elements.len() < length && !self.element.is_empty() {
            draw = draw.next();
            elements.push(self.element.sample(draw));
        }
        Value::Array(elements)
    }
}

/// A range: its bounds.
#[derive(Debug, Clone)]
pub(in crate::check) struct RangeShape {
    pub(in crate::check) element: Box<Domain>,
    /// Whether the lower and the upper bound are open.
    pub(in crate::check) lower: Nulls,
    pub(in crate::check) upper: Nulls,
    /// What the lower and the upper bound may be, beside being members.
    pub(in crate::check) from: Option<Box<Domain>>,
    pub(in crate::check) to: Option<Box<Domain>>,
    /// Whether the empty range is refused.
    pub(in crate::check) filled: bool,
    /// Whether values are multiranges, of which one range is made.
    several: bool,
}

impl RangeShape {
    pub(super) fn new(element: Domain) -> Self {
        Self {
            element: Box::new(element),
            lower: Nulls::Allowed,
            upper: Nulls::Allowed,
            from: None,
            to: None,
            filled: false,
            several: false,
        }
    }

    /// The same for multiranges: what is said of bounds is said of the first and the last range.
    pub(super) fn several(mut self) -> Self {
        self.several = true;
        self
    }

    pub(super) fn contains(&self, value: &Value) -> bool {
        let fits = |nulls: Nulls, bound: &Value| match nulls {
            Nulls::Allowed => true,
            Nulls::Forbidden => !bound.is_null(),
            Nulls::Required => bound.is_null(),
        };
        match value {
            Value::EmptyRange => !self.filled,
            Value::Multirange(ranges) => match (ranges.first(), ranges.last()) {
                (Some(Value::Range(first)), Some(Value::Range(last))) => {
                    fits(self.lower, &first.0) && fits(self.upper, &last.1)
                }
                _ => !self.filled,
            },
            Value::Range(bounds) => fits(self.lower, &bounds.0) && fits(self.upper, &bounds.1),
            _ => false,
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.from.as_ref().unwrap_or(&self.element).size()
    }

    pub(super) fn unrank(&self, rank: u64) -> Value {
        let lower = self.from.as_ref().unwrap_or(&self.element).unrank(rank);
        let draw = crate::key::Key::derive(0, &[]).draw(rank, 0, 0);
        self.starting_at(lower, draw)
    }

    pub(super) fn sample(&self, draw: Draw) -> Value {
        let lower = self.from.as_ref().unwrap_or(&self.element).sample(draw);
        self.starting_at(lower, draw.next())
    }

    fn starting_at(&self, lower: Value, draw: Draw) -> Value {
        let mut above = self.to.as_ref().unwrap_or(&self.element).as_ref().clone();
        above.compare(crate::check::node::Op::Gt, &lower);
        above.anchor(&lower);
        let upper = match self.upper {
            Nulls::Required => Value::Null,
            _ => above.sample(draw),
        };
        let lower = if self.lower == Nulls::Required {
            Value::Null
        } else {
            lower
        };
        let ordered = lower.is_null()
            || upper.is_null()
            || order(&lower, &upper).is_some_and(std::cmp::Ordering::is_lt);
        match (ordered, self.several) {
            (true, false) => Value::Range(Box::new((lower, upper))),
            (false, false) => Value::EmptyRange,
            (true, true) => Value::Multirange(vec![Value::Range(Box::new((lower, upper)))]),
            (false, true) => Value::Multirange(Vec::new()),
        }
    }
}
