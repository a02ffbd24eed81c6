//! Documents of `json` and `jsonb`, as far as operators look into them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

/// A document. Of equal keys the last one counts, as `jsonb` has it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::check) enum Json {
    Null,
    Bool(bool),
    /// Kept as written beside its value.
    Number(Decimal, String),
    Text(String),
    Array(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

/// Nesting beyond it is refused, so that no document can overflow the stack.
const DEPTH_MAX: u8 = 64;

impl Json {
    /// Reads a document.
    pub(in crate::check) fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser { rest: text };
        let value = parser.value(0)?;
        parser.blank();
        parser.rest.is_empty().then_some(value)
    }

    /// What `jsonb_typeof` says.
    pub(in crate::check) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(..) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// `?`: a key of an object, or a text among an array's elements, or the text itself.
    pub(in crate::check) fn has_key(&self, key: &str) -> bool {
        match self {
            Self::Object(members) => members.contains_key(key),
            Self::Array(elements) => elements
                .iter()
                .any(|element| matches!(element, Self::Text(text) if text == key)),
            Self::Text(text) => text == key,
            _ => false,
        }
    }

    /// `@>`
    pub(in crate::check) fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Object(whole), Self::Object(part)) => part
                .iter()
                .all(|(key, value)| whole.get(key).is_some_and(|own| own.contains(value))),
            (Self::Array(whole), Self::Array(part)) => part
                .iter()
                .all(|value| whole.iter().any(|own| own.contains(value))),
            (Self::Array(whole), Self::Object(_)) => {
                let _ = whole;
                false
            }
            (Self::Array(whole), scalar) => whole.iter().any(|own| own.same(scalar)),
            (own, scalar) => own.same(scalar),
        }
    }

    /// Equality: numbers by value.
    pub(in crate::check) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a, _), Self::Number(b, _)) => a == b,
            (Self::Array(a), Self::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
            }
            (Self::Object(a), Self::Object(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b)
                        .all(|((ka, a), (kb, b))| ka == kb && a.same(b))
            }
            (a, b) => a == b,
        }
    }

    /// Writes it as `jsonb` does.
    pub(in crate::check) fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(_, text) => out.push_str(text),
            Self::Text(text) => write_text(text, out),
            Self::Array(elements) => {
                out.push('[');
                for (position, element) in elements.iter().enumerate() {
                    if position > 0 {
                        out.push_str(", ");
                    }
                    element.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                // `jsonb` orders keys by length first.
                let mut keys: Vec<&String> = members.keys().collect();
                keys.sort_by_key(|key| (key.len(), key.as_str()));
                out.push('{');
                for (position, key) in keys.into_iter().enumerate() {
                    if position > 0 {
                        out.push_str(", ");
                    }
                    write_text(key, out);
                    out.push_str(": ");
                    members[key].write(out);
                }
                out.push('}');
            }
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, token: &str) -> bool {
        self.blank();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: u8) -> Option<Json> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.blank();
        match self.rest.chars().next()? {
            '{' => self.object(depth),
            '[' => self.array(depth),
            '"' => self.text().map(Json::Text),
            't' => self.take("true").then_some(Json::Bool(true)),
            'f' => self.take("false").then_some(Json::Bool(false)),
            'n' => self.take("null").then_some(Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: u8) -> Option<Json> {
        let mut members = BTreeMap::new();
        self.take("{");
        if self.take("}") {
            return Some(Json::Object(members));
        }
        loop {
            self.blank();
            let key = self.text()?;
            if !self.take(":") {
                return None;
            }
            members.insert(key, self.value(depth + 1)?);
            if self.take("}") {
                return Some(Json::Object(members));
            }
            if !self.take(",") {
                return None;
            }
        }
    }

    fn array(&mut self, depth: u8) -> Option<Json> {
        let mut elements = Vec::new();
        self.take("[");
        if self.take("]") {
            return Some(Json::Array(elements));
        }
        loop {
            elements.push(self.value(depth + 1)?);
            if self.take("]") {
                return Some(Json::Array(elements));
            }
            if !self.take(",") {
                return None;
            }
        }
    }

    fn text(&mut self) -> Option<String> {
        let mut characters = self.rest.strip_prefix('"')?.chars();
        let mut text = String::new();
        loop {
            match characters.next()? {
                '"' => break,
                '\\' => text.push(match characters.next()? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\x08',
                    'f' => '\x0c',
                    'u' => {
                        let digits: String = characters.by_ref().take(4).collect();
                        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                    }
                    c @ ('"' | '\\' | '/') => c,
                    _ => return None,
                }),
                c => text.push(c),
            }
        }
        self.rest = characters.as_str();
        Some(text)
    }

    fn number(&mut self) -> Option<Json> {
        let digit = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
        let end = self.rest.find(|c| !digit(c)).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        let value = number
            .parse()
            .or_else(|_| Decimal::from_scientific(number))
            .ok()?;
        Some(Json::Number(value, number.to_owned()))
    }
}
