//! The only dynamic SQL: a list's filters, order and page, from an allow-list of columns.
//!
//! Nothing of the query reaches SQL as text: fields become the columns that a list names for them, tests become
//! the names of functions, values are bound.

use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::View;
use super::error::Translate;
use super::functions::test_function;
use crate::model::query::{Direction, Filter, Listed, Query, SortKey, Test};
use crate::model::{Error, Field};

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
        $crate::store::select::Column::new($value, concat!($value, " COLLATE NATURAL"))
    };
}
pub(super) use natural;

/// Asks a list: one statement counts, one reads the page.
pub(super) fn select<T>(view: &View<'_>, list: &List<T>, scope: Value, query: &Query) -> Result<Listed<T>, Error> {
    let mut sql = Sql { text: list.from.to_owned(), values: vec![scope] };
    for institutions in &query.institutions {
        let ids = institutions.iter().map(|id| Value::Blob(id.as_bytes().to_vec()));
        sql.and_any_of(ids, |place| format!("a.institution_id = {place}"));
    }
    for filter in &query.filters {
        add_filter(&mut sql, filter, list.column);
    }
    for (bound, operator) in [(query.created_from, ">="), (query.created_before, "<")] {
        let bound = bound.map(|instant| Value::Integer(instant.as_millisecond()));
        if bound.is_some() {
            sql.and_any_of(bound, |place| format!("{} {operator} {place}", list.created));
        }
    }
    let count = format!("SELECT count(*) {}", sql.text);
    let total =
        view.prepare(&count)?.query_row(params_from_iter(&sql.values), |row| row.get::<_, i64>(0)).translate()?;
    sql.text = format!("SELECT {} {} ORDER BY {}", list.columns, sql.text, order(list, &query.sort));
    let limit = sql.bind(Value::Integer(query.page.limit.into()));
    let offset = sql.bind(Value::Integer(i64::try_from(query.page.offset()).unwrap_or(i64::MAX)));
    sql.text.push_str(&format!(" LIMIT {limit} OFFSET {offset}"));
    let mut statement = view.prepare(&sql.text)?;
    let items = statement
        .query_map(params_from_iter(&sql.values), |row| (list.read)(view, row))
        .translate()?
        .collect::<rusqlite::Result<_>>()
        .translate()?;
    Ok(Listed { items, total: u64::try_from(total).unwrap_or(0) })
}

fn add_filter(sql: &mut Sql, filter: &Filter, column: fn(Field) -> Option<Column>) {
    let Some(column) = filter.field.and_then(column) else {
        sql.text.push_str(" AND FALSE");
        return;
    };
    let mut functions = filter.any_of.iter().map(|test| test_function(test, column.case_counts));
    let operands = filter.any_of.iter().map(|test| Value::Text(operand(test).to_owned()));
    sql.and_any_of(operands, |place| {
        let function = functions.next().unwrap_or("is_exactly");
        format!("{function}({}, {place})", column.value)
    });
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
    let known = sort.iter().filter_map(|key| {
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

    /// Adds a condition for each value, of which one must hold; of none, none does.
    fn and_any_of(&mut self, values: impl IntoIterator<Item = Value>, mut condition: impl FnMut(&str) -> String) {
        let conditions: Vec<String> = values
            .into_iter()
            .map(|value| {
                let place = self.bind(value);
                condition(&place)
            })
            .collect();
        let any = if conditions.is_empty() { "FALSE".to_owned() } else { conditions.join(" OR ") };
        self.text.push_str(&format!(" AND ({any})"));
    }
}
