//! Texts to read: words, titles, sentences, paragraphs, remarks.

use crate::key::Draw;
use crate::natural::apart::{Piece, Style, slug, words};
use crate::natural::entry::{Entry, Form};
use crate::natural::{Cell, Distinct};
use crate::words::{LOREM, prose, trade};

use super::{join, one_of};

pub(super) const ENTRIES: &[Entry] = &[
    Entry::new("word", "a noun", Form::Text(word, labels_apart)),
    Entry::new(
        "label",
        "an adjective and a noun",
        Form::Text(label, labels_apart),
    ),
    Entry::new(
        "title",
        "a title of a few words",
        Form::Text(title, titles_apart),
    ),
    Entry::new(
        "subject",
        "the subject of a message",
        Form::Text(subject, titles_apart),
    ),
    Entry::new("sentence", "a sentence", Form::Text(sentence, titles_apart)),
    Entry::new(
        "paragraph",
        "a few sentences",
        Form::Text(paragraph, titles_apart),
    ),
    Entry::new(
        "lorem",
        "filler text in Latin",
        Form::Text(lorem, titles_apart),
    ),
    Entry::new(
        "markdown",
        "a heading, paragraphs and a list",
        Form::Text(markdown, titles_apart),
    ),
    Entry::new(
        "html",
        "a paragraph of HTML",
        Form::Text(html, titles_apart),
    ),
    Entry::new(
        "comment",
        "a remark of a customer or colleague",
        Form::Text(comment, titles_apart),
    ),
    Entry::new("task", "something to do", Form::Text(task, titles_apart)),
    Entry::new(
        "slug",
        "words joined by hyphens",
        Form::Text(slug_text, slugs_apart),
    ),
    Entry::new("tag", "a word in lower case", Form::Text(tag, slugs_apart)),
    Entry::new(
        "project",
        "the name of a project or event",
        Form::Text(project, labels_apart),
    ),
];

fn capitalised(word: &str, out: &mut String) {
    let mut letters = word.chars();
    if let Some(first) = letters.next() {
        out.extend(first.to_uppercase());
        out.push_str(letters.as_str());
    }
}

/// The article that the word wants.
fn article(word: &str) -> &'static str {
    let exception = word.starts_with("uni") || word.starts_with("us") || word.starts_with("one");
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u']) && !exception;
    if vowel || word == "honest" {
        "an "
    } else {
        "a "
    }
}

fn word(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(one_of(cell.draw(0), prose::NOUNS));
}

fn label(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let draw = cell.draw(0);
    capitalised(one_of(draw, prose::QUALITIES), out);
    out.push(' ');
    out.push_str(one_of(draw.next(), prose::NOUNS));
}

fn title(cell: &Cell<'_>, max: usize, out: &mut String) {
    let draw = cell.draw(0);
    let (quality, noun) = (
        one_of(draw, prose::QUALITIES),
        one_of(draw.next(), prose::NOUNS),
    );
    let rest = draw.next().next();
    let (verb, other) = (
        one_of(rest, prose::VERBS),
        one_of(rest.next(), prose::NOUNS),
    );
    let a = article(quality);
    let words = match rest.next().next().below(5) {
        0 => ["how to ", verb, " ", a, quality, " ", noun],
        1 => ["the ", quality, " ", noun, " and its ", other, ""],
        2 => [verb, " the ", noun, ", not the ", other, "", ""],
        3 => [a, quality, " ", noun, " for every ", other, ""],
        _ => [noun, " and ", other, ": the ", quality, " choice", ""],
    };
    let mut text = String::new();
    join(&words, "", &mut text);
    capitalised(&text, out);
    if out.len() > max {
        out.clear();
        label(cell, max, out);
    }
}

fn subject(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(one_of(cell.draw(0), prose::SUBJECTS));
}

/// A sentence of five patterns.
fn push_sentence(draw: Draw, out: &mut String) {
    let (quality, noun) = (
        one_of(draw, prose::QUALITIES),
        one_of(draw.next(), prose::NOUNS),
    );
    let rest = draw.next().next();
    let (verb, other) = (
        one_of(rest, prose::VERBS),
        one_of(rest.next(), prose::NOUNS),
    );
    let a = article(quality);
    let words = match rest.next().next().below(5) {
        0 => ["We ", verb, " the ", noun, " before the ", other, ""],
        1 => ["Every ", noun, " has ", a, quality, " ", other],
        2 => ["It takes ", a, quality, " ", noun, " to ", verb],
        3 => ["Please ", verb, " the ", quality, " ", noun, ""],
        _ => ["The ", noun, " is ", quality, " without its ", other, ""],
    };
    join(&words, "", out);
    out.push('.');
}

