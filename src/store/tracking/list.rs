//! Lists of what is tracked (contract of tracking, section 7).
//!
//! Where nothing but a time of registration is asked, an index knows the page. Otherwise one statement goes through the
//! owner's rows, of which it reads what is asked about alone; they are tested and compared here, and another statement
//! reads those of the page. Either way these are put out one by one, as they are read: a page is never in memory as a
//! whole.

use std::cmp::Ordering;
use std::rc::Rc;

use rusqlite::types::Value;
use rusqlite::{Params, Row, params_from_iter};

use super::numbers::{first_at, node};
use super::question::{Form, Question, Seen};
use crate::model::query::{Direction, Filter, Query};
use crate::model::{Error, Field};
use crate::store::engine::error::Translate;
use crate::store::{Items, View};

/// A list that can be asked. All expressions are of SQL, over the table `t`.
pub(super) struct List<T> {
    /// The table.
    pub(super) table: &'static str,
    /// Which rows are the owner's, who is `?1`.
    pub(super) owner: &'static str,
    /// How many rows the owner has, where counting them would take too long.
    pub(super) counted: Option<&'static str>,
    /// The columns that `read` reads; the first is `t.id`.
    pub(super) columns: &'static str,
    /// Makes an item of a row.
    pub(super) read: fn(&Row<'_>) -> rusqlite::Result<T>,
    /// The fields beside the id.
    pub(super) fields: &'static [&'static [Listable]],
    /// The column of the field whose values are ordered by an index.
    pub(super) indexed: (Field, &'static str),
    /// How equals stand.
    pub(super) ties: Ties,
}

/// A field of a list.
pub(super) struct Listable {
    /// Which.
    pub(super) field: Field,
    /// Its value.
    pub(super) value: &'static str,
    /// How it is compared.
    pub(super) form: Form,
}

/// How equals stand in a list that is sorted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ties {
    /// The oldest registered first.
    OldestFirst,
    /// This field compares by the whole second, and where it is a key, the newest registered stand first.
    NewestFirstBySecond(Field),
}

/// The rows of a child.
macro_rules! of_child {
    () => {
        "t.child = (SELECT number FROM tracked_child WHERE child_id = ?1)"
    };
}
pub(super) use of_child;

const ID: Listable = Listable { field: Field::Id, value: "t.id", form: Form::Id };

/// Puts out the page of an owner's list that a query asks for, in two statements. A question about a field that its
/// objects do not have needs none.
pub(super) fn list<T>(
    view: &View<'_>,
    list: &List<T>,
    owner: [u8; 12],
    query: &Query,
    out: &mut Items<'_, T>,
) -> Result<(), Error> {
    let rows = Rows::new(list, owner, query);
    let Some(asked) = Asked::new(list, query) else {
        out.total(0);
        return Ok(());
    };
    if asked.questions.is_empty() && asked.keys.is_empty() {
        return rows.count_and_put(view, query, out);
    }
    let (page, total) = rows.find(view, &asked, query)?;
    out.total(total);
    rows.put(view, page, out)
}

/// Hands on every row of an owner, the newest registered first, in one statement.
pub(super) fn each<T>(
    view: &View<'_>,
    list: &List<T>,
    owner: [u8; 12],
    take: &mut dyn FnMut(T) -> Result<(), Error>,
) -> Result<(), Error> {
    let rows = Rows::new(list, owner, &Query::default());
    let sql = format!("{} ORDER BY t.id DESC", rows.sql(list.columns));
    rows.read_each(view, &sql, params_from_iter(&rows.values), take)
}

/// The rows that a query is about, as far as SQL tells.
struct Rows<'l, T> {
    list: &'l List<T>,
    condition: String,
    values: Vec<Value>,
}

impl<'l, T> Rows<'l, T> {
    fn new(list: &'l List<T>, owner: [u8; 12], query: &Query) -> Self {
        let owner = Value::Blob(owner.to_vec());
        let mut rows = Self { list, condition: list.owner.to_owned(), values: vec![owner] };
        rows.limit("t.id", query.created_from.map(first_at), query.created_before.map(first_at));
        rows
    }

