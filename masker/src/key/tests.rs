//! Keys of every form, what is no key, and that none is ever printed.

use super::*;

const HEX: &[u8] = b"00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210\n";

fn random() -> Vec<u8> {
    (0..32_u8).map(|n| n.wrapping_mul(97) ^ 0xa5).collect()
}

#[test]
fn a_key_is_the_same_in_each_of_its_forms() {
    let raw = random();
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    let base64 = STANDARD.encode(&raw);
    let bare = STANDARD_NO_PAD.encode(&raw);
    let id = MaskKey::read(&raw).expect("raw").id();
    for text in [
        hex.clone(),
        hex.to_uppercase(),
        format!("{hex}\n"),
        base64,
        format!("{bare}\n"),
    ] {
        let key = MaskKey::read(text.as_bytes()).expect("a key");
        assert_eq!(key.id(), id);
    }
    assert_eq!(id.len(), 16);
}

#[test]
fn raw_bytes_keep_blanks_at_their_ends() {
    let mut raw = random();
    *raw.last_mut().expect("32 bytes") = b'\n';
    let key = MaskKey::read(&raw).expect("32 bytes");
    raw.push(b'\n');
    assert_ne!(MaskKey::read(&raw).expect("33 bytes").id(), key.id());
}

#[test]
fn what_somebody_could_guess_is_no_key() {
    let check = |content: &[u8], expected: KeyError| {
        assert_eq!(MaskKey::read(content).expect_err("is no key"), expected);
    };
    check(b"", KeyError::Length(0));
    check(&HEX[..62], KeyError::Length(31));
    // 24 bytes in base64 have 32 letters, which are no 32 bytes.
    check(
        STANDARD.encode(&random()[..24]).as_bytes(),
        KeyError::Length(24),
    );
    check(&random()[..31], KeyError::Length(31));
    check(&[0; 64], KeyError::Repeats);
    check("00".repeat(32).as_bytes(), KeyError::Repeats);
    check("deadbeef".repeat(8).as_bytes(), KeyError::Repeats);
    check(&[b'\x01', b'\x02'].repeat(40), KeyError::Repeats);
    check("0123456789".repeat(7).as_bytes(), KeyError::Repeats);
    for words in [
        "correct horse battery staple and some more words",
        "correct-horse-battery-staple-and-1-more",
        "correcthorsebatterystaplecorrecthorsebattery",
        "PASSWORDPASSWORDPASSWORDPASSWORDSECRETSECRET",
    ] {
        check(words.as_bytes(), KeyError::Words);
    }
    check(
        &vec![7; KEY_BYTES_MAX + 1],
        KeyError::Length(KEY_BYTES_MAX + 1),
    );
}

#[test]
fn a_file_that_others_may_read_or_replace_is_refused() {
    for mode in [0o644, 0o640, 0o604, 0o660, 0o620, 0o100_644] {
        assert_eq!(
            check_mode(mode),
            Err(KeyError::Open(mode & 0o7777)),
            "{mode:o}"
        );
    }
    for mode in [0o600, 0o400, 0o100_600, 0o700] {
        assert_eq!(check_mode(mode), Ok(()), "{mode:o}");
    }
}

#[test]
fn nothing_prints_a_key() {
    let key = MaskKey::read(HEX).expect("a key");
    let subkey = key.derive("perm", "t.c");
    let draws = Draws::new(&key, "t.c");
    let draw = draws.of(b't', b"x");
    let shown = format!("{key:?} {subkey:?} {draws:?} {draw:?}");
    assert_eq!(shown, format!("MaskKey({}) Subkey Draws Draw", key.id()));
    for error in [
        KeyError::Length(3),
        KeyError::Repeats,
        KeyError::Words,
        KeyError::Open(0o644),
    ] {
        assert!(!error.to_string().contains("0011"), "{error}");
    }
}

#[test]
fn purpose_and_domain_never_meet() {
    let key = MaskKey::read(HEX).expect("a key");
    let of = |purpose, domain| *key.derive(purpose, domain);
    assert_ne!(of("ab", "c"), of("a", "bc"));
    assert_ne!(of("prf", "t.c"), of("perm", "t.c"));
    assert_ne!(of("prf", "t.c"), of("prf", "t.d"));
    assert_eq!(of("prf", "t.c"), of("prf", "t.c"));
}

/// Computed apart, by HKDF and HMAC of another library; a changed value here changes every copy.
#[test]
fn draws_are_the_same_everywhere() {
    let key = MaskKey::read(HEX).expect("a key");
    let draw = Draws::new(&key, "public.users.email").of(b't', b"maria@corp.example");
    assert_eq!(key.id(), "f2ed70c4be9d60ba");
    assert_eq!(draw.bits(0), 0x58a714ed_b92bbb07_578676ca_7948e4c5);
    assert_eq!(draw.again(1).bits(2), 0xb926dffd_be51709d_787f66f0_e255f37a);
}

/// χ² over as many cells as fit, and both ends of the range, for bounds of every kind.
#[test]
fn reduction_is_unbiased() {
    let key = MaskKey::read(HEX).expect("a key");
    let draws = Draws::new(&key, "t.c");
    for end in [3, 1_000, (1 << 31) - 1, (1 << 63) + 1, u64::MAX] {
        let cells = end.min(100);
        let mut counts = vec![0_u32; cells as usize];
        let count = 50_000_u64;
        let (mut least, mut most) = (u64::MAX, 0);
        for n in 0..count {
            let value = draws.of(b't', &n.to_be_bytes()).below(end, (n % 3) as u32);
            assert!(value < end);
            (least, most) = (least.min(value), most.max(value));
            let cell = u128::from(value) * u128::from(cells) / u128::from(end);
            counts[cell as usize] += 1;
        }
        // Cells of ranges that the cells do not divide differ by less than a millionth.
        let expected = |cell: u64| {
            let bound = |cell: u64| (u128::from(cell) * u128::from(end)).div_ceil(cells.into());
            (bound(cell + 1) - bound(cell)) as f64 / end as f64 * count as f64
        };
        let squares = counts.iter().zip(0..).map(|(found, cell)| {
            let expected = expected(cell);
            (f64::from(*found) - expected).powi(2) / expected
        });
        let chi: f64 = squares.sum();
        let freedom = (cells - 1) as f64;
        // Six sigma of a χ² distribution.
        assert!(
            chi < freedom + 6.0 * (2.0 * freedom).sqrt(),
            "{end}: χ² {chi}"
        );
        let share = (end as f64 * 0.001) as u64;
        assert!(
            least <= share && most >= end - 1 - share,
            "{end}: {least} to {most}"
        );
    }
}

#[test]
fn one_of_a_list_is_any_of_it() {
    let key = MaskKey::read(HEX).expect("a key");
    let draws = Draws::new(&key, "t.c");
    let met: std::collections::BTreeSet<char> = (0..200_u8)
        .map(|n| *draws.of(b't', &[n]).choose(&['a', 'b', 'c'], 0))
        .collect();
    assert_eq!(met.len(), 3);
}
