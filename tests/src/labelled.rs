//! The labelled columns: what each is called, what it is of, what it holds, and the values that a
//! specification makes of word lists.
//!
//! `labelled/columns.tsv` has a column a line, `labelled/words.txt` the lists. In a specification
//! `#` is a digit, `?` a small and `^` a capital letter, `{list}` a word of a list, `{lower:list}` and
//! `{upper:list}` the same in ASCII letters of that case or in capitals, `{int:1..9}`, `{hex:8}`, `{b62:8}`,
//! `{uuid}`, `{date:1940..2000}` what they say; ` || ` parts alternatives; `\` takes the next character
//! as it is. Equal rows make equal values, on every machine.

use std::collections::BTreeMap;

const COLUMNS: &str = include_str!("../labelled/columns.tsv");
const WORDS: &str = include_str!("../labelled/words.txt");

/// How a column's name goes with what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Naming {
    /// It says so.
    Telling,
    /// It says nothing.
    Meaningless,
    /// It says something else.
    Misleading,
}

/// A column of the set.
#[derive(Debug, Clone, Copy)]
pub struct LabelledColumn {
    /// How the name goes with what it holds.
    pub naming: Naming,
    /// The table's name.
    pub table: &'static str,
    /// The column's name.
    pub column: &'static str,
    /// The type, as PostgreSQL writes it.
    pub data_type: &'static str,
    /// The word of the class, or `none`.
    pub label: &'static str,
    /// How values are made.
    pub specification: &'static str,
}

/// Every column of the set.
pub fn columns() -> Vec<LabelledColumn> {
    let lines = COLUMNS.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut fields = line.split('\t');
            let mut field = || fields.next().unwrap_or_default();
            LabelledColumn {
                naming: match field() {
                    "telling" => Naming::Telling,
                    "meaningless" => Naming::Meaningless,
                    _ => Naming::Misleading,
                },
                table: field(),
                column: field(),
                data_type: field(),
                label: field(),
                specification: field(),
            }
        })
        .collect()
}

/// The word lists by name: `pl_PL/given`.
pub struct Lists(BTreeMap<&'static str, Vec<&'static str>>);

impl Lists {
    /// Reads them.
    pub fn read() -> Self {
        let lines = WORDS.lines().filter_map(|line| line.split_once('\t'));
        Self(
            lines
                .map(|(name, words)| (name, words.split('|').collect()))
                .collect(),
        )
    }

    /// Names and words of the lists.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &[&'static str])> {
        self.0.iter().map(|(name, words)| (*name, words.as_slice()))
    }

    /// Values of a column, the same for the same number.
    pub fn values(&self, column: &LabelledColumn, number: u64, count: usize) -> Vec<String> {
        let alternatives: Vec<&str> = column.specification.split(" || ").collect();
        let mut draws = Draws(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5157_1a2b);
        (0..count)
            .map(|_| {
                let chosen = alternatives[draws.below(alternatives.len())];
                self.made(chosen, &mut draws)
            })
            .collect()
    }

    fn made(&self, specification: &str, draws: &mut Draws) -> String {
        let mut out = String::new();
        let mut rest = specification;
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            match letter {
                '#' => out.push(draws.of("0123456789")),
                '?' => out.push(draws.of("abcdefghijklmnopqrstuvwxyz")),
                '^' => out.push(draws.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
                '\\' => {
                    let next = rest.chars().next().unwrap_or_default();
                    out.push(next);
                    rest = &rest[next.len_utf8()..];
                }
                '{' => {
                    let (inner, after) = rest.split_once('}').unwrap_or((rest, ""));
                    out.push_str(&self.placed(inner, draws));
                    rest = after;
                }
                other => out.push(other),
            }
        }
        out
    }

    fn placed(&self, placeholder: &str, draws: &mut Draws) -> String {
        let Some((verb, argument)) = placeholder.split_once(':') else {
            return match placeholder {
                "uuid" => uuid(draws),
                list => self.word(list, draws).to_owned(),
            };
        };
        let length = || argument.parse().unwrap_or(1);
        match verb {
            "lower" => ascii(self.word(argument, draws)).to_lowercase(),
            "upper" => self.word(argument, draws).to_uppercase(),
            "nozero" => self
                .word(argument, draws)
                .trim_start_matches('0')
                .to_owned(),
            "group4" => grouped(self.word(argument, draws), ' '),
            "dash4" => grouped(self.word(argument, draws), '-'),
            "hex" => draws.text("0123456789abcdef", length()),
            "HEX" => draws.text("0123456789ABCDEF", length()),
            "B32" => draws.text("ABCDEFGHJKMNPQRSTVWXYZ0123456789", length()),
            "b62" => draws.text(BASE_62, length()),
            "int" => draws.between(argument).to_string(),
            "date" | "dmy" | "mdy" => {
                let (year, month, day) = (
                    draws.between(argument),
                    1 + draws.below(12),
                    1 + draws.below(28),
                );
                match verb {
                    "date" => format!("{year:04}-{month:02}-{day:02}"),
                    "dmy" => format!("{day:02}.{month:02}.{year}"),
                    _ => format!("{month:02}/{day:02}/{year}"),
                }
            }
            _ => placeholder.to_owned(),
        }
    }

    fn word(&self, list: &str, draws: &mut Draws) -> &'static str {
        match self.0.get(list) {
            Some(words) => words[draws.below(words.len())],
            None => "",
        }
    }
}

const BASE_62: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn uuid(draws: &mut Draws) -> String {
    let widths = [8, 4, 4, 4, 12];
    let parts = widths.map(|width| draws.text("0123456789abcdef", width));
    parts.join("-")
}

fn ascii(text: &str) -> String {
    let letters = text.chars().map(|letter| match letter {
        'ä' | 'á' | 'à' | 'â' | 'ã' | 'å' | 'ą' | 'ă' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'ı' => 'i',
        'ö' | 'ó' | 'ò' | 'ô' | 'õ' | 'ø' | 'ő' => 'o',
        'ü' | 'ú' | 'ù' | 'û' | 'ů' | 'ű' => 'u',
        'ç' | 'ć' | 'č' => 'c',
        'š' | 'ś' | 'ş' => 's',
        'ž' | 'ź' | 'ż' => 'z',
        'ñ' | 'ń' => 'n',
        'ł' => 'l',
        'ř' => 'r',
        'ý' => 'y',
        other => other,
    });
    letters.filter(char::is_ascii_alphabetic).collect()
}

fn grouped(text: &str, separator: char) -> String {
    let mut out = String::new();
    for (at, letter) in text.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            out.push(separator);
        }
        out.push(letter);
    }
    out
}

/// SplitMix64 (Steele, Lea, Flood).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    fn of(&mut self, letters: &str) -> char {
        char::from(letters.as_bytes()[self.below(letters.len())])
    }

    fn text(&mut self, letters: &str, length: usize) -> String {
        (0..length).map(|_| self.of(letters)).collect()
    }

    /// A number of `1..9`, both included.
    fn between(&mut self, range: &str) -> i64 {
        let bounds = range.split_once("..");
        let (low, high) = bounds.map_or((0, 1), |(low, high)| {
            (low.parse().unwrap_or(0), high.parse().unwrap_or(1))
        });
        let width: i64 = high - low + 1;
        low + self.below(usize::try_from(width).unwrap_or(1)) as i64
    }
}
