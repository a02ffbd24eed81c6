//! Sets of evenly spaced values: integers, decimals, dates, times, moments and spans as whole numbers
//! of one unit.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::check::eval::order::{DAY, moment, span, to_decimal};
use crate::check::node::Op;
use crate::key::Draw;
use crate::value::{Type, Value};

/// What one step of the grid is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Unit {
    Int,
    /// 10 to the power of minus that.
    Decimal(u32),
    Float(u32, u8),
    Date,
    Time,
    Timestamp,
    Interval,
}

/// What the points of grids have in common that differ in their bounds alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) struct Axis {
    unit: Unit,
    /// Their modulus and what they leave.
    points: (i128, i128),
    /// What stays together when a value is moved believably, such as the seconds of a minute.
    pub(in crate::check) step: i128,
    /// Steps from a value to others near it.
    pub(in crate::check) reach: i128,
}

impl Axis {
    /// From one point to the next.
    pub(in crate::check) fn least(&self) -> i128 {
        self.points.0
    }
}

/// A set of grid points.
#[derive(Debug, Clone)]
pub(in crate::check) struct Grid {
    unit: Unit,
    /// Inclusive, ascending, disjoint.
    runs: Vec<(i128, i128)>,
    /// Points are congruent to the second modulo the first.
    modulus: Option<(i128, i128)>,
    /// Steps between the points that are made; every point of the runs is a member.
    stride: i128,
    /// Ends that the type alone sets are no hint at what is believable.
    hinted: (bool, bool),
    /// A value of the same row that this one should be near to and above.
    anchor: Option<i128>,
}

/// Digits behind the point of a number that has no scale of its own.
const SCALE_DEFAULT: u32 = 2;
/// More digits are not made.
const SCALE_MAX: u32 = 15;
/// A float beyond it is not made: its decimal digits would not be exact.
const FLOAT_MAX: i128 = 1_000_000_000_000;
/// The days from which moments come where nothing else says: 2022-01-01 to 2024-12-31.
const DAYS_USUAL: (i64, i64) = (18_993, 20_088);
const SECOND: i128 = 1_000_000;

impl Grid {
    /// All values of a type; `scale` digits behind the point are needed to meet constants.
    pub(super) fn of(data_type: &Type, scale: u32) -> Option<Self> {
        let scale = scale.clamp(SCALE_DEFAULT, SCALE_MAX);
        let power = |digits: u32| 10_i128.pow(digits.min(28));
        let (unit, low, high) = match data_type {
            Type::Int { min, max } => (Unit::Int, i128::from(*min), i128::from(*max)),
            Type::Decimal {
                precision: Some(precision),
                scale: own,
            } => {
                let places = u32::try_from(own.unwrap_or(0)).ok()?;
                let end = power(u32::from(*precision)) - 1;
                (Unit::Decimal(places), -end, end)
            }
            Type::Decimal { .. } => {
                let end = power(12 + scale);
                (Unit::Decimal(scale), -end, end)
            }
            Type::Money => (Unit::Decimal(2), -power(17), power(17)),
            Type::Float { bits } => {
                // A real has seven digits.
                let end = if *bits == 32 {
                    1_000_000
                } else {
                    FLOAT_MAX * power(scale)
                };
                (Unit::Float(scale, *bits), -end, end)
            }
            Type::Date => (Unit::Date, -500_000, 1_000_000),
            Type::Time { .. } => (Unit::Time, 0, i128::from(DAY) - 1),
            Type::Timestamp { .. } => {
                let day = i128::from(DAY);
                (Unit::Timestamp, -500_000 * day, 1_000_000 * day)
            }
            Type::Interval => {
                let end = 36_500 * i128::from(DAY);
                (Unit::Interval, -end, end)
            }
            _ => return None,
        };
        let stride = match data_type {
            Type::Timestamp { precision, .. } | Type::Time { precision, .. } => {
                power(6 - u32::from(*precision).min(6))
            }
            _ => 1,
        };
        Some(Self {
            unit,
            runs: vec![(low, high)],
            modulus: None,
            stride,
            hinted: (false, false),
            anchor: None,
        })
    }

