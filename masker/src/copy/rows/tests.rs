//! Rows masked whole and in pieces.

mod shuffle;

use std::fmt;
use std::sync::Arc;

use proptest::prelude::*;
use rules::mask::Transformer;
use rules::schema::Name;

use super::*;
use crate::copy::rows::layout::LayoutError;
use crate::copy::rows::split::TooLong;
use crate::key::{Draw, Draws, MaskKey};
use crate::plan::{Action, Basis, Canonical, CasePlan, ColumnPlan, TablePlan, When};
use crate::transform::{Transform, Unmaskable};

/// Gives back what it got, and what was drawn.
#[derive(Clone, Copy)]
enum Show {
    /// `<value>`
    Value,
    /// `<value #draw>`
    Draw,
    /// The value itself: for the way there and back.
    Same,
}

impl fmt::Debug for Show {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Show")
    }
}

impl Transform for Show {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        if value == b"odd" {
            // What was written before the refusal must not matter.
            out.extend_from_slice(value);
            return Err(Unmaskable { reason: "is odd" });
        }
        match self {
            Self::Same => out.extend_from_slice(value),
            Self::Value => out.extend_from_slice(&[b"<", value, b">"].concat()),
            Self::Draw => {
                let draw = format!(" #{:08x}>", draw.bits(0) >> 96);
                out.extend_from_slice(&[b"<", value, draw.as_bytes()].concat());
            }
        }
        Ok(())
    }
}

fn draws() -> Draws {
    let bytes: Vec<u8> = (0..32).map(|byte| byte * 5 + 1).collect();
    let key = MaskKey::read(&bytes).expect("a key");
    Draws::new(&key, "domain")
}

fn mask(show: Show, basis: Basis, canonical: Canonical) -> Action {
    Action::Mask {
        with: Transformer::Token,
        transform: Arc::new(show),
        draws: draws(),
        basis,
        canonical,
    }
}

fn value(show: Show) -> Action {
    mask(show, Basis::Value, Canonical::Text)
}

fn column(action: Action) -> ColumnPlan {
    ColumnPlan {
        column: String::new(),
        cases: vec![CasePlan { when: None, action }],
    }
}

/// A table whose columns are called `a`, `b` and so on, those that are only read behind them.
fn table(columns: Vec<ColumnPlan>, read_only: usize, key: &[usize]) -> TablePlan {
    let mut names = ('a'..='z').map(|name| name.to_string());
    let columns = columns.into_iter().map(|column| ColumnPlan {
        column: names.next().expect("a letter"),
        ..column
    });
    TablePlan {
        table: Name::new("public", "t"),
        leaves: Vec::new(),
        columns: columns.collect(),
        read_only: names.take(read_only).collect(),
        derived: Vec::new(),
        key: key.to_vec(),
        rows: 0,
    }
}

fn layout(plan: &TablePlan) -> Layout {
    Layout::new(plan, true, false).expect("a layout")
}

fn masked(layout: &Layout, rows: &str) -> Result<String, CellError> {
    let mut out = Vec::new();
    layout.mask_rows(rows.as_bytes(), &mut out, None)?;
    Ok(String::from_utf8(out).expect("UTF-8"))
}

fn check(plan: &TablePlan, rows: &str, expected: &str) {
    assert_eq!(
        masked(&layout(plan), rows).as_deref(),
        Ok(expected),
        "{rows}"
    );
}

#[test]
fn what_is_replaced_is_read_first_and_the_rest_passes() {
    let plan = table(
        vec![
            column(Action::Keep),
            column(value(Show::Value)),
            column(Action::Keep),
            column(Action::Null),
            column(Action::Static(b"x\ty".to_vec())),
        ],
        0,
        &[],
    );
    let ordered = layout(&plan);
    assert_eq!(ordered.read, ["b", "d", "e", "a", "c"]);
    assert_eq!(ordered.written, ordered.read);
    assert!(!ordered.passes());
    check(
        &plan,
        "1\t2\t3\ta\\tb\t\\N\n\\N\t\\N\t\\N\t\\N\t\n",
        "<1>\t\\N\tx\\ty\ta\\tb\t\\N\n\\N\t\\N\tx\\ty\t\\N\t\n",
    );
    let kept = table(vec![column(Action::Keep), column(Action::Keep)], 1, &[0]);
    assert!(layout(&kept).passes());
    assert_eq!(layout(&kept).read, ["a", "b"]);
    let all = table(vec![column(value(Show::Value))], 0, &[]);
    check(&all, "a\nb\\\\\n", "<a>\n<b\\\\>\n");
}

