//! What the terminal sees: tables that line up, progress, errors with hints; or JSON.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde::Serialize;

use super::failure::Failure;
use crate::environments::Progress;

/// How often the spinner moves.
const TICK: Duration = Duration::from_millis(100);

/// Where and how to print.
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read along.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints `value` as JSON, or what `people` makes of it.
    pub(super) fn show<T: Serialize>(&self, value: &T, people: impl FnOnce(&T) -> String) {
        if self.json {
            match serde_json::to_string_pretty(value) {
                Ok(text) => println!("{text}"),
                Err(error) => eprintln!("error: {error}"),
            }
        } else {
            println!("{}", plain(people(value).trim_end()));
        }
    }

    /// Prints a line for people; programs do not see it.
    pub(super) fn say(&self, line: impl AsRef<str>) {
        if !self.json {
            println!("{}", plain(line.as_ref()));
        }
    }

    /// Says that something is done, to programs as `{"done": …}`.
    pub(super) fn done(&self, line: impl AsRef<str>) {
        let line = line.as_ref();
        self.show(&serde_json::json!({ "done": line }), |_| line.to_owned());
    }

    /// Prints an error once, with what to do about it.
    pub(super) fn failure(&self, failure: &Failure) {
        if self.json {
            let text = serde_json::to_string_pretty(failure);
            println!("{}", text.unwrap_or_else(|error| error.to_string()));
            return;
        }
        eprintln!("error: {}", plain(&failure.error));
        for hint in &failure.hints {
            eprintln!("hint: {}", plain(hint));
        }
    }

    /// Shows the progress of one operation.
    pub(super) fn progress(&self) -> Bar {
        if self.json || !std::io::stderr().is_terminal() {
            return Bar {
                bar: None,
                last: None,
                quiet: self.json,
            };
        }
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
        bar.set_style(style.expect("the template is well-formed"));
        bar.enable_steady_tick(TICK);
        Bar {
            bar: Some(bar),
            last: None,
            quiet: false,
        }
    }
}

/// Text without what a terminal would obey: names of tables, errors of servers and the output of
/// migrations are other people's.
fn plain(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(obeyed) {
        return text.into();
    }
    let shown = |c: char| {
        if obeyed(c) {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(shown).collect()
}

/// A spinner on a terminal, plain lines elsewhere.
pub(super) struct Bar {
    bar: Option<ProgressBar>,
    last: Option<String>,
    quiet: bool,
}

impl Bar {
    pub(super) fn line(&mut self, progress: &Progress) {
        let text = plain(&progress.to_string()).into_owned();
        match &self.bar {
            Some(bar) => bar.set_message(text),
            None if self.quiet => {}
            // Elsewhere each step once, without the counts that change all the time.
            None if self.last.as_ref() == Some(&progress.step) => {}
            None => {
                eprintln!("… {text}");
                self.last = Some(progress.step.clone());
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A list of facts about one thing.
pub(super) fn facts(noun: &str, name: &str) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).add_row([noun, name]);
    table
}

/// A table with these headings, plain enough to be cut by programs and read by people.
pub(super) fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings.iter().map(|heading| heading.to_uppercase()));
    table
}

/// `3 min ago`, by a clock that may be a little off.
pub(super) fn ago(moment: Timestamp) -> String {
    let seconds = Timestamp::now().duration_since(moment).as_secs();
    match seconds {
        ..5 => "just now".to_owned(),
        5..120 => format!("{seconds} s ago"),
        120..7_200 => format!("{} min ago", seconds / 60),
        7_200..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// `1.4 GiB`.
pub(super) fn bytes(count: u64) -> String {
    indicatif::BinaryBytes(count).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_named_like_a_terminal_command_is_only_shown() {
        assert_eq!(plain("a\tb\nc — d"), "a\tb\nc — d");
        assert_eq!(
            plain("\u{1b}]0;x\u{7}\r\u{9b}2J"),
            "\\u{1b}]0;x\\u{7}\\r\\u{9b}2J"
        );
    }
}