    /// The grid point at or below a value, and whether it is the value.
    #[inline]
    fn locate(&self, value: &Value) -> Option<(i128, bool)> {
        let exact = |number: i128| Some((number, true));
        match (self.unit, value) {
            (Unit::Int, Value::Int(number)) => exact(i128::from(*number)),
            (Unit::Date, Value::Date(days)) => exact(i128::from(*days)),
            (Unit::Date, Value::Timestamp(micros)) => Some((
                i128::from(micros.div_euclid(DAY)),
                micros.rem_euclid(DAY) == 0,
            )),
            (Unit::Time, Value::Time(micros)) => exact(i128::from(*micros)),
            (Unit::Timestamp, value) => exact(i128::from(moment(value)?)),
            (Unit::Interval, value) => exact(span(value)?),
            (Unit::Int, value) => floor(to_decimal(value)?, 0),
            (Unit::Decimal(scale) | Unit::Float(scale, _), value) => {
                floor(to_decimal(value)?, scale)
            }
            _ => None,
        }
    }

    /// The value at a grid point.
    pub(super) fn value(&self, at: i128) -> Value {
        match self.unit {
            Unit::Int => Value::Int(at as i64),
            Unit::Date => Value::Date(at as i32),
            Unit::Time => Value::Time(at as i64),
            Unit::Timestamp => Value::Timestamp(at as i64),
            Unit::Decimal(scale) => Value::Decimal(decimal(at, scale)),
            Unit::Float(scale, bits) => {
                let number: f64 = decimal(at, scale).to_string().parse().unwrap_or(0.0);
                Value::Float(if bits == 32 {
                    f64::from(number as f32)
                } else {
                    number
                })
            }
            Unit::Interval => {
                let day = i128::from(DAY);
                Value::Interval {
                    months: 0,
                    days: (at / day) as i32,
                    micros: (at % day) as i64,
                }
            }
        }
    }

