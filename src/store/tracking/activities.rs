//! Rows of `physical_activity`.

use rusqlite::types::FromSqlResult;
use rusqlite::{OptionalExtension, Row, params};

use super::TrackedChild;
use super::list::{List, Listable, Ties, each, list, of_child};
use super::numbers::{self, node};
use super::packed::{Packer, Unpacker};
use super::question::Form;
use crate::model::Field as AnyField;
use crate::model::query::Query;
use crate::model::tracking::{
    ActivityFacts, ActivityLevel, Field, HeartRate, HeartRateZone, Intensity, Period, PhysicalActivity, ZoneFacts,
    ZoneField,
};
use crate::model::{Child, Error, Id};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{Items, Tx, View};

/// The columns that [`activity`] reads.
macro_rules! columns {
    () => {
        concat!(
            "t.id, ",
            node!(),
            ", ?1, t.start_time, t.duration, t.name, t.calories, t.steps, t.distance, t.levels, t.heart_rate"
        )
    };
}

const START: AnyField = AnyField::Tracking(Field::StartTime);

const fn number(field: Field, value: &'static str) -> Listable {
    Listable { field: AnyField::Tracking(field), value, form: Form::Number }
}

/// A number of the heart rate, at its place there.
const fn heart_rate(field: Field, place: usize) -> Listable {
    let form = Form::Packed { form: HEART_RATE, place };
    Listable { field: AnyField::Tracking(field), value: "t.heart_rate", form }
}

/// The numbers of a zone, which stand behind the average.
macro_rules! zone {
    ($zone:ident, $place:literal) => {
        [
            heart_rate(Field::OfZone(HeartRateZone::$zone, ZoneField::Min), 1 + 3 * $place),
            heart_rate(Field::OfZone(HeartRateZone::$zone, ZoneField::Max), 2 + 3 * $place),
            heart_rate(Field::OfZone(HeartRateZone::$zone, ZoneField::Duration), 3 + 3 * $place),
        ]
    };
}

const ZONES: [[Listable; 3]; 4] = [zone!(OutOfRange, 0), zone!(FatBurn, 1), zone!(Cardio, 2), zone!(Peak, 3)];

const LIST: List<PhysicalActivity> = List {
    table: "physical_activity",
    owner: of_child!(),
    counted: None,
    columns: columns!(),
    read: activity,
    fields: &[
        &[
            Listable { field: START, value: "t.start_time", form: Form::Second },
            Listable {
                field: AnyField::Tracking(Field::EndTime),
                value: "t.start_time + t.duration",
                form: Form::Second,
            },
            number(Field::Duration, "t.duration"),
            Listable { field: AnyField::Name, value: "t.name", form: Form::Text },
            number(Field::Calories, "t.calories"),
            number(Field::Steps, "t.steps"),
            number(Field::Distance, "t.distance"),
            heart_rate(Field::HeartRateAverage, 0),
        ],
        &ZONES[0],
        &ZONES[1],
        &ZONES[2],
        &ZONES[3],
    ],
    indexed: (START, "t.start_time"),
    ties: Ties::OldestFirst,
};

/// The form of `levels`: for each its name's place in [`Intensity::ALL`], and its duration.
const LEVELS: u8 = 1;
/// The form of `heart_rate`: the average, then of each zone min, max and duration.
const HEART_RATE: u8 = 1;

fn activity(row: &Row<'_>) -> rusqlite::Result<PhysicalActivity> {
    Ok(PhysicalActivity {
        id: numbers::id(row, 0)?,
        child: rows::id(row, 2)?,
        facts: ActivityFacts {
            period: Period { start: rows::timestamp(row, 3)?, duration: row.get(4)? },
            name: rows::text(row, 5)?,
            calories: row.get(6)?,
            steps: row.get(7)?,
            distance: row.get(8)?,
            levels: row.get_ref(9)?.as_blob_or_null()?.map(read_levels).transpose()?,
            heart_rate: row.get_ref(10)?.as_blob_or_null()?.map(read_heart_rate).transpose()?,
        },
    })
}

fn pack_levels(levels: &[ActivityLevel; 4]) -> Vec<u8> {
    let mut packer = Packer::new(LEVELS);
    for level in levels {
        packer.put(Intensity::ALL.iter().position(|known| *known == level.intensity).unwrap_or_default() as u64);
        packer.put(level.duration);
    }
    packer.finish()
}

