//! A change of a schema changes the cells that it must, and no other.

use std::collections::BTreeMap;

use rules::schema::{diff, render};
use seeder::introspect;
use seeder::run::{Job, fill};
use tests::contract::{Change, Data, Dice, Model, compare, judge, smallest};
use tests::postgres::Scratch;

/// Schemas of one run, and changes of each.
const MODELS: u64 = 100;
const CHANGES: usize = 8;

/// Names the run; a failure tells it.
const SEED: &str = "STANDIN_TEST_SEED";

fn seed() -> u64 {
    let given = std::env::var(SEED).ok().and_then(|text| text.parse().ok());
    given.unwrap_or(1)
}

#[test]
fn a_random_change_of_a_random_schema_changes_only_what_it_may() {
    let seed = seed();
    let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
    let (mut compared, mut bound, mut refused) = (0, 0, 0);
    for number in 0..MODELS {
        let mut dice = Dice::new(seed, number);
        let model = Model::random(&mut dice);
        let Ok(data) = Data::of(&model) else {
            refused += 1;
            continue;
        };
        for _ in 0..CHANGES {
            let Some(change) = Change::random(&model, &mut dice) else {
                continue;
            };
            let Some(verdict) = judge(&model, &data, &change) else {
                continue;
            };
            *kinds.entry(change.kind()).or_default() += 1;
            compared += verdict.compared;
            bound += verdict.bound;
            if !verdict.violations.is_empty() {
                fail(&model, &change, (seed, number));
            }
        }
    }
    let judged: usize = kinds.values().sum();
    assert!(
        refused * 4 < MODELS,
        "{refused} of {MODELS} schemas are refused"
    );
    assert!(
        judged * 2 > MODELS as usize * CHANGES,
        "seed {seed}: only {judged} changes are judged: {kinds:?}"
    );
    assert!(
        bound * 4 > compared * 3,
        "only {bound} of {compared} cells may not change"
    );
    assert!(kinds.len() == 13, "{kinds:?}");
}

fn fail(model: &Model, change: &Change, (seed, number): (u64, u64)) {
    let model = smallest(model, change);
    let data = Data::of(&model).unwrap_or_else(|error| panic!("it was made before: {error}"));
    let verdict = judge(&model, &data, change).unwrap_or_default();
    panic!(
        "{SEED}={seed}, schema {number}: {} ({change:?})\n{}{}\n{}",
        change.kind(),
        model.ddl(),
        change.sql(&model),
        verdict.violations.join("\n")
    );
}

/// Changes that are made with DDL on a server.
const ON_A_SERVER: usize = 10;

/// Fills a database of a model, which must be the one that the catalogue shows.
async fn filled(server: &Scratch, name: &str, model: &Model) -> anyhow::Result<Data> {
    let client = server.connect(name).await?;
    let mut shown = introspect(&client).await?;
    // What every new database has.
    shown.extensions.clear();
    assert_eq!(render(&diff(&model.schema(), &shown)), "", "{name}");
    let job = Job {
        rules: model.rules(),
        seed: model.seed(),
        today: jiff::civil::date(2026, 1, 1),
        workers: Some(2),
    };
    fill(&server.config(name), &job, &|_| {}).await?;
    let planned = Data::of(model).map_err(anyhow::Error::msg)?;
    planned.dumped(&client).await
}

/// What holds of models holds of databases: the same comparison with real DDL, on rows that were
/// loaded.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_by_ddl_changes_only_what_it_may() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let seed = seed();
    let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
    let (mut differ, mut number) = (0, 1_000);
    while kinds.values().sum::<usize>() < ON_A_SERVER {
        number += 1;
        let mut dice = Dice::new(seed, number);
        let model = Model::random(&mut dice);
        let Some(change) = Change::random(&model, &mut dice) else {
            continue;
        };
        let can = Data::of(&model).is_ok();
        let after = change
            .apply(&model)
            .filter(|after| can && Data::of(after).is_ok());
        // One of each kind, which each have statements of their own.
        let (Some(after), false) = (after, kinds.contains_key(change.kind())) else {
            continue;
        };
        let (before, changed) = (format!("m{number}"), format!("m{number}_changed"));
        for name in [&before, &changed] {
            server
                .database(name)
                .await?
                .batch_execute(&model.ddl())
                .await?;
        }
        let client = server.connect(&changed).await?;
        client.batch_execute(&change.sql(&model)).await?;
        let old = filled(&server, &before, &model).await?;
        let new = filled(&server, &changed, &after).await?;
        let verdict = compare((&model, &old), &change, (&after, &new)).unwrap_or_default();
        let told = verdict.violations.join("\n");
        assert!(
            told.is_empty(),
            "{SEED}={seed}, schema {number}: {change:?}\n{}\n{told}",
            model.ddl()
        );
        assert!(verdict.compared > 0, "{change:?}");
        differ += verdict.differ;
        *kinds.entry(change.kind()).or_default() += 1;
    }
    assert!(
        differ > 0,
        "{SEED}={seed}: none of {kinds:?} changed anything"
    );
    Ok(())
}