    #[inline]
    pub(super) fn contains(&self, value: &Value) -> bool {
        let Some((at, exact)) = self.locate(value) else {
            return false;
        };
        let inside = |run: &(i128, i128)| at >= run.0 && at + i128::from(!exact) <= run.1;
        self.runs.iter().any(inside) && self.modulus.is_none_or(|(m, r)| exact && (at - r) % m == 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.size() == 0
    }

    /// Keeps what compares so with a value; false where the value is not comparable.
    pub(super) fn compare(&mut self, op: Op, value: &Value) -> bool {
        let Some((at, exact)) = self.locate(value) else {
            return false;
        };
        match op {
            Op::Lt => self.clip(i128::MIN, if exact { at - 1 } else { at }),
            Op::Le => self.clip(i128::MIN, at),
            Op::Gt => self.clip(at + 1, i128::MAX),
            Op::Ge => self.clip(if exact { at } else { at + 1 }, i128::MAX),
            Op::Eq if exact => self.clip(at, at),
            Op::Eq => self.runs.clear(),
            Op::Ne if exact => {
                let (low, high) = (self.without(i128::MIN, at), self.without(at, i128::MAX));
                self.runs = [low, high].concat();
            }
            Op::Ne => {}
        }
        true
    }

    /// The runs below `high` from above `low`, both exclusive.
    fn without(&self, low: i128, high: i128) -> Vec<(i128, i128)> {
        let (low, high) = (low.saturating_add(1), high.saturating_sub(1));
        let cut = self
            .runs
            .iter()
            .map(|run| (run.0.max(low), run.1.min(high)));
        cut.filter(|run| run.0 <= run.1).collect()
    }

    fn clip(&mut self, low: i128, high: i128) {
        self.runs.retain_mut(|run| {
            if low > run.0 {
                run.0 = low;
            }
            if high < run.1 {
                run.1 = high;
            }
            run.0 <= run.1
        });
        self.hinted.0 |= low != i128::MIN;
        self.hinted.1 |= high != i128::MAX;
    }

    /// Keeps what leaves that remainder; false where it already has another modulus.
    pub(super) fn congruent(&mut self, modulus: &Value, remainder: &Value) -> bool {
        let (Some((m, true)), Some((r, true))) = (self.locate(modulus), self.locate(remainder))
        else {
            return false;
        };
        if m <= 0 || r.abs() >= m || self.modulus.is_some() {
            return false;
        }
        // A remainder has the sign of the dividend.
        match r.signum() {
            1 => self.clip(0, i128::MAX),
            -1 => self.clip(i128::MIN, 0),
            _ => {}
        }
        self.modulus = Some((m, r));
        true
    }

    /// Keeps whole multiples of 10 to the minus `scale`.
    pub(super) fn rounded(&mut self, scale: u32) -> bool {
        match self.unit {
            Unit::Decimal(own) | Unit::Float(own, _) if scale < own && self.modulus.is_none() => {
                self.modulus = Some((10_i128.pow(own - scale), 0));
                true
            }
            Unit::Decimal(_) | Unit::Int => true,
            _ => false,
        }
    }

    /// Puts what is made near above a value of the same row.
    pub(super) fn anchor(&mut self, value: &Value) {
        self.anchor = self.locate(value).map(|(at, _)| at);
    }

    /// Keeps what another grid of the same unit holds as well.
    pub(super) fn unite(&mut self, other: &Self) -> bool {
        if self.unit != other.unit || self.modulus != other.modulus {
            return false;
        }
        let mut all = [self.runs.as_slice(), other.runs.as_slice()].concat();
        all.sort_unstable();
        let mut joined: Vec<(i128, i128)> = Vec::new();
        for run in all {
            match joined.last_mut() {
                Some(last) if run.0 <= last.1.saturating_add(1) => last.1 = last.1.max(run.1),
                _ => joined.push(run),
            }
        }
        self.runs = joined;
        self.hinted = (
            self.hinted.0 && other.hinted.0,
            self.hinted.1 && other.hinted.1,
        );
        true
    }

    /// The least and the greatest value.
    pub(super) fn ends(&self) -> Option<(Value, Value)> {
        let (first, last) = (self.runs.first()?, self.runs.last()?);
        Some((self.value(first.0), self.value(last.1)))
    }

    /// The axis of its points; `None` where their places are not exact.
    pub(super) fn axis(&self) -> Option<Axis> {
        let day = i128::from(DAY);
        let (usual, reach) = match self.unit {
            Unit::Int => (1, 16),
            // Values of finer ones have no exact place.
            Unit::Decimal(scale) if scale > 28 => return None,
            Unit::Decimal(scale) => (10_i128.pow(scale), 64),
            Unit::Date => (1, 120),
            Unit::Time => (60 * SECOND, 60),
            Unit::Timestamp | Unit::Interval => (60 * SECOND, 14 * day / (60 * SECOND)),
            Unit::Float(..) => return None,
        };
        let points = self.step();
        Some(Axis {
            unit: self.unit,
            points,
            step: points.0 * (usual / points.0).max(1),
            reach,
        })
    }

    /// The place of a value that is a point; `None` for every other.
    pub(super) fn place(&self, value: &Value) -> Option<i128> {
        self.locate(value)
            .and_then(|(at, exact)| exact.then_some(at))
    }

    /// The value at a place within the runs.
    pub(super) fn at_place(&self, at: i128) -> Option<Value> {
        let inside = |run: &(i128, i128)| (run.0..=run.1).contains(&at);
        let (step, rest) = self.step();
        let met = (at - rest).rem_euclid(step) == 0;
        (met && self.runs.iter().any(inside)).then(|| self.value(at))
    }

    /// Keeps what is within another grid after every move between two distances; `None` where nothing
    /// is left or the other one has gaps.
    pub(super) fn reach(&mut self, other: &Self, (least, most): (i128, i128)) -> Option<()> {
        let [run] = other.runs[..] else {
            return None;
        };
        self.clip(run.0.saturating_sub(least), run.1.saturating_sub(most));
        (!self.is_empty()).then_some(())
    }

    /// Keeps moments of a usual year where these are enough for any table.
    pub(super) fn believable(&mut self) {
        const ENOUGH: u64 = 1 << 20;
        let mut usual = self.clone();
        let (window, _) = self.usual();
        usual.clip(window.0, window.1);
        if self.unit == Unit::Timestamp && usual.size() >= ENOUGH {
            *self = usual;
        }
    }

    fn step(&self) -> (i128, i128) {
        self.modulus.unwrap_or((self.stride, 0))
    }

    /// The first point of a run that can be made, and how many there are.
    fn points(&self, run: (i128, i128)) -> (i128, u64) {
        let (step, rest) = self.step();
        if step == 1 {
            let count = run.1.saturating_sub(run.0).saturating_add(1);
            return (run.0, count.clamp(0, i128::from(u64::MAX)) as u64);
        }
        let first = run.0 + (rest - run.0).rem_euclid(step);
        if first > run.1 {
            return (first, 0);
        }
        (
            first,
            ((run.1 - first) / step + 1).min(i128::from(u64::MAX)) as u64,
        )
    }

    pub(super) fn size(&self) -> u64 {
        let sizes = self.runs.iter().map(|run| self.points(*run).1);
        sizes.fold(0, u64::saturating_add)
    }

    /// The value of a rank below the size: positive ones first where there are both.
    pub(super) fn unrank(&self, rank: u64) -> Value {
        let start = self.runs.partition_point(|run| run.1 < 0);
        let mut rest = rank;
        for run in self.positive_first(start) {
            let (first, count) = self.points(run);
            if rest < count {
                return self.value(first + i128::from(rest) * self.step().0);
            }
            rest -= count;
        }
        self.ends().map_or(Value::Null, |ends| ends.0)
    }

    /// The runs from 0 up, then those below; a run over 0 is cut there.
    fn positive_first(&self, start: usize) -> impl Iterator<Item = (i128, i128)> + '_ {
        let upper = self.runs[start..].iter().map(|run| (run.0.max(0), run.1));
        let lower = self.runs.iter().filter(|run| run.0 < 0);
        upper.chain(lower.map(|run| (run.0, run.1.min(-1))))
    }