#[test]
fn masked_text_gets_its_escapes_back() {
    let plan = table(
        vec![column(value(Show::Same)), column(Action::Keep)],
        0,
        &[],
    );
    for cell in ["\\\\N", "\\n\\t\\r\\b\\f\\v\\\\", "", "\u{e9}\\\\", "\\\\."] {
        check(&plan, &format!("{cell}\t1\n"), &format!("{cell}\t1\n"));
    }
}

#[test]
fn the_first_case_that_holds_decides() {
    let when = |is: &[Option<&str>], not| When {
        column: 1,
        is: is
            .iter()
            .map(|value| value.map(|text| text.as_bytes().to_vec()))
            .collect(),
        not,
    };
    let case = |when, action| CasePlan { when, action };
    let cases = vec![
        case(Some(when(&[Some("keep\tit"), None], false)), Action::Keep),
        case(Some(when(&[Some("x")], true)), Action::Null),
        case(None, value(Show::Value)),
    ];
    let conditional = ColumnPlan {
        column: String::new(),
        cases,
    };
    let plan = table(vec![conditional, column(Action::Keep)], 0, &[]);
    check(
        &plan,
        "1\tkeep\\tit\n2\t\\N\n3\tx\n4\tother\n5\t\\\\N\n",
        "1\tkeep\\tit\n2\t\\N\n<3>\tx\n\\N\tother\n\\N\t\\\\N\n",
    );
}

#[test]
fn columns_that_are_only_looked_at_are_not_written() {
    let plan = table(
        vec![
            column(mask(
                Show::Draw,
                Basis::Subject(2, Canonical::Text),
                Canonical::Text,
            )),
            column(Action::Keep),
        ],
        2,
        &[],
    );
    let ordered = layout(&plan);
    assert_eq!(ordered.read, ["a", "c", "b"]);
    assert_eq!(ordered.written, ["a", "b"]);
    let rows = masked(&ordered, "1\tada\tx\n1\tbob\ty\n2\tada\tz\n").expect("rows");
    let draws: Vec<&str> = rows
        .lines()
        .map(|line| &line[line.find('#').expect("a draw")..line.find('>').expect("an end")])
        .collect();
    assert_eq!(draws[0], draws[2]);
    assert_ne!(draws[0], draws[1]);
    assert!(rows.ends_with("\tz\n") && !rows.contains("ada"), "{rows}");
}

/// What is drawn for each row.
fn drawn(basis: Basis, canonical: Canonical, key: &[usize], rows: &str) -> Vec<String> {
    let plan = table(
        vec![
            column(mask(Show::Draw, basis, canonical)),
            column(Action::Keep),
            column(Action::Keep),
        ],
        0,
        key,
    );
    let rows = masked(&layout(&plan), rows).expect("rows");
    let draw = |line: &str| line.split(['#', '>']).nth(1).map(str::to_owned);
    rows.lines().filter_map(draw).collect()
}

#[test]
fn draws_are_of_values_rows_or_subjects() {
    let equal = |drawn: Vec<String>| drawn[0] == drawn[1];
    let value = |canonical, rows| equal(drawn(Basis::Value, canonical, &[], rows));
    assert!(value(Canonical::Text, "a\t1\t1\na\t2\t2\n"));
    assert!(!value(Canonical::Text, "a\t1\t1\nA\t1\t1\n"));
    assert!(value(Canonical::Folded, "a\t1\t1\nA\t1\t1\n"));
    assert!(value(Canonical::Number, "1.0\t1\t1\n1\t1\t1\n"));
    assert!(value(Canonical::Padded, "a  \t1\t1\na\t1\t1\n"));
    let row = |rows| equal(drawn(Basis::Row, Canonical::Text, &[2, 1], rows));
    assert!(row("a\t1\t2\nb\t1\t2\n"));
    assert!(!row("a\t1\t2\na\t2\t1\n"));
    // Neither the cut between the parts of a key nor their order may be lost.
    assert!(!row("a\tb\ta\na\t\tba\n"));
    let subject = |rows| {
        equal(drawn(
            Basis::Subject(1, Canonical::Text),
            Canonical::Text,
            &[],
            rows,
        ))
    };
    assert!(subject("a\t1\t2\nb\t1\t3\n"));
    assert!(subject("a\t\\N\t2\nb\t\\N\t3\n"));
    assert!(!subject("a\t\\N\t2\nb\t\t3\n"));
    // A row's key, a subject and a value of the same bytes have draws of their own.
    let row = drawn(Basis::Row, Canonical::Text, &[1], "1\t1\t1\n");
    let text = drawn(Basis::Value, Canonical::Text, &[], "1\t1\t1\n");
    let number = drawn(Basis::Value, Canonical::Number, &[], "1\t1\t1\n");
    assert!(row != text && text != number && row != number);
    let subject = drawn(
        Basis::Subject(1, Canonical::Text),
        Canonical::Text,
        &[],
        "2\t1\t1\n",
    );
    assert_eq!(subject, text);
}

