//! `geo`: another point of the same cell of a grid.
//!
//! `point` is longitude and latitude; PostGIS points of other systems than degrees are in metres.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::value::Type;

use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, text_of};

/// Metres of a cell, unless a rule says otherwise.
const METRES: u64 = 1_000;

/// Half of the earth's circumference.
const METRES_MAX: u64 = 20_000_000;

/// Metres of a degree of latitude.
const METRES_PER_DEGREE: f64 = 111_320.0;

/// Reference systems in degrees (EPSG): WGS 84, NAD83, ETRS89, and none at all.
const DEGREES: [u32; 4] = [4326, 4269, 4258, 0];

const NO_POINT: Unmaskable = Unmaskable::new("is no point of two coordinates");

#[derive(Debug)]
struct Geo {
    metres: f64,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `(x,y)`
    Text,
    /// EWKB in hexadecimal, as PostGIS writes it.
    Binary,
}

/// The transformer of points.
pub(in crate::transform) fn geo(mask: &Mask, column: &Column<'_>) -> Made {
    let form = match column.data_type.base() {
        Type::Geometry(kind) if kind == "point" => Form::Text,
        Type::Other(name) if is_postgis(name) => Form::Binary,
        _ => {
            let hint = "geo is for point, and for geometry and geography of PostGIS";
            return Err(Unfit::of_type(Transformer::Geo, column, hint));
        }
    };
    let metres = mask.options.size.unwrap_or(METRES).clamp(1, METRES_MAX);
    Ok(Arc::new(Geo {
        metres: metres as f64,
        form,
    }))
}

/// `public.geometry(Point,4326)`
fn is_postgis(name: &str) -> bool {
    let bare = name.split('(').next().unwrap_or_default();
    let bare = bare.rsplit('.').next().unwrap_or_default();
    matches!(bare, "geometry" | "geography")
}

impl Transform for Geo {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let text = text_of(value)?;
        match self.form {
            Form::Text => {
                let inner = text
                    .strip_prefix('(')
                    .and_then(|text| text.strip_suffix(')'));
                let (x, y) = inner
                    .and_then(|text| text.split_once(','))
                    .ok_or(NO_POINT)?;
                let number = |text: &str| text.parse::<f64>().map_err(|_| NO_POINT);
                let (x, y) = self.moved((number(x)?, number(y)?), true, draw);
                out.extend_from_slice(format!("({x:e},{y:e})").as_bytes());
            }
            Form::Binary => self.binary(text, draw, out)?,
        }
        Ok(())
    }
}

impl Geo {
    /// Another point of the cell; a coordinate that is no number stays.
    fn moved(&self, (x, y): (f64, f64), degrees: bool, draw: &Draw) -> (f64, f64) {
        // A point of the earth stays one.
        let earth = degrees && x.abs() <= 180.0 && y.abs() <= 90.0;
        let height = if degrees {
            self.metres / METRES_PER_DEGREE
        } else {
            self.metres
        };
        let row = (y / height).floor();
        // Degrees of longitude are shorter towards the poles; one width for the whole row of cells.
        let width = match earth {
            true => {
                let middle = ((row + 0.5) * height).clamp(-89.0, 89.0);
                height / libm::cos(middle.to_radians())
            }
            false => height,
        };
        let column = (x / width).floor();
        let within = |from: f64, size: f64, part: u32, most: f64| {
            let share = (draw.bits(part) >> 75) as f64 / (1_u64 << 53) as f64;
            let moved = (from + share) * size;
            if earth {
                moved.clamp(-most, most)
            } else {
                moved
            }
        };
        let moved_x = if x.is_finite() {
            within(column, width, 0, 180.0)
        } else {
            x
        };
        let moved_y = if y.is_finite() {
            within(row, height, 1, 90.0)
        } else {
            y
        };
        (moved_x, moved_y)
    }

    /// Order of bytes, type with its flags, reference system where it is flagged, coordinates (PostGIS
    /// documentation, "EWKB").
    fn binary(&self, text: &str, draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        const SYSTEM: u32 = 0x2000_0000;
        let bytes = unhex(text).ok_or(NO_POINT)?;
        let little = match bytes.first() {
            Some(0) => false,
            Some(1) => true,
            _ => return Err(NO_POINT),
        };
        let int = |at: usize| {
            let found: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
            Some(if little {
                u32::from_le_bytes(found)
            } else {
                u32::from_be_bytes(found)
            })
        };
        let kind = int(1).ok_or(NO_POINT)?;
        let (start, system) = match kind {
            1 => (5, 0),
            kind if kind == 1 | SYSTEM => (9, int(5).ok_or(NO_POINT)?),
            _ => return Err(Unmaskable::new("is no point, or has a height")),
        };
        if bytes.len() != start + 16 {
            return Err(NO_POINT);
        }
        let float = |at: usize| {
            let found: [u8; 8] = bytes[at..at + 8].try_into().expect("8 bytes");
            if little {
                f64::from_le_bytes(found)
            } else {
                f64::from_be_bytes(found)
            }
        };
        let point = (float(start), float(start + 8));
        let (x, y) = self.moved(point, DEGREES.contains(&system), draw);
        let mut masked = bytes[..start].to_vec();
        for coordinate in [x, y] {
            masked.extend(match little {
                true => coordinate.to_le_bytes(),
                false => coordinate.to_be_bytes(),
            });
        }
        for byte in masked {
            out.extend_from_slice(format!("{byte:02X}").as_bytes());
        }
        Ok(())
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    /// Bytes of a point with its reference system.
    const POINT: usize = 25;
    if text.len() % 2 == 1 || text.len() > 2 * POINT || !text.is_ascii() {
        return None;
    }
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}
