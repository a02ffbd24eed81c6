//! Identifiers: of rows, of secrets, of documents, of accounts.

use crate::key::splitmix;
use crate::natural::apart::{code, fixed_code};
use crate::natural::entry::{Entry, Form};
use crate::natural::{Cell, Distinct, Generate};
use crate::person::push_number;
use crate::value::{Type, Value};

use super::one_of;

pub(super) const ENTRIES: &[Entry] = &[
    Entry::new("uuid", "a UUID of version 4", Form::Made(uuid)),
    Entry::new(
        "uuid_v7",
        "a UUID of version 7, of a moment before the present",
        Form::Made(uuid_v7),
    ),
    Entry::new(
        "token",
        "32 hexadecimal digits",
        Form::Text(token, hex_apart),
    ),
    Entry::new("hash", "64 hexadecimal digits", Form::Text(hash, hex_apart)),
    Entry::new(
        "git_commit",
        "40 hexadecimal digits",
        Form::Text(git_commit, hex_apart),
    ),
    Entry::new(
        "password_hash",
        "the bcrypt hash of the word \"password\"",
        Form::Text(password_hash, code),
    ),
    Entry::new(
        "ulid",
        "a ULID of a moment before the present",
        Form::Text(ulid, ulids_apart),
    ),
    Entry::new("nanoid", "21 letters and digits", Form::Text(nanoid, code)),
    Entry::new(
        "code",
        "8 letters and digits in upper case",
        Form::Text(short_code, upper_codes_apart),
    ),
    Entry::new(
        "reference",
        "two letters and a number: OR-204817",
        Form::Text(reference, references_apart),
    ),
    Entry::new(
        "invoice_number",
        "a year and a number: INV-2024-004711",
        Form::Text(invoice_number, references_apart),
    ),
    Entry::new(
        "external_id",
        "an identifier of another system: ext_…",
        Form::Text(external_id, external_apart),
    ),
    Entry::new(
        "iban",
        "a German IBAN of a bank that does not exist, with its check digits",
        Form::Text(iban, ibans_apart),
    ),
    Entry::new(
        "bic",
        "a BIC of no country",
        Form::Text(bic, upper_codes_apart),
    ),
    Entry::new(
        "account_number",
        "ten digits",
        Form::Text(account_number, digits_apart),
    ),
    Entry::new(
        "card_number",
        "a published test number of a card",
        Form::Text(card_number, cards_apart),
    ),
    Entry::new(
        "card_last4",
        "the last four digits of a card",
        Form::Text(card_last4, digits_apart),
    ),
    Entry::new(
        "card_brand",
        "a card's network",
        Form::Text(card_brand, code),
    ),
    Entry::new(
        "national_id",
        "a number like a social security number that was never issued",
        Form::Text(national_id, national_ids_apart),
    ),
    Entry::new("pin", "four to six digits", Form::Text(pin, digits_apart)),
    Entry::new(
        "version",
        "three numbers with points between",
        Form::Text(version, versions_apart),
    ),
    Entry::new(
        "licence_plate",
        "a plate of no country",
        Form::Text(plate, upper_codes_apart),
    ),
];

/// bcrypt, cost 10, of the word "password"; nothing secret, so that everybody can sign in.
pub const PASSWORD_HASH: &str = "$2b$10$abcdefghijklmnopqrstuu5Lo0g67CiD3M4RpN1BmBb4Crp5w7dbK";

/// Test numbers that Stripe, Adyen and PayPal publish; no bank has issued them.
pub const TEST_CARDS: &[&str] = &[
    "4242424242424242",
    "4000056655665556",
    "4111111111111111",
    "4012888888881881",
    "5555555555554444",
    "2223003122003222",
    "5200828282828210",
    "5105105105105100",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "6011000990139424",
    "3056930009020004",
    "36227206271667",
    "3566002020360505",
    "6200000000000005",
];

/// UUIDs in a column of that type or of text.
struct UuidColumn {
    entry: &'static Entry,
    timed: bool,
    shown: Shown,
}

/// How a UUID is written.
#[derive(Clone, Copy)]
enum Shown {
    Uuid,
    Text,
    Digits,
}

fn uuid(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    uuid_column(entry, data_type, false)
}

