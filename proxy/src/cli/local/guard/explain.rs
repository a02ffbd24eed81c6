//! How the guard reads a message: its tokens, and every rule that it touches.

use std::fmt;

use comfy_table::Table;
use rules::config::AccessMode;
use rules::guard::{Command, Fingerprint, Kind, Lexer, Rule, inspect};
use serde::Serialize;

use super::super::super::args::ACCESS_MODES;
use super::super::super::output::table;
use super::is_too_long;

/// Tokens shown; of a long message the front says how it is read.
const TOKENS_SHOWN_MAX: usize = 1_000;

/// Characters shown of a token.
const TEXT_CHARACTERS_MAX: usize = 40;

/// What stands behind a verdict.
#[derive(Debug, Serialize)]
pub(super) struct Explanation {
    /// The name of the statement in the audit log; none of what is not read.
    fingerprint: Option<String>,
    /// Whether each statement begins with a command that the guard knows and ends as SQL can.
    known: bool,
    effects: Vec<Effect>,
    tokens: Vec<Shown>,
    /// Tokens that there are, shown or not.
    tokens_total: usize,
}

/// A rule that the message touches.
#[derive(Debug, Serialize)]
struct Effect {
    rule: &'static str,
    /// The command, where it is one.
    command: Option<&'static str>,
    what: &'static str,
    /// What each access mode says to it alone: an SQLSTATE, or nothing where it passes.
    codes: Vec<Code>,
}

#[derive(Debug, Serialize)]
struct Code {
    access: &'static str,
    code: Option<&'static str>,
}

/// A token where it stands.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    place: Place,
    kind: &'static str,
    text: String,
}

/// A place in SQL; lines and columns are counted from 1, columns in characters.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Place {
    line: usize,
    column: usize,
}

impl Explanation {
    pub(super) fn of(sql: &[u8]) -> Self {
        if is_too_long(sql) {
            return Self {
                fingerprint: None,
                known: false,
                effects: vec![Effect::of(Rule::Size, None)],
                tokens: Vec::new(),
                tokens_total: 0,
            };
        }
        let finding = inspect(sql);
        let of = |rule: Rule| Effect::of(rule, finding.command(rule));
        let (tokens, tokens_total) = tokens(sql);
        Self {
            fingerprint: Some(Fingerprint::of(sql).to_string()),
            known: finding.is_known,
            effects: finding.rules.iter().map(of).collect(),
            tokens,
            tokens_total,
        }
    }

    pub(super) fn text(&self) -> String {
        let mut parts = Vec::new();
        if let Some(fingerprint) = &self.fingerprint {
            parts.push(format!("fingerprint {fingerprint}"));
        }
        if !self.known {
            parts.push("not every statement is one that the guard knows".to_owned());
        }
        parts.push(match self.effects.as_slice() {
            [] => "no rule is touched".to_owned(),
            effects => effects_table(effects).to_string(),
        });
        if !self.tokens.is_empty() {
            let mut tokens = table(&["place", "token", "text"]);
            for token in &self.tokens {
                tokens.add_row([&token.place.to_string(), token.kind, &token.text]);
            }
            parts.push(tokens.to_string());
        }
        match self.tokens_total - self.tokens.len() {
            0 => {}
            more => parts.push(format!("and {more} more tokens")),
        }
        parts.join("\n\n")
    }
}

fn effects_table(effects: &[Effect]) -> Table {
    let access = ACCESS_MODES.map(AccessMode::as_str);
    let mut lines = table(&[["rule", "command", "what"], access].concat());
    for effect in effects {
        let codes = effect.codes.iter();
        let codes = codes.map(|said| said.code.unwrap_or("passes"));
        let cells = [effect.rule, effect.command.unwrap_or_default(), effect.what];
        lines.add_row(cells.into_iter().chain(codes));
    }
    lines
}

impl Effect {
    fn of(rule: Rule, command: Option<Command>) -> Self {
        let code = |mode: AccessMode| Code {
            access: mode.as_str(),
            code: rule.code(mode),
        };
        Self {
            rule: rule.id(),
            command: command.map(Command::as_str),
            what: rule.what(),
            codes: ACCESS_MODES.map(code).into(),
        }
    }
}

