//! Networks and machines; no address of it is routed.

use std::fmt::Write;

use crate::key::Draw;
use crate::natural::apart::{Piece, Style, code, words};
use crate::natural::entry::{Entry, Form};
use crate::natural::forms::TextColumn;
use crate::natural::{Cell, Distinct, Generate};
use crate::person::push_number;
use crate::value::{Type, Value};
use crate::words::{prose, technical, trade};

use super::one_of;

pub(super) const ENTRIES: &[Entry] = &[
    Entry::new(
        "ip_address",
        "an address of a network set apart for documentation, IPv4 mostly",
        Form::Made(ip_address),
    ),
    Entry::new(
        "ipv4",
        "an IPv4 address of RFC 5737 or RFC 2544",
        Form::Made(ipv4),
    ),
    Entry::new("ipv6", "an IPv6 address of RFC 3849", Form::Made(ipv6)),
    Entry::new("cidr", "a network of those set apart", Form::Made(cidr)),
    Entry::new(
        "mac_address",
        "a locally administered hardware address",
        Form::Made(mac_address),
    ),
    Entry::new(
        "user_agent",
        "what a browser calls itself",
        Form::Text(user_agent, agents_apart),
    ),
    Entry::new(
        "hostname",
        "a machine of a reserved domain",
        Form::Text(hostname, hostnames_apart),
    ),
    Entry::new(
        "file_name",
        "a file's name",
        Form::Text(file_name, files_apart),
    ),
    Entry::new(
        "file_path",
        "a file's path",
        Form::Text(file_path, paths_apart),
    ),
    Entry::new(
        "file_extension",
        "a file's extension",
        Form::Text(file_extension, code),
    ),
    Entry::new(
        "mime_type",
        "a media type",
        Form::Text(mime_type, media_apart),
    ),
];

/// A text that the types of addresses read, or a character column.
fn address_column(
    entry: &'static Entry,
    data_type: &Type,
    (write, apart): (super::super::entry::Write, super::super::entry::Apart),
) -> Option<Box<dyn Generate>> {
    let as_text = Type::Text {
        max: None,
        padded: false,
        caseless: false,
    };
    match data_type {
        Type::Text { .. } => TextColumn::fit(entry, (write, apart), usize::MAX, data_type),
        Type::Inet | Type::Cidr | Type::MacAddress { .. } => {
            TextColumn::fit(entry, (write, apart), usize::MAX, &as_text)
        }
        _ => None,
    }
}

fn ip_address(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    match data_type {
        Type::Inet | Type::Text { .. } => {
            address_column(entry, data_type, (write_ip, addresses_apart))
        }
        Type::Cidr => address_column(entry, data_type, (write_cidr, networks_apart)),
        _ => None,
    }
}

fn ipv4(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    match data_type {
        Type::Inet | Type::Text { .. } => {
            address_column(entry, data_type, (write_ipv4, addresses_apart))
        }
        _ => None,
    }
}

fn ipv6(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    match data_type {
        Type::Inet | Type::Text { .. } => {
            address_column(entry, data_type, (write_ipv6, ipv6_apart))
        }
        _ => None,
    }
}

fn cidr(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    match data_type {
        Type::Cidr | Type::Inet | Type::Text { .. } => {
            address_column(entry, data_type, (write_cidr, networks_apart))
        }
        _ => None,
    }
}

fn mac_address(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    match data_type {
        Type::MacAddress { bytes: 8 } => {
            address_column(entry, data_type, (write_mac8, macs8_apart))
        }
        Type::MacAddress { .. } | Type::Text { .. } => {
            address_column(entry, data_type, (write_mac, macs_apart))
        }
        _ => None,
    }
}

fn write_ip(cell: &Cell<'_>, max: usize, out: &mut String) {
    if max >= 32 && cell.draw(1).chance(150_000) {
        write_ipv6(cell, max, out);
    } else {
        write_ipv4(cell, max, out);
    }
}

