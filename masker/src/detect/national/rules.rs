//! Rules over digits. Sources: the countries' own specifications, as the articles "National
//! identification number" and "VAT identification number" of Wikipedia collect them.

use crate::detect::digits::luhn;

/// Sum of digits by weight; digits behind the last weight do not count.
fn weighted(digits: &[u8], weights: &[i32]) -> i32 {
    let pairs = digits.iter().zip(weights);
    pairs
        .map(|(digit, weight)| i32::from(*digit) * weight)
        .sum()
}

fn number(digits: &[u8]) -> u64 {
    digits
        .iter()
        .fold(0, |number, &digit| number * 10 + u64::from(digit))
}

fn last(digits: &[u8]) -> i32 {
    digits.last().map_or(-1, |digit| i32::from(*digit))
}

fn day_and_month(day: u64, month: u64) -> bool {
    (1..=31).contains(&day) && (1..=12).contains(&month)
}

/// ISO 7064, MOD 11,10.
fn mod_11_10(digits: &[u8]) -> bool {
    let mut product = 10;
    for digit in &digits[..digits.len() - 1] {
        let sum = match (i32::from(*digit) + product) % 10 {
            0 => 10,
            sum => sum,
        };
        product = sum * 2 % 11;
    }
    (11 - product) % 10 == last(digits)
}

/// The remainder by 11 taken from 11; what does not fit a digit is 0.
fn eleven_minus(sum: i32) -> i32 {
    match 11 - sum % 11 {
        10 | 11 => 0,
        check => check,
    }
}

pub(super) fn canada(d: &[u8]) -> bool {
    d[0] != 0 && d[0] != 8 && luhn(d) || d[..2] == [0, 4] && luhn(d)
}

