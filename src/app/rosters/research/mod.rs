//! What researchers get: tables of children and of what was tracked, by pseudonyms, made of the documents that tell all of
//! one child.

mod parquet_table;
mod pseudonyms;
mod table;

use jiff::Span;
use jiff::civil::Date;
use serde_json::Value;

use crate::app::rosters::cells::harmless;
use crate::model::{Error, text};
use table::{Kind, LEVELS, PHASES, TOTALS, ZONES};

pub use parquet_table::ParquetTable;
pub use pseudonyms::{Pseudonyms, Shift};
pub use table::Table;

/// A row of a table.
type Row = (Table, Vec<String>);

/// The rows of a child, of the document that tells all of it.
///
/// # Errors
/// `Internal` if it is none.
pub fn rows(document: &Value, pseudonyms: &Pseudonyms, shift: Shift) -> Result<Vec<Row>, Error> {
    let child = &document["child"];
    let id = child["id"].as_str().ok_or_else(|| Error::internal("a document of a child has no id"))?;
    let days = pseudonyms.days(shift, id);
    let teller = Teller { pseudonyms, days, child: pseudonyms.of("child", id) };
    let mut rows = vec![teller.child(document)];
    let section =
        |word: &str| document[word].as_array().ok_or_else(|| Error::internal("a document of a child is cut off"));
    section("logs")?.iter().for_each(|day| teller.log(day, &mut rows));
    section("physicalactivities")?.iter().for_each(|activity| teller.activity(activity, &mut rows));
    section("sleep")?.iter().for_each(|night| teller.night(night, &mut rows));
    section("weights")?.iter().for_each(|weight| teller.weight(weight, &mut rows));
    section("bodyfats")?.iter().for_each(|body_fat| teller.body_fat(body_fat, &mut rows));
    Ok(rows)
}

/// Tells of one child.
struct Teller<'p> {
    pseudonyms: &'p Pseudonyms,
    /// By how many days its times are moved.
    days: i32,
    child: String,
}

impl Teller<'_> {
    fn row(&self, table: Table, cells: impl IntoIterator<Item = String>) -> Row {
        (table, [self.child.clone()].into_iter().chain(cells).collect())
    }

    fn child(&self, document: &Value) -> Row {
        let child = &document["child"];
        let age = child["age"].as_str().unwrap_or_default();
        // A date of birth tells more than a study needs.
        let born = self.moved(age).and_then(|moved| moved.get(..4).map(str::to_owned));
        let age = if text::number(age).is_some() { age } else { "" };
        let several = |kind: &str, of: &Value, key: Option<&str>| {
            let id = |item: &Value| key.map_or(item, |key| &item[key]).as_str().map(|id| self.pseudonyms.of(kind, id));
            of.as_array().into_iter().flatten().filter_map(id).collect::<Vec<_>>().join(" ")
        };
        let institution = child["institution_id"].as_str().map(|id| self.pseudonyms.of("institution", id));
        self.row(
            Table::Children,
            [
                plain(&child["gender"]),
                age.to_owned(),
                born.unwrap_or_default(),
                self.time(&child["age_calc_date"]),
                institution.unwrap_or_default(),
                several("group", &document["groups"], Some("id")),
                several("family", &document["families"], None),
            ],
        )
    }

    fn log(&self, item: &Value, rows: &mut Vec<Row>) {
        let totals = TOTALS.iter().map(|field| plain(&item[*field]));
        rows.push(self.row(Table::Logs, [self.time(&item["date"])].into_iter().chain(totals)));
    }

    fn activity(&self, item: &Value, rows: &mut Vec<Row>) {
        let level = |name: &str| {
            let levels = item["levels"].as_array().into_iter().flatten();
            levels
                .clone()
                .find(|level| level["name"] == name)
                .map(|level| plain(&level["duration"]))
                .unwrap_or_default()
        };
        let heart = &item["heart_rate"];
        let zones = ZONES.iter().flat_map(|zone| ["min", "max", "duration"].map(|part| plain(&heart[*zone][part])));
        let cells = [plain(&item["name"]), self.time(&item["start_time"]), self.time(&item["end_time"])];
        let figures = ["duration", "calories", "steps", "distance"].map(|field| plain(&item[field]));
        let cells = cells.into_iter().chain(figures).chain(LEVELS.map(level)).chain([plain(&heart["average"])]);
        rows.push(self.row(Table::PhysicalActivities, cells.chain(zones)));
    }

    fn night(&self, item: &Value, rows: &mut Vec<Row>) {
        let night = self.pseudonyms.of("night", item["id"].as_str().unwrap_or_default());
        let pattern = &item["pattern"];
        let phases =
            PHASES.iter().flat_map(|phase| ["count", "duration"].map(|part| plain(&pattern["summary"][*phase][part])));
        let cells = [night.clone(), plain(&item["type"]), self.time(&item["start_time"]), self.time(&item["end_time"])];
        let cells = cells.into_iter().chain([plain(&item["duration"])]);
        rows.push(self.row(Table::Sleep, cells.chain(phases)));
        for phase in pattern["data_set"].as_array().into_iter().flatten() {
            let cells =
                [night.clone(), self.time(&phase["start_time"]), plain(&phase["name"]), plain(&phase["duration"])];
            rows.push(self.row(Table::SleepPhases, cells));
        }
    }

    fn weight(&self, item: &Value, rows: &mut Vec<Row>) {
        let cells = ["value", "unit", "body_fat"].map(|field| plain(&item[field]));
        rows.push(self.row(Table::Weights, [self.time(&item["timestamp"])].into_iter().chain(cells)));
    }

    fn body_fat(&self, item: &Value, rows: &mut Vec<Row>) {
        let cells = ["value", "unit"].map(|field| plain(&item[field]));
        rows.push(self.row(Table::BodyFats, [self.time(&item["timestamp"])].into_iter().chain(cells)));
    }

    /// A date or time, moved by the child's days.
    fn time(&self, value: &Value) -> String {
        value.as_str().and_then(|text| self.moved(text)).unwrap_or_default()
    }

    fn moved(&self, text: &str) -> Option<String> {
        let (day, rest) = text.split_at_checked(10)?;
        let day: Date = day.parse().ok()?;
        // At the end of time there is nowhere to go.
        let day = day.checked_add(Span::new().days(self.days)).unwrap_or(day);
        Some(format!("{day}{rest}"))
    }
}

