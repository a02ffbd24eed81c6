//! Points and figures on a map: longitude first, as GeoJSON (RFC 7946) has it.

use crate::natural::entry::Entry;
use crate::natural::forms::push_decimal;
use crate::natural::{Cell, Generate};
use crate::value::{Type, Value};

use super::Plain;

/// No geometric type has an equality that a unique index uses, hence no distinct values.
pub(super) fn geometry(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    let Type::Geometry(kind) = data_type else {
        return None;
    };
    let kind = kind.clone();
    let make = move |cell: &Cell<'_>| {
        let (latitude, longitude) = cell.person().position();
        let size = 1_000 + cell.draw(1).below(20_000) as i64;
        Value::Text(figure(&kind, longitude, latitude, size))
    };
    Some(Plain::boxed(entry, make, None))
}

/// The figure's text form; coordinates and size in millionths.
fn figure(kind: &str, x: i64, y: i64, size: i64) -> String {
    let point = |x: i64, y: i64| format!("({},{})", degrees(x), degrees(y));
    let corner = point(x + size, y + size);
    match kind {
        "point" => point(x, y),
        "line" => format!("{{1,-1,{}}}", degrees(y - x)),
        "lseg" => format!("[{},{corner}]", point(x, y)),
        "box" => format!("{corner},{}", point(x, y)),
        "path" => format!("[{},{},{corner}]", point(x, y), point(x + size, y)),
        "polygon" => format!("({},{},{corner})", point(x, y), point(x + size, y)),
        _ => format!("<{},{}>", point(x, y), degrees(size)),
    }
}

fn degrees(millionths: i64) -> String {
    let mut out = String::new();
    push_decimal(millionths, 6, &mut out);
    out
}
