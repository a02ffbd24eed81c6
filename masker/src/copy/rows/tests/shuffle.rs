//! Cells that change rows, and the windows within which they do.

use super::*;

fn shuffle() -> Action {
    Action::Shuffle { draws: draws() }
}

/// `kind`, `salary` shuffled, `name`.
fn staff(only: Option<&str>) -> TablePlan {
    let when = only.map(|kind| When {
        column: 0,
        is: vec![Some(kind.as_bytes().to_vec())],
        not: false,
    });
    let mut cases = vec![CasePlan {
        when,
        action: shuffle(),
    }];
    if only.is_some() {
        cases.push(CasePlan {
            when: None,
            action: Action::Keep,
        });
    }
    let salary = ColumnPlan {
        column: String::new(),
        cases,
    };
    table(
        vec![column(Action::Keep), salary, column(Action::Keep)],
        0,
        &[],
    )
}

/// Rows in reading order: what is looked at first.
fn rows(layout: &Layout, count: usize, kind: impl Fn(usize) -> &'static str) -> String {
    let cell = |row: usize, column: &str| match column {
        "a" => kind(row).to_owned(),
        "b" if row == 3 => "\\N".to_owned(),
        "b" => format!("{}\\t", row * 1_000),
        _ => format!("name {row}"),
    };
    let row = |row| {
        let cells: Vec<String> = layout.read.iter().map(|name| cell(row, name)).collect();
        cells.join("\t") + "\n"
    };
    (0..count).map(row).collect()
}

/// The cells of a column.
fn cells(layout: &Layout, rows: &str, name: &str) -> Vec<String> {
    let at = layout.read.iter().position(|read| read == name);
    let at = at.expect("it is read");
    let cell = |row: &str| row.split('\t').nth(at).expect("a cell").to_owned();
    rows.lines().map(cell).collect()
}

#[test]
fn every_cell_goes_to_another_row_and_none_is_lost() {
    let layout = layout(&staff(None));
    for count in [2, 3, 4, 100, 5_000] {
        let before = rows(&layout, count, |_| "x");
        let after = masked(&layout, &before).expect("masks");
        for name in ["a", "c"] {
            assert_eq!(cells(&layout, &before, name), cells(&layout, &after, name));
        }
        let (mut before, mut after) = (cells(&layout, &before, "b"), cells(&layout, &after, "b"));
        let same = before
            .iter()
            .zip(&after)
            .filter(|(one, other)| one == other);
        assert_eq!(same.count(), 0, "of {count}");
        before.sort();
        after.sort();
        assert_eq!(before, after);
    }
}

#[test]
fn only_rows_of_a_case_change_with_each_other() {
    let layout = layout(&staff(Some("x")));
    let kind = |row: usize| if row.is_multiple_of(3) { "x" } else { "y" };
    let before = rows(&layout, 90, kind);
    let after = masked(&layout, &before).expect("masks");
    let (before, after) = (cells(&layout, &before, "b"), cells(&layout, &after, "b"));
    let mut of_x = Vec::new();
    for row in 0..90 {
        assert_eq!(before[row] == after[row], kind(row) == "y", "row {row}");
        if kind(row) == "x" {
            of_x.push(&before[row]);
            assert!(
                before
                    .iter()
                    .position(|cell| *cell == after[row])
                    .expect("there")
                    % 3
                    == 0
            );
        }
    }
    assert_eq!(of_x.len(), 30);
}

#[test]
fn a_cell_that_is_alone_is_refused() {
    let whole = layout(&staff(None));
    let of_x = layout(&staff(Some("x")));
    for (layout, rows) in [
        (&whole, rows(&whole, 1, |_| "x")),
        (
            &of_x,
            rows(&of_x, 9, |row| if row == 5 { "x" } else { "y" }),
        ),
    ] {
        let told = masked(layout, &rows).expect_err("is refused");
        let reason = "has no other row to change with";
        assert_eq!(told, CellError::Unmaskable { column: 1, reason });
    }
    // Where no row is of the case, there is nothing to change.
    let none = rows(&of_x, 9, |_| "y");
    assert_eq!(masked(&of_x, &none).as_deref(), Ok(none.as_str()));
}

#[test]
fn the_same_rows_are_shuffled_alike_and_other_rows_otherwise() {
    let layout = layout(&staff(None));
    let (some, more) = (rows(&layout, 50, |_| "x"), rows(&layout, 51, |_| "x"));
    let one = masked(&layout, &some).expect("masks");
    assert_eq!(masked(&layout, &some).expect("masks"), one);
    let more = masked(&layout, &more).expect("masks");
    let (one, more) = (cells(&layout, &one, "b"), cells(&layout, &more, "b"));
    let same = one.iter().zip(&more).filter(|(one, other)| one == other);
    assert!(same.count() < 10);
}

/// The pieces of a stream that arrives so many bytes at a time.
fn pieces(layout: &Layout, stream: &str, step: usize) -> Vec<usize> {
    let mut splitter = Splitter::new(layout, 64 * 1024);
    let mut lines = Vec::new();
    let count = |piece: &Piece| {
        let Piece::Rows(bytes) = piece else {
            panic!("rows of a table that is shuffled are never cut");
        };
        assert_eq!(bytes.last(), Some(&b'\n'));
        memchr::memchr_iter(b'\n', bytes).count()
    };
    for part in stream.as_bytes().chunks(step) {
        splitter.room().0.extend_from_slice(part);
        while let Some(piece) = splitter.next().expect("short rows") {
            lines.push(count(&piece));
        }
    }
    while let Some(piece) = splitter.last() {
        lines.push(count(&piece));
    }
    assert_eq!(splitter.held(), 0);
    lines
}

#[test]
fn windows_end_where_they_do_however_bytes_arrive() {
    let layout = layout(&staff(None));
    for (count, expected) in [
        (0, vec![]),
        (1, vec![1]),
        (4_096, vec![4_096]),
        (4_097, vec![4_097]),
        (5_119, vec![5_119]),
        (5_120, vec![4_096, 1_024]),
        (12_300, vec![4_096, 4_096, 4_108]),
    ] {
        let stream = rows(&layout, count, |_| "x");
        for step in [1 << 20, 8_191, 100] {
            assert_eq!(
                pieces(&layout, &stream, step),
                expected,
                "{count} by {step}"
            );
        }
    }
}

#[test]
fn long_rows_make_windows_of_fewer_rows_and_never_of_one() {
    let layout = layout(&staff(None));
    let long = "l".repeat(900_000);
    let row = format!("{long}\t1\tx\n");
    let stream = row.repeat(7);
    assert_eq!(pieces(&layout, &stream, 10_000), [3, 4]);
    let huge = "h".repeat(3 << 20);
    let stream = format!("{huge}\t1\tx\n").repeat(5);
    assert_eq!(pieces(&layout, &stream, 1 << 20), [2, 3]);
}
