//! The only dynamic SQL: a list's filters, order and page, from an allow-list of columns.
//!
//! Nothing of the query reaches SQL as text: fields become the columns that a list names for them, tests become
//! the names of functions, values are bound.

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::View;
use super::error::Translate;
use super::functions::test_function;
use crate::model::query::{Direction, Listed, Query, SortKey, Test};
use crate::model::{Error, Field, Id, Institution};

/// A list that can be asked.
pub(super) struct List<T> {
    /// The columns that `read` reads.
    pub(super) columns: &'static str,
    /// FROM and WHERE, with `?1` for the list's scope.
    pub(super) from: &'static str,
    /// The column of ids, which decides between equals.
    pub(super) id: &'static str,
    /// The order when none is asked for.
    pub(super) default_order: &'static str,
    /// The column of creation times.
    pub(super) created: &'static str,
    /// The column of each field that the list's objects have.
    pub(super) column: fn(Field) -> Option<Column>,
    /// Makes an item of a row.
    pub(super) read: fn(&View<'_>, &Row<'_>) -> rusqlite::Result<T>,
}

/// How a field is compared and sorted.
#[derive(Clone, Copy)]
pub(super) struct Column {
    /// The value, as an expression of SQL.
    value: &'static str,
    /// Whether case counts when values are tested for equality.
    case_counts: bool,
    /// What to sort by, collation included.
    order: &'static str,
}

impl Column {
    pub(super) const fn new(value: &'static str, order: &'static str) -> Self {
        Self { value, case_counts: false, order }
    }

    /// The same column with values that are equal only to the letter.
    pub(super) const fn exact(self) -> Self {
        Self { case_counts: true, ..self }
    }
}

/// A column that sorts in the natural order of its text.
macro_rules! natural {
    ($value:literal) => {
        $crate::store::select::Column::new($value, concat!($value, " COLLATE natural_order"))
    };
}
pub(super) use natural;

/// Asks a list: one statement counts, one reads the page. A question about a field that the objects do not have
/// needs neither.
pub(super) fn select<T>(view: &View<'_>, list: &List<T>, scope: Value, query: &Query) -> Result<Listed<T>, Error> {
    let mut sql = Sql { text: list.from.to_owned(), values: vec![scope] };
    let Some(condition) = condition(&mut sql, list, query) else {
        return Ok(Listed { items: Vec::new(), total: 0 });
    };
    if !condition.is_empty() {
        sql.text.push_str(&format!(" AND {condition}"));
    }
    let count = format!("SELECT count(*) {}", sql.text);
    let total =
        view.prepare_once(&count)?.query_row(params_from_iter(&sql.values), |row| row.get::<_, i64>(0)).translate()?;
    sql.text = format!("SELECT {} {} ORDER BY {}", list.columns, sql.text, order(list, &query.sort));
    let limit = sql.bind(Value::Integer(query.page.limit.into()));
    let offset = sql.bind(Value::Integer(i64::try_from(query.page.offset()).unwrap_or(i64::MAX)));
    sql.text.push_str(&format!(" LIMIT {limit} OFFSET {offset}"));
    let mut statement = view.prepare_once(&sql.text)?;
    let items = statement
        .query_map(params_from_iter(&sql.values), |row| (list.read)(view, row))
        .translate()?
        .collect::<rusqlite::Result<_>>()
        .translate()?;
    Ok(Listed { items, total: u64::try_from(total).unwrap_or(0) })
}

/// All that a query asks of an item, empty if that is nothing; `None` if no item can fulfil it.
fn condition<T>(sql: &mut Sql, list: &List<T>, query: &Query) -> Option<String> {
    let mut all = Vec::new();
    for institutions in &query.institutions {
        let equal =
            |id: &Id<Institution>| format!("a.institution_id = {}", sql.bind(Value::Blob(id.as_bytes().to_vec())));
        all.push(joined("OR", institutions.iter().map(equal).collect())?);
    }
    for filter in &query.filters {
        let column = filter.field.and_then(list.column)?;
        let holds = |test: &Test| {
            let operand = sql.bind(Value::Text(operand(test).to_owned()));
            format!("{}({}, {operand})", test_function(test, column.case_counts), column.value)
        };
        all.push(joined("OR", filter.any_of.iter().map(holds).collect())?);
    }
    for (bound, operator) in [(query.created_from, ">="), (query.created_before, "<")] {
        if let Some(instant) = bound {
            let instant = sql.bind(Value::Integer(instant.as_millisecond()));
            all.push(format!("{} {operator} {instant}", list.created));
        }
    }
    Some(joined("AND", all).unwrap_or_default())
}

/// Joins conditions in pairs, and the pairs in pairs: a query string holds more of them than the 1,000 that SQLite
/// lets stand one inside the other (`SQLITE_MAX_EXPR_DEPTH`), as a plain chain of them would. `None` if there is none.
fn joined(operator: &str, mut conditions: Vec<String>) -> Option<String> {
    while conditions.len() > 1 {
        conditions = conditions
            .chunks(2)
            .map(|pair| match pair {
                [one, other] => format!("({one} {operator} {other})"),
                _ => pair.concat(),
            })
            .collect();
    }
    conditions.pop()
}

fn operand(test: &Test) -> &str {
    match test {
        Test::Equal(operand)
        | Test::StartsWith(operand)
        | Test::EndsWith(operand)
        | Test::Contains(operand)
        | Test::Compare(_, operand) => operand,
    }
}

fn order<T>(list: &List<T>, sort: &[SortKey]) -> String {
    let mut seen = HashSet::new();
    // A field that comes again has nothing left to decide.
    let known = sort.iter().filter(|key| seen.insert(key.field)).filter_map(|key| {
        let direction = match key.direction {
            Direction::Ascending => "ASC",
            Direction::Descending => "DESC",
        };
        (list.column)(key.field).map(|column| format!("{} {direction}", column.order))
    });
    let mut keys: Vec<String> = known.collect();
    if keys.is_empty() {
        return list.default_order.to_owned();
    }
    keys.push(format!("{} ASC", list.id));
    keys.join(", ")
}

/// A statement in the making, and the values of its parameters.
struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// Adds a value; returns its place in the text.
    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }
}
