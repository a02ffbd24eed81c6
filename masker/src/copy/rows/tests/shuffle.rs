//! Cells that change rows, and the windows within which they do.

use super::*;

/// `kind`, `salary` shuffled, `name`.
fn staff(nullable: bool) -> TablePlan {
    let salary = column(Action::Shuffle {
        draws: draws(),
        nullable,
        few: false,
    });
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
    let layout = layout(&staff(false));
    for count in [10, 11, 100, 5_000] {
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
fn few_cells_are_null_or_refused_and_never_left() {
    let (must, may) = (layout(&staff(false)), layout(&staff(true)));
    for count in [1, 2, 9] {
        let before = rows(&must, count, |_| "x");
        let told = masked(&must, &before).expect_err("is refused");
        let CellError::Unmaskable { column: 1, reason } = told else {
            panic!("{told:?}");
        };
        assert!(reason.contains("fewer than nine others"), "{reason}");
        let after = masked(&may, &before).expect("masks");
        assert!(cells(&may, &after, "b").iter().all(|cell| cell == "\\N"));
        assert_eq!(cells(&may, &before, "c"), cells(&may, &after, "c"));
    }
    assert_eq!(masked(&must, "").as_deref(), Ok(""));
}

#[test]
fn a_value_goes_anywhere_in_a_window() {
    // Whom a value goes to is even: of a thousand windows each place gets about one in nine.
    let layout = layout(&staff(false));
    let mut goes = [0; 10];
    for window in 0..1_000 {
        let row = |row: usize| format!("{row}\t{window}\tx\n");
        let before: String = (0..10).map(row).collect();
        let after = masked(&layout, &before).expect("masks");
        let after = cells(&layout, &after, "b");
        goes[after.iter().position(|cell| cell == "0").expect("there")] += 1;
    }
    assert_eq!(goes[0], 0);
    // Six standard deviations of 1,000 draws of one in nine.
    assert!(
        goes[1..].iter().all(|count| (51..=171).contains(count)),
        "{goes:?}"
    );
}

#[test]
fn the_same_rows_are_shuffled_alike_and_other_rows_otherwise() {
    let layout = layout(&staff(false));
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
    let layout = layout(&staff(false));
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
fn wide_rows_make_windows_of_fewer_rows_and_never_of_few() {
    let layout = layout(&staff(false));
    let wide = |bytes: usize| format!("{}\t1\tx\n", "w".repeat(bytes));
    // 512 KiB are full with 88 of them.
    assert_eq!(pieces(&layout, &wide(6_000).repeat(200), 10_000), [88, 112]);
    assert_eq!(
        pieces(&layout, &wide(100_000).repeat(200), 10_000),
        [64, 64, 72]
    );
    let mut splitter = Splitter::new(&layout, 64 * 1024);
    let stream = wide(300_000).repeat(64);
    let told = stream.as_bytes().chunks(50_000).find_map(|part| {
        splitter.room().0.extend_from_slice(part);
        splitter.next().err()
    });
    assert_eq!(told, Some(TooLong));
}