/// The first tokens, and how many there are.
fn tokens(sql: &[u8]) -> (Vec<Shown>, usize) {
    let mut lexer = Lexer::new(sql);
    let (mut shown, mut total) = (Vec::new(), 0);
    let (mut place, mut behind) = (Place::default(), 0);
    loop {
        let token = lexer.advance();
        if token.kind == Kind::End {
            return (shown, total);
        }
        total += 1;
        if total <= TOKENS_SHOWN_MAX {
            place = place.behind(&sql[behind..token.start]);
            behind = token.start;
            shown.push(Shown {
                place,
                kind: name(token.kind),
                text: shortened(lexer.text(token)),
            });
        }
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Word => "word",
        Kind::Quoted => "quoted name",
        Kind::UnicodeQuoted => "name with escapes",
        Kind::Literal => "plain string",
        Kind::String => "string",
        Kind::Number => "number",
        Kind::Parameter => "parameter",
        Kind::Operator => "operator",
        Kind::Open | Kind::Close | Kind::OpenList | Kind::CloseList => "bracket",
        Kind::Comma => "comma",
        Kind::Dot => "dot",
        Kind::Semicolon => "semicolon",
        Kind::Other => "other",
        Kind::Broken => "never ends",
        Kind::End => "end",
    }
}

/// The text in one line: bytes that are no UTF-8 and control characters are written as escapes.
fn shortened(text: &[u8]) -> String {
    // Four bytes make a character at most, so the rest cannot be shown.
    let front = &text[..text.len().min(4 * (TEXT_CHARACTERS_MAX + 1))];
    let mut characters = Vec::new();
    for chunk in front.utf8_chunks() {
        characters.extend(chunk.valid().chars().map(|c| match c {
            c if c.is_control() => c.escape_default().to_string(),
            c => c.to_string(),
        }));
        let foreign = chunk.invalid().iter();
        characters.extend(foreign.map(|byte| format!("\\x{byte:02x}")));
    }
    if characters.len() <= TEXT_CHARACTERS_MAX {
        return characters.concat();
    }
    format!("{}…", characters[..TEXT_CHARACTERS_MAX].concat())
}

impl Default for Place {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

impl Place {
    /// The place behind some text that begins here.
    pub(super) fn behind(mut self, text: &[u8]) -> Self {
        for byte in text {
            match byte {
                b'\n' => (self.line, self.column) = (self.line + 1, 1),
                // Bytes of UTF-8 within a character.
                0x80..=0xbf => {}
                _ => self.column += 1,
            }
        }
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_shown_in_one_short_line_whatever_its_bytes() {
        assert_eq!(shortened(b"'a\nb\x1b\xff\xc3\xa9'"), "'a\\nb\\u{1b}\\xffé'");
        let long = "é".repeat(1_000);
        let shown = shortened(long.as_bytes());
        assert_eq!(shown, format!("{}…", "é".repeat(TEXT_CHARACTERS_MAX)));
        let whole = "é".repeat(TEXT_CHARACTERS_MAX);
        assert_eq!(shortened(whole.as_bytes()), whole);
    }

    #[test]
    fn a_place_counts_lines_and_characters_from_1() {
        let at = |text: &str| Place::default().behind(text.as_bytes()).to_string();
        assert_eq!(at(""), "1:1");
        assert_eq!(at("ab"), "1:3");
        assert_eq!(at("é"), "1:2");
        assert_eq!(at("a\nbé"), "2:3");
    }

    #[test]
    fn of_a_long_message_the_front_is_shown_and_the_rest_counted() {
        let sql = "SELECT 1;".repeat(TOKENS_SHOWN_MAX);
        let explained = Explanation::of(sql.as_bytes());
        assert_eq!(explained.tokens.len(), TOKENS_SHOWN_MAX);
        assert_eq!(explained.tokens_total, 3 * TOKENS_SHOWN_MAX);
        assert!(explained.text().ends_with("\n\nand 2000 more tokens"));
    }
}