fn read_levels(blob: &[u8]) -> FromSqlResult<[ActivityLevel; 4]> {
    let mut numbers = Unpacker::new(blob, LEVELS)?;
    let mut level = || -> FromSqlResult<_> {
        let intensity = usize::try_from(numbers.take()?).ok().and_then(|place| Intensity::ALL.get(place).copied());
        let intensity = intensity.ok_or(rusqlite::types::FromSqlError::InvalidType)?;
        Ok(ActivityLevel { intensity, duration: numbers.take()? })
    };
    let levels = [level()?, level()?, level()?, level()?];
    numbers.end().map(|()| levels)
}

fn pack_heart_rate(heart_rate: &HeartRate) -> Vec<u8> {
    let mut packer = Packer::new(HEART_RATE);
    packer.put(heart_rate.average);
    for ZoneFacts { min, max, duration } in heart_rate.zones {
        [min, max, duration].into_iter().for_each(|number| packer.put(number));
    }
    packer.finish()
}

fn read_heart_rate(blob: &[u8]) -> FromSqlResult<HeartRate> {
    let mut numbers = Unpacker::new(blob, HEART_RATE)?;
    let average = numbers.take()?;
    let mut zone = || -> FromSqlResult<_> {
        Ok(ZoneFacts { min: numbers.take()?, max: numbers.take()?, duration: numbers.take()? })
    };
    let zones = [zone()?, zone()?, zone()?, zone()?];
    numbers.end().map(|()| HeartRate { average, zones })
}

impl View<'_> {
    /// A child's physical activity of this id.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn activity(&self, child: Id<Child>, id: Id<PhysicalActivity>) -> Result<Option<PhysicalActivity>, Error> {
        let (number, node) = numbers::parts(id);
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM physical_activity t WHERE ",
            of_child!(),
            " AND t.id = ?2 AND ?3 = ",
            node!()
        );
        self.prepare(sql)?.query_row(params![child.as_bytes(), number, node], activity).optional().translate()
    }

    /// Puts out the physical activities of a child that a query asks for, and says how many there are in all.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read, or if nobody takes what is put out any more.
    pub fn activities(
        &self,
        child: Id<Child>,
        query: &Query,
        out: &mut Items<'_, PhysicalActivity>,
    ) -> Result<(), Error> {
        list(self, &LIST, *child.as_bytes(), query, out)
    }

    /// Hands on all physical activities of a child, the newest registered first.
    ///
    /// # Errors
    /// What `take` returns, and `Unavailable` or `Internal` if the database cannot be read.
    pub fn each_activity(
        &self,
        child: Id<Child>,
        take: &mut dyn FnMut(PhysicalActivity) -> Result<(), Error>,
    ) -> Result<(), Error> {
        each(self, &LIST, *child.as_bytes(), take)
    }
}

impl Tx<'_> {
    /// Stores a physical activity; `None` if the child has one of that start already.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read or written.
    pub fn insert_activity(
        &self,
        child: TrackedChild,
        facts: &ActivityFacts,
    ) -> Result<Option<PhysicalActivity>, Error> {
        let start = facts.period.start.as_millisecond();
        let known: bool = self
            .prepare("SELECT EXISTS (SELECT 1 FROM physical_activity WHERE child = ?1 AND start_time = ?2)")?
            .query_row(params![child.number, start], |row| row.get(0))
            .translate()?;
        if known {
            return Ok(None);
        }
        let id = self.new_id();
        self.execute(
            "INSERT INTO physical_activity
             (child, id, start_time, duration, name, calories, steps, distance, levels, heart_rate)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                child.number,
                numbers::number(id),
                start,
                facts.period.duration,
                facts.name.as_str(),
                facts.calories,
                facts.steps,
                facts.distance,
                facts.levels.as_ref().map(pack_levels),
                facts.heart_rate.as_ref().map(pack_heart_rate),
            ],
        )?;
        Ok(Some(PhysicalActivity { id, child: child.id, facts: facts.clone() }))
    }

    /// Deletes a child's physical activity; returns whether there was one.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read or written.
    pub fn delete_activity(&self, child: Id<Child>, id: Id<PhysicalActivity>) -> Result<bool, Error> {
        let (number, node) = numbers::parts(id);
        let sql =
            concat!("DELETE FROM physical_activity AS t WHERE ", of_child!(), " AND t.id = ?2 AND ?3 = ", node!());
        Ok(self.execute(sql, params![child.as_bytes(), number, node])? == 1)
    }
}