#[test]
fn a_transformer_gets_the_canonical_value() {
    let shown = |canonical, cell: &str| {
        let plan = table(
            vec![column(mask(Show::Value, Basis::Value, canonical))],
            0,
            &[],
        );
        masked(&layout(&plan), &format!("{cell}\n")).expect("a row")
    };
    assert_eq!(shown(Canonical::Number, "7.00"), "<7>\n");
    assert_eq!(shown(Canonical::Padded, "ab   "), "<ab>\n");
    assert_eq!(shown(Canonical::Folded, "Ab"), "<ab>\n");
}

#[test]
fn what_is_replaced_is_shown_without_escapes_and_without_nulls() {
    let plan = table(
        vec![
            column(value(Show::Value)),
            column(Action::Null),
            column(Action::Static(b"s\\".to_vec())),
            column(Action::Keep),
        ],
        0,
        &[],
    );
    let layout = layout(&plan);
    let mut seen = Noted::default();
    let rows = b"a\\tb\tc\td\te\n\\N\t\\N\t\\N\te\n";
    let count = layout.mask_rows(rows, &mut Vec::new(), Some(&mut seen));
    assert_eq!(count, Ok(2));
    let cell = |column, with, original: &[u8], masked: Option<&[u8]>| {
        (column, with, original.to_vec(), masked.map(<[u8]>::to_vec))
    };
    let expected = [
        cell(
            0,
            Some(Transformer::Token),
            b"a\tb".as_slice(),
            Some(b"<a\tb>".as_slice()),
        ),
        cell(1, None, b"c", None),
        cell(2, None, b"d", Some(b"s\\")),
    ];
    assert_eq!(seen.0, expected);
}

/// A column, what replaced its cell, and the cell before and after.
type Pair = (usize, Option<Transformer>, Vec<u8>, Option<Vec<u8>>);

#[derive(Default)]
struct Noted(Vec<Pair>);

impl See for Noted {
    fn cell(&mut self, cell: Replaced<'_>) {
        let masked = cell.masked.map(<[u8]>::to_vec);
        (self.0).push((cell.column, cell.with, cell.original.to_vec(), masked));
    }
}

#[test]
fn what_has_no_replacement_stops_and_names_its_column() {
    let plan = table(
        vec![column(Action::Keep), column(value(Show::Value))],
        0,
        &[],
    );
    let found = masked(&layout(&plan), "a\t1\nodd\t1\n");
    let reason = "is odd";
    assert_eq!(found, Err(CellError::Unmaskable { column: 1, reason }));
    assert_eq!(layout(&plan).with(1), Some(Transformer::Token));
    assert_eq!(layout(&plan).with(0), None);
    let unchecked = Layout::new(&plan, true, true).expect("a layout");
    let found = unchecked.mask_rows(b"\xff\t1\n", &mut Vec::new(), None);
    let reason = "is not UTF-8";
    assert_eq!(found, Err(CellError::Unmaskable { column: 1, reason }));
    for rows in ["a\n", "a\t1", "a", "a\t1\nb\n"] {
        assert_eq!(
            masked(&layout(&plan), rows),
            Err(CellError::Short),
            "{rows}"
        );
    }
    let all = table(vec![column(value(Show::Value))], 0, &[]);
    assert_eq!(masked(&layout(&all), "a\tb\n"), Err(CellError::Short));
}

#[test]
fn plans_that_cannot_be_followed_are_refused() {
    let check = |plan: &TablePlan, expected| {
        let found = Layout::new(plan, true, false).map(drop);
        assert_eq!(found, Err(expected));
    };
    let by = |basis| column(mask(Show::Value, basis, Canonical::Text));
    check(&table(vec![by(Basis::Row)], 0, &[]), LayoutError::NoKey);
    check(&table(vec![by(Basis::Row)], 0, &[1]), LayoutError::Place);
    check(
        &table(vec![by(Basis::Subject(1, Canonical::Text))], 0, &[]),
        LayoutError::Place,
    );
    check(&table(Vec::new(), 0, &[]), LayoutError::Nothing);
    let when = When {
        column: 0,
        is: Vec::new(),
        not: false,
    };
    let mut open = table(vec![column(Action::Null)], 0, &[]);
    open.columns[0].cases[0].when = Some(when);
    check(&open, LayoutError::Open);
    let none = Layout::new(&table(Vec::new(), 0, &[]), false, false).expect("no columns at all");
    assert!(none.passes() && none.read.is_empty());
}