    /// Leaves those out whose column is less than one number, or not less than the other.
    fn limit(&mut self, column: &str, from: Option<i64>, before: Option<i64>) {
        for (operator, bound) in [(">=", from), ("<", before)] {
            if let Some(bound) = bound {
                self.values.push(Value::Integer(bound));
                self.condition.push_str(&format!(" AND {column} {operator} ?{}", self.values.len()));
            }
        }
    }

    fn sql(&self, columns: &str) -> String {
        format!("SELECT {columns} FROM {} t WHERE {}", self.list.table, self.condition)
    }

    /// The newest registered first.
    fn count_and_put(mut self, view: &View<'_>, query: &Query, out: &mut Items<'_, T>) -> Result<(), Error> {
        let all = query.created_from.is_none() && query.created_before.is_none();
        let count = match self.list.counted.filter(|_| all) {
            Some(known) => format!("SELECT {known}"),
            None => self.sql("count(*)"),
        };
        let total: i64 =
            view.prepare_once(&count)?.query_row(params_from_iter(&self.values), |row| row.get(0)).translate()?;
        out.total(u64::try_from(total).unwrap_or(0));
        let (limit, offset) = (query.page.limit.into(), i64::try_from(query.page.offset()).unwrap_or(i64::MAX));
        let at = self.values.len();
        let sql = self.sql(self.list.columns);
        self.values.extend([Value::Integer(limit), Value::Integer(offset)]);
        let sql = format!("{sql} ORDER BY t.id DESC LIMIT ?{} OFFSET ?{}", at + 1, at + 2);
        self.put_each(view, &sql, params_from_iter(&self.values), out)
    }

    /// The rows of these ids, in their order: SQLite takes the tables of a cross join from left to right.
    fn put(&self, view: &View<'_>, page: Vec<i64>, out: &mut Items<'_, T>) -> Result<(), Error> {
        let ids: Rc<Vec<Value>> = Rc::new(page.into_iter().map(Value::Integer).collect());
        let List { columns, table, owner, .. } = self.list;
        let sql =
            format!("SELECT {columns} FROM rarray(?2) page CROSS JOIN {table} t ON t.id = page.value AND {owner}");
        self.put_each(view, &sql, rusqlite::params![self.values[0], ids], out)
    }

    /// Puts out each row of a statement as soon as it is read.
    fn put_each(&self, view: &View<'_>, sql: &str, params: impl Params, out: &mut Items<'_, T>) -> Result<(), Error> {
        self.read_each(view, sql, params, &mut |item| out.put(item))
    }

