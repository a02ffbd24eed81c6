//! `cargo bench -p benches --bench mask-values`: what one masked value costs, in nanoseconds.
//!
//! First ten million keys of an integer go through the bijection and none is met twice; then
//! Criterion's figures: the bijections and the keyed hash that everything follows from, and whole
//! transformers with the draw that the copy makes for each value.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use masker::key::{Draws, MaskKey};
use masker::permute::Permutation;
use masker::plan::Canonical;
use masker::transform::{Column, Transform, make};
use rules::config::parse;
use rules::mask::{By, Choice, Mask};
use rules::schema::Schema;
use seeder::key::Key;
use seeder::person::{Locales, People};
use seeder::value::Type;

/// Keys that are looked at for duplicates.
const KEYS: u32 = 10_000_000;

/// A transformer, a type, and a value.
const VALUES: [(&str, &str, &str, &str); 13] = [
    ("int", "integer", "\"int\"", "1234567"),
    (
        "uuid",
        "uuid",
        "\"uuid\"",
        "01890a5d-ac96-774b-bcce-b302099a8057",
    ),
    ("code of 10", "text", "\"code\"", "AB-0012-xyz"),
    ("code of 6 digits", "text", "\"digits\"", "204817"),
    ("token", "text", "\"token\"", "maria.schmidt@corp.invalid"),
    ("name", "text", "\"name\"", "Maria Schmidt"),
    ("email", "text", "\"email\"", "maria.schmidt@corp.invalid"),
    ("phone", "text", "\"phone\"", "+49 171 1234567"),
    ("city", "text", "\"city\"", "Springfield"),
    (
        "lorem of 100",
        "text",
        "\"lorem\"",
        "A note of a hundred letters, as they stand in many tables; it has words and marks, and ends here so.",
    ),
    (
        "redact of 100",
        "text",
        "{ with = \"redact\", accept_residual = \"bench\" }",
        "The customer Maria Schmidt called again about invoice 20417; she wrote from maria@corp.invalid. Urgent!",
    ),
    ("date-shift", "date", "\"date-shift\"", "1980-02-29"),
    (
        "json of 4 leaves",
        "jsonb",
        "{ with = \"json\", parts = { \"user.name\" = \"name\", \"user.email\" = \"email\", \"tags[]\" = \"token\", total = \"keep\" } }",
        "{\"tags\": [\"new\"], \"user\": {\"name\": \"Maria Schmidt\", \"email\": \"maria@corp.invalid\"}, \"total\": 12.50}",
    ),
];

fn main() -> std::io::Result<()> {
    let criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(700));
    duplicates(&mut std::io::stdout().lock())?;
    let mut criterion = criterion.configure_from_args();
    parts(&mut criterion);
    values(&mut criterion);
    unique(&mut criterion);
    criterion.final_summary();
    Ok(())
}

/// Ten million keys, none of them twice.
fn duplicates(out: &mut impl Write) -> std::io::Result<()> {
    let permutation = Permutation::new(&[3; 32], "int", 1 << 30);
    let mut met = vec![0_u64; 1 << 24];
    let began = Instant::now();
    for key in 0..u128::from(KEYS) {
        let to = permutation.of(key) as usize;
        let (word, bit) = (to / 64, 1 << (to % 64));
        assert_eq!(met[word] & bit, 0, "{key} became what another key did");
        met[word] |= bit;
    }
    let nanos = began.elapsed().as_nanos() / u128::from(KEYS);
    let load = std::fs::read_to_string("/proc/loadavg")?;
    writeln!(out, "mask-values, load average {}", load.trim())?;
    writeln!(
        out,
        "  {KEYS} keys of integer: no duplicate, {nanos} ns each"
    )
}

fn key() -> MaskKey {
    let bytes: Vec<u8> = (0..32).map(|byte| byte * 7 + 3).collect();
    MaskKey::read(&bytes).expect("a key")
}

/// The bijections of each kind and the hash.
fn parts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parts");
    for (name, size) in [
        ("table of 2^14", 1 << 14),
        ("table of 2^20", 1 << 20),
        ("network of 2^30", 1 << 30),
        ("network of 2^122", 1 << 122),
    ] {
        let permutation = Permutation::new(&[3; 32], "x", size);
        let mut at = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                at = (at + 7_919) % size;
                permutation.of(black_box(at))
            });
        });
    }
    let draws = Draws::new(&key(), "public.users.email");
    group.bench_function("keyed hash of 24 bytes", |bencher| {
        bencher.iter(|| draws.of(b't', black_box(b"maria.schmidt@corp.inval")));
    });
    group.finish();
}

fn values(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("values");
    for (name, data_type, rule, value) in VALUES {
        let masked = Masked::new(data_type, rule, None);
        group.bench_function(name, |bencher| {
            bencher.iter(|| masked.run(black_box(value)));
        });
    }
    group.finish();
}

/// In columns of unique keys, for ten million rows.
fn unique(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("unique values");
    for (name, data_type, rule, value) in [
        ("email", "text", "\"email\"", "maria.schmidt@corp.invalid"),
        ("username", "text", "\"username\"", "maria.schmidt"),
        ("phone", "text", "\"phone\"", "+491711234567"),
        ("ip", "inet", "\"ip\"", "10.1.2.3"),
    ] {
        let masked = Masked::new(data_type, rule, Some(10_000_000));
        group.bench_function(name, |bencher| {
            bencher.iter(|| masked.run(black_box(value)));
        });
    }
    group.finish();
}

/// A transformer, used as the copy uses it.
struct Masked {
    transform: Arc<dyn Transform>,
    draws: Draws,
    canonical: Canonical,
    by: By,
    out: std::cell::RefCell<Vec<u8>>,
}

impl Masked {
    fn new(data_type: &str, rule: &str, rows: Option<u64>) -> Self {
        let schema = Schema::default();
        let data_type = Type::resolve(data_type, &schema);
        let people = Arc::new(People::new(&Key::derive(1, &["x"]), Locales::default()));
        let (key, rule) = (key(), mask(rule));
        let column = Column {
            schema: &schema,
            name: "c",
            data_type: &data_type,
            checks: &[],
            rows: rows.unwrap_or_default(),
            unique: rows.is_some(),
            domain: "public.t.c",
            domains: &BTreeMap::new(),
            key: &key,
            people: &people,
        };
        Self {
            transform: make(&rule, &column).expect("it fits"),
            draws: Draws::new(&key, "public.t.c"),
            canonical: Canonical::of(&data_type),
            by: rule.by,
            out: std::cell::RefCell::default(),
        }
    }

    /// Masks one value, its draw included.
    fn run(&self, value: &str) -> usize {
        let value = self.canonical.form(value.as_bytes());
        let draw = match self.by {
            By::Value => self.draws.of(self.canonical.tag(), &value),
            _ => self.draws.of(b'r', b"1234567"),
        };
        let mut out = self.out.borrow_mut();
        out.clear();
        let done = self.transform.mask(&value, &draw, &mut out);
        done.expect("it is masked");
        out.len()
    }
}

fn mask(rule: &str) -> Mask {
    let text = format!("[masking]\nkey = \"env:K\"\n[masking.tables.t]\nc = {rule}\n");
    let masking = parse(&text).expect("a rule").masking.expect("given");
    match &masking.tables[0].columns[0].1.cases[0].choice {
        Choice::Mask(mask) => Mask::clone(mask),
        _ => unreachable!("the rule names a transformer"),
    }
}
