//! The smallest model on which a change still does what it must not.

use super::change::Change;
use super::data::Data;
use super::model::Model;
use super::verdict::judge;

/// Takes tables, columns and constraints away as long as a change still violates the contract.
pub fn smallest(model: &Model, change: &Change) -> Model {
    let mut model = model.clone();
    while let Some(smaller) = smaller(&model)
        .into_iter()
        .find(|less| violates(less, change))
    {
        model = smaller;
    }
    model
}

fn violates(model: &Model, change: &Change) -> bool {
    let Ok(data) = Data::of(model) else {
        return false;
    };
    judge(model, &data, change).is_some_and(|verdict| !verdict.violations.is_empty())
}

/// Models with one thing less.
fn smaller(model: &Model) -> Vec<Model> {
    let mut found = Vec::new();
    for table in &model.tables {
        let name = &table.name;
        found.extend(Change::DropTable(name.clone()).apply(model));
        for column in &table.columns {
            found.extend(Change::DropColumn(name.clone(), column.name.clone()).apply(model));
            for constraint in table.built_on(&column.name) {
                found.extend(Change::Drop(name.clone(), constraint).apply(model));
            }
        }
    }
    found
}