fn write_ipv4(cell: &Cell<'_>, max: usize, out: &mut String) {
    push_ipv4(cell.draw(0), out);
    super::contact::shorten(max, &["192.0.2.1", "-"], out);
}

/// 192.0.2.0/24, 198.51.100.0/24 and 203.0.113.0/24 (RFC 5737), 198.18.0.0/15 (RFC 2544).
fn push_ipv4(draw: Draw, out: &mut String) {
    let host = 1 + draw.below(254);
    let next = draw.next();
    match next.below(5) {
        0 => out.push_str("192.0.2."),
        1 => out.push_str("198.51.100."),
        2 => out.push_str("203.0.113."),
        _ => {
            let net = next.next();
            out.push_str(if net.chance(500_000) {
                "198.18."
            } else {
                "198.19."
            });
            push_number(net.next().below(256), out);
            out.push('.');
        }
    }
    push_number(host, out);
}

fn write_ipv6(cell: &Cell<'_>, max: usize, out: &mut String) {
    let draw = cell.draw(0);
    let (a, b, c) = (
        draw.below(65_535) + 1,
        draw.next().below(65_535) + 1,
        draw.next().next().below(65_535) + 1,
    );
    push_ipv6(a << 32 | b << 16 | c, out);
    super::contact::shorten(max, &["2001:db8::1", "-"], out);
}

/// 2001:db8::/32 (RFC 3849): three groups of a number.
fn push_ipv6(number: u64, out: &mut String) {
    let (a, b, c) = (
        number >> 32 & 0xffff,
        number >> 16 & 0xffff,
        number & 0xffff,
    );
    write!(out, "2001:db8:{a:x}:{b:x}::{c:x}").expect("a String takes every character");
}

fn write_cidr(cell: &Cell<'_>, max: usize, out: &mut String) {
    let draw = cell.draw(0);
    match draw.below(4) {
        0 => out.push_str("192.0.2.0/24"),
        1 => out.push_str("198.51.100.0/24"),
        2 => out.push_str("203.0.113.0/24"),
        _ => {
            out.push_str("198.18.");
            push_number(draw.next().below(256), out);
            out.push_str(".0/24");
        }
    }
    super::contact::shorten(max, &["192.0.2.0/24", "-"], out);
}

/// 240.0.0.0/4, which nobody routes (RFC 1112, section 4), without its last address; IPv6 where the
/// column takes it would give more, but a column called `ip` is read by people.
fn addresses_apart(max: usize) -> Distinct {
    if max < 15 {
        return code(max);
    }
    Distinct::new((1 << 28) - 1, |rank| {
        let bits = 0xf000_0000 | rank;
        Value::Text(format!(
            "{}.{}.{}.{}",
            bits >> 24,
            bits >> 16 & 255,
            bits >> 8 & 255,
            bits & 255
        ))
    })
}

/// Numbers from 2⁴⁷ on, whose groups PostgreSQL writes alike: none is empty, no run of zeros moves.
fn ipv6_apart(max: usize) -> Distinct {
    if max < 30 {
        return code(max);
    }
    Distinct::new(65_535 * 65_535 * 65_535, |rank| {
        let (a, b, c) = (
            rank / 65_535 / 65_535 + 1,
            rank / 65_535 % 65_535 + 1,
            rank % 65_535 + 1,
        );
        let mut out = String::new();
        push_ipv6(a << 32 | b << 16 | c, &mut out);
        Value::Text(out)
    })
}

/// Networks of 64 bits below 2001:db8::/32.
fn networks_apart(max: usize) -> Distinct {
    if max < 22 {
        return code(max);
    }
    Distinct::new(65_535 * 65_535, |rank| {
        let (a, b) = (rank / 65_535 + 1, rank % 65_535 + 1);
        Value::Text(format!("2001:db8:{a:x}:{b:x}::/64"))
    })
}

/// The second lowest bit of the first byte says that no maker has assigned it (IEEE 802).
fn push_mac(number: u64, bytes: u32, out: &mut String) {
    out.push_str("02");
    for byte in (0..bytes - 1).rev() {
        write!(out, ":{:02x}", number >> (8 * byte) & 255).expect("a String takes every character");
    }
}

