//! What the terminal sees: tables that line up, progress, errors with hints; or JSON.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde::Serialize;

use super::failure::Failure;
use crate::environments::Progress;

/// How often the spinner moves.
const TICK: Duration = Duration::from_millis(100);

/// How often a log is told how far a long step is.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// What a shell shows for a program that SIGPIPE ended: 128 and the signal's number.
const BROKEN_PIPE: u8 = 128 + 13;

/// Where and how to print.
pub(super) struct Output {
    json: bool,
    /// Why standard output took no more. The work goes on: a demo must still stop its servers.
    broken: OnceLock<io::Error>,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self {
            json,
            broken: OnceLock::new(),
        }
    }

    /// How the program ends when not everything could be said.
    ///
    /// A reader that went away, such as `head`, has read all that it wanted, so nothing is said about
    /// it; but a script that looks at the status sees that the output is not whole.
    pub(super) fn unsaid(&self) -> Option<ExitCode> {
        let error = self.broken.get()?;
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Some(ExitCode::from(BROKEN_PIPE));
        }
        complain(&format!("error: write to standard output: {error}"));
        Some(ExitCode::FAILURE)
    }

    fn print(&self, text: &str) {
        if self.broken.get().is_some() {
            return;
        }
        let mut out = io::stdout().lock();
        let written = writeln!(out, "{text}").and_then(|()| out.flush());
        if let Err(error) = written {
            let _first = self.broken.set(error);
        }
    }

    /// Whether programs read along.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints `value` as JSON, or what `people` makes of it.
    pub(super) fn show<T: Serialize>(&self, value: &T, people: impl FnOnce(&T) -> String) {
        if self.json {
            match serde_json::to_string_pretty(value) {
                Ok(text) => self.print(&text),
                Err(error) => complain(&format!("error: {error}")),
            }
        } else {
            self.print(&trimmed(&plain(&people(value))));
        }
    }

    /// Prints a line for people; programs do not see it.
    pub(super) fn say(&self, line: impl AsRef<str>) {
        if !self.json {
            self.print(&trimmed(&plain(line.as_ref())));
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
            self.print(&text.unwrap_or_else(|error| error.to_string()));
            return;
        }
        complain(&format!("error: {}", plain(&failure.error)));
        for problem in &failure.problems {
            complain(&format!("\n{}", plain(&problem.rendered)));
        }
        for hint in &failure.hints {
            complain(&format!("hint: {}", plain(hint)));
        }
    }

    /// Shows the progress of one operation at a place.
    pub(super) fn progress_at(&self, place: &str) -> Bar {
        Bar {
            place: Some(place.to_owned()),
            ..self.progress()
        }
    }

    /// Prints a warning; programs read it where it belongs in their JSON.
    pub(super) fn warn(&self, line: impl AsRef<str>) {
        if !self.json {
            complain(&format!("warning: {}", plain(line.as_ref())));
        }
    }

    /// Shows the progress of one operation.
    pub(super) fn progress(&self) -> Bar {
        if self.json || !std::io::stderr().is_terminal() {
            return Bar {
                bar: Bare(None),
                place: None,
                last: None,
                quiet: self.json,
            };
        }
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
        bar.set_style(style.expect("the template is well-formed"));
        bar.enable_steady_tick(TICK);
        Bar {
            bar: Bare(Some(bar)),
            place: None,
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

/// Writes a line to standard error; where that is gone too, nobody is left to be told.
fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Text without blanks at the ends of lines, which tables leave.
fn trimmed(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// A spinner on a terminal, plain lines elsewhere.
pub(super) struct Bar {
    bar: Bare,
    place: Option<String>,
    /// The last step that was told, and when.
    last: Option<(String, Instant)>,
    quiet: bool,
}

/// The spinner itself, gone from the terminal when it is dropped.
struct Bare(Option<ProgressBar>);

impl Bar {
    fn is_told(&self, progress: &Progress) -> bool {
        let recent = |at: &Instant| progress.detail.is_none() || at.elapsed() < TOLD_EVERY;
        let last = self.last.as_ref();
        last.is_some_and(|(step, at)| *step == progress.step && recent(at))
    }

    pub(super) fn line(&mut self, progress: &Progress) {
        let text = match &self.place {
            Some(place) => format!("{place}: {progress}"),
            None => progress.to_string(),
        };
        let text = plain(&text).into_owned();
        match &self.bar.0 {
            Some(bar) => bar.set_message(text),
            None if self.quiet => {}
            // Elsewhere each step once, and how far it is now and then.
            None if self.is_told(progress) => {}
            None => {
                complain(&format!("… {text}"));
                self.last = Some((progress.step.clone(), Instant::now()));
            }
        }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
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
    match seconds_since(moment) {
        ..5 => "just now".to_owned(),
        seconds => format!("{} ago", span(seconds)),
    }
}

/// `3 min`: how long something has been so.
pub(super) fn lasting(moment: Timestamp) -> String {
    span(seconds_since(moment).max(0))
}

fn seconds_since(moment: Timestamp) -> i64 {
    Timestamp::now().duration_since(moment).as_secs()
}

fn span(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// `1 branch`, `2 branches`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let ending = match number {
        1 => "",
        _ if noun.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{number} {noun}{ending}")
}

/// `1.4 GiB`.
pub(super) fn bytes(count: u64) -> String {
    indicatif::BinaryBytes(count).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_not_many() {
        assert_eq!(count(1, "problem"), "1 problem");
        assert_eq!(count(0, "session"), "0 sessions");
        assert_eq!(count(2, "branch"), "2 branches");
    }

    #[test]
    fn a_minute_is_told_in_minutes_only() {
        assert_eq!(
            [59, 60, 118, 7_200].map(span),
            ["59 s", "1 min", "1 min", "2 h"]
        );
    }

    #[test]
    fn no_line_of_a_table_ends_in_blanks() {
        let mut table = table(&["what", "state"]);
        table.add_row(["a long name", ""]).add_row(["b", "x"]);
        let text = trimmed(&table.to_string());
        assert!(text.lines().all(|line| line == line.trim_end()), "{text:?}");
    }

    #[test]
    fn a_table_named_like_a_terminal_command_is_only_shown() {
        assert_eq!(plain("a\tb\nc — d"), "a\tb\nc — d");
        assert_eq!(
            plain("\u{1b}]0;x\u{7}\r\u{9b}2J"),
            "\\u{1b}]0;x\\u{7}\\r\\u{9b}2J"
        );
    }
}
