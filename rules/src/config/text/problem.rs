//! What is wrong with a configuration, and how people see it.

use std::fmt;

use serde::Serialize;

/// One thing that is wrong with a configuration.
///
/// Holds no secret: where a value could be one, neither the words nor the source line repeat it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Line, the first is 1.
    pub line: usize,
    /// Column in characters, the first is 1.
    pub column: usize,
    /// How many characters the problem spans on its line, at least 1.
    pub width: usize,
    /// The dotted key, for example `environments."test-*".port`; empty for the whole file.
    pub key: String,
    /// What kind of problem it is.
    pub kind: ProblemKind,
    /// What was found: a lowercase fact.
    pub message: String,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The line as it stands in the file, or the part of it around the problem, with possible
    /// secrets blanked.
    pub source: String,
    /// How many characters of `source` stand before the problem.
    #[serde(skip)]
    pub(super) indent: usize,
}

/// Kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// The text is no TOML.
    Syntax,
    /// No such key exists.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A string where a table must be, and the like.
    WrongType,
    /// A value of the right type that cannot be.
    WrongValue,
    /// A name that nothing has.
    UnknownReference,
    /// Two settings that cannot stand together.
    Conflict,
    /// A secret stands in the file itself.
    LiteralSecret,
    /// A file, directory or variable that is named and is not there, or cannot be used.
    NotThere,
    /// Something that this version cannot do yet.
    NotAvailable,
}

impl Problem {
    /// The problem as a compiler would print it, for the file of this name.
    pub fn rendered<'a>(&'a self, file: &'a str) -> Rendered<'a> {
        Rendered {
            problem: self,
            file,
        }
    }
}

impl fmt::Display for Problem {
    /// One line, for logs: `12:8: message; expected ...; hint`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)?;
        if let Some(expected) = &self.expected {
            write!(f, "; expected {expected}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// A problem with its file's name, the source line and a caret below it.
#[derive(Debug, Clone, Copy)]
pub struct Rendered<'a> {
    problem: &'a Problem,
    file: &'a str,
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = self.problem;
        let number = problem.line.to_string();
        let gutter = number.len();
        writeln!(f, "error: {}", problem.message)?;
        writeln!(
            f,
            "{:gutter$}--> {}:{}:{}",
            "", self.file, problem.line, problem.column
        )?;
        writeln!(f, "{:gutter$} |", "")?;
        writeln!(f, "{number} | {}", problem.source)?;
        write!(f, "{:gutter$} | ", "")?;
        f.write_str(&" ".repeat(problem.indent))?;
        f.write_str(&"^".repeat(problem.width))?;
        if let Some(expected) = &problem.expected {
            write!(f, " expected {expected}")?;
        }
        if let Some(hint) = &problem.hint {
            write!(f, "\n{:gutter$} = hint: {hint}", "")?;
        }
        Ok(())
    }
}
