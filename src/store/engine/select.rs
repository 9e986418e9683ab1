//! The only dynamic SQL: a list's filters, order and page, from an allow-list of columns.
//!
//! Nothing of the query reaches SQL as text: fields become the columns that a list names for them, and what
//! is asked of them is bound.

use std::collections::{HashMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{Row, params, params_from_iter};

use crate::model::query::{Direction, Filter, Listed, Presence, Query, SortKey};
use crate::model::{Error, Field, Id, Role};
use crate::store::View;
use crate::store::engine::error::Translate;
use crate::store::engine::matching::{Case, Matcher, Stored, encode};
use crate::store::engine::names::{Index, Names, Order};
use crate::store::engine::rows;

/// A list that can be asked.
pub(in crate::store) struct List<T> {
    /// The columns that `read` reads; the first is the id.
    pub(in crate::store) columns: &'static str,
    /// The tables that decide what belongs to the list, as after FROM.
    pub(in crate::store) from: &'static str,
    /// JOIN, with the table that adds columns to each of its rows, if there is one.
    pub(in crate::store) join: &'static str,
    /// WHERE, with `?1` for the list's scope.
    pub(in crate::store) scope: &'static str,
    /// The column of ids, which decides between equals.
    pub(in crate::store) id: &'static str,
    /// The order when none is asked for.
    pub(in crate::store) default_order: &'static str,
    /// Whether it is one of all users of the type that is its scope, which are in memory.
    pub(in crate::store) of_users: bool,
    /// The column of when users were deactivated, if the list is one of users.
    pub(in crate::store) deactivated: Option<&'static str>,
    /// The column of creation times.
    pub(in crate::store) created: &'static str,
    /// The column of each field that the list's objects have.
    pub(in crate::store) column: fn(Field) -> Option<Column>,
    /// Makes an item of a row.
    pub(in crate::store) read: fn(&View<'_>, &Row<'_>) -> rusqlite::Result<T>,
}

/// How a field is compared and sorted.
#[derive(Clone, Copy)]
pub(in crate::store) struct Column {
    /// The value, as an expression of SQL.
    value: &'static str,
    /// The function that tests it.
    fits: &'static str,
    /// What to sort by, collation included.
    order: &'static str,
    /// Whether it is a column of the list's `join`.
    joined: bool,
}

impl Column {
    pub(in crate::store) const fn new(value: &'static str, order: &'static str) -> Self {
        Self { value, fits: "fits", order, joined: false }
    }

    /// The same column with values that are equal only to the letter.
    pub(in crate::store) const fn exact(self) -> Self {
        Self { fits: "fits_exactly", ..self }
    }

    /// The same column with values that are encrypted usernames.
    pub(in crate::store) const fn encrypted(self) -> Self {
        Self { fits: "username_fits", ..self }
    }

    /// The same column, of the table that the list joins.
    pub(in crate::store) const fn joined(self) -> Self {
        Self { joined: true, ..self }
    }
}

/// A column that sorts in the natural order of its text.
macro_rules! natural {
    ($value:literal) => {
        $crate::store::engine::select::Column::new($value, concat!($value, " COLLATE natural_order"))
    };
}
pub(in crate::store) use natural;

/// Asks a list: what decides is in memory, or is found by a statement; another reads the page. A question about a field
/// that the objects do not have needs none.
pub(in crate::store) fn select<T>(
    view: &View<'_>,
    list: &List<T>,
    scope: Value,
    query: &Query,
) -> Result<Listed<T>, Error> {
    let asked = Sql { text: String::new(), values: vec![scope] };
    let Some(asked) = add_conditions(asked, list, query) else {
        return Ok(Listed { items: Vec::new(), total: 0 });
    };
    let users = view.names.zip(list.of_users.then(|| role(&asked.values)).flatten());
    if let Some((names, role)) = users.filter(|_| asks_by_name(query))
        && let Some(index) = names.index(view)?
    {
        let found = index_find(&index, role, query);
        return read_page(view, list, &asked.values[0], &found, query);
    }
    match query.filters.is_empty() {
        true => read_and_count(view, list, asked, (users, query)),
        false => find_and_read(view, list, asked, query),
    }
}

/// The type of users that a list's scope says.
fn role(values: &[Value]) -> Option<Role> {
    match values.first() {
        Some(Value::Text(word)) => Role::of_word(word),
        _ => None,
    }
}

/// Whether names and institutions decide what is found, and in which order. Where nothing does, the newest are read at
/// once.
fn asks_by_name(query: &Query) -> bool {
    let mut fields =
        query.filters.iter().map(|filter| filter.field).chain(query.sort.iter().map(|key| Some(key.field)));
    let asked = !(query.filters.is_empty() && query.sort.is_empty() && query.institutions.is_empty());
    asked && is_timeless(query) && fields.all(|field| field == Some(Field::Username))
}

fn is_timeless(query: &Query) -> bool {
    query.created_from.is_none() && query.created_before.is_none()
}

/// Finds users of a type as [`find_and_read`] does.
fn index_find<T>(index: &Index, role: Role, query: &Query) -> Vec<Id<T>> {
    let order = query.sort.first().map_or(Order::Newest, |key| Order::Name(key.direction));
    let matcher = Matcher::new(&query.filters, Case::Ignored);
    let found = index.find(role, order, |user| {
        user.place.fits(query.presence, &query.institutions) && matcher.fits(Stored::Text(user.name))
    });
    found.iter().map(Id::cast).collect()
}

/// Where it is known what belongs to the list: if nothing in memory does, one statement counts; one reads the page.
fn read_and_count<T>(
    view: &View<'_>,
    list: &List<T>,
    mut sql: Sql,
    (users, query): (Option<(&Names, Role)>, &Query),
) -> Result<Listed<T>, Error> {
    let counts = match users.filter(|_| is_timeless(query)) {
        Some((names, role)) => names.counts(view)?.map(|counts| counts.of(role, query.presence, &query.institutions)),
        None => None,
    };
    let total = match counts {
        Some(total) => total,
        None => {
            let count = format!("SELECT count(*) FROM {} {} {}", list.from, list.scope, sql.text);
            let counted =
                view.prepare_once(&count)?.query_row(params_from_iter(&sql.values), |row| row.get::<_, i64>(0));
            counted.translate()?.unsigned_abs()
        }
    };
    let (limit, offset) = (query.page.limit.into(), i64::try_from(query.page.offset()).unwrap_or(i64::MAX));
    let (limit, offset) = (sql.bind(Value::Integer(limit)), sql.bind(Value::Integer(offset)));
    let page = format!(
        "SELECT {} FROM {} {} {} {} ORDER BY {} LIMIT {limit} OFFSET {offset}",
        list.columns,
        list.from,
        list.join,
        list.scope,
        sql.text,
        order(list, &query.sort)
    );
    let mut statement = view.prepare_once(&page)?;
    let items = statement
        .query_map(params_from_iter(&sql.values), |row| (list.read)(view, row))
        .translate()?
        .collect::<rusqlite::Result<_>>()
        .translate()?;
    Ok(Listed { items, total })
}

/// Where every row is to be looked at, names decrypted: one statement does so, once, and finds the ids of all that
/// fit in their order, looking at no table that it is not asked about; another reads those of the page.
fn find_and_read<T>(view: &View<'_>, list: &List<T>, sql: Sql, query: &Query) -> Result<Listed<T>, Error> {
    let mut asked =
        query.filters.iter().filter_map(|filter| filter.field).chain(query.sort.iter().map(|key| key.field));
    let join = if asked.any(|field| (list.column)(field).is_some_and(|column| column.joined)) { list.join } else { "" };
    let find = format!(
        "SELECT {} FROM {} {join} {} {} ORDER BY {}",
        list.id,
        list.from,
        list.scope,
        sql.text,
        order(list, &query.sort)
    );
    let found = view
        .prepare_once(&find)?
        .query_map(params_from_iter(&sql.values), |row| rows::id(row, 0))
        .translate()?
        .collect::<rusqlite::Result<Vec<Id<T>>>>()
        .translate()?;
    read_page(view, list, &sql.values[0], &found, query)
}

/// Reads those on the page of all that were found.
fn read_page<T>(
    view: &View<'_>,
    list: &List<T>,
    scope: &Value,
    found: &[Id<T>],
    query: &Query,
) -> Result<Listed<T>, Error> {
    let offset = usize::try_from(query.page.offset()).unwrap_or(usize::MAX);
    let page: Vec<Id<T>> = found.iter().skip(offset).take(query.page.limit as usize).copied().collect();
    let mut statement = view.prepare_once(&reading(list))?;
    let mut read: HashMap<Id<T>, T> = statement
        .query_map(params![scope, rows::array(page.iter().copied())], |row| {
            Ok((rows::id(row, 0)?, (list.read)(view, row)?))
        })
        .translate()?
        .collect::<rusqlite::Result<_>>()
        .translate()?;
    let items = page.iter().filter_map(|id| read.remove(id)).collect();
    Ok(Listed { items, total: found.len() as u64 })
}

/// Reads those of a list that have these ids, `?2`. They come first, so that no other row is looked at.
pub(in crate::store) fn reading<T>(list: &List<T>) -> String {
    let List { columns, from, join, scope, id, .. } = list;
    format!("SELECT {columns} FROM rarray(?2) page CROSS JOIN {from} {join} {scope} AND {id} = page.value")
}

/// Adds all that a query asks of an item; `None` if no item can fulfil it. The text grows with the fields and the
/// institutions that are asked for, both few, and not with what is asked of them.
fn add_conditions<T>(mut sql: Sql, list: &List<T>, query: &Query) -> Option<Sql> {
    match (list.deactivated, query.presence) {
        (None, _) | (Some(_), Presence::All) => {}
        (Some(column), Presence::Active) => sql.text.push_str(&format!(" AND {column} IS NULL")),
        (Some(column), Presence::Deactivated) => sql.text.push_str(&format!(" AND {column} IS NOT NULL")),
    }
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
        sql.text.push_str(&format!(" AND {}({}, {tests})", column.fits, column.value));
    }
    for (bound, operator) in [(query.created_from, ">="), (query.created_before, "<")] {
        if let Some(instant) = bound {
            let instant = sql.bind(Value::Integer(instant.as_millisecond()));
            sql.text.push_str(&format!(" AND {} {operator} {instant}", list.created));
        }
    }
    Some(sql)
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