    /// A believable member: of a usual size where that is allowed, else near an end that was set.
    pub(super) fn sample(&self, draw: Draw) -> Value {
        let (usual, width) = self.usual();
        if let Some(anchor) = self.anchor {
            let near = (anchor, anchor.saturating_add(width));
            if let Some(value) = self.sample_in(near, draw) {
                return value;
            }
        }
        let window = match (self.runs.first(), self.runs.last()) {
            (Some(first), Some(last)) if last.1 - first.0 <= width => (first.0, last.1),
            (Some(first), _) if self.hinted.0 && first.0 > usual.0 => (first.0, first.0 + width),
            (_, Some(last)) if last.1 < usual.0 => (last.1 - width, last.1),
            _ => usual,
        };
        self.sample_in(window, draw)
            .or_else(|| self.sample_in(usual, draw))
            .unwrap_or_else(|| self.unrank(draw.below(self.size().max(1))))
    }

    fn sample_in(&self, window: (i128, i128), draw: Draw) -> Option<Value> {
        let mut total = 0_u64;
        for run in &self.runs {
            total = total.saturating_add(self.points(clipped(*run, window)).1);
        }
        if total == 0 {
            return None;
        }
        let mut rest = draw.below(total);
        for run in &self.runs {
            let run = clipped(*run, window);
            let (first, count) = self.points(run);
            if rest < count {
                let at = first + i128::from(rest) * self.step().0;
                return Some(self.value(self.smooth(at, run)));
            }
            rest -= count;
        }
        None
    }

    /// Whole seconds for what is counted in microseconds, where the run is wide enough.
    fn smooth(&self, at: i128, run: (i128, i128)) -> i128 {
        let fine = matches!(self.unit, Unit::Timestamp | Unit::Time | Unit::Interval);
        let whole = at - at.rem_euclid(SECOND);
        if fine && self.modulus.is_none() && whole >= run.0 {
            whole
        } else {
            at
        }
    }

    /// Where values usually are, and how far from an end that was set.
    fn usual(&self) -> ((i128, i128), i128) {
        let day = i128::from(DAY);
        let (from, to) = (i128::from(DAYS_USUAL.0), i128::from(DAYS_USUAL.1));
        match self.unit {
            Unit::Int => ((1, 1_000), 1_000),
            Unit::Decimal(scale) | Unit::Float(scale, _) => {
                let one = 10_i128.pow(scale.min(28));
                ((one.min(100), 1_000 * one), 1_000 * one)
            }
            Unit::Date => ((from, to), 30),
            Unit::Timestamp => ((from * day, to * day), 30 * day),
            Unit::Time => (
                (8 * 3_600 * SECOND, 20 * 3_600 * SECOND),
                4 * 3_600 * SECOND,
            ),
            Unit::Interval => ((60 * SECOND, 30 * day), 30 * day),
        }
    }
}

fn clipped(run: (i128, i128), window: (i128, i128)) -> (i128, i128) {
    (run.0.max(window.0), run.1.min(window.1))
}

fn decimal(mantissa: i128, scale: u32) -> Decimal {
    Decimal::try_from_i128_with_scale(mantissa, scale).unwrap_or_default()
}

/// A number in units of 10 to the minus `scale`, rounded down.
fn floor(number: Decimal, scale: u32) -> Option<(i128, bool)> {
    if number.scale() <= scale {
        let factor = 10_i128.checked_pow(scale - number.scale())?;
        return Some((number.mantissa().checked_mul(factor)?, true));
    }
    let rounded = number.round_dp_with_strategy(scale, RoundingStrategy::ToNegativeInfinity);
    let factor = 10_i128.checked_pow(scale.checked_sub(rounded.scale())?)?;
    let at = rounded.mantissa().checked_mul(factor)?;
    debug_assert!(at.to_i128().is_some());
    Some((at, rounded == number))
}