    /// Hands on each row of a statement as soon as it is read.
    fn read_each(
        &self,
        view: &View<'_>,
        sql: &str,
        params: impl Params,
        take: &mut dyn FnMut(T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut statement = view.prepare_once(sql)?;
        let mut rows = statement.query(params).translate()?;
        while let Some(row) = rows.next().translate()? {
            take((self.list.read)(row).translate()?)?;
        }
        Ok(())
    }

    /// The numbers of the ids on the page, in their order, and how many rows fit.
    fn find(&self, view: &View<'_>, asked: &Asked<'_>, query: &Query) -> Result<(Vec<i64>, u64), Error> {
        let mut bounded = Self { list: self.list, condition: self.condition.clone(), values: self.values.clone() };
        for (listable, question) in asked.questions.iter().filter(|(of, _)| of.field == self.list.indexed.0) {
            let (from, before) = question.bounds();
            debug_assert_eq!(listable.field, self.list.indexed.0);
            bounded.limit(self.list.indexed.1, from, before);
        }
        let values = asked.questions.iter().map(|(of, _)| of.value).chain(asked.keys.iter().map(|(of, _)| of.value));
        let columns: Vec<&str> = ["t.id", node!()].into_iter().chain(values).collect();
        let mut statement = view.prepare_once(&bounded.sql(&columns.join(", ")))?;
        let mut rows = statement.query(params_from_iter(&bounded.values)).translate()?;
        let mut page = Best::new(asked, query);
        while let Some(row) = rows.next().translate()? {
            page.offer(row).translate()?;
        }
        Ok(page.finish())
    }
}

/// What a query asks of each row, beside its time of registration.
struct Asked<'l> {
    questions: Vec<(&'l Listable, Question)>,
    keys: Vec<(&'l Listable, Direction)>,
    ties: Ties,
}

impl<'l> Asked<'l> {
    /// `None` if no row can fulfil it.
    fn new<T>(list: &'l List<T>, query: &Query) -> Option<Self> {
        let find = |field| list.fields.iter().copied().flatten().chain([&ID]).find(|listable| listable.field == field);
        let mut by_field: Vec<(&Listable, Vec<&Filter>)> = Vec::new();
        for filter in &query.filters {
            let listable = find(filter.field?)?;
            match by_field.iter_mut().find(|(known, _)| known.field == listable.field) {
                Some((_, filters)) => filters.push(filter),
                None => by_field.push((listable, vec![filter])),
            }
        }
        let question = |(of, filters): (&'l Listable, Vec<&Filter>)| Some((of, Question::new(of.form, &filters)?));
        let mut keys: Vec<(&Listable, Direction)> = Vec::new();
        for key in &query.sort {
            // A field that comes again has nothing left to decide.
            if let Some(listable) = find(key.field).filter(|of| keys.iter().all(|(known, _)| known.field != of.field)) {
                keys.push((listable, key.direction));
            }
        }
        Some(Self { questions: by_field.into_iter().map(question).collect::<Option<_>>()?, keys, ties: list.ties })
    }

    fn order(&self, a: &Found, b: &Found) -> Ordering {
        let by_keys =
            self.keys.iter().zip(a.keys.iter().zip(&b.keys)).map(|((_, direction), (a, b))| match direction {
                Direction::Ascending => a.order(b),
                Direction::Descending => b.order(a),
            });
        by_keys.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| match self.newest_first() {
            true => b.number.cmp(&a.number),
            false => a.number.cmp(&b.number),
        })
    }

    fn newest_first(&self) -> bool {
        match self.ties {
            Ties::OldestFirst => self.keys.is_empty(),
            Ties::NewestFirstBySecond(field) => {
                self.keys.is_empty() || self.keys.iter().any(|(of, _)| of.field == field)
            }
        }
    }
}

/// A row that fits, and what it is sorted by.
struct Found {
    number: i64,
    keys: Vec<Seen<'static>>,
}

/// The rows up to the end of the page, of all that were offered.
struct Best<'a, 'l> {
    asked: &'a Asked<'l>,
    offset: usize,
    /// How many are wanted, from the first one on.
    wanted: usize,
    kept: Vec<Found>,
    total: u64,
}

impl<'a, 'l> Best<'a, 'l> {
    fn new(asked: &'a Asked<'l>, query: &Query) -> Self {
        let offset = usize::try_from(query.page.offset()).unwrap_or(usize::MAX);
        let wanted = offset.saturating_add(query.page.limit as usize);
        Self { asked, offset, wanted, kept: Vec::new(), total: 0 }
    }

    fn offer(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let (number, node) = (row.get(0)?, row.get(1)?);
        let mut column = 2;
        let mut next = |form: Form| {
            let seen = form.read(row.get_ref(column)?, node);
            column += 1;
            Ok::<_, rusqlite::Error>(seen?)
        };
        let mut fits = true;
        for (listable, question) in &self.asked.questions {
            fits &= question.fits(&next(listable.form)?);
        }
        if !fits {
            return Ok(());
        }
        let mut keys = Vec::with_capacity(self.asked.keys.len());
        for (listable, _) in &self.asked.keys {
            keys.push(match (next(listable.form)?, self.asked.ties) {
                (Seen::Time(at), Ties::NewestFirstBySecond(field)) if field == listable.field => {
                    Seen::Time(at.div_euclid(1000))
                }
                (seen, _) => seen.into_owned(),
            });
        }
        self.total += 1;
        self.kept.push(Found { number, keys });
        if self.kept.len() > self.wanted.saturating_mul(2).max(1024) {
            self.cut();
        }
        Ok(())
    }

    /// Forgets those behind the page.
    fn cut(&mut self) {
        if self.kept.len() > self.wanted {
            let asked = self.asked;
            self.kept.select_nth_unstable_by(self.wanted, |a, b| asked.order(a, b));
            self.kept.truncate(self.wanted);
        }
    }

    fn finish(mut self) -> (Vec<i64>, u64) {
        self.cut();
        self.kept.sort_unstable_by(|a, b| self.asked.order(a, b));
        (self.kept.iter().skip(self.offset).map(|found| found.number).collect(), self.total)
    }
}