/// A value as a cell; nothing if there is none.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The names of a table's columns, as CSV.
///
/// # Errors
/// `Internal`, which does not happen.
pub fn research_headers(table: Table) -> Result<Vec<u8>, Error> {
    csv_line(table.fields().iter().map(|field| field.name.as_str()))
}

/// A row as CSV; text that a spreadsheet would compute is made harmless.
///
/// # Errors
/// `Internal`, which does not happen.
pub fn research_csv(table: Table, row: &[String]) -> Result<Vec<u8>, Error> {
    csv_line(table.fields().iter().zip(row).map(|(field, cell)| match field.kind {
        Kind::Text => harmless(cell),
        _ => cell.clone(),
    }))
}

fn csv_line(cells: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(Error::internal)?;
    writer.into_inner().map_err(|error| Error::internal(error.into_error()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "child": {"id": "5de7a0f3c2a1b40012ab0011", "username": "BR0001", "gender": "female", "age": "2012-05-06",
                "institution_id": "5de7a0f3c2a1b40012ab0001", "nfc_tag": "04a22422dd6480"},
            "groups": [{"id": "5de7a0f3c2a1b40012ab0020", "owner_id": "5de7a0f3c2a1b40012ab0014"}],
            "families": ["5de7a0f3c2a1b40012ab0016"],
            "sourced_id": "S-1",
            "logs": [{"date": "2026-01-05", "steps": 100}],
            "physicalactivities": [{"id": "5de7a0f3c2a1b40012ab0030", "name": "=walk", "start_time": "2026-01-05T10:00:00",
                "end_time": "2026-01-05T10:30:00", "duration": 1_800_000, "calories": 90.5,
                "levels": [{"name": "very", "duration": 60_000}],
                "heart_rate": {"average": 99, "peak_zone": {"min": 180, "max": 220, "duration": 0}}}],
            "sleep": [{"id": "5de7a0f3c2a1b40012ab0031", "type": "classic", "start_time": "2026-01-05T22:00:00",
                "end_time": "2026-01-06T06:00:00", "duration": 28_800_000, "pattern": {
                    "data_set": [{"start_time": "2026-01-05T22:00:00", "name": "asleep", "duration": 100}],
                    "summary": {"asleep": {"count": 1, "duration": 100}}}}],
            "weights": [{"timestamp": "2026-01-05T07:00:00", "value": 30.25, "unit": "kg", "body_fat": 20}],
            "bodyfats": [{"timestamp": "2026-01-05T07:00:00.000Z", "value": 20, "unit": "%"}]
        })
    }

    #[test]
    fn a_child_is_told_of_in_every_table_and_by_nothing_that_names_it() {
        let pseudonyms = Pseudonyms::new("a key");
        let told = rows(&document(), &pseudonyms, Shift::No).unwrap();
        assert_eq!(told.iter().map(|(table, _)| *table).collect::<Vec<_>>(), Table::ALL);
        for (table, row) in &told {
            assert_eq!(row.len(), table.fields().len(), "{table:?}");
            let text = row.join(",");
            for word in ["BR0001", "5de7a0f3c2a1b40012ab", "04a22422dd6480", "S-1", "2012-05-06"] {
                assert!(!text.contains(word), "{word} in {text}");
            }
            assert_eq!(row[0], told[0].1[0]);
        }
        let cell = |at: usize, column: &str| {
            let (table, row) = &told[at];
            row[table.fields().iter().position(|field| field.name == column).unwrap()].as_str()
        };
        assert_eq!((cell(0, "birth_year"), cell(0, "age"), cell(0, "gender")), ("2012", "", "female"));
        assert_eq!((cell(1, "date"), cell(1, "steps"), cell(1, "calories")), ("2026-01-05", "100", ""));
        assert_eq!((cell(2, "name"), cell(2, "very_duration"), cell(2, "sedentary_duration")), ("=walk", "60000", ""));
        assert_eq!(
            (cell(2, "heart_rate_average"), cell(2, "peak_zone_max"), cell(2, "calories")),
            ("99", "220", "90.5")
        );
        assert_eq!((cell(3, "asleep_count"), cell(3, "deep_count"), cell(3, "night")), ("1", "", cell(4, "night")));
        assert_eq!(
            (cell(5, "timestamp"), cell(5, "value"), cell(5, "body_fat")),
            ("2026-01-05T07:00:00", "30.25", "20")
        );
        assert_eq!(rows(&document(), &pseudonyms, Shift::No).unwrap(), told, "the same each time");
        assert_ne!(rows(&document(), &Pseudonyms::new("another"), Shift::No).unwrap()[0].1[0], told[0].1[0]);
    }

    #[test]
    fn times_of_a_child_are_moved_by_as_many_whole_weeks_all_of_them() {
        let told = rows(&document(), &Pseudonyms::new("a key"), Shift::ByChild).unwrap();
        let day = |text: &str| text[..10].parse::<Date>().unwrap();
        let moved = (day(&told[1].1[1]) - day("2026-01-05")).get_days();
        assert!(moved != 0 && moved % 7 == 0 && moved.abs() <= 26 * 7, "{moved}");
        let night: Vec<_> = told[3].1[3..5].iter().map(|text| text.as_str()).collect();
        assert_eq!((day(night[0]) - day("2026-01-05")).get_days(), moved);
        assert_eq!((day(night[1]) - day("2026-01-06")).get_days(), moved);
        assert!(night[0].ends_with("T22:00:00"));
    }

    #[test]
    fn a_spreadsheet_computes_nothing_of_a_table_and_reads_its_numbers() {
        let mut document = document();
        document["weights"][0]["unit"] = json!("@SUM(A1)");
        let told = rows(&document, &Pseudonyms::new("a key"), Shift::No).unwrap();
        let line = |table: Table| {
            let (_, row) = told.iter().find(|(of, _)| *of == table).unwrap();
            String::from_utf8(research_csv(table, row).unwrap()).unwrap()
        };
        assert!(line(Table::PhysicalActivities).contains(",'=walk,2026-01-05T10:00:00,"));
        assert!(line(Table::Weights).contains(",30.25,'@SUM(A1),20\n"));
        let cells = ["c", "-1", "-2.5", "", "", "", ""].map(str::to_owned);
        assert_eq!(research_csv(Table::Logs, &cells).unwrap(), b"c,-1,-2.5,,,,\n");
        assert_eq!(research_headers(Table::BodyFats).unwrap(), b"child,timestamp,value,unit\n");
    }

    #[test]
    fn every_table_goes_into_parquet_as_it_is() {
        for (table, row) in rows(&document(), &Pseudonyms::new("a key"), Shift::ByChild).unwrap() {
            let mut file = ParquetTable::new(table, Vec::new()).unwrap();
            file.add(&row).unwrap();
            assert!(file.finish().unwrap().starts_with(b"PAR1"), "{table:?}");
        }
    }

    #[test]
    fn a_document_that_is_cut_off_is_none() {
        let mut cut = document();
        cut.as_object_mut().unwrap().remove("bodyfats");
        assert!(rows(&cut, &Pseudonyms::new("a key"), Shift::No).is_err());
    }
}