fn sentence(cell: &Cell<'_>, _max: usize, out: &mut String) {
    push_sentence(cell.draw(0), out);
}

/// Sentences as long as they fit.
fn push_sentences(cell: &Cell<'_>, first_part: u32, count: u64, max: usize, out: &mut String) {
    for number in 0..count {
        let before = out.len();
        if number > 0 {
            out.push(' ');
        }
        push_sentence(cell.draw(first_part + number as u32), out);
        if out.len() > max && number > 0 {
            out.truncate(before);
            return;
        }
    }
}

fn paragraph(cell: &Cell<'_>, max: usize, out: &mut String) {
    let count = 2 + cell.draw(0).below(4);
    push_sentences(cell, 1, count, max, out);
}

fn lorem(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let mut draw = cell.draw(0);
    let count = 8 + draw.below(20);
    for number in 0..count {
        draw = draw.next();
        let word = one_of(draw, LOREM);
        if number == 0 {
            capitalised(word, out);
        } else {
            out.push(' ');
            out.push_str(word);
        }
    }
    out.push('.');
}

fn markdown(cell: &Cell<'_>, max: usize, out: &mut String) {
    if max < 200 {
        return paragraph(cell, max, out);
    }
    out.push_str("## ");
    let mut heading = String::new();
    title(cell, usize::MAX, &mut heading);
    out.push_str(&heading);
    out.push_str("\n\n");
    push_sentences(cell, 10, 3, max, out);
    out.push_str("\n\n");
    for item in 0..3 {
        let before = out.len();
        out.push_str("- ");
        push_sentence(cell.draw(20 + item), out);
        out.push('\n');
        if out.len() > max {
            out.truncate(before);
            break;
        }
    }
}

fn html(cell: &Cell<'_>, max: usize, out: &mut String) {
    let mut text = String::new();
    push_sentences(cell, 1, 3, max.saturating_sub(7), &mut text);
    if text.len() + 7 > max {
        out.push_str(&text);
    } else {
        join(&["<p>", &text, "</p>"], "", out);
    }
}

fn comment(cell: &Cell<'_>, max: usize, out: &mut String) {
    let draw = cell.draw(0);
    let remark = one_of(draw, prose::REMARKS);
    out.push_str(remark);
    if draw.next().chance(450_000) {
        let before = out.len();
        out.push(' ');
        out.push_str(one_of(draw.next().next(), prose::REMARKS));
        if out.len() > max || out[before + 1..] == *remark {
            out.truncate(before);
        }
    }
}

fn task(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let draw = cell.draw(0);
    capitalised(one_of(draw, prose::VERBS), out);
    out.push_str(" the ");
    out.push_str(one_of(draw.next(), prose::QUALITIES));
    out.push(' ');
    out.push_str(one_of(draw.next().next(), prose::NOUNS));
}

fn slug_text(cell: &Cell<'_>, max: usize, out: &mut String) {
    let mut text = String::new();
    title(cell, max, &mut text);
    out.push_str(&slug(&text));
}

fn tag(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(one_of(cell.draw(0), prose::NOUNS));
}

fn project(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let draw = cell.draw(0);
    out.push_str(one_of(draw, trade::CODE_NAMES));
    out.push(' ');
    out.push_str(one_of(draw.next(), prose::NOUNS));
}

fn labels_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(prose::QUALITIES),
        Piece::Fixed(" "),
        Piece::Words(prose::NOUNS),
    ];
    words(PIECES, Style::Plain, max)
}

fn titles_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(prose::VERBS),
        Piece::Fixed(" the "),
        Piece::Words(prose::QUALITIES),
        Piece::Fixed(" "),
        Piece::Words(prose::NOUNS),
    ];
    words(PIECES, Style::Plain, max)
}

fn slugs_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(prose::QUALITIES),
        Piece::Fixed("-"),
        Piece::Words(prose::NOUNS),
    ];
    words(PIECES, Style::Slug, max)
}