fn uuid_v7(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    uuid_column(entry, data_type, true)
}

fn uuid_column(entry: &'static Entry, data_type: &Type, timed: bool) -> Option<Box<dyn Generate>> {
    let shown = match data_type {
        Type::Uuid => Shown::Uuid,
        Type::Text { max, .. } if max.is_none_or(|max| max >= 36) => Shown::Text,
        Type::Text { max, .. } if max.is_none_or(|max| max >= 32) => Shown::Digits,
        _ => return None,
    };
    Some(Box::new(UuidColumn {
        entry,
        timed,
        shown,
    }))
}

/// RFC 9562: version in bits 48 to 51, variant in bits 64 and 65.
fn marked(bits: u128, version: u128) -> u128 {
    bits & !(0xf << 76) & !(0b11 << 62) | version << 76 | 0b10 << 62
}

fn uuid_value(bits: u128, shown: Shown) -> Value {
    let part = |shift: u32, digits: u32| (bits >> shift) & ((1 << (4 * digits)) - 1);
    match shown {
        Shown::Uuid => Value::Uuid(bits),
        Shown::Digits => Value::Text(format!("{bits:032x}")),
        Shown::Text => Value::Text(format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            part(96, 8),
            part(80, 4),
            part(64, 4),
            part(48, 4),
            part(0, 12)
        )),
    }
}

impl Generate for UuidColumn {
    fn name(&self) -> &'static str {
        self.entry.name
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        let bits = cell.draw(0).bits();
        let bits = if self.timed {
            let millis = super::moment::past(cell) / 1_000;
            marked(bits & ((1 << 80) - 1) | (millis as u128) << 80, 7)
        } else {
            marked(bits, 4)
        };
        uuid_value(bits, self.shown)
    }

    /// The 64 bits of the mixed rank lie around version and variant, none is lost.
    fn distinct(&self) -> Option<Distinct> {
        let shown = self.shown;
        Some(Distinct::new(1 << 60, move |rank| {
            let mixed = u128::from(splitmix(rank));
            let low = u128::from(splitmix(rank ^ 0x5851_f42d_4c95_7f2d));
            let high = (mixed >> 16) << 80 | (mixed >> 4 & 0xfff) << 64 | (mixed & 0xf) << 58;
            uuid_value(marked(high | low & ((1 << 58) - 1), 4), shown)
        }))
    }
}

fn push_hex(cell: &Cell<'_>, digits: usize, out: &mut String) {
    for part in 0..digits.div_ceil(32) {
        let draw = cell.draw(part as u32).bits();
        let count = (digits - 32 * part).min(32);
        out.extend(
            (0..count)
                .map(|at| char::from(b"0123456789abcdef"[(draw >> (124 - 4 * at)) as usize & 15])),
        );
    }
}

fn token(cell: &Cell<'_>, max: usize, out: &mut String) {
    push_hex(cell, 32.min(max), out);
}

fn hash(cell: &Cell<'_>, max: usize, out: &mut String) {
    push_hex(cell, 64.min(max), out);
}

fn git_commit(cell: &Cell<'_>, max: usize, out: &mut String) {
    push_hex(cell, 40.min(max), out);
}

/// 32 hexadecimal digits of which 16 are a mixed rank; fewer where there is no room.
fn hex_apart(max: usize) -> Distinct {
    if max < 15 {
        let digits = max.max(1);
        return Distinct::new(16_u64.pow(digits as u32), move |rank| {
            Value::Text(format!("{rank:0digits$x}"))
        });
    }
    Distinct::new(1 << 60, move |rank| {
        let first = format!("{rank:015x}");
        let behind = format!("{:016x}", splitmix(rank));
        let text = format!("{first}{behind}0");
        Value::Text(text[..text.len().min(max)].to_owned())
    })
}

fn password_hash(_cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(PASSWORD_HASH);
}

/// Crockford's base 32: 48 bits of milliseconds, 80 bits of chance (specification of ULID).
fn ulid(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let millis = (super::moment::past(cell) / 1_000) as u128;
    push_base32(millis << 80 | cell.draw(1).bits() >> 48, out);
}

fn push_base32(bits: u128, out: &mut String) {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    out.extend((0..26).map(|at| char::from(LETTERS[(bits >> (125 - 5 * at)) as usize & 31])));
}

