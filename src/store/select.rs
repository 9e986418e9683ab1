//! The only dynamic SQL: a list's filters, order and page, from an allow-list of columns.
//!
//! Nothing of the query reaches SQL as text: fields become the columns that a list names for them, and what
//! is asked of them is bound.

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::View;
use super::error::Translate;
use super::matching::{Case, encode};
use crate::model::query::{Direction, Filter, Listed, Query, SortKey};
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
    case: Case,
    /// What to sort by, collation included.
    order: &'static str,
}

impl Column {
    pub(super) const fn new(value: &'static str, order: &'static str) -> Self {
        Self { value, case: Case::Ignored, order }
    }

    /// The same column with values that are equal only to the letter.
    pub(super) const fn exact(self) -> Self {
        Self { case: Case::Counts, ..self }
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
    if add_conditions(&mut sql, list, query).is_none() {
        return Ok(Listed { items: Vec::new(), total: 0 });
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

/// Adds all that a query asks of an item; `None` if no item can fulfil it. The text grows with the fields and the
/// institutions that are asked for, both few, and not with what is asked of them.
fn add_conditions<T>(sql: &mut Sql, list: &List<T>, query: &Query) -> Option<()> {
    for institutions in &query.institutions {
        let places = institutions.iter().map(|id| sql.bind(Value::Blob(id.as_bytes().to_vec())));
        let places = places.collect::<Vec<_>>().join(", ");
        sql.text.push_str(&format!(" AND a.institution_id IN ({places})"));
    }
    let mut by_field: Vec<(Field, Vec<&Filter>)> = Vec::new();
    for filter in &query.filters {
        let field = filter.field?;
        match by_field.iter_mut().find(|(known, _)| *known == field) {
            Some((_, filters)) => filters.push(filter),
            None => by_field.push((field, vec![filter])),
        }
    }
    for (field, filters) in by_field {
        let column = (list.column)(field)?;
        let tests = sql.bind(Value::Blob(encode(filters)));
        let function = match column.case {
            Case::Counts => "fits_exactly",
            Case::Ignored => "fits",
        };
        sql.text.push_str(&format!(" AND {function}({}, {tests})", column.value));
    }
    for (bound, operator) in [(query.created_from, ">="), (query.created_before, "<")] {
        if let Some(instant) = bound {
            let instant = sql.bind(Value::Integer(instant.as_millisecond()));
            sql.text.push_str(&format!(" AND {} {operator} {instant}", list.created));
        }
    }
    Some(())
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
