//! `ip`: addresses of networks that are routed nowhere; family and prefix stay.
//!
//! IPv4 becomes one of 240.0.0.0/4 (RFC 1112 §4, reserved), IPv6 one of 2001:db8::/32 (RFC 3849). For
//! unique columns 28 bits are too few: IPv4 becomes IPv6 there, one for one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use rules::mask::Transformer;
use seeder::value::Type;

use crate::key::Draw;
use crate::permute::Permutation;
use crate::transform::apart::permutation;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, text_of};

const NO_ADDRESS: Unmaskable = Unmaskable::new("is no address of a machine or network");

/// 240.0.0.0 and 2001:db8::.
const V4: u32 = 0xf000_0000;
const V6: u128 = 0x2001_0db8 << 96;

/// Addresses of 240.0.0.0/4, but for the last, which is everybody's.
const V4_COUNT: u64 = (1 << 28) - 1;

/// Bits of IPv6 that a draw gives in unique columns: the first of the 96 is 1, where those that IPv4
/// became have a 0.
const V6_BITS: u32 = 95;

/// Characters of the longest IPv6 network: `2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128`.
const V6_CHARACTERS: u32 = 42;

/// Characters of the longest IPv4 network: `255.255.255.255/32`.
const V4_CHARACTERS: u32 = 18;

#[derive(Debug)]
struct Ip {
    /// `cidr` has no bits to the right of its prefix.
    network: bool,
    unique: Option<Permutation>,
    v6_fits: bool,
}

/// The transformer of addresses and networks.
pub(in crate::transform) fn ip(column: &Column<'_>) -> Made {
    let with = Transformer::Ip;
    let network = match column.data_type.base() {
        Type::Inet => false,
        Type::Cidr => true,
        Type::Text { max, .. } if max.is_none_or(|max| max >= V4_CHARACTERS) => false,
        _ => {
            let hint = "ip is for inet, cidr and text of at least 18 characters";
            return Err(Unfit::of_type(with, column, hint));
        }
    };
    let v6_fits = match column.data_type.base() {
        Type::Text { max, .. } => max.is_none_or(|max| max >= V6_CHARACTERS),
        _ => true,
    };
    let bits = 2 * (64 - column.rows.leading_zeros()) + 39;
    if column.unique && (network || !v6_fits || bits > V6_BITS) {
        return Err(Unfit::new(
            format!(
                "addresses stay apart in inet, and in text of {V6_CHARACTERS} characters, for which \
                 {bits} of {V6_BITS} bits are needed"
            ),
            "take token or code where it is text, or take it out of the unique key",
        ));
    }
    Ok(Arc::new(Ip {
        network,
        unique: column.unique.then(|| permutation(column, "ip/v4", 1 << 32)),
        v6_fits,
    }))
}

impl Transform for Ip {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let text = text_of(value)?;
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NO_ADDRESS)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => {
                let usual = prefix.len() <= 3 && prefix.bytes().all(|byte| byte.is_ascii_digit());
                let prefix: u32 = prefix.parse().map_err(|_| NO_ADDRESS)?;
                (usual && prefix <= bits)
                    .then_some(Some(prefix))
                    .ok_or(NO_ADDRESS)?
            }
            None => None,
        };
        let kept = if self.network {
            prefix.unwrap_or(bits)
        } else {
            bits
        };
        let (masked, prefix) = match (address, &self.unique) {
            (IpAddr::V4(address), Some(permutation)) => {
                let number = permutation.of(u128::from(u32::from(address)));
                let masked = Ipv6Addr::from(V6 | number).into();
                (masked, prefix.map(|prefix| prefix + 96))
            }
            (IpAddr::V6(_), Some(_)) => {
                let drawn = draw.bits(0) & ((1 << V6_BITS) - 1);
                (Ipv6Addr::from(V6 | 1 << V6_BITS | drawn).into(), prefix)
            }
            (IpAddr::V4(_), None) => {
                let drawn = V4 | draw.below(V4_COUNT, 0) as u32;
                let mask = u32::MAX.checked_shl(32 - kept).unwrap_or(0);
                (Ipv4Addr::from(drawn & mask).into(), prefix)
            }
            (IpAddr::V6(_), None) if self.v6_fits => {
                let drawn = V6 | draw.bits(0) & ((1 << 96) - 1);
                let mask = u128::MAX.checked_shl(128 - kept).unwrap_or(0);
                (IpAddr::from(Ipv6Addr::from(drawn & mask)), prefix)
            }
            (IpAddr::V6(_), None) => (Ipv6Addr::from(V6 | 1).into(), prefix),
        };
        out.extend_from_slice(masked.to_string().as_bytes());
        if let Some(prefix) = prefix {
            out.extend_from_slice(format!("/{prefix}").as_bytes());
        }
        Ok(())
    }
}