pub(super) fn netherlands(d: &[u8]) -> bool {
    weighted(d, &[9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0
}

pub(super) fn portugal(d: &[u8]) -> bool {
    d[0] != 0 && eleven_minus(weighted(d, &[9, 8, 7, 6, 5, 4, 3, 2])) == last(d)
}

pub(super) fn australia(d: &[u8]) -> bool {
    weighted(d, &[1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 == 0
}

pub(super) fn greece_tax(d: &[u8]) -> bool {
    weighted(d, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == last(d)
}

pub(super) fn poland_tax(d: &[u8]) -> bool {
    weighted(d, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == last(d)
}

pub(super) fn britain_health(d: &[u8]) -> bool {
    match 11 - weighted(d, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11 {
        11 => last(d) == 0,
        check => check == last(d),
    }
}

pub(super) fn czechia(d: &[u8]) -> bool {
    let month = match number(&d[2..4]) {
        month @ 71..=82 => month - 70,
        month @ 51..=62 => month - 50,
        month @ 21..=32 => month - 20,
        month => month,
    };
    day_and_month(number(&d[4..6]), month) && number(d).is_multiple_of(11)
}

pub(super) fn sweden(d: &[u8]) -> bool {
    let day = number(&d[4..6]);
    let day = if day > 60 { day - 60 } else { day };
    day_and_month(day, number(&d[2..4])) && luhn(d)
}

pub(super) fn sweden_long(d: &[u8]) -> bool {
    matches!(number(&d[..2]), 18..=20) && sweden(&d[2..])
}

/// Numbers given since 2007 need not keep to the old check digit, so a day is all that there is.
pub(super) fn denmark(d: &[u8]) -> bool {
    day_and_month(number(&d[..2]), number(&d[2..4]))
}

pub(super) fn bulgaria(d: &[u8]) -> bool {
    let month = match number(&d[2..4]) {
        month @ 21..=32 => month - 20,
        month @ 41..=52 => month - 40,
        month => month,
    };
    day_and_month(number(&d[4..6]), month)
        && weighted(d, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == last(d)
}

pub(super) fn austria(d: &[u8]) -> bool {
    let sum = weighted(d, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]);
    d[0] != 0 && sum % 11 == i32::from(d[3]) && day_and_month(number(&d[4..6]), number(&d[6..8]))
}

pub(super) fn ukraine(d: &[u8]) -> bool {
    weighted(d, &[-1, 5, 7, 9, 4, 6, 10, 5, 7]).rem_euclid(11) % 10 == last(d)
}

pub(super) fn iran(d: &[u8]) -> bool {
    match weighted(d, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11 {
        rest @ 0..=1 => rest == last(d),
        rest => 11 - rest == last(d),
    }
}

pub(super) fn brazil(d: &[u8]) -> bool {
    let first = eleven_minus(weighted(d, &[10, 9, 8, 7, 6, 5, 4, 3, 2]));
    let second = eleven_minus(weighted(d, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]));
    first == i32::from(d[9]) && second == i32::from(d[10])
}

/// Among the first ten digits one or two are missing, and one occurs twice or three times.
pub(super) fn germany(d: &[u8]) -> bool {
    let mut counts = [0_u8; 10];
    for digit in &d[..10] {
        counts[usize::from(*digit)] += 1;
    }
    let repeated = counts.iter().filter(|count| **count > 1).count();
    let most = counts.iter().max().copied().unwrap_or(0);
    d[0] != 0 && repeated == 1 && matches!(most, 2 | 3) && mod_11_10(d)
}

/// The century is in the month: 1800 is +80, 2000 is +20, and so on.
pub(super) fn poland(d: &[u8]) -> bool {
    let sum = weighted(d, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
    day_and_month(number(&d[4..6]), number(&d[2..4]) % 20) && (10 - sum % 10) % 10 == last(d)
}

pub(super) fn norway(d: &[u8]) -> bool {
    let day = number(&d[..2]);
    let day = if day > 40 { day - 40 } else { day };
    let check = |sum: i32| (11 - sum % 11) % 11;
    day_and_month(day, number(&d[2..4]) % 40)
        && check(weighted(d, &[3, 7, 6, 1, 8, 9, 4, 5, 2])) == i32::from(d[9])
        && check(weighted(d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2])) == i32::from(d[10])
}

pub(super) fn baltic(d: &[u8]) -> bool {
    let check = match weighted(d, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11 {
        10 => match weighted(d, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 {
            10 => 0,
            check => check,
        },
        check => check,
    };
    matches!(d[0], 1..=8) && day_and_month(number(&d[5..7]), number(&d[3..5])) && check == last(d)
}

/// Numbers given since 2017 begin with 32 and have no day in them.
pub(super) fn latvia(d: &[u8]) -> bool {
    let dated = day_and_month(number(&d[..2]), number(&d[2..4])) && d[6] <= 2;
    let sum = weighted(d, &[1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    (dated || d[..2] == [3, 2]) && (1 - sum).rem_euclid(11) % 10 == last(d)
}

pub(super) fn turkey(d: &[u8]) -> bool {
    let odd: i32 = [0, 2, 4, 6, 8].iter().map(|at| i32::from(d[*at])).sum();
    let even: i32 = [1, 3, 5, 7].iter().map(|at| i32::from(d[*at])).sum();
    let all: i32 = d[..10].iter().map(|digit| i32::from(*digit)).sum();
    d[0] != 0 && (odd * 7 - even).rem_euclid(10) == i32::from(d[9]) && all % 10 == i32::from(d[10])
}

/// Those born since 2000 are counted with a 2 before their number.
pub(super) fn belgium(d: &[u8]) -> bool {
    let (body, check) = (number(&d[..9]), number(&d[9..]));
    let month = number(&d[2..4]) % 20;
    let right = |body: u64| 97 - body % 97 == check;
    month <= 12 && number(&d[4..6]) <= 31 && (right(body) || right(2_000_000_000 + body))
}

pub(super) fn croatia(d: &[u8]) -> bool {
    mod_11_10(d)
}

pub(super) fn greece(d: &[u8]) -> bool {
    day_and_month(number(&d[..2]), number(&d[2..4])) && luhn(d)
}

pub(super) fn argentina(d: &[u8]) -> bool {
    let sum = weighted(d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    let check = match 11 - sum % 11 {
        11 => 0,
        10 => 9,
        check => check,
    };
    matches!(number(&d[..2]), 20 | 23..=27 | 30 | 33 | 34) && check == last(d)
}

pub(super) fn russia_pension(d: &[u8]) -> bool {
    let sum = weighted(d, &[9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101;
    sum % 100 == number(&d[9..]) as i32
}

/// Of a taxpayer with a trade; offices behind the eighth digit begin at 001.
pub(super) fn italy_tax(d: &[u8]) -> bool {
    (1..=201).contains(&number(&d[7..10])) && luhn(d)
}

/// Verhoeff's scheme over the dihedral group of ten elements.
pub(super) fn india(d: &[u8]) -> bool {
    const PRODUCT: [[u8; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const TURN: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let check = d
        .iter()
        .rev()
        .enumerate()
        .fold(0_u8, |check, (at, &digit)| {
            let turned = (0..at % 8).fold(digit, |digit, _| TURN[usize::from(digit)]);
            PRODUCT[usize::from(check)][usize::from(turned)]
        });
    d[0] >= 2 && check == 0
}

pub(super) fn russia_tax(d: &[u8]) -> bool {
    let first = weighted(d, &[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10;
    let second = weighted(d, &[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10;
    first == i32::from(d[10]) && second == i32::from(d[11])
}

pub(super) fn japan(d: &[u8]) -> bool {
    let rest = weighted(d, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    (if rest <= 1 { 0 } else { 11 - rest }) == last(d)
}

pub(super) fn romania(d: &[u8]) -> bool {
    let check = match weighted(d, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11 {
        10 => 1,
        check => check,
    };
    d[0] != 0 && day_and_month(number(&d[5..7]), number(&d[3..5])) && check == last(d)
}

pub(super) fn south_africa(d: &[u8]) -> bool {
    day_and_month(number(&d[4..6]), number(&d[2..4])) && d[10] <= 1 && luhn(d)
}

pub(super) fn thailand(d: &[u8]) -> bool {
    let sum = weighted(d, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    matches!(d[0], 1..=8) && (11 - sum % 11) % 10 == last(d)
}

/// Numbers given since October 2020 have no check digit, so a day and a sex are all that there is.
pub(super) fn korea(d: &[u8]) -> bool {
    day_and_month(number(&d[4..6]), number(&d[2..4])) && matches!(d[6], 1..=8)
}

pub(super) fn switzerland(d: &[u8]) -> bool {
    let sum = weighted(d, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]);
    d[..3] == [7, 5, 6] && sum % 10 == 0
}

pub(super) fn yugoslavia(d: &[u8]) -> bool {
    let sum = weighted(d, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    day_and_month(number(&d[..2]), number(&d[2..4]))
        && matches!(d[4], 0 | 8 | 9)
        && eleven_minus(sum) == last(d)
}

pub(super) fn brazil_company(d: &[u8]) -> bool {
    let first = eleven_minus(weighted(d, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
    let second = eleven_minus(weighted(d, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
    first == i32::from(d[12]) && second == i32::from(d[13])
}

pub(super) fn france(d: &[u8]) -> bool {
    let month = number(&d[3..5]);
    let known = matches!(month, 1..=12 | 20..=42 | 50..=99);
    matches!(d[0], 1..=4 | 7 | 8) && known && 97 - number(&d[..13]) % 97 == number(&d[13..])
}

/// ISO 7064, MOD 11-2, as far as the check is a digit.
pub(super) fn china(d: &[u8]) -> bool {
    matches!(number(&d[6..10]), 1850..=2100)
        && day_and_month(number(&d[12..14]), number(&d[10..12]))
        && china_check(&d[..17]) == last(d)
}

/// The check over the first 17 digits; 10 is written X.
pub(super) fn china_check(d: &[u8]) -> i32 {
    let sum = weighted(d, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    (12 - sum % 11) % 11
}
