//! Paths into documents, and what becomes of what is there.
//!
//! `a.b` is a key below a key, `a[]` each element, `*` any key, `**` everything below; a key with dots,
//! brackets or stars stands in double quotes. `a.*#key` is what becomes of the keys that `*` stands
//! for: they may be originals as much as values are.

use std::borrow::Cow;

use rules::mask::{Mask, Transformer};
use seeder::value::Type;

use super::part::{Part, Place, part};
use crate::transform::{Column, Unfit, Unmaskable};

const UNDECIDED: Unmaskable = Unmaskable::new("has a path that no rule decides about");

/// What ends the path of keys.
const KEYS: &str = "#key";

/// A step into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Key(Cow<'a, str>),
    Element,
}

/// A step of a rule's path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Key(String),
    Element,
    /// Any key.
    Any,
    /// Any path, and none.
    Rest,
}

impl Pattern {
    fn is_wild(&self) -> bool {
        matches!(self, Self::Any | Self::Rest)
    }

    fn takes(&self, step: &Step<'_>) -> bool {
        match (self, step) {
            (Self::Key(own), Step::Key(key)) => own == key,
            (Self::Element, Step::Element) | (Self::Any, Step::Key(_)) => true,
            _ => false,
        }
    }
}

/// A path of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    steps: Vec<Pattern>,
}

/// What becomes of every path of a document.
#[derive(Debug)]
pub(super) struct Paths {
    values: Vec<(Path, Part)>,
    keys: Vec<(Path, Part)>,
}

impl Paths {
    /// Reads a rule's parts.
    pub(super) fn new(mask: &Mask, column: &Column<'_>) -> Result<Self, Unfit> {
        let mut paths = Self {
            values: Vec::new(),
            keys: Vec::new(),
        };
        for (text, rule) in &mask.options.parts {
            let (bare, of_keys) = match text.strip_suffix(KEYS) {
                Some(bare) => (bare, true),
                None => (text.as_str(), false),
            };
            let path = Path::read(bare).ok_or_else(|| {
                Unfit::new(
                    format!("{text:?} is no path"),
                    "it is written a.b[].c; * is any key, ** everything below, *#key what becomes of \
                     such keys",
                )
            })?;
            let own = format!("/{text}");
            let place = |data_type| Place {
                path: &own,
                data_type,
            };
            if !of_keys {
                let data_type = leaf_type(rule);
                paths
                    .values
                    .push((path, part(rule, place(&data_type), column)?));
                continue;
            }
            let keys = part(rule, place(&TEXT), column)?;
            if matches!(keys, Part::Null) || !path.steps.last().is_some_and(Pattern::is_wild) {
                return Err(Unfit::new(
                    format!("{text:?} must name keys by * or **, and keys are not NULL"),
                    "write \"*#key\" = \"token\"",
                ));
            }
            paths.keys.push((path, keys));
        }
        // What says more comes first.
        paths.values.sort_by_key(|(path, _)| path.vagueness());
        paths.keys.sort_by_key(|(path, _)| path.vagueness());
        paths.decided()?;
        Ok(paths)
    }

