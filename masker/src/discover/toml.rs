//! A report as `[masking.tables]`: what is decided, and as comments what a person has to decide.

use rules::mask::{By, Choice, Mask};

use super::report::{ChangeKind, ColumnReport, Proposal, Report, TableReport};

/// Why a star is no field that could be kept without a look.
const VALUE_KEYS: &str = "its keys look like values";

/// Line breaks in a comment would end it, and other control characters may not be in one (TOML 1.0,
/// "Comment").
fn comment(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// A text in quotes (TOML 1.0, "String").
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The tables of a report that the rules do not decide about yet, as they are written into
/// `standin.toml` below `[masking]`.
///
/// What discovery is not sure of stands as a comment that keeps the column: a person takes the `#`
/// away, or writes something else. At a later run it is a patch: only what is new, and above it, what
/// is gone or of another type.
pub fn toml(report: &Report) -> String {
    let mut out = String::new();
    for change in &report.changes {
        let place = match &change.column {
            Some(column) => format!("{}.{column}", change.table),
            None => change.table.clone(),
        };
        let text = match &change.kind {
            ChangeKind::New => format!("new: {place}"),
            ChangeKind::Gone => format!("gone: {place}; take its rule out"),
            ChangeKind::Retyped { before, now } => {
                format!(
                    "of another type: {place} was {before} and is {now}; see whether its rule still does"
                )
            }
            ChangeKind::Unfit { problem } => format!("does not do any more: {place}: {problem}"),
        };
        out.push_str(&format!("# {}\n", comment(&text)));
    }
    for unread in &report.unread {
        let text = format!("not read: {}: {}", unread.table, unread.why);
        out.push_str(&format!("# {}\n", comment(&text)));
    }
    for table in &report.tables {
        table_lines(table, &mut out);
    }
    out
}

fn table_lines(table: &TableReport, out: &mut String) {
    let open =
        |column: &&ColumnReport| !matches!(column.proposal, Proposal::Ruled | Proposal::Generated);
    let columns: Vec<&ColumnReport> = table.columns.iter().filter(open).collect();
    if columns.is_empty() {
        return;
    }
    let name = table.table.to_string();
    // A name with a star would be a pattern.
    if name.contains('*') {
        out.push_str(&format!(
            "\n# {} has a * in its name, which no rule can name\n",
            comment(&name)
        ));
        return;
    }
    let rows = format!("about {} rows, {} looked at", table.rows, table.sampled);
    out.push_str(&format!("\n# {}: {rows}\n", comment(&name)));
    out.push_str(&format!("[masking.tables.{}]\n", quoted(&name)));
    if let Some(why) = &table.drop {
        out.push_str(&format!("# rows = \"drop\"   # {}\n", comment(why)));
    }
    let mut nested = String::new();
    for column in columns {
        column_lines(&name, column, out, &mut nested);
    }
    out.push_str(&nested);
}

fn column_lines(table: &str, column: &ColumnReport, out: &mut String, nested: &mut String) {
    let name = quoted(&column.column);
    let why = comment(&because(column));
    match &column.proposal {
        Proposal::Choice(choice) if !column.parts.is_empty() && has_parts(choice) => {
            let Choice::Mask(mask) = choice else { return };
            let place = format!("[masking.tables.{}.{name}", quoted(table));
            let with = quoted(mask.with.name());
            let by = by(mask).map_or_else(String::new, |by| format!("{by}\n"));
            nested.push_str(&format!(
                "{place}]   # {why}\nwith = {with}\n{by}{place}.parts]\n"
            ));
            parts_lines(column, mask, nested);
        }
        Proposal::Choice(choice) => {
            out.push_str(&format!("{name} = {}   # {why}\n", value(choice)));
        }
        Proposal::Follows { to } => {
            out.push_str(&format!("# {name} follows {}\n", comment(to)));
        }
        // What is about people is never kept at a stroke of a key.
        Proposal::Open { why: open } if leads_to_people(column) => {
            out.push_str(&format!(
                "# {name} is undecided   # {why}; {}\n",
                comment(open)
            ));
        }
        Proposal::Open { why: open } => {
            out.push_str(&format!(
                "# {name} = \"keep\"   # why: {why}; {}\n",
                comment(open)
            ));
        }
        Proposal::Ruled | Proposal::Generated => {}
    }
}

fn leads_to_people(column: &ColumnReport) -> bool {
    let keyed = column.parts.iter().any(|part| part.path.contains('*'));
    column.class.is_some() || !column.traces.is_empty() || keyed
}

fn parts_lines(column: &ColumnReport, mask: &Mask, out: &mut String) {
    let decided = |path: &str| {
        mask.options
            .parts
            .get(path)
            .and_then(|rule| rule.cases.first())
    };
    for part in &column.parts {
        let path = quoted(&part.path);
        let why = comment(&part.why);
        match decided(&part.path) {
            Some(case) => out.push_str(&format!(
                "{path} = {}   # {}: {why}\n",
                value(&case.choice),
                part.confidence.word()
            )),
            None if part.path.contains('*') => {
                out.push_str(&format!("# {path} is undecided   # {why}; {VALUE_KEYS}\n"));
            }
            None => out.push_str(&format!("# {path} = \"keep\"   # why: {why}\n")),
        }
    }
    // What a star stands for is in no sample by its name.
    let is_part = |path: &str| column.parts.iter().any(|part| part.path == path);
    for path in mask.options.parts.keys().filter(|path| !is_part(path)) {
        if let Some(case) = decided(path) {
            let (path, choice) = (quoted(path), value(&case.choice));
            out.push_str(&format!("{path} = {choice}   # {VALUE_KEYS}\n"));
        }
    }
}

fn has_parts(choice: &Choice) -> bool {
    matches!(choice, Choice::Mask(mask) if !mask.options.parts.is_empty())
}

fn because(column: &ColumnReport) -> String {
    let mut text = column.data_type.clone();
    if column.class.is_some() {
        text.push_str(&format!("; {}", column.confidence.word()));
    }
    text.push_str(&format!(": {}", column.why));
    for (kind, count) in &column.traces {
        text.push_str(&format!("; {count} with: {kind}"));
    }
    if let Some(shape) = column.shapes.first() {
        text.push_str(&format!("; mostly {shape}"));
    }
    text
}

/// A choice as a value of TOML.
pub(super) fn value(choice: &Choice) -> String {
    let mask = match choice {
        Choice::Keep { why: None } => return quoted("keep"),
        Choice::Keep { why: Some(why) } => {
            return format!("{{ with = \"keep\", why = {} }}", quoted(why));
        }
        Choice::Drop => return quoted("drop"),
        Choice::Mask(mask) => mask,
    };
    let fields = fields(mask);
    match fields.as_slice() {
        [] => quoted(mask.with.name()),
        fields => format!(
            "{{ with = {}, {} }}",
            quoted(mask.with.name()),
            fields.join(", ")
        ),
    }
}

/// What replacements follow, where that is not what they follow by themselves.
fn by(mask: &Mask) -> Option<String> {
    (mask.by != mask.with.nature().by).then(|| match &mask.by {
        By::Value => "by = \"value\"".to_owned(),
        By::Row => "by = \"row\"".to_owned(),
        By::Subject(column) => format!("by = {{ subject = {} }}", quoted(column)),
    })
}

fn fields(mask: &Mask) -> Vec<String> {
    use rules::mask::Transformer as T;
    let mut fields: Vec<String> = by(mask).into_iter().collect();
    let options = &mask.options;
    if let Some(text) = &options.text {
        let key = match mask.with {
            T::NationalId => "pattern",
            T::Static => "value",
            T::Derive => "sql",
            _ => "text",
        };
        fields.push(format!("{key} = {}", quoted(text)));
    }
    if let Some(size) = options.size {
        let key = if mask.with == T::DateShift {
            "days"
        } else {
            "size"
        };
        fields.push(format!("{key} = {size}"));
    }
    if let Some(per_mille) = options.per_mille {
        fields.push(format!("part = {}", f64::from(per_mille as u32) / 1_000.0));
    }
    if let Some(unit) = &options.unit {
        fields.push(format!("unit = {}", quoted(unit)));
    }
    if let Some(case) = options.element.as_ref().and_then(|rule| rule.cases.first()) {
        fields.push(format!("element = {}", value(&case.choice)));
    }
    if !options.parts.is_empty() {
        let parts = options.parts.iter().filter_map(|(path, rule)| {
            let case = rule.cases.first()?;
            Some(format!("{} = {}", quoted(path), value(&case.choice)))
        });
        let parts: Vec<String> = parts.collect();
        fields.push(format!("parts = {{ {} }}", parts.join(", ")));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::mask::Transformer;

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(quoted("a\"b\\c\nd"), "\"a\\\"b\\\\c\\u000Ad\"");
        assert_eq!(comment("a\nb = \"keep\""), "a b = \"keep\"");
        assert_eq!(comment("a\u{1}b\u{7f}c\rd"), "a b c d");
    }

    #[test]
    fn choices_are_written_as_they_are_read() {
        let mut mask = Mask::plain(Transformer::NationalId);
        mask.by = By::Row;
        mask.options.text = Some("999-99".to_owned());
        assert_eq!(
            value(&Choice::Mask(Box::new(mask))),
            "{ with = \"national-id\", by = \"row\", pattern = \"999-99\" }"
        );
        let plain = Choice::Mask(Box::new(Mask::plain(Transformer::Email)));
        assert_eq!(value(&plain), "\"email\"");
    }
}
