//! `cargo bench -p benches --bench guard`: what the guard costs a statement, beside a parser of SQL.
//!
//! First what the verdicts take, then a table with allocations, percentiles and the targets, in seconds;
//! then Criterion's own.
#![allow(unsafe_code)] // a global allocator is unsafe by its trait, and only here is it counted

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use rules::config::AccessMode;
use rules::guard::{Cache, Kind, Lexer, VERDICTS_MAX, inspect};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

const MODE: AccessMode = AccessMode::ReadOnly;

/// What a verdict that is kept may take, at the median.
const HIT_MAX: Duration = Duration::from_nanos(300);
/// What a statement that was never seen may take, at the 99th percentile.
const MISS_MAX: Duration = Duration::from_micros(25);

/// Times that each percentile is of.
const SAMPLES: usize = 5_000;
/// Calls that one time is of, where a call is hardly longer than a look at the clock.
const CALLS: u32 = 100;
/// Bytes of the list that shows whether time is linear.
const LIST_BYTES: usize = 10 << 20;

/// Statements that a daemon may see in a day, no two alike.
const DISTINCT: u32 = 1_000_000;

/// The system's allocator, which counts for each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// Bytes that are allocated and not given back.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

fn hold(more: usize, less: usize) {
    let _ = HELD.try_with(|held| held.set(held.get().wrapping_add(more).wrapping_sub(less)));
}

// SAFETY: every call goes to the system's allocator unchanged; a counter that is gone counts no more.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        hold(layout.size(), 0);
        // SAFETY: the caller's promise about the layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        hold(layout.size(), 0);
        // SAFETY: the caller's promise about the layout.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        hold(bytes, layout.size());
        // SAFETY: the caller's promises about the pointer and both sizes.
        unsafe { System.realloc(pointer, layout, bytes) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        hold(0, layout.size());
        // SAFETY: the caller's promise that `alloc` gave this pointer.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// A statement to be judged.
struct Statement {
    name: &'static str,
    sql: String,
}

fn main() -> std::io::Result<()> {
    let statements = statements();
    let criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(700));
    memory(&statements[1], &mut std::io::stdout().lock())?;
    table(&statements, &mut std::io::stdout().lock())?;
    let mut criterion = criterion.configure_from_args();
    for statement in &statements {
        measure(&mut criterion, statement);
    }
    criterion.final_summary();
    Ok(())
}

/// Flat statements of each length, and one whose brackets the guard has to follow.
fn statements() -> Vec<Statement> {
    let flat = |bytes: usize| {
        let mut sql =
            "SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer \
                       WHERE o.state = 'paid' AND c.country = 'DE' AND o.made > $1"
                .to_owned();
        while sql.len() + 30 < bytes {
            sql.push_str(" AND o.note <> 'a note of 30'");
        }
        format!("{sql:<bytes$}")
    };
    let nested = "SELECT id FROM orders WHERE id IN (SELECT max(o.id) FROM orders o WHERE (o.a, o.b) IN \
                  ((1, 2), (3, 4)) GROUP BY o.customer)";
    let of = |name, sql| Statement { name, sql };
    vec![
        of("20 B", "SELECT 1 FROM orders".to_owned()),
        of("200 B", flat(200)),
        of("2 KB", flat(2_048)),
        of("200 B nested", format!("{nested:<200}")),
    ]
}

fn tokens(sql: &[u8]) -> usize {
    let mut lexer = Lexer::new(sql);
    let mut count = 0;
    while lexer.advance().kind != Kind::End {
        count += 1;
    }
    count
}

fn parse(sql: &str) -> usize {
    let parsed = Parser::parse_sql(&PostgreSqlDialect {}, sql);
    parsed.expect("is SQL").len()
}

/// Takes a result as if somebody needed it.
fn spend<T>(result: T) {
    black_box(result);
}

/// Statements that the cache has never seen: eight digits behind the SQL, counted up.
struct Fresh {
    sql: Vec<u8>,
    number: u32,
}

impl Fresh {
    fn of(sql: &str) -> Self {
        let sql = format!("{sql}--00000000").into_bytes();
        Self { sql, number: 0 }
    }

