//! Patterns of `LIKE`, `~` and their kin: one form to match with and one to make texts from.
//!
//! PostgreSQL's advanced regular expressions (documentation, section 9.7.3) are translated piece by
//! piece; what has no equal (look-around, back references, collating elements) is refused.

use regex_automata::dfa::dense;
use regex_automata::meta;
use regex_automata::util::syntax;

/// More than enough for the patterns in use; beyond it a pattern is not understood.
const DFA_BYTES_MAX: usize = 8 << 20;

/// A fixed pattern, maybe negated.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: meta::Regex,
    ascii: dense::DFA<Vec<u32>>,
    /// Whether texts that match are refused instead.
    pub(super) negated: bool,
    source: String,
}

impl Pattern {
    /// A regular expression as `~` reads it, or `~*` where `caseless`; `posix_ascii` where classes
    /// follow the C collation.
    pub(super) fn regex(text: &str, caseless: bool, posix_ascii: bool) -> Result<Self, String> {
        let translated = Translator::new(text, posix_ascii).translate()?;
        Self::build(translated, caseless)
    }

    /// A pattern as `LIKE` reads it.
    pub(super) fn like(text: &str, escape: Option<char>, caseless: bool) -> Result<Self, String> {
        let mut regex = String::from("^");
        let mut characters = text.chars();
        while let Some(c) = characters.next() {
            match c {
                c if Some(c) == escape => {
                    let next = characters.next();
                    literal(next.ok_or("the pattern ends in its escape")?, &mut regex);
                }
                '%' => regex.push_str(".*"),
                '_' => regex.push('.'),
                c => literal(c, &mut regex),
            }
        }
        regex.push('$');
        Self::build(regex, caseless)
    }

    /// A pattern as `SIMILAR TO` reads it, as the regular expression that `~` reads (documentation,
    /// section 9.7.2).
    pub(super) fn similar(text: &str, escape: Option<char>) -> Result<String, String> {
        let mut regex = String::from("^(?:");
        let mut characters = text.chars();
        let mut bracketed = false;
        while let Some(c) = characters.next() {
            match c {
                c if Some(c) == escape => match characters.next() {
                    Some('"') | None => {
                        return Err("a part that is marked in SIMILAR TO".to_owned());
                    }
                    Some(next) => regex.extend(['\\', next]),
                },
                c if bracketed => {
                    bracketed = c != ']';
                    if c == '\\' {
                        regex.push(c);
                    }
                    regex.push(c);
                }
                '[' => {
                    bracketed = true;
                    regex.push(c);
                }
                '%' => regex.push_str(".*"),
                '_' => regex.push('.'),
                '(' => regex.push_str("(?:"),
                '\\' | '.' | '^' | '$' => regex.extend(['\\', c]),
                c => regex.push(c),
            }
        }
        regex.push_str(")$");
        Ok(regex)
    }

    fn build(source: String, caseless: bool) -> Result<Self, String> {
        let flags = syntax::Config::new()
            .dot_matches_new_line(true)
            .case_insensitive(caseless);
        let regex = meta::Builder::new()
            .syntax(flags)
            .build(&source)
            .map_err(|error| format!("the pattern cannot be read: {error}"))?;
        let config = dense::Config::new()
            .accelerate(false)
            .dfa_size_limit(Some(DFA_BYTES_MAX))
            .determinize_size_limit(Some(DFA_BYTES_MAX))
            .start_kind(regex_automata::dfa::StartKind::Unanchored);
        let ascii = dense::Builder::new()
            .configure(config)
            .syntax(flags.unicode(false).utf8(false))
            .thompson(regex_automata::nfa::thompson::Config::new().utf8(false))
            .build(&ascii_only(&source))
            .map_err(|_| "the pattern is too large to make texts from".to_owned())?;
        Ok(Self {
            regex,
            ascii,
            negated: false,
            source,
        })
    }