fn write_mac(cell: &Cell<'_>, _max: usize, out: &mut String) {
    push_mac(cell.draw(0).below(1 << 40), 6, out);
}

fn write_mac8(cell: &Cell<'_>, _max: usize, out: &mut String) {
    push_mac(cell.draw(0).below(1 << 56), 8, out);
}

fn macs_apart(max: usize) -> Distinct {
    if max < 17 {
        return code(max);
    }
    mac_ranks(1 << 40, 6)
}

fn macs8_apart(_max: usize) -> Distinct {
    mac_ranks(1 << 56, 8)
}

fn mac_ranks(size: u64, bytes: u32) -> Distinct {
    Distinct::new(size, move |rank| {
        let mut out = String::new();
        push_mac(rank, bytes, &mut out);
        Value::Text(out)
    })
}

fn user_agent(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(super::early_of(cell.draw(0), technical::USER_AGENTS));
}

fn agents_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(prose::QUALITIES),
        Piece::Fixed("-"),
        Piece::Words(prose::NOUNS),
    ];
    words(PIECES, Style::Plain, max)
}

fn hostname(cell: &Cell<'_>, max: usize, out: &mut String) {
    let draw = cell.draw(0);
    out.push_str(one_of(draw, technical::MACHINES));
    out.push('-');
    push_number(1 + draw.next().below(40), out);
    if max >= 40 {
        out.push('.');
        super::contact::push_domain(cell, out);
    } else {
        out.push_str(".example");
    }
    super::contact::shorten(max, &["a.example", "example", "a"], out);
}

fn hostnames_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(technical::MACHINES),
        Piece::Fixed("-"),
        Piece::Words(trade::CODE_NAMES),
    ];
    ended(PIECES, ".example", max)
}

fn file_name(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let draw = cell.draw(0);
    out.push_str(one_of(draw, prose::NOUNS));
    if draw.next().chance(500_000) {
        out.push('_');
        push_number(1 + draw.next().next().below(400), out);
    }
    out.push('.');
    out.push_str(super::early_of(draw.next().next().next(), technical::MEDIA_TYPES).1);
}

fn file_path(cell: &Cell<'_>, max: usize, out: &mut String) {
    let draw = cell.draw(1);
    if max >= 60 {
        out.push('/');
        out.push_str(one_of(draw, technical::FOLDERS));
        out.push('/');
        out.push_str(one_of(draw.next(), prose::NOUNS));
        out.push('/');
    }
    file_name(cell, max, out);
}

const ENDING: &str = ".pdf";

fn files_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(prose::QUALITIES),
        Piece::Fixed("-"),
        Piece::Words(prose::NOUNS),
    ];
    ended(PIECES, ENDING, max)
}

fn paths_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(technical::FOLDERS),
        Piece::Fixed("/"),
        Piece::Words(prose::QUALITIES),
        Piece::Fixed("-"),
        Piece::Words(prose::NOUNS),
    ];
    ended(PIECES, ENDING, max)
}

/// Words with an ending, or codes where there is no room for both.
fn ended(pieces: &[Piece], ending: &'static str, max: usize) -> Distinct {
    if max < ending.len() + 6 {
        return code(max);
    }
    let room = if max == usize::MAX {
        max
    } else {
        max - ending.len()
    };
    words(pieces, Style::Slug, room).map(move |value| super::contact::suffixed(value, ending))
}

fn file_extension(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(super::early_of(cell.draw(0), technical::MEDIA_TYPES).1);
}

fn mime_type(cell: &Cell<'_>, max: usize, out: &mut String) {
    let chosen = super::early_of(cell.draw(0), technical::MEDIA_TYPES).0;
    out.push_str(if chosen.len() <= max {
        chosen
    } else {
        "text/csv"
    });
}

fn media_apart(max: usize) -> Distinct {
    super::super::apart::listed(technical::MEDIA_TYPES.iter().map(|pair| pair.0), max)
}
