//! What opens something: tokens, keys, hashes of passwords.

/// How keys of services begin (their own documentation of secret scanning), with the fewest bytes
/// that such a key has.
#[rustfmt::skip]
const PREFIXES: &[(&str, usize)] = &[
    ("sk_live_", 20), ("sk_test_", 20), ("rk_live_", 20), ("rk_test_", 20), ("pk_live_", 20), ("whsec_", 20),
    ("sk-ant-", 20), ("sk-proj-", 20), ("sk-", 40), ("AKIA", 20), ("ASIA", 20), ("ghp_", 30), ("gho_", 30),
    ("ghu_", 30), ("ghs_", 30), ("ghr_", 30), ("github_pat_", 30), ("glpat-", 20), ("gldt-", 20), ("xoxb-", 20),
    ("xoxp-", 20), ("xoxa-", 20), ("xapp-", 20), ("AIza", 35), ("ya29.", 20), ("GOCSPX-", 20), ("SG.", 40),
    ("npm_", 30), ("pypi-", 30), ("dop_v1_", 30), ("hvs.", 20), ("shpat_", 20), ("shpss_", 20), ("EAAA", 40),
    ("sq0atp-", 20), ("key-", 36), ("PMAK-", 30), ("lin_api_", 20), ("hf_", 30), ("rzp_live_", 20), ("sntrys_", 20),
    ("Bearer ", 20), ("Basic ", 16), ("AGE-SECRET-KEY-", 30), ("-----BEGIN ", 30), ("ssh-rsa ", 40), ("PuTTY-User-Key", 20),
];

/// How hashes of passwords begin (crypt(5), PHC string format, Django, PostgreSQL, LDAP).
#[rustfmt::skip]
const HASHES: &[&str] = &[
    "$2a$", "$2b$", "$2x$", "$2y$", "$argon2", "$scrypt$", "$pbkdf2", "$1$", "$5$", "$6$", "$y$", "$7$", "$apr1$", "$P$",
    "$H$", "$S$", "pbkdf2_sha", "pbkdf2:", "scrypt:", "bcrypt$", "bcrypt_sha256$", "argon2$", "SCRAM-SHA-", "{SSHA", "{SHA",
    "{SMD5}", "{CRYPT}", "{bcrypt}", "{noop}", "{argon2", "sha1$", "sha256$", "md5$",
];

/// The shortest hash of a password: thirteen characters of salt and sum behind a prefix.
const HASH_MIN: usize = 20;

/// Whether a text is a token, a private key or a key with a known prefix.
pub(super) fn is_secret(text: &str) -> bool {
    let known = PREFIXES
        .iter()
        .any(|(prefix, least)| text.len() >= *least && text.starts_with(prefix));
    known && !text.starts_with("-----BEGIN CERT") || is_jwt(text) || has_password(text)
}

/// Three parts of base64, the first a JSON object (RFC 7519).
fn is_jwt(text: &str) -> bool {
    let part = |part: &str| {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
        part.bytes().all(legal)
    };
    let mut parts = 0;
    for (at, found) in text.split('.').enumerate() {
        parts += 1;
        if !part(found) || at < 2 && found.len() < 10 {
            return false;
        }
    }
    text.starts_with("eyJ") && matches!(parts, 3 | 5)
}

/// A URL or connection string with a password in it.
fn has_password(text: &str) -> bool {
    let url = text.split_once("://").and_then(|(_, rest)| {
        let authority = rest.split('/').next()?;
        let (user, _) = authority.rsplit_once('@')?;
        user.split_once(':')
            .map(|(_, password)| !password.is_empty())
    });
    url.unwrap_or(false)
}

/// Whether a text is the hash of a password, by its own prefix.
pub(super) fn is_password_hash(text: &str) -> bool {
    let prefixed = HASHES.iter().any(|prefix| text.starts_with(prefix));
    let postgres = text.len() == 35 && text.starts_with("md5") && is_hex(&text[3..]);
    let mysql = text.len() == 41 && text.starts_with('*') && is_hex(&text[1..]);
    prefixed && text.len() >= HASH_MIN && !text.contains(' ') || postgres || mysql
}

/// Whether a text is as long as a digest and hexadecimal.
pub(super) fn is_digest(text: &str) -> bool {
    matches!(text.len(), 32 | 40 | 56 | 64 | 96 | 128) && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    let mut cases = (false, false);
    let hex = text.bytes().all(|byte| {
        cases.0 |= byte.is_ascii_lowercase();
        cases.1 |= byte.is_ascii_uppercase();
        byte.is_ascii_hexdigit()
    });
    hex && cases != (true, true)
}

/// The shortest token: 96 bits in base32.
const OPAQUE_MIN: usize = 20;

/// More of it does not make it more of a token.
const OPAQUE_MAX: usize = 512;

/// Whether a text is letters and digits without order: what no person chose.
pub(super) fn is_opaque(text: &str) -> bool {
    if !(OPAQUE_MIN..=OPAQUE_MAX).contains(&text.len()) {
        return false;
    }
    let mut seen = [0_u8; 128];
    let (mut digits, mut upper, mut lower, mut turns) = (0, 0, 0, 0);
    let mut before = 0;
    for &byte in text.as_bytes() {
        let class = match byte {
            b'0'..=b'9' => 1,
            b'A'..=b'Z' => 2,
            b'a'..=b'z' => 3,
            b'_' | b'-' | b'+' | b'/' | b'=' | b'~' | b'.' => 4,
            _ => return false,
        };
        match class {
            1 => digits += 1,
            2 => upper += 1,
            3 => lower += 1,
            _ => {}
        }
        if class < 4 {
            turns += usize::from(class != before);
            before = class;
        }
        let count = &mut seen[usize::from(byte)];
        *count = count.saturating_add(1);
    }
    let length = text.len();
    let kinds = seen.iter().filter(|count| **count > 0).count();
    let most = seen.iter().copied().max().unwrap_or(0);
    let mixed = digits > 0 && (upper > 0 || lower > 0) && digits * 10 < length * 8;
    // Chance changes class about every second character; words and numbers do it rarely.
    mixed && turns * 3 >= length && kinds * 2 >= length.min(24) && usize::from(most) * 4 <= length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_something_is_told_from_words() {
        let jwt = concat!(
            "eyJhbGciOiJIUzI1NiJ9",
            ".eyJzdWIiOiIxMjM0NTY3ODkwIn0",
            ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        );
        let live = concat!("sk", "_live_", "4eC39HqLyjWDarjtT1zdp7dc");
        for text in [jwt, live, "postgres://app:geheim@db.example/shop"] {
            assert!(is_secret(text), "{text}");
        }
        for text in [
            "sk_live_",
            "a.b.c",
            "https://a.example/x",
            "AKIA",
            "key-value store",
        ] {
            assert!(!is_secret(text), "{text}");
        }
        assert!(is_password_hash(
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"
        ));
        assert!(!is_password_hash("$2 off everything today"));
        assert!(is_digest("d41d8cd98f00b204e9800998ecf8427e") && !is_digest("d41d8cd9"));
        assert!(
            is_opaque("4eC39HqLyjWDarjtT1zdp7dcX2") && !is_opaque("blue-chair-with-arm-rests-2024")
        );
        assert!(!is_opaque("INV-2024-000123456789") && !is_opaque("0123456789012345678901"));
    }
}