fn ulids_apart(max: usize) -> Distinct {
    if max < 26 {
        return code(max);
    }
    Distinct::new(1 << 60, |rank| {
        let mut out = String::new();
        // All of one millisecond, the first of 2024.
        let bits = (1_704_067_200_000_u128 << 80) | u128::from(rank) << 20;
        push_base32(bits, &mut out);
        Value::Text(out)
    })
}

fn nanoid(cell: &Cell<'_>, max: usize, out: &mut String) {
    const LETTERS: &[u8; 64] = b"useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict";
    let draw = cell.draw(0).bits();
    out.extend((0..21.min(max)).map(|at| char::from(LETTERS[(draw >> (6 * at)) as usize & 63])));
}

fn short_code(cell: &Cell<'_>, max: usize, out: &mut String) {
    let width = 8.min(max.max(1)) as u32;
    let rank = cell.draw(0).below(36_u64.pow(width));
    out.push_str(&fixed_code(rank, width).to_ascii_uppercase());
}

pub(super) fn upper_codes_apart(max: usize) -> Distinct {
    let width = max.clamp(1, 8) as u32;
    Distinct::new(36_u64.pow(width), move |rank| {
        Value::Text(fixed_code(rank, width).to_ascii_uppercase())
    })
}

fn reference(cell: &Cell<'_>, max: usize, out: &mut String) {
    if max >= 9 {
        out.push_str(one_of(cell.draw(1), &["OR-", "PO-", "RF-", "TX-", "CN-"]));
    }
    push_number(100_000 + cell.draw(0).below(900_000), out);
}

fn invoice_number(cell: &Cell<'_>, max: usize, out: &mut String) {
    if max >= 15 {
        let year = super::moment::year_of(super::moment::past(cell));
        out.push_str("INV-");
        push_number(year.unsigned_abs(), out);
        out.push('-');
    }
    let number = cell.draw(2).below(1_000_000);
    out.push_str(&format!("{number:06}"));
}

/// Two letters and as many digits as there is room for, six at first.
fn references_apart(max: usize) -> Distinct {
    let digits = max.saturating_sub(3).clamp(1, 12) as u32;
    if max < 9 {
        return code(max);
    }
    Distinct::new(10_u64.pow(digits), |rank| {
        Value::Text(format!("NO-{rank:06}"))
    })
    .in_blocks(1_000_000)
}

fn external_id(cell: &Cell<'_>, max: usize, out: &mut String) {
    out.push_str("ext_");
    nanoid(cell, max.saturating_sub(4).min(14), out);
}

fn external_apart(max: usize) -> Distinct {
    let digits = max.saturating_sub(4).clamp(1, 10) as u32;
    if max < 8 {
        return code(max);
    }
    Distinct::new(36_u64.pow(digits), move |rank| {
        Value::Text(format!("ext_{}", fixed_code(rank, digits)))
    })
}

/// The German IBAN of an account of ten digits at a bank that does not exist.
///
/// Bank codes that begin with 9 are in no clearing area (Deutsche Bundesbank, "Bankleitzahlen": the
/// first digit is 1 to 8); check digits by ISO 13616 and ISO 7064 MOD 97-10.
pub fn iban_of(account: u64) -> String {
    let body = format!("99999999{account:010}");
    // "DE00" moved behind: D is 13, E is 14.
    let digits = format!("{body}131400");
    let rest = digits.bytes().fold(0_u32, |rest, digit| {
        (rest * 10 + u32::from(digit - b'0')) % 97
    });
    format!("DE{:02}{body}", 98 - rest)
}

fn iban(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(&iban_of(cell.draw(0).below(10_000_000_000)));
}

fn ibans_apart(max: usize) -> Distinct {
    if max < 22 {
        return code(max);
    }
    Distinct::new(10_000_000_000, |rank| Value::Text(iban_of(rank)))
}