    /// The regular expression of texts that match behind their first `skipped` characters, as far as
    /// its form allows to say so.
    pub(super) fn behind(&self, skipped: u32) -> Option<Self> {
        let alternatives = self.source.contains('|') || self.source.starts_with("(?i)");
        if self.negated || alternatives {
            return None;
        }
        let source = match self.source.strip_prefix('^') {
            Some(rest) => format!("^.{{{skipped}}}{rest}"),
            None => format!("^.{{{skipped}}}.*{}", self.source),
        };
        Self::build(source, false).ok()
    }

    /// The pattern that accepts what this one refuses.
    pub(super) fn negation(&self) -> Self {
        Self {
            regex: self.regex.clone(),
            ascii: self.ascii.clone(),
            negated: !self.negated,
            source: self.source.clone(),
        }
    }

    /// Whether it accepts a text.
    pub(super) fn accepts(&self, text: &str) -> bool {
        self.regex.is_match(text) != self.negated
    }

    /// Whether it names no character beyond ASCII.
    pub(super) fn is_ascii(&self) -> bool {
        self.source.is_ascii()
    }

    /// The automaton over ASCII, not negated; it searches, so it needs no anchor.
    pub(super) fn automaton(&self) -> &dense::DFA<Vec<u32>> {
        &self.ascii
    }
}

/// Classes of Unicode properties have no place in an automaton over bytes.
fn ascii_only(source: &str) -> String {
    source
        .replace(r"\p{Alphabetic}", "A-Za-z")
        .replace(r"\p{Uppercase}", "A-Z")
        .replace(r"\p{Lowercase}", "a-z")
        .replace(r"\p{L}\p{M}\p{N}\p{P}\p{S}", "")
        .replace(r"\p{Cc}", r"\x7f")
        .chars()
        .map(|c| if c.is_ascii() { c } else { '\u{7f}' })
        .collect()
}

/// Adds one character that stands for itself.
fn literal(c: char, regex: &mut String) {
    // "\\<" and "\\>" are borders of words.
    let plain = c.is_ascii_alphanumeric() || c.is_ascii_control() || matches!(c, ' ' | '<' | '>');
    if c.is_ascii() && !plain {
        regex.push('\\');
    }
    regex.push(c);
}

struct Translator<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    posix_ascii: bool,
    out: String,
}

impl<'a> Translator<'a> {
    fn new(text: &'a str, posix_ascii: bool) -> Self {
        Self {
            rest: text.chars().peekable(),
            posix_ascii,
            out: String::new(),
        }
    }

