//! Values and CHECKs that nobody chose.

use rust_decimal::Decimal;
use seeder::key::{Draw, Key};
use seeder::value::{Type, Value};

/// A value that is of the type and nothing more; of a row's own, so that keys are unique.
pub(super) fn plain(data_type: &Type, number: u64) -> Value {
    match data_type.base() {
        Type::Int { .. } => Value::Int(number as i64 + 1),
        Type::Uuid => Value::Uuid(u128::from(number) + 1),
        other => value(other, Key::derive(5, &["plain"]).draw(number, 0, 0)),
    }
}

/// A value near what CHECKs compare with.
pub(super) fn value(data_type: &Type, draw: Draw) -> Value {
    match data_type.base() {
        Type::Bool => Value::Bool(draw.below(2) == 1),
        Type::Int { min, max } => {
            Value::Int((pick(&WHOLES, draw) + draw.below(3) as i64).clamp(*min, *max))
        }
        Type::Decimal { precision, scale } => decimal(*precision, *scale, draw),
        Type::Float { .. } => {
            Value::Float(pick(&[-181.0, -1.0, 0.0, 0.5, 1.0, 4.5, 5.0, 100.25], draw))
        }
        Type::Text { max, padded, .. } => {
            let text = pick(&TEXTS, draw);
            let text: String = text.chars().take(max.unwrap_or(100) as usize).collect();
            Value::Text(if *padded {
                text.trim_end().to_owned()
            } else {
                text
            })
        }
        Type::Enum(labels) => Value::Text(pick(labels, draw)),
        Type::Bytes => Value::Bytes(vec![7; pick(&[3, 20], draw)]),
        Type::Json { .. } => Value::Text(pick(&DOCUMENTS, draw).to_owned()),
        Type::Array(element) => {
            let mut draw = draw;
            let elements = (0..draw.below(4)).map(|_| {
                draw = draw.next();
                match draw.below(9) {
                    0 => Value::Null,
                    _ => value(element, draw.next()),
                }
            });
            Value::Array(elements.collect())
        }
        Type::Range(element) => range(element, draw),
        Type::Uuid => Value::Uuid(draw.bits()),
        Type::Inet => {
            Value::Text(pick(&["192.0.2.1", "2001:db8::1", "192.0.2.0/24"], draw).to_owned())
        }
        Type::Cidr => Value::Text(pick(&["192.0.2.0/24", "192.0.2.7/32"], draw).to_owned()),
        other => moment(other, draw),
    }
}

fn pick<T: Clone>(choice: &[T], draw: Draw) -> T {
    choice[draw.next().below(choice.len() as u64) as usize].clone()
}

const WHOLES: [i64; 18] = [
    -41, -10, -3, -1, 0, 1, 2, 3, 5, 7, 10, 40, 50, 99, 100, 101, 255, 2000,
];
const TEXTS: [&str; 20] = [
    "",
    "a",
    "new",
    "paid",
    "regular",
    "ABC",
    "X-1",
    "abc",
    " lead",
    "tail ",
    "a@b.example",
    "M",
    "G",
    "text",
    "é",
    "x;y",
    "AB-1234",
    "100",
    "0",
    "longer than a few characters",
];
const DOCUMENTS: [&str; 16] = [
    "{}",
    "[]",
    "[1, 2]",
    "\"x\"",
    "1",
    "null",
    "true",
    "{\"version\": 1}",
    "{\"id\": 1, \"name\": \"n\"}",
    "{\"role\": \"anon\"}",
    "{\"items\": []}",
    "{\"items\": [1]}",
    "{\"name\": \"n\", \"age\": 17}",
    "{\"name\": \"n\", \"age\": 18}",
    "{\"k\": \"v\"}",
    "{\"k\": null}",
];

fn decimal(precision: Option<u16>, scale: Option<i16>, draw: Draw) -> Value {
    let places = scale.unwrap_or(3).max(0);
    let fraction = Decimal::new(draw.below(4) as i64, places as u32);
    let whole = Decimal::from(pick(&[-1_i64, 0, 0, 1, 1, 2, 50, 99, 100], draw));
    // Nothing but a fraction fits.
    let narrow = precision.is_some_and(|digits| i32::from(digits) - i32::from(places) <= 1);
    Value::Decimal(if narrow { fraction } else { whole + fraction })
}

fn moment(data_type: &Type, draw: Draw) -> Value {
    let micros = pick(&[0, 3_600_000_000, 1_234_567], draw);
    match data_type {
        Type::Date => Value::Date(10_950 + draw.below(9_000) as i32),
        Type::Time { .. } => Value::Time(draw.below(86_400) as i64 * 1_000_000),
        Type::Timestamp { .. } => {
            let days = 10_950 + draw.below(9_000) as i64;
            Value::Timestamp(days * 86_400_000_000 + micros)
        }
        Type::Interval => Value::Interval {
            months: pick(&[0, 0, 1], draw),
            days: draw.below(40) as i32 - 5,
            micros,
        },
        _ => Value::Null,
    }
}

