//! A plan in words: what operators see before it is applied.

use std::collections::BTreeMap;

use crate::app::rosters::plan::FirstPassword;
use crate::app::rosters::plan::{Deed, Item, Plan};
use crate::app::rosters::records::{ColumnRecord, LineRecord, PlanRecord};
use crate::app::rosters::references::Target;
use crate::model::rosters::Column;

/// How many things of each deed and sheet are shown.
const SHOWN: usize = 5;
/// How much of a value is shown.
const VALUE: usize = 60;

/// What is told of a plan that is kept under this name.
pub(in crate::app::rosters) fn record(name: &str, plan: &Plan) -> PlanRecord {
    let mut shown: BTreeMap<_, usize> = BTreeMap::new();
    let first = |item: &&Item| {
        let count = shown.entry((item.word(), item.sheet)).or_default();
        *count += 1;
        *count <= SHOWN
    };
    PlanRecord {
        plan: name.to_owned(),
        format: plan.form.to_owned(),
        files: plan.files.clone(),
        counts: plan.counts.values().cloned().collect(),
        lines: plan.items.iter().filter(first).map(|item| line(item, plan)).collect(),
        left_out: plan.left_out.clone(),
        problems: plan.problems.told.clone(),
        problems_in_all: plan.problems.count,
        notices: plan.notices.told.clone(),
        notices_in_all: plan.notices.count,
        passwords_to_make_up: plan
            .items
            .iter()
            .filter(|item| matches!(item.deed, Deed::Create(FirstPassword::MadeUp)))
            .count(),
    }
}

fn line(item: &Item, plan: &Plan) -> LineRecord {
    let (id, before) = match &item.deed {
        Deed::Create(_) => (None, None),
        Deed::Change { id, before } | Deed::Delete { id, before } => (Some(id.to_string()), Some(before)),
    };
    let column = |column: Column| ColumnRecord {
        column: column.word().to_owned(),
        from: before.and_then(|row| row.get(&column)).map(|value| short(value)),
        to: match item.wanted.targets.get(&column) {
            Some(targets) => short(&targets.iter().map(|target| called(*target, plan)).collect::<Vec<_>>().join(" ")),
            None => item.wanted.texts.get(&column).map(|value| short(value)).unwrap_or_default(),
        },
    };
    LineRecord {
        deed: item.word().to_owned(),
        sheet: item.sheet.word().to_owned(),
        file: item.place.map(|place| plan.files[place.file].file.clone()),
        row: item.place.map(|place| place.row),
        name: short(&item.name),
        id,
        columns: item.wanted.columns().into_iter().filter(|column| !column.is_of_leaving()).map(column).collect(),
    }
}

/// A thing that is there by its id, one that is new by its name.
fn called(target: Target, plan: &Plan) -> String {
    match target {
        Target::There(id) => id.to_string(),
        Target::New(at) => plan.items.get(at).map(|item| item.name.clone()).unwrap_or_default(),
    }
}

fn short(value: &str) -> String {
    match value.char_indices().nth(VALUE) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