    fn next(&mut self) -> &[u8] {
        self.number += 1;
        let digits = self.sql.len() - 8;
        let mut rest = self.number;
        for digit in self.sql[digits..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        &self.sql
    }
}

/// Criterion's measurements of one statement.
fn measure(criterion: &mut Criterion, statement: &Statement) {
    let (text, sql) = (statement.sql.as_str(), statement.sql.as_bytes());
    let cache = Cache::new([1; 4]);
    let mut fresh = Fresh::of(text);
    let mut group = criterion.benchmark_group(statement.name);
    group.throughput(Throughput::Bytes(sql.len() as u64));
    group.bench_function("lexer", |bencher| bencher.iter(|| tokens(black_box(sql))));
    group.bench_function("inspect", |bencher| {
        bencher.iter(|| inspect(black_box(sql)));
    });
    group.bench_function("hit", |bencher| {
        bencher.iter(|| cache.judge(black_box(sql), MODE));
    });
    group.bench_function("miss", |bencher| {
        bencher.iter(|| cache.judge(black_box(fresh.next()), MODE));
    });
    group.bench_function("sqlparser", |bencher| {
        bencher.iter(|| parse(black_box(text)));
    });
    group.finish();
}

/// Allocations and percentiles of every statement, then the targets and the long list.
fn table(statements: &[Statement], out: &mut impl Write) -> std::io::Result<()> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    writeln!(out, "guard, load average {}", load.trim())?;
    let headings = ["what", "allocations", "p50 ns", "p99 ns"];
    let [what, allocations, half, most] = headings;
    writeln!(out, "  {what:<24} {allocations:>12} {half:>10} {most:>10}")?;
    let mut targets = Vec::new();
    for statement in statements {
        let (text, sql) = (statement.sql.as_str(), statement.sql.as_bytes());
        let cache = Cache::new([1; 4]);
        let mut fresh = Fresh::of(text);
        let mut row = |what: &str, calls: u32, run: &mut dyn FnMut()| {
            run();
            let before = ALLOCATIONS.get();
            run();
            let allocated = ALLOCATIONS.get() - before;
            let [half, most] = percentiles(calls, run);
            let name = format!("{} {what}", statement.name);
            let (half_ns, most_ns) = (half.as_nanos(), most.as_nanos());
            writeln!(
                out,
                "  {name:<24} {allocated:>12} {half_ns:>10} {most_ns:>10}"
            )?;
            std::io::Result::Ok([half, most])
        };
        row("lexer", 1, &mut || spend(tokens(black_box(sql))))?;
        row("inspect", 1, &mut || spend(inspect(black_box(sql))))?;
        let [half, _] = row("hit", CALLS, &mut || {
            spend(cache.judge(black_box(sql), MODE));
        })?;
        targets.push((format!("{} hit, p50", statement.name), half, HIT_MAX));
        let [_, most] = row("miss", 1, &mut || {
            spend(cache.judge(black_box(fresh.next()), MODE));
        })?;
        targets.push((format!("{} miss, p99", statement.name), most, MISS_MAX));
        row("sqlparser", 1, &mut || spend(parse(black_box(text))))?;
    }
    for (what, found, target) in targets {
        let verdict = if found <= target { "met" } else { "MISSED" };
        writeln!(out, "  {verdict}: {what} ≤ {target:?}, found {found:?}")?;
    }
    list(out)
}

/// Median and 99th percentile of a call.
fn percentiles(calls: u32, run: &mut dyn FnMut()) -> [Duration; 2] {
    let mut times: Vec<Duration> = (0..SAMPLES)
        .map(|_| {
            let began = Instant::now();
            (0..calls).for_each(|_| run());
            began.elapsed() / calls
        })
        .collect();
    times.sort_unstable();
    [times[SAMPLES / 2], times[SAMPLES * 99 / 100]]
}

/// A list of numbers of many megabytes, once each.
fn list(out: &mut impl Write) -> std::io::Result<()> {
    let numbers = "1234567,".repeat(LIST_BYTES / 8);
    let sql = format!("SELECT * FROM orders WHERE id IN ({numbers}0)");
    let mut row = |what: &str, run: &dyn Fn()| {
        let before = ALLOCATIONS.get();
        let began = Instant::now();
        run();
        let seconds = began.elapsed().as_secs_f64();
        let (speed, allocated) = (sql.len() as f64 / 1e6 / seconds, ALLOCATIONS.get() - before);
        writeln!(
            out,
            "  list of {} MB, {what:<10} {:.0} ms, {speed:.0} MB/s, {allocated} allocations",
            sql.len() / 1_000_000,
            seconds * 1e3
        )
    };
    row("lexer", &|| spend(tokens(sql.as_bytes())))?;
    row("inspect", &|| spend(inspect(sql.as_bytes())))?;
    row("sqlparser", &|| spend(parse(&sql)))
}

/// What the verdicts take while ever new statements come, and the whole process.
fn memory(statement: &Statement, out: &mut impl Write) -> std::io::Result<()> {
    let before = HELD.get();
    let cache = Cache::new([1; 4]);
    let mut fresh = Fresh::of(&statement.sql);
    let mut found = Vec::new();
    for target in [0, VERDICTS_MAX as u32, 2 * VERDICTS_MAX as u32, DISTINCT] {
        while fresh.number < target {
            spend(cache.judge(fresh.next(), MODE));
        }
        let kib = HELD.get().wrapping_sub(before) / 1024;
        let resident_kib = resident_kib()?;
        writeln!(
            out,
            "  {target} distinct statements of {}: cache {kib} KiB, process {resident_kib} KiB",
            statement.name
        )?;
        found.push(kib);
    }
    let verdict = if found.iter().all(|kib| *kib == found[0]) {
        "met"
    } else {
        "MISSED"
    };
    writeln!(out, "  {verdict}: memory is flat")
}

/// Memory of this process that is in use, in KiB.
fn resident_kib() -> std::io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default())
}