/// Feeds bytes in steps through a splitter and masks the pieces.
fn in_pieces(layout: &Layout, rows: &[u8], batch: usize, step: usize) -> Result<Vec<u8>, TooLong> {
    let mut splitter = Splitter::new(layout, batch);
    let (mut out, mut rest) = (Vec::new(), rows);
    while !rest.is_empty() {
        let (held, most) = splitter.room();
        assert!(most > held.len(), "no room for progress");
        let taken = step.min(most - held.len()).min(rest.len());
        held.extend_from_slice(&rest[..taken]);
        rest = &rest[taken..];
        while let Some(piece) = splitter.next()? {
            match &piece {
                Piece::Rows(rows) => {
                    layout.mask_rows(rows, &mut out, None).expect("rows");
                }
                Piece::Head(head) => layout.mask_head(head, &mut out, None).expect("a head"),
                Piece::Tail(tail) => out.extend_from_slice(tail),
            }
        }
    }
    assert_eq!(splitter.held(), 0, "something is left");
    Ok(out)
}

#[test]
fn a_long_cell_that_is_kept_is_never_held() {
    let plan = table(
        vec![column(Action::Keep), column(value(Show::Value))],
        0,
        &[],
    );
    let layout = layout(&plan);
    let long = "x".repeat(1_000_000);
    let rows = format!("a\t1\nb\t{long}\nc\t2\n");
    let mut splitter = Splitter::new(&layout, 1_000);
    let (mut rest, mut most_held, mut tails) = (rows.as_bytes(), 0, 0);
    while !rest.is_empty() {
        let (held, most) = splitter.room();
        let taken = (most - held.len()).min(rest.len());
        held.extend_from_slice(&rest[..taken]);
        rest = &rest[taken..];
        most_held = most_held.max(splitter.held());
        while let Some(piece) = splitter.next().expect("pieces") {
            tails += usize::from(matches!(piece, Piece::Tail(_)));
        }
    }
    assert!(most_held <= 2_000, "{most_held}");
    assert!(tails >= 999, "{tails}");
}

#[test]
fn cells_that_are_too_long_to_be_masked_are_refused() {
    let plan = table(
        vec![column(Action::Keep), column(value(Show::Value))],
        0,
        &[],
    );
    let layout = layout(&plan);
    let most = "x".repeat(HEAD_BYTES_MAX - 1);
    let batch = 1024 * 1024;
    let whole = format!("{most}\t1\n");
    assert!(in_pieces(&layout, whole.as_bytes(), batch, batch).is_ok());
    let more = most + &"x".repeat(2 * batch) + "\t1\n";
    assert_eq!(
        in_pieces(&layout, more.as_bytes(), batch, batch),
        Err(TooLong)
    );
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\\N".to_owned()),
        "[a-z\\.]{0,3}",
        "(x|\\\\\\\\|\\\\t|\\\\n|\u{e9}){0,12}",
        "y{20,60}",
    ]
}

proptest! {
    #[test]
    fn pieces_give_what_the_whole_gives(
        heads in 0_usize..4,
        tails in 0_usize..4,
        cells in prop::collection::vec(cell(), 0..60),
        batch in 1_usize..64,
        step in 1_usize..64,
    ) {
        let kept = (0..tails).map(|_| column(Action::Keep));
        let replaced = (0..heads).map(|_| column(value(Show::Value)));
        let columns: Vec<ColumnPlan> = kept.chain(replaced).collect();
        prop_assume!(!columns.is_empty());
        let width = columns.len();
        let layout = layout(&table(columns, 0, &[]));
        let rows: String = cells.chunks_exact(width).map(|row| row.join("\t") + "\n").collect();
        let whole = match layout.passes() {
            true => rows.clone(),
            false => masked(&layout, &rows).expect("rows"),
        };
        let pieces = in_pieces(&layout, rows.as_bytes(), batch, step).expect("pieces");
        prop_assert_eq!(String::from_utf8(pieces).expect("UTF-8"), whole);
    }

    #[test]
    fn the_same_value_has_the_same_text(cells in prop::collection::vec(cell(), 1..20)) {
        let columns: Vec<ColumnPlan> = cells.iter().map(|_| column(value(Show::Same))).collect();
        let row = cells.join("\t") + "\n";
        let found = masked(&layout(&table(columns, 0, &[])), &row);
        prop_assert_eq!(found, Ok(row));
    }
}
