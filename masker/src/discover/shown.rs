//! A report as a table for people.

use super::report::{ColumnReport, Proposal, Report};
use super::toml::value;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `public.customers`
    pub table: String,
    /// The column, with the path of a part behind it.
    pub column: String,
    /// Its type.
    pub data_type: String,
    /// The class, `-` for none.
    pub class: String,
    /// How sure that is.
    pub confidence: &'static str,
    /// What is proposed.
    pub proposal: String,
    /// Why.
    pub why: String,
}

/// The heads of a table's columns, in the order of [`Line::cells`].
pub const HEADS: [&str; 7] = [
    "table", "column", "type", "class", "sure", "proposal", "why",
];

impl Line {
    /// Its cells.
    pub fn cells(&self) -> [&str; 7] {
        [
            &self.table,
            &self.column,
            &self.data_type,
            &self.class,
            self.confidence,
            &self.proposal,
            &self.why,
        ]
    }
}

/// The lines of a report: every column that the rules do not decide about, with its parts.
pub fn lines(report: &Report) -> Vec<Line> {
    let mut lines = Vec::new();
    for table in &report.tables {
        for column in &table.columns {
            if !matches!(column.proposal, Proposal::Ruled | Proposal::Generated) {
                column_lines(&table.table.to_string(), column, &mut lines);
            }
        }
    }
    lines
}

fn column_lines(table: &str, column: &ColumnReport, lines: &mut Vec<Line>) {
    let word = |class: Option<super::Class>| class.map_or("-", super::Class::word).to_owned();
    let sure = |class: Option<super::Class>, confidence: super::Confidence| match class {
        Some(_) => confidence.word(),
        None => "",
    };
    let traces: Vec<String> = column
        .traces
        .iter()
        .map(|(kind, count)| format!("; {count} with: {kind}"))
        .collect();
    let (proposal, more) = match &column.proposal {
        Proposal::Choice(choice) if column.parts.is_empty() => (value(choice), String::new()),
        Proposal::Choice(choice) => (choice.to_string(), String::new()),
        Proposal::Follows { to } => (format!("as {to}"), String::new()),
        Proposal::Open { why } => ("undecided".to_owned(), format!("; {why}")),
        Proposal::Ruled | Proposal::Generated => return,
    };
    lines.push(Line {
        table: table.to_owned(),
        column: column.column.clone(),
        data_type: column.data_type.clone(),
        class: word(column.class),
        confidence: sure(column.class, column.confidence),
        proposal: proposal.trim_matches('"').to_owned(),
        why: format!("{}{}{more}", column.why, traces.concat()),
    });
    for part in &column.parts {
        lines.push(Line {
            table: table.to_owned(),
            column: format!("{} {}", column.column, part.path),
            data_type: String::new(),
            class: word(part.class),
            confidence: sure(part.class, part.confidence),
            proposal: part
                .choice
                .as_ref()
                .map_or_else(|| "undecided".to_owned(), ToString::to_string),
            why: part.why.clone(),
        });
    }
}
