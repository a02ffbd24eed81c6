//! The transcript scripts, as tables.

mod copies;
mod endings;
mod extended;
pub(crate) mod frames;
mod queries;
mod startups;

use queries::{QUERIES, TRANSACTIONS};
use startups::{FAILING_STARTUPS, STARTUPS};

use crate::client::query;
use crate::transcripts::{Script, Step};

/// Every script.
pub(crate) fn scripts() -> Vec<Script> {
    let mut all = Vec::new();
    all.extend(QUERIES.iter().map(|(name, sql)| simple(name, sql)));
    all.extend(TRANSACTIONS.iter().map(|(name, sqls)| several(name, sqls)));
    all.extend(STARTUPS.iter().map(|(name, settings)| Script {
        name: format!("startup {name}"),
        settings: settings.to_vec(),
        steps: vec![Step::Send(query("show all; show role")), Step::Until(b'Z')],
    }));
    // A session that does not begin has nothing behind its error.
    all.extend(FAILING_STARTUPS.iter().map(|(name, settings)| Script {
        name: format!("failing startup {name}"),
        settings: settings.to_vec(),
        steps: vec![Step::Rest],
    }));
    all.extend(queries::in_encodings());
    all.extend(extended::scripts());
    all.extend(copies::scripts());
    all.extend(endings::scripts());
    all
}

fn simple(name: &str, sql: &str) -> Script {
    several(name, &[sql])
}

fn several(name: &str, sqls: &[&str]) -> Script {
    let step = |sql: &&str| [Step::Send(query(sql)), Step::Until(b'Z')];
    Script {
        name: format!("query {name}"),
        settings: Vec::new(),
        steps: sqls.iter().flat_map(step).collect(),
    }
}

fn script(name: &str, steps: Vec<Step>) -> Script {
    Script {
        name: name.to_owned(),
        settings: Vec::new(),
        steps,
    }
}

/// One burst that ends with one ReadyForQuery.
fn burst(name: &str, messages: &[Vec<u8>]) -> Script {
    script(name, vec![Step::Send(messages.concat()), Step::Until(b'Z')])
}