    /// Keys that a star stands for are decided about, unless all that it leads to is kept.
    fn decided(&self) -> Result<(), Unfit> {
        for (path, part) in &self.values {
            if matches!(part, Part::Keep) {
                continue;
            }
            for (at, step) in path
                .steps
                .iter()
                .enumerate()
                .filter(|(_, step)| step.is_wild())
            {
                let before = &path.steps[..=at];
                let covered = |(keys, _): &(Path, Part)| {
                    let rest = keys.steps.last() == Some(&Pattern::Rest);
                    keys.steps == before
                        || rest && before.starts_with(&keys.steps[..keys.steps.len() - 1])
                };
                if !self.keys.iter().any(covered) {
                    let star = if *step == Pattern::Any { "*" } else { "**" };
                    return Err(Unfit::new(
                        format!("the keys that {star} stands for are not decided about"),
                        format!(
                            "add what becomes of them: \"{}#key\" = \"keep\", or token",
                            Path::text(before)
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Steps of the longest path.
    pub(super) fn depth(&self) -> usize {
        let all = self.values.iter().chain(&self.keys);
        all.map(|(path, _)| path.steps.len()).max().unwrap_or(0)
    }

    /// Refuses what neither a rule nor the way to one is.
    pub(super) fn covers(&self, path: &[Step<'_>]) -> Result<(), Unmaskable> {
        let leads = |(own, _): &(Path, Part)| own.leads(path);
        self.values.iter().any(leads).then_some(()).ok_or(UNDECIDED)
    }

    /// What becomes of the value at a path.
    pub(super) fn value(&self, path: &[Step<'_>]) -> Result<&Part, Unmaskable> {
        let found = self.values.iter().find(|(own, _)| own.matches(path));
        found.map(|(_, part)| part).ok_or(UNDECIDED)
    }

    /// What becomes of the last key of a path; `None` where it stays, because a rule names it or all
    /// that it leads to is kept.
    pub(super) fn key(&self, path: &[Step<'_>]) -> Option<&Part> {
        let last = path.len().checked_sub(1)?;
        let names = |(own, _): &(Path, Part)| {
            own.leads(path) && matches!(own.steps.get(last), Some(Pattern::Key(_)))
        };
        if self.values.iter().any(names) {
            return None;
        }
        let found = self.keys.iter().find(|(own, _)| own.matches(path));
        found.map(|(_, part)| part)
    }
}

impl Path {
    fn read(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text;
        loop {
            rest = match rest.strip_prefix('"') {
                Some(quoted) => {
                    let end = quoted.find('"')?;
                    steps.push(Pattern::Key(quoted[..end].to_owned()));
                    &quoted[end + 1..]
                }
                None => {
                    let end = rest.find(['.', '[']).unwrap_or(rest.len());
                    match &rest[..end] {
                        "" if steps.is_empty() && rest.starts_with("[]") => {}
                        "" => return None,
                        "*" => steps.push(Pattern::Any),
                        "**" => steps.push(Pattern::Rest),
                        key => steps.push(Pattern::Key(key.to_owned())),
                    }
                    &rest[end..]
                }
            };
            while let Some(behind) = rest.strip_prefix("[]") {
                steps.push(Pattern::Element);
                rest = behind;
            }
            if rest.is_empty() {
                break;
            }
            rest = rest.strip_prefix('.')?;
        }
        let early = steps
            .iter()
            .rev()
            .skip(1)
            .any(|step| *step == Pattern::Rest);
        (!early).then_some(Self { steps })
    }

    fn text(steps: &[Pattern]) -> String {
        let mut text = String::new();
        for step in steps {
            if !text.is_empty() && *step != Pattern::Element {
                text.push('.');
            }
            text.push_str(match step {
                Pattern::Key(key) => key,
                Pattern::Element => "[]",
                Pattern::Any => "*",
                Pattern::Rest => "**",
            });
        }
        text
    }

    /// Paths that end in `**` last, then by their stars.
    fn vagueness(&self) -> (bool, usize) {
        let stars = self.steps.iter().filter(|step| step.is_wild()).count();
        (self.steps.last() == Some(&Pattern::Rest), stars)
    }

    fn matches(&self, path: &[Step<'_>]) -> bool {
        match self.steps.split_last() {
            Some((Pattern::Rest, before)) => {
                path.len() >= before.len() && takes(before, &path[..before.len()])
            }
            _ => path.len() == self.steps.len() && takes(&self.steps, path),
        }
    }

    /// Whether it is at the path or below it.
    fn leads(&self, path: &[Step<'_>]) -> bool {
        self.matches(path)
            || path.len() < self.steps.len() && takes(&self.steps[..path.len()], path)
    }
}

fn takes(steps: &[Pattern], path: &[Step<'_>]) -> bool {
    steps.iter().zip(path).all(|(own, step)| own.takes(step))
}

const TEXT: Type = Type::Text {
    max: None,
    padded: false,
    caseless: false,
};

/// What a leaf is taken for: documents have texts, numbers, and moments as texts.
fn leaf_type(rule: &rules::mask::ColumnRule) -> Type {
    use Transformer as T;
    let with = rule.cases.first().and_then(|case| match &case.choice {
        rules::mask::Choice::Mask(mask) => Some(mask.with),
        _ => None,
    });
    match with {
        Some(T::Int) => Type::Int {
            min: i64::MIN,
            max: i64::MAX,
        },
        Some(T::Noise | T::Bucket) => Type::Decimal {
            precision: None,
            scale: None,
        },
        Some(T::DateShift | T::DateTrunc) => Type::Timestamp {
            zone: true,
            precision: 6,
        },
        Some(T::Label) => Type::Bool,
        _ => TEXT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        for text in [
            "a",
            "a.b",
            "a[].b",
            "[]",
            "[][].x",
            "*",
            "**",
            "a.*.b",
            "a.**",
            "\"a.b\".c[]",
        ] {
            assert!(Path::read(text).is_some(), "{text}");
        }
        for text in [
            "", ".", "a.", ".a", "a..b", "**.a", "a[", "a[]b", "\"a", "a.[]",
        ] {
            assert!(Path::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn paths_match_what_they_say() {
        let check = |path: &str, steps: &str, expected: (bool, bool)| {
            let steps: Vec<Step<'_>> = steps
                .split_terminator('/')
                .map(|step| match step {
                    "[]" => Step::Element,
                    key => Step::Key(key.into()),
                })
                .collect();
            let path = Path::read(path).expect("a path");
            assert_eq!(
                (path.matches(&steps), path.leads(&steps)),
                expected,
                "{path:?} {steps:?}"
            );
        };
        check("a.b", "a/b", (true, true));
        check("a.b", "a", (false, true));
        check("a.b", "a/b/c", (false, false));
        check("a[].b", "a/[]/b", (true, true));
        check("a[].b", "a/x/b", (false, false));
        check("*.b", "[]/b", (false, false));
        check("a.**", "a", (true, true));
        check("a.**", "a/[]/c", (true, true));
        check("**", "", (true, true));
        check("a.**", "b", (false, false));
    }
}