    fn translate(mut self) -> Result<String, String> {
        if self.rest.clone().take(3).eq("***".chars()) {
            return Err("the pattern begins with a director \"***\"".to_owned());
        }
        self.embedded_options()?;
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => self.escape()?,
                '[' => self.bracket()?,
                '(' => self.group()?,
                '{' => self.bound()?,
                '^' | '$' | '.' | '|' | ')' | '*' | '+' | '?' => self.out.push(c),
                c => literal(c, &mut self.out),
            }
        }
        Ok(self.out)
    }

    /// `(?i)` and nothing else in front of the pattern.
    fn embedded_options(&mut self) -> Result<(), String> {
        let ahead: String = self.rest.clone().take(4).collect();
        if ahead == "(?i)" {
            self.rest.nth(3);
            self.out.push_str("(?i)");
        } else if ahead.starts_with("(?") && !ahead.starts_with("(?:") {
            return Err(format!("{ahead:?} in a pattern is not understood"));
        }
        Ok(())
    }

    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if self.rest.peek() != Some(&'?') {
            return Ok(());
        }
        self.rest.next();
        match self.rest.next() {
            Some(':') => {
                self.out.push_str("?:");
                Ok(())
            }
            _ => Err("look-around in a pattern is not understood".to_owned()),
        }
    }

    /// `{` is a bound before a digit, a character otherwise.
    fn bound(&mut self) -> Result<(), String> {
        if !self.rest.peek().is_some_and(char::is_ascii_digit) {
            literal('{', &mut self.out);
            return Ok(());
        }
        self.out.push('{');
        for c in self.rest.by_ref() {
            self.out.push(c);
            if c == '}' {
                return Ok(());
            }
        }
        Err("a bound in a pattern does not end".to_owned())
    }

    fn escape(&mut self) -> Result<(), String> {
        let c = self.rest.next().ok_or("the pattern ends in a backslash")?;
        match c {
            'd' | 'w' | 's' => self.class_in_brackets(c, false),
            'D' | 'W' | 'S' => self.class_in_brackets(c.to_ascii_lowercase(), true),
            'A' => self.out.push_str(r"\A"),
            'Z' => self.out.push_str(r"\z"),
            'y' => self.out.push_str(r"\b"),
            'Y' => self.out.push_str(r"\B"),
            'm' => self.out.push_str(r"\b{start}"),
            'M' => self.out.push_str(r"\b{end}"),
            c if c.is_alphanumeric() => {
                let meant = self.character(c)?;
                literal(meant, &mut self.out);
            }
            c => literal(c, &mut self.out),
        }
        Ok(())
    }

    fn class_in_brackets(&mut self, class: char, negated: bool) {
        let members = self.class(class);
        let sign = if negated { "^" } else { "" };
        self.out.push_str(&format!("[{sign}{members}]"));
    }

    fn class(&self, class: char) -> &'static str {
        match (class, self.posix_ascii) {
            ('d', _) => "0-9",
            ('s', _) => r" \t\n\r\x0b\x0c",
            (_, true) => "A-Za-z0-9_",
            (_, false) => r"\p{Alphabetic}0-9_",
        }
    }

    /// The character that a letter or digit behind a backslash stands for.
    fn character(&mut self, c: char) -> Result<char, String> {
        Ok(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\x0c',
            'v' => '\x0b',
            'a' => '\x07',
            'e' => '\x1b',
            'b' => '\x08',
            'B' => '\\',
            'u' => {
                let digits: String = self.rest.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok();
                code.and_then(char::from_u32)
                    .ok_or_else(|| format!("\"\\u{digits}\" in a pattern is no character"))?
            }
            c => return Err(format!("\"\\{c}\" in a pattern is not understood")),
        })
    }

    fn bracket(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let c = self
                .rest
                .next()
                .ok_or("a bracket in a pattern does not end")?;
            match c {
                ']' if !first => break,
                '[' if matches!(self.rest.peek(), Some(':')) => self.posix_class()?,
                '[' if matches!(self.rest.peek(), Some('.' | '=')) => {
                    return Err("collating elements in a pattern are not understood".to_owned());
                }
                '\\' => self.escape_in_bracket()?,
                '-' if !first && !matches!(self.rest.peek(), Some(']')) => self.out.push('-'),
                c => literal(c, &mut self.out),
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    fn escape_in_bracket(&mut self) -> Result<(), String> {
        let c = self.rest.next().ok_or("the pattern ends in a backslash")?;
        match c {
            'd' | 'w' | 's' => {
                let members = self.class(c);
                self.out.push_str(members);
            }
            c if c.is_alphanumeric() => {
                let meant = self.character(c)?;
                literal(meant, &mut self.out);
            }
            c => literal(c, &mut self.out),
        }
        Ok(())
    }

    fn posix_class(&mut self) -> Result<(), String> {
        self.rest.next();
        let mut name = String::new();
        while let Some(c) = self.rest.next_if(|c| *c != ':') {
            name.push(c);
        }
        if self.rest.next() != Some(':') || self.rest.next() != Some(']') {
            return Err("a class in a pattern does not end".to_owned());
        }
        self.out.push_str(match (name.as_str(), self.posix_ascii) {
            ("digit", _) => "0-9",
            ("xdigit", _) => "0-9A-Fa-f",
            ("space", _) => r" \t\n\r\x0b\x0c",
            ("blank", _) => r" \t",
            ("punct", _) => r"!-/:-@\[-`{-~",
            ("ascii", _) => r"\x00-\x7f",
            ("cntrl", true) => r"\x00-\x1f\x7f",
            ("graph", true) => "!-~",
            ("print", true) => " -~",
            ("cntrl", false) => r"\x00-\x1f\p{Cc}",
            ("graph", false) => r"!-~\p{L}\p{M}\p{N}\p{P}\p{S}",
            ("print", false) => r" -~\p{L}\p{M}\p{N}\p{P}\p{S}",
            ("alnum", true) => "A-Za-z0-9",
            ("alpha", true) => "A-Za-z",
            ("upper", true) => "A-Z",
            ("lower", true) => "a-z",
            ("alnum", false) => r"\p{Alphabetic}0-9",
            ("alpha", false) => r"\p{Alphabetic}",
            ("upper", false) => r"\p{Uppercase}",
            ("lower", false) => r"\p{Lowercase}",
            ("word", true) => "A-Za-z0-9_",
            ("word", false) => r"\p{Alphabetic}0-9_",
            _ => return Err(format!("class {name:?} in a pattern is not understood")),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_what_postgresql_matches() {
        for (pattern, text, expected) in [
            (r"^[^@]+@[^@]+\.[a-z]{2,}$", "a@b.de", true),
            (r"^[^@]+@[^@]+\.[a-z]{2,}$", "a@b", false),
            (r"^\d{3}-\d{4}$", "555-0100", true),
            ("^[]a]+$", "]a]", true),
            ("^[a&&b]+$", "&", true),
            ("^{x}$", "{x}", true),
            (".", "\n", true),
            ("^a$", "a\n", false),
            (r"^[\w.-]+$", "a-b.c_d", true),
            (r"\yend\y", "the end.", true),
            (r"^[[:alpha:]]+$", "José", true),
            ("[<>&]", "a>b", true),
            ("[<>&]", "ab", false),
            ("<b>", "a <b> c", true),
            ("[[:cntrl:]]", "a\tb", true),
            ("[[:cntrl:]]", "a b", false),
            ("^[[:print:]]+$", "a b!", true),
            ("^[[:graph:]]+$", "a b", false),
        ] {
            let pattern = Pattern::regex(pattern, false, false).unwrap();
            assert_eq!(pattern.accepts(text), expected, "{pattern:?} {text:?}");
        }
        assert!(
            !Pattern::regex(r"^[[:alpha:]]+$", false, true)
                .unwrap()
                .accepts("José")
        );
    }

    #[test]
    fn similar_to_is_anchored_and_has_its_own_wildcards() {
        for (pattern, text, expected) in [
            ("[A-Z]{2}-[0-9]{6}", "AB-123456", true),
            ("[A-Z]{2}-[0-9]{6}", "xAB-123456", false),
            ("image/(jpeg|png)", "image/png", true),
            ("image/(jpeg|png)", "image/gif", false),
            ("a|b", "ab", false),
            ("a.c", "abc", false),
            ("a_c%", "abcd", true),
            (r"100\%", "100%", true),
            ("[%_]", "%", true),
        ] {
            let regex = Pattern::similar(pattern, Some('\\')).unwrap();
            let regex = Pattern::regex(&regex, false, false).unwrap();
            assert_eq!(regex.accepts(text), expected, "{pattern:?} {text:?}");
        }
        Pattern::similar("a\\\"b\\\"", Some('\\')).unwrap_err();
    }

    #[test]
    fn like_reads_its_escape() {
        for (pattern, text, expected) in [
            ("a%", "abc", true),
            ("a_", "abc", false),
            (r"100\%", "100%", true),
            (r"100\%", "1000", false),
            ("%.(x)", "y.(x)", true),
            ("<p>%</p>", "<p>hello</p>", true),
        ] {
            let pattern = Pattern::like(pattern, Some('\\'), false).unwrap();
            assert_eq!(pattern.accepts(text), expected, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn what_has_no_equal_is_refused() {
        for pattern in ["^(?=a)", r"(a)\1", "[[.a.]]", "***=x", "(?n)a"] {
            Pattern::regex(pattern, false, false).unwrap_err();
        }
    }
}
