//! Values of types whose members have no order or structure that a CHECK narrows here.

use crate::key::Draw;
use crate::value::{Type, Value};

/// How many values `unrank` tells apart.
pub(super) fn size(data_type: &Type) -> u64 {
    match data_type {
        Type::Uuid => u64::MAX,
        Type::Inet | Type::Cidr => 1 << 17,
        Type::MacAddress { .. } => 1 << 40,
        Type::Bits { length, .. } => 1_u64.checked_shl(length.unwrap_or(8)).unwrap_or(u64::MAX),
        Type::LTree | Type::SearchVector | Type::HStore | Type::Xml | Type::Geometry(_) => 1 << 32,
        _ => 0,
    }
}

/// The value of a rank.
pub(super) fn unrank(data_type: &Type, rank: u64) -> Value {
    Value::Text(match data_type {
        // Version 4, variant 1.
        Type::Uuid => return Value::Uuid(uuid(u128::from(rank))),
        // 198.18.0.0/15 is for benchmarks (RFC 2544).
        Type::Inet => format!(
            "198.{}.{}.{}",
            18 + (rank >> 16 & 1),
            rank >> 8 & 255,
            rank & 255
        ),
        Type::Cidr => format!(
            "198.{}.{}.{}/32",
            18 + (rank >> 16 & 1),
            rank >> 8 & 255,
            rank & 255
        ),
        // Locally administered.
        Type::MacAddress { bytes } => {
            let mut text = "02".to_owned();
            for byte in (0..u32::from(*bytes) - 1).rev() {
                let octet = rank.checked_shr(8 * byte).unwrap_or(0) & 255;
                text.push_str(&format!(":{octet:02x}"));
            }
            text
        }
        Type::Bits { length, .. } => {
            let length = length.unwrap_or(8);
            let bit = |at: u32| rank.checked_shr(at).unwrap_or(0) & 1;
            (0..length)
                .rev()
                .map(|at| if bit(at) == 1 { '1' } else { '0' })
                .collect()
        }
        Type::LTree | Type::SearchVector => format!("n{rank}"),
        Type::HStore => format!("\"n\"=>\"{rank}\""),
        Type::Xml => format!("<n>{rank}</n>"),
        Type::Geometry(name) => geometry(name, rank & 0xffff, rank >> 16 & 0xffff),
        _ => return Value::Null,
    })
}

/// A member for a draw.
pub(super) fn sample(data_type: &Type, draw: Draw) -> Value {
    match data_type {
        Type::Uuid => Value::Uuid(uuid(draw.bits())),
        // Degrees and small plans alike.
        Type::Geometry(name) => Value::Text(geometry(name, draw.below(90), draw.next().below(90))),
        data_type => match size(data_type) {
            0 => Value::Null,
            size => unrank(data_type, draw.below(size)),
        },
    }
}

/// The bits laid out around version and variant (RFC 9562).
fn uuid(bits: u128) -> u128 {
    const VARIABLE: u128 = 0xffff_ffff_ffff_0fff_3fff_ffff_ffff_ffff;
    bits & VARIABLE & !(0xf_u128 << 76) | 0x4_u128 << 76 | 0x8000_u128 << 48
}

fn geometry(name: &str, x: u64, y: u64) -> String {
    match name {
        "point" => format!("({x},{y})"),
        "circle" => format!("<({x},{y}),1>"),
        "line" => format!("{{1,-1,{}}}", x + (y << 16)),
        "box" => format!("({},{}),({x},{y})", x + 1, y + 1),
        "lseg" => format!("[({x},{y}),({},{})]", x + 1, y + 1),
        _ => format!("(({x},{y}),({},{y}),({x},{}))", x + 1, y + 1),
    }
}

/// Byte strings of bounded length.
#[derive(Debug, Clone, Default)]
pub(in crate::check) struct BytesShape {
    min: usize,
    max: Option<usize>,
}

/// Bytes of a value that nothing bounds.
const BYTES_USUAL: usize = 8;

impl BytesShape {
    pub(in crate::check) fn bound(&mut self, min: usize, max: Option<usize>) {
        self.min = self.min.max(min);
        self.max = match (self.max, max) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    pub(super) fn contains(&self, value: &Value) -> bool {
        match value {
            Value::Bytes(bytes) => {
                bytes.len() >= self.min && self.max.is_none_or(|max| bytes.len() <= max)
            }
            _ => false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.max.is_some_and(|max| max < self.min)
    }

    fn length(&self) -> usize {
        let usual = self.min.max(BYTES_USUAL);
        self.max.map_or(usual, |max| usual.min(max))
    }

    pub(super) fn size(&self) -> u64 {
        1_u64
            .checked_shl(8 * self.length() as u32)
            .unwrap_or(u64::MAX)
    }

    pub(super) fn unrank(&self, rank: u64) -> Value {
        let bytes = rank.to_le_bytes().into_iter().chain(std::iter::repeat(0));
        Value::Bytes(bytes.take(self.length()).collect())
    }

    pub(super) fn sample(&self, draw: Draw) -> Value {
        let mut draw = draw;
        let mut bytes = Vec::with_capacity(self.length());
        while bytes.len() < self.length() {
            bytes.extend_from_slice(&draw.bits().to_be_bytes());
            draw = draw.next();
        }
        bytes.truncate(self.length());
        Value::Bytes(bytes)
    }
}
