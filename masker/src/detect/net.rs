//! Addresses of machines and mailboxes.

use std::net::{Ipv4Addr, Ipv6Addr};

/// RFC 5321: 64 bytes before the at sign, 255 behind it.
const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 255;

/// Whether a text is one mailbox: `a.b@c.de`, `<a@b.de>`, `A B <a@b.de>`, `mailto:a@b.de`.
pub(super) fn is_email(text: &str) -> bool {
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let inner = text
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once('<'))
        .map_or(text, |(_, inner)| inner);
    let Some((local, domain)) = inner.split_once('@') else {
        return false;
    };
    let legal = |c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                '.' | '_' | '-' | '+' | '\'' | '%' | '&' | '=' | '~' | '#' | '!'
            )
    };
    let fits = !local.is_empty() && local.len() <= LOCAL_MAX && !local.ends_with('.');
    fits && local.chars().all(legal) && is_host(domain)
}

/// Whether a text is a host's name with a dot in it.
pub(super) fn is_host(text: &str) -> bool {
    if text.len() > DOMAIN_MAX {
        return false;
    }
    let mut labels = 0;
    let mut last = "";
    for label in text.split('.') {
        let legal = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        if label.is_empty() || label.starts_with('-') || !label.chars().all(legal) {
            return false;
        }
        labels += 1;
        last = label;
    }
    let top =
        last.len() >= 2 && (last.starts_with("xn--") || last.chars().all(char::is_alphabetic));
    labels >= 2 && top
}

/// Whether a text is an absolute URL (RFC 3986).
pub(super) fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-');
    (2..=16).contains(&scheme.len())
        && scheme.chars().all(word)
        && !rest.is_empty()
        && !rest.contains(char::is_whitespace)
}

/// Whether a text is an IP address, perhaps with the length of its network.
pub(super) fn is_ip(text: &str) -> bool {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    if address.contains(':') {
        // `::` is nothing of anybody's, and times are `12:30:15`.
        let colons = address.bytes().filter(|byte| *byte == b':').count();
        let parsed = address.parse::<Ipv6Addr>();
        return parsed.is_ok()
            && colons >= 2
            && address.len() > 2
            && length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= 128));
    }
    address
        .parse::<Ipv4Addr>()
        .is_ok_and(|v4| v4.octets()[0] != 0)
        && length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= 32))
}

/// Whether a text is a hardware address: `08:00:2b:01:02:03`, `08-00-…`, `0800.2b01.0203`.
pub(super) fn is_mac(text: &str) -> bool {
    let groups = |separator: char, width: usize| {
        let mut count = 0;
        for group in text.split(separator) {
            if group.len() != width || !group.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return 0;
            }
            count += 1;
        }
        count
    };
    match text.len() {
        17 | 23 => matches!(groups(':', 2), 6 | 8) || matches!(groups('-', 2), 6 | 8),
        14 => groups('.', 4) == 3,
        _ => false,
    }
}

/// Whether a text is a UUID (RFC 9562), perhaps in braces.
pub(super) fn is_uuid(text: &str) -> bool {
    let text = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .unwrap_or(text);
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_looks_like_them() {
        for text in [
            "a@b.de",
            "o'hara+x@mail.example.co.uk",
            "Ann B <ann@b.io>",
            "жук@почта.рф",
        ] {
            assert!(is_email(text), "{text}");
        }
        for text in [
            "a@b", "@b.de", "a@b.1", "a b@c.de", "a@b..de", "a@@b.de", "x@y.de z",
        ] {
            assert!(!is_email(text), "{text}");
        }
        for text in [
            "10.1.2.3",
            "10.0.0.0/8",
            "2001:db8::1",
            "::ffff:1.2.3.4",
            "fe80::1/64",
        ] {
            assert!(is_ip(text), "{text}");
        }
        for text in [
            "1.2.3",
            "1.2.3.4.5",
            "256.1.1.1",
            "12:30:15",
            "::",
            "0.1.2.3",
            "10.0.0.0/33",
        ] {
            assert!(!is_ip(text), "{text}");
        }
        assert!(is_mac("08:00:2b:01:02:03") && is_mac("0800.2b01.0203"));
        assert!(!is_mac("08:00:2b:01:02") && !is_mac("12:30:15:44:55:6x"));
        assert!(is_uuid("0188f1b2-0c1e-7c3a-9d2e-1f2a3b4c5d6e") && !is_uuid("0188f1b2"));
        assert!(is_url("https://a.example/x?y=1") && !is_url("see https://a.example"));
    }
}
