//! Words of closed lists: states, roles, kinds, currencies; labels of enumerations; truths.

use crate::natural::apart::listed;
use crate::natural::distribution::Weighted;
use crate::natural::entry::{Entry, Form};
use crate::natural::{Cell, Distinct, Generate};
use crate::value::{CopyText, Type, Value};
use crate::words::{geo, technical as t};

use super::early_of;

/// A closed list, its first words more often.
macro_rules! listed {
    ($name:literal, $about:literal, $list:expr) => {
        Entry::new(
            $name,
            $about,
            Form::Text(
                |cell, max, out| push_fitting(cell, $list, max, out),
                |max| listed($list.iter().copied(), max),
            ),
        )
    };
}

#[rustfmt::skip]
pub(super) const ENTRIES: &[Entry] = &[
    listed!("order_status", "the state of an order", t::ORDER_STATES),
    listed!("account_status", "the state of an account", t::ACCOUNT_STATES),
    listed!("payment_status", "the state of a payment", t::PAYMENT_STATES),
    listed!("task_status", "the state of a task or ticket", t::TASK_STATES),
    listed!("publishing_status", "the state of something published", t::PUBLISHING_STATES),
    listed!("job_status", "the state of a job that a machine does", t::JOB_STATES),
    listed!("priority", "an urgency", t::PRIORITIES),
    listed!("role", "a role of a user", t::ROLES),
    listed!("permission", "a right", t::PERMISSIONS),
    listed!("scope", "a scope of a grant", t::SCOPES),
    listed!("plan", "a plan of a subscription", t::PLANS),
    listed!("period", "a period of billing", t::PERIODS),
    listed!("payment_method", "a way to pay", t::PAYMENT_METHODS),
    listed!("shipping_method", "a way of delivery", t::SHIPPING_METHODS),
    listed!("environment", "production, staging …", t::ENVIRONMENTS),
    listed!("log_level", "a severity of log lines", t::LOG_LEVELS),
    listed!("http_method", "a method of HTTP", t::HTTP_METHODS),
    listed!("action", "what happened to a record", t::ACTIONS),
    listed!("platform", "web, ios …", t::PLATFORMS),
    listed!("channel", "where a visit or an order came from", t::CHANNELS),
    listed!("address_kind", "billing, shipping …", t::ADDRESS_KINDS),
    listed!("kind", "a kind of which nothing more is known", t::KINDS),
    listed!("visibility", "public, private …", t::VISIBILITIES),
    listed!("weekday_name", "a day of the week", t::WEEKDAYS),
    Entry::new("currency_code", "an ISO 4217 code, wide-spread ones more often", Form::Text(currency_code, currency_codes_apart)),
    Entry::new("currency", "a currency's name", Form::Text(currency, currencies_apart)),
    Entry::new("currency_symbol", "a currency's symbol", Form::Text(currency_symbol, currency_symbols_apart)),
    Entry::new("flag", "true half of the time", Form::Flag(500_000)),
    Entry::new("mostly_true", "true nine times of ten", Form::Flag(900_000)),
    Entry::new("rarely_true", "true once in twelve", Form::Flag(83_000)),
];

/// The words of a list of states by its name.
pub(crate) fn states_named(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "order_status" => t::ORDER_STATES,
        "account_status" => t::ACCOUNT_STATES,
        "payment_status" => t::PAYMENT_STATES,
        "task_status" => t::TASK_STATES,
        "publishing_status" => t::PUBLISHING_STATES,
        "job_status" => t::JOB_STATES,
        _ => return None,
    })
}

/// The states that rows of such a table go through, by the nouns of its name.
pub(in crate::natural) fn states_of(nouns: &[String]) -> Option<&'static str> {
    const STATES: &[(&str, &str)] = &[
        (
            "order shipment delivery fulfillment cart sale purchase booking reservation return",
            "order_status",
        ),
        (
            "payment transaction charge refund invoice payout transfer bill settlement",
            "payment_status",
        ),
        (
            "task ticket issue todo bug story incident request case milestone sprint project",
            "task_status",
        ),
        (
            "post article page document content video course story news blog listing product book",
            "publishing_status",
        ),
        (
            "job run build task import export sync batch webhook message email notification deployment",
            "job_status",
        ),
        (
            "user account member customer subscription employee tenant organization company",
            "account_status",
        ),
    ];
    let holds = |list: &str| {
        nouns
            .iter()
            .any(|noun| list.split(' ').any(|word| word == noun))
    };
    let found = STATES.iter().find(|(list, _)| holds(list));
    found.map(|(_, states)| *states)
}

/// The chosen word, or the first that fits.
fn push_fitting(cell: &Cell<'_>, list: &[&'static str], max: usize, out: &mut String) {
    let chosen = early_of(cell.draw(0), list);
    let fits = |word: &&&str| word.len() <= max;
    let word = Some(&chosen)
        .filter(fits)
        .or_else(|| list.iter().find(fits));
    out.push_str(word.unwrap_or(&chosen));
}

fn currency_code(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let draw = cell.draw(0);
    // Three of the first ones in nine tenths of all rows, as a shop has them.
    if draw.chance(900_000) {
        out.push_str(early_of(draw.next(), &geo::CURRENCIES[..3]).code);
    } else {
        out.push_str(early_of(draw.next(), geo::CURRENCIES).code);
    }
}

fn currency(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(early_of(cell.draw(0), geo::CURRENCIES).name);
}

fn currency_symbol(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(early_of(cell.draw(0), geo::CURRENCIES).symbol);
}

fn currency_codes_apart(max: usize) -> Distinct {
    listed(geo::CURRENCIES.iter().map(|currency| currency.code), max)
}

fn currencies_apart(max: usize) -> Distinct {
    listed(geo::CURRENCIES.iter().map(|currency| currency.name), max)
}

fn currency_symbols_apart(max: usize) -> Distinct {
    listed(geo::CURRENCIES.iter().map(|currency| currency.symbol), max)
}

/// Labels of an enumeration, the first ones more often; the first rows go through all of them.
pub(in crate::natural) struct EnumColumn {
    labels: Vec<String>,
    choice: Weighted,
}

impl EnumColumn {
    pub(in crate::natural) fn new(labels: &[String]) -> Option<Self> {
        Some(Self {
            choice: Weighted::falling(labels.len())?,
            labels: labels.to_vec(),
        })
    }

    fn label(&self, cell: &Cell<'_>) -> &str {
        let row = usize::try_from(cell.row).unwrap_or(usize::MAX);
        let position = if row < self.labels.len() && cell.attempt == 0 {
            row
        } else {
            self.choice.pick(cell.draw(0))
        };
        &self.labels[position]
    }
}

impl Generate for EnumColumn {
    fn name(&self) -> &'static str {
        "enum"
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        Value::Text(self.label(cell).to_owned())
    }

    fn write(&self, cell: &Cell<'_>, _: &Type, out: &mut CopyText<'_>) {
        out.text(|text| text.push_str(self.label(cell)));
    }

    fn distinct(&self) -> Option<Distinct> {
        let labels = self.labels.clone();
        Some(Distinct::new(labels.len() as u64, move |rank| {
            Value::Text(labels[rank as usize].clone())
        }))
    }
}