/// ISO 9362 has the country in the fifth and sixth letter; XX is none.
fn bic(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let draw = cell.draw(0);
    let mut rest = draw.below(26 * 26 * 26 * 26);
    for _ in 0..4 {
        out.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    out.push_str("XX");
    out.push_str(one_of(draw.next(), &["2A", "3B", "4C", "5D", "6E"]));
}

fn account_number(cell: &Cell<'_>, max: usize, out: &mut String) {
    let digits = 10.min(max.max(1));
    let number = cell.draw(0).below(10_u64.pow(digits as u32));
    out.push_str(&format!("{number:0digits$}"));
}

fn digits_apart(max: usize) -> Distinct {
    let digits = max.clamp(1, 10);
    Distinct::new(10_u64.pow(digits as u32), move |rank| {
        Value::Text(format!("{rank:0digits$}"))
    })
}

fn card_number(cell: &Cell<'_>, max: usize, out: &mut String) {
    let card = one_of(cell.draw(0), TEST_CARDS);
    out.push_str(if card.len() <= max { card } else { "4242" });
}

fn card_last4(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let card = one_of(cell.draw(0), TEST_CARDS);
    out.push_str(&card[card.len() - 4..]);
}

fn card_brand(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(super::early_of(
        cell.draw(0),
        &[
            "visa",
            "mastercard",
            "amex",
            "discover",
            "diners",
            "jcb",
            "unionpay",
        ],
    ));
}

/// No card begins with 9 (ISO/IEC 7812: for national use), and the check digit is a wrong one.
fn cards_apart(max: usize) -> Distinct {
    if max < 16 {
        return digits_apart(max);
    }
    Distinct::new(100_000_000_000_000, |rank| {
        let body = format!("9{rank:014}");
        let digit = (luhn_digit(&body) + 1) % 10;
        Value::Text(format!("{body}{digit}"))
    })
}

/// The digit that makes a number pass ISO/IEC 7812's check.
pub(in crate::natural) fn luhn_digit(body: &str) -> u32 {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0');
            let doubled = digit * 2;
            match at % 2 {
                0 if doubled > 9 => doubled - 9,
                0 => doubled,
                _ => digit,
            }
        })
        .sum();
    (10 - sum % 10) % 10
}

/// A number like a US social security number that nobody has, for a rank below `NATIONAL_IDS`.
///
/// Areas 900 to 999 are no social security numbers (Social Security Administration, "Randomization
/// FAQ"), and groups 01 to 49 no taxpayer numbers (Internal Revenue Service, "ITIN").
pub fn national_id_of(rank: u64, dashes: bool) -> String {
    let serial = rank % 9_999 + 1;
    let group = rank / 9_999 % 49 + 1;
    let area = 900 + rank / 9_999 / 49 % 100;
    if dashes {
        format!("{area}-{group:02}-{serial:04}")
    } else {
        format!("{area}{group:02}{serial:04}")
    }
}

/// How many different ones `national_id_of` gives.
pub const NATIONAL_IDS: u64 = 100 * 49 * 9_999;

fn national_id(cell: &Cell<'_>, max: usize, out: &mut String) {
    out.push_str(&national_id_of(cell.draw(0).below(NATIONAL_IDS), max >= 11));
}

fn national_ids_apart(max: usize) -> Distinct {
    if max < 9 {
        return digits_apart(max);
    }
    Distinct::new(NATIONAL_IDS, move |rank| {
        Value::Text(national_id_of(rank, max >= 11))
    })
}

fn pin(cell: &Cell<'_>, max: usize, out: &mut String) {
    let digits = 6.min(max.max(1));
    let number = cell.draw(0).below(10_u64.pow(digits as u32));
    out.push_str(&format!("{number:0digits$}"));
}

fn version(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let draw = cell.draw(0);
    push_number(draw.below(6), out);
    out.push('.');
    push_number(draw.next().below(20), out);
    out.push('.');
    push_number(draw.next().next().below(10), out);
}

fn versions_apart(max: usize) -> Distinct {
    if max < 9 {
        return code(max);
    }
    let major = 10_u64.pow((max - 8).clamp(1, 9) as u32);
    Distinct::new(major * 1_000_000, |rank| {
        let (major, rest) = (rank / 1_000_000, rank % 1_000_000);
        Value::Text(format!("{major}.{}.{}", rest / 1_000, rest % 1_000))
    })
    .in_blocks(10_000_000)
}

fn plate(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let draw = cell.draw(0);
    out.push_str("XX-");
    push_number(100 + draw.below(900), out);
    out.push('-');
    push_number(100 + draw.next().below(900), out);
}