fn range(element: &Type, draw: Draw) -> Value {
    if draw.below(6) == 0 {
        return Value::EmptyRange;
    }
    let lower = value(element, draw.next());
    let upper = match &lower {
        Value::Date(days) => Value::Date(days + 1 + draw.below(40) as i32),
        Value::Timestamp(at) => Value::Timestamp(at + 1 + draw.below(1_000_000) as i64),
        _ => Value::Null,
    };
    match draw.next().below(6) {
        0 => Value::Range(Box::new((Value::Null, upper))),
        1 => Value::Range(Box::new((lower, Value::Null))),
        _ => Value::Range(Box::new((lower, upper))),
    }
}

/// A table with one to three CHECKs made of what schemas use.
pub(super) fn table(number: u64) -> String {
    let mut dice = Dice(Key::derive(3, &["table"]).draw(number, 0, 0));
    let mut ddl = format!("CREATE TABLE t{number:03} (id bigint PRIMARY KEY");
    for (name, data_type) in COLUMNS {
        let suffix = if dice.below(3) == 0 { " NOT NULL" } else { "" };
        ddl.push_str(&format!(", {name} {data_type}{suffix}"));
    }
    for _ in 0..=dice.below(3) {
        ddl.push_str(&format!(", CHECK ({})", condition(&mut dice, 2)));
    }
    ddl.push(')');
    ddl
}

const COLUMNS: [(&str, &str); 17] = [
    ("a", "integer"),
    ("b", "integer"),
    ("c", "smallint"),
    ("p", "numeric(10,2)"),
    ("q", "numeric"),
    ("r", "float8"),
    ("t", "text"),
    ("v", "varchar(20)"),
    ("k", "char(3)"),
    ("d", "date"),
    ("e", "date"),
    ("s", "timestamptz"),
    ("u", "timestamptz"),
    ("f", "boolean"),
    ("g", "boolean"),
    ("m", "mood"),
    ("x", "text[]"),
];

struct Dice(Draw);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.next();
        self.0.below(bound as u64) as usize
    }

    fn of<'t>(&mut self, choice: &[&'t str]) -> &'t str {
        choice[self.below(choice.len())]
    }
}

fn condition(dice: &mut Dice, depth: u32) -> String {
    match if depth == 0 { 9 } else { dice.below(10) } {
        0 | 1 => format!(
            "({}) AND ({})",
            condition(dice, depth - 1),
            condition(dice, depth - 1)
        ),
        2 | 3 => format!(
            "({}) OR ({})",
            condition(dice, depth - 1),
            condition(dice, depth - 1)
        ),
        4 => format!("NOT ({})", condition(dice, depth - 1)),
        5 => format!(
            "CASE WHEN {} THEN {} ELSE {} END",
            condition(dice, 0),
            condition(dice, depth - 1),
            condition(dice, 0)
        ),
        _ => atom(dice),
    }
}

fn atom(dice: &mut Dice) -> String {
    let op = dice.of(&["<", "<=", ">", ">=", "=", "<>"]);
    let order = dice.of(&["<", "<=", ">", ">="]);
    let number = dice.below(60) as i32 - 10;
    match dice.below(26) {
        0 => format!("a {op} {number}"),
        1 => format!("b BETWEEN {number} AND {}", number + 40),
        2 => format!("c {order} {number}"),
        3 => format!("p {op} {number}.5"),
        4 => format!("q {order} {number}.125"),
        5 => format!("r {order} {number}.25"),
        6 => format!("a {op} b"),
        7 => format!("a + c {order} {number}"),
        8 => format!("p {order} q * 2"),
        9 => format!("d {op} e"),
        10 => format!("d {order} '2015-03-01'"),
        11 => format!("e - d {order} {}", dice.below(60)),
        12 => format!("s {order} u"),
        13 => format!("u - s {order} interval '{} hours'", 1 + dice.below(90)),
        14 => format!("v {} ('paid', 'new', 'abc')", dice.of(&["IN", "NOT IN"])),
        15 => format!("char_length(t) {order} {}", 1 + dice.below(20)),
        16 => format!("t {} '^[a-z]+\\d*$'", dice.of(&["~", "!~", "~*"])),
        17 => format!("v {} 'a%'", dice.of(&["LIKE", "NOT LIKE", "ILIKE"])),
        18 => format!("k {} 'ABC'", dice.of(&["=", "<>"])),
        19 => format!("m {op} 'sent'"),
        20 => dice
            .of(&["f", "f AND g", "f OR g", "f <> g", "f IS NOT TRUE"])
            .to_owned(),
        21 => format!(
            "({} IS NULL) = ({} IS NULL)",
            dice.of(&["a", "t", "d"]),
            dice.of(&["b", "v", "e"])
        ),
        22 => format!(
            "num_nonnulls({}) {order} 1",
            dice.of(&["a, b", "d, e, s", "t, v"])
        ),
        23 => format!("cardinality(x) {order} {}", 1 + dice.below(4)),
        24 => format!("a % {} = {}", 2 + dice.below(5), dice.below(2)),
        _ => format!(
            "{} IS {} NULL",
            dice.of(&["a", "p", "t", "d", "f", "x"]),
            dice.of(&["", "NOT"])
        ),
    }
}
