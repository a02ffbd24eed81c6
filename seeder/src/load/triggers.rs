//! Puts triggers, event triggers and forced row security to sleep, and back into exactly the state
//! that they had.
//!
//! `ENABLE TRIGGER USER` would turn every state into "origin", so each trigger is put back by its
//! name. A statement for a partitioned table changes its partitions' copies too, so parents come
//! first and the outcome is read again.

use rules::schema::quoted;

use super::catalogue::{self, TriggerFound, Work};
use super::error::Failure;
use super::{Run, TriggerPolicy};

/// Puts to sleep what would interfere with the load and is not to fire.
pub(super) async fn suppress(run: &Run<'_>) -> Result<(), Failure> {
    let events = run.options.event_triggers == TriggerPolicy::Suppress;
    let statements = asleep(run, events, |work| run.suppresses(&work.load.table));
    let step = "disable triggers";
    run.sessions.transaction(step, &statements).await
}

/// Puts everything to sleep, whether it was to fire or not, so that a failed load can be emptied.
pub(super) async fn suppress_all(run: &Run<'_>) -> Result<(), Failure> {
    let statements = asleep(run, true, |_| true);
    let step = "disable triggers";
    run.sessions.transaction(step, &statements).await
}

fn asleep(run: &Run<'_>, events: bool, sleeps: impl Fn(&Work) -> bool) -> Vec<String> {
    let catalogue = run.catalogue;
    let mut statements = Vec::new();
    // First, because all that follows is DDL.
    if events {
        for (trigger, state) in &catalogue.event_triggers {
            if state != "D" {
                statements.push(event_trigger(trigger, "D"));
            }
        }
    }
    for trigger in &catalogue.triggers {
        let relation = catalogue.relations.get(&trigger.relation);
        let work = relation.map(|relation| &catalogue.work[relation.work]);
        if work.is_some_and(&sleeps) && trigger.state != "D" {
            statements.push(table_trigger(trigger, "D"));
        }
    }
    let forced = catalogue.relations.values().filter(|r| r.forced);
    statements.extend(forced.map(|relation| relation.force("NO FORCE")));
    statements
}

/// Puts everything back and looks whether it is there.
pub(super) async fn restore(run: &Run<'_>) -> Result<(), Failure> {
    // A partition of a partition is three levels down at most in practice; each pass settles one.
    const PASSES_MAX: usize = 8;
    let forced: Vec<String> = run
        .catalogue
        .relations
        .values()
        .filter(|relation| relation.forced)
        .map(|relation| relation.force("FORCE"))
        .collect();
    run.sessions
        .transaction("force row security again", &forced)
        .await?;
    let mut wrong = differing(run).await?;
    for _ in 0..PASSES_MAX {
        if wrong.is_empty() {
            return Ok(());
        }
        let statements: Vec<String> = wrong.into_iter().map(|wrong| wrong.statement).collect();
        run.sessions
            .transaction("enable triggers again", &statements)
            .await?;
        wrong = differing(run).await?;
    }
    match wrong.into_iter().next() {
        None => Ok(()),
        Some(wrong) => Err(Failure::NotRestored { what: wrong.what }),
    }
}

struct Wrong {
    what: String,
    statement: String,
}

/// What is not in its old state; event triggers last, so that the rest does not fire them.
async fn differing(run: &Run<'_>) -> Result<Vec<Wrong>, Failure> {
    let catalogue = run.catalogue;
    let client = run.sessions.take().await?;
    let oids: Vec<u32> = catalogue.relations.keys().copied().collect();
    let triggers = catalogue::triggers(&client, &oids).await?;
    let event_triggers = catalogue::event_triggers(&client).await?;
    run.sessions.give_back(client);
    let depth = |trigger: &TriggerFound| catalogue.relations[&trigger.relation].depth;
    let mut before: Vec<&TriggerFound> = catalogue.triggers.iter().collect();
    before.sort_by_key(|trigger| depth(trigger));
    let mut wrong = Vec::new();
    for trigger in before {
        let same = triggers.iter().any(|now| {
            (now.relation, &now.name, &now.state)
                == (trigger.relation, &trigger.name, &trigger.state)
        });
        if !same {
            wrong.push(Wrong {
                what: format!("trigger {}.{}", trigger.table, quoted(&trigger.name)),
                statement: table_trigger(trigger, &trigger.state),
            });
        }
    }
    for (trigger, state) in &catalogue.event_triggers {
        let mut now = event_triggers.iter();
        if !now.any(|(other, now)| (other, now) == (trigger, state)) {
            wrong.push(Wrong {
                what: format!("event trigger {}", quoted(trigger)),
                statement: event_trigger(trigger, state),
            });
        }
    }
    Ok(wrong)
}

/// What sets a state of `tgenabled` or `evtenabled`.
fn verb(state: &str) -> &'static str {
    match state {
        "D" => "DISABLE",
        "R" => "ENABLE REPLICA",
        "A" => "ENABLE ALWAYS",
        _ => "ENABLE",
    }
}

fn table_trigger(trigger: &TriggerFound, state: &str) -> String {
    let (table, name) = (trigger.table.quoted(), quoted(&trigger.name));
    format!("ALTER TABLE ONLY {table} {} TRIGGER {name}", verb(state))
}

fn event_trigger(name: &str, state: &str) -> String {
    format!("ALTER EVENT TRIGGER {} {}", quoted(name), verb(state))
}

impl Run<'_> {
    fn suppresses(&self, table: &rules::schema::Name) -> bool {
        let policy = self.options.triggers_of.get(table);
        *policy.unwrap_or(&self.options.triggers) == TriggerPolicy::Suppress
    }
}
