//! Numbers, moments and places: changed a little, or cut to a class.

mod bucket;
mod date_shift;
mod date_trunc;
mod decimal;
mod geo;
mod moment;
mod noise;
mod number;

pub(super) use bucket::bucket;
pub(super) use date_shift::date_shift;
pub(super) use date_trunc::date_trunc;
pub(super) use geo::geo;
pub(super) use noise::noise;
