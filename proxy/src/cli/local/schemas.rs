//! What in the schemas of environments could do more than its caller, for `standin doctor`.

use std::collections::BTreeMap;

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::output::count;
use super::super::runtime;
use super::doctor::Finding;
use crate::environments::EnvironmentLine;

const WHAT: &str = "schemas";
/// Names shown of one kind; `standin environment show` has all.
const NAMED_MAX: usize = 3;

/// Asks the daemon, where one runs, for what `standin environment show` lists of each environment.
pub(super) fn look(client: &Client) -> Result<Vec<Finding>, Failure> {
    let looked = runtime()?.block_on(async {
        client.reach().await?;
        let all: Vec<EnvironmentLine> = client.get("/v1/environments").await?;
        let mut shown = Vec::new();
        for line in all.iter().filter(|line| line.state == "built") {
            let path = format!("/v1/environments/{}", line.name);
            shown.push(client.get::<EnvironmentLine>(&path).await?);
        }
        Ok::<_, Failure>(shown)
    });
    let shown = match looked {
        Ok(shown) => shown,
        Err(failure) => {
            let hint = failure.hints.first().map_or("", String::as_str);
            let detail = format!("not looked at: {}", failure.error);
            return Ok(vec![Finding::unseen(WHAT, detail, hint)]);
        }
    };
    let found: Vec<Finding> = shown.iter().flat_map(of_one).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let built = count(shown.len(), "environment");
    let detail = format!("{built}, nothing that does more than its caller may");
    Ok(vec![Finding::good(WHAT, detail)])
}

/// One line for each kind of thing; the first says where to see them all.
fn of_one(line: &EnvironmentLine) -> Vec<Finding> {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in &line.findings {
        kinds.entry(&one.kind).or_default().push(&one.object);
    }
    let mut hint = Some(format!(
        "`standin environment show {}` says what was done",
        line.name
    ));
    let finding = |(kind, names): (&str, Vec<&str>)| {
        let more = match names.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let shown = &names[..names.len().min(NAMED_MAX)];
        let detail = format!("{}: {kind}: {}{more}", line.name, shown.join(", "));
        Finding::weak(WHAT, detail, hint.take())
    };
    kinds.into_iter().map(finding).collect()
}
