//! A table as Parquet: its columns know what they hold. Rows wait in memory until there are enough of them for a group.

use std::io::{self, Write};
use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use super::table::{Field, Kind, Table};
use crate::model::text;

/// How many rows wait.
const GROUP: usize = 32_768;

/// A table on its way.
pub struct ParquetTable<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<Waiting>,
    rows: usize,
}

/// The values of a column that wait.
struct Waiting {
    name: String,
    values: Values,
    /// For each row 1 if it has one, else 0: what Parquet calls the level of definition.
    given: Vec<i16>,
}

enum Values {
    Text(Vec<ByteArray>),
    Whole(Vec<i64>),
    Figure(Vec<f64>),
    /// Since 1970.
    Days(Vec<i32>),
    /// In milliseconds since 1970.
    Times(Vec<i64>),
}

impl<W: Write + Send> ParquetTable<W> {
    /// Begins a table.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(table: Table, writer: W) -> io::Result<Self> {
        let fields = table.fields();
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let begun = schema(table, &fields)
            .and_then(|schema| SerializedFileWriter::new(writer, schema, Arc::new(properties)))
            .map_err(as_io)?;
        let columns = fields.into_iter().map(Waiting::new).collect();
        Ok(Self { writer: begun, columns, rows: 0 })
    }

    /// Takes a row, as its cells are in CSV: an empty one is no value.
    ///
    /// # Errors
    /// Those of the writer, or if a cell is not what its column holds.
    pub fn add(&mut self, row: &[String]) -> io::Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(row) {
            if column.add(cell).is_none() {
                return Err(io::Error::other(format!("a value of {} is of another kind than the column", column.name)));
            }
        }
        self.rows += 1;
        if self.rows < GROUP { Ok(()) } else { self.flush().map_err(as_io) }
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for waiting in &mut self.columns {
            let Some(mut column) = group.next_column()? else { break };
            waiting.write(&mut column)?;
            column.close()?;
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }

    /// Ends the table, and gives the writer back.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        if self.rows > 0 {
            self.flush().map_err(as_io)?;
        }
        self.writer.into_inner().map_err(as_io)
    }
}

impl Waiting {
    fn new(field: Field) -> Self {
        let values = match field.kind {
            Kind::Text => Values::Text(Vec::new()),
            Kind::Whole => Values::Whole(Vec::new()),
            Kind::Figure => Values::Figure(Vec::new()),
            Kind::Day => Values::Days(Vec::new()),
            Kind::Time => Values::Times(Vec::new()),
        };
        Self { name: field.name, values, given: Vec::new() }
    }

    /// Takes a cell; nothing if it is of another kind.
    fn add(&mut self, cell: &str) -> Option<()> {
        self.given.push(i16::from(!cell.is_empty()));
        if cell.is_empty() {
            return Some(());
        }
        match &mut self.values {
            Values::Text(values) => values.push(cell.into()),
            Values::Whole(values) => values.push(whole(cell)?),
            Values::Figure(values) => values.push(text::number(cell)?),
            Values::Days(values) => values.push(days(cell)?),
            Values::Times(values) => values.push(milliseconds(cell)?),
        }
        Some(())
    }

    fn write(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let given = Some(self.given.as_slice());
        match &mut self.values {
            Values::Text(values) => {
                column.typed::<ByteArrayType>().write_batch(values, given, None)?;
                values.clear();
            }
            Values::Whole(values) | Values::Times(values) => {
                column.typed::<Int64Type>().write_batch(values, given, None)?;
                values.clear();
            }
            Values::Figure(values) => {
                column.typed::<DoubleType>().write_batch(values, given, None)?;
                values.clear();
            }
            Values::Days(values) => {
                column.typed::<Int32Type>().write_batch(values, given, None)?;
                values.clear();
            }
        }
        self.given.clear();
        Ok(())
    }
}

/// A whole number; what is beyond those of 64 bits, as sums of absurd durations are, is the largest.
fn whole(cell: &str) -> Option<i64> {
    cell.parse::<i128>().ok().map(|value| i64::try_from(value).unwrap_or(i64::MAX))
}

fn days(cell: &str) -> Option<i32> {
    let day: Date = cell.parse().ok()?;
    Some((day - Date::constant(1970, 1, 1)).get_days())
}

fn milliseconds(cell: &str) -> Option<i64> {
    let time: DateTime = cell.strip_suffix('Z').unwrap_or(cell).parse().ok()?;
    TimeZone::UTC.to_timestamp(time).ok().map(|time| time.as_millisecond())
}

fn schema(table: Table, fields: &[Field]) -> Result<TypePtr, ParquetError> {
    let column = |field: &Field| {
        let (physical, logical) = match field.kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Whole => (Physical::INT64, None),
            Kind::Figure => (Physical::DOUBLE, None),
            Kind::Day => (Physical::INT32, Some(LogicalType::Date)),
            Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        };
        let column = Type::primitive_type_builder(&field.name, physical).with_repetition(Repetition::OPTIONAL);
        column.with_logical_type(logical).build().map(Arc::new)
    };
    let columns = fields.iter().map(column).collect::<Result<_, _>>()?;
    Type::group_type_builder(table.word()).with_fields(columns).build().map(Arc::new)
}

/// What went wrong, as the writer below said it.
fn as_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => source.downcast::<io::Error>().map_or_else(io::Error::other, |error| *error),
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field as Value;

    use super::*;

    fn row(cells: [&str; 5]) -> Vec<String> {
        cells.map(str::to_owned).into()
    }

    fn read(bytes: Vec<u8>) -> Vec<Vec<Value>> {
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let rows = reader.get_row_iter(None).unwrap();
        rows.map(|row| row.unwrap().get_column_iter().map(|(_, value)| value.clone()).collect()).collect()
    }

    #[test]
    fn columns_hold_what_they_are_and_an_empty_cell_is_no_value() {
        let mut table = ParquetTable::new(Table::Weights, Vec::new()).unwrap();
        table.add(&row(["a1", "2026-01-05T07:00:00", "30.25", "kg", ""])).unwrap();
        table.add(&row(["a1", "1969-12-31T23:59:59.999Z", "1e2", "=kg", "20"])).unwrap();
        let rows = read(table.finish().unwrap());
        let text = |text: &str| Value::Str(text.to_owned());
        let first =
            [text("a1"), Value::TimestampMillis(1_767_596_400_000), Value::Double(30.25), text("kg"), Value::Null];
        assert_eq!(rows[0], first);
        assert_eq!(
            rows[1],
            [text("a1"), Value::TimestampMillis(-1), Value::Double(100.0), text("=kg"), Value::Double(20.0)]
        );
        for wrong in [["a1", "soon", "1", "kg", ""], ["a1", "2026-01-05T07:00:00", "heavy", "kg", ""]] {
            let mut table = ParquetTable::new(Table::Weights, Vec::new()).unwrap();
            assert!(table.add(&row(wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn days_are_days_and_durations_have_an_end() {
        let mut table = ParquetTable::new(Table::Logs, Vec::new()).unwrap();
        table.add(&["a1", "1969-12-31", "1", "", "", "", ""].map(str::to_owned)).unwrap();
        assert_eq!(read(table.finish().unwrap())[0][1], Value::Date(-1));
        let mut table = ParquetTable::new(Table::SleepPhases, Vec::new()).unwrap();
        table.add(&row(["a1", "n1", "2026-01-05T07:00:00", "deep", "99999999999999999999"])).unwrap();
        assert_eq!(read(table.finish().unwrap())[0][4], Value::Long(i64::MAX));
    }

    #[test]
    fn many_rows_are_written_in_groups_and_none_is_a_table_too() {
        let mut table = ParquetTable::new(Table::Weights, Vec::new()).unwrap();
        for n in 0..GROUP + 5 {
            let weight = n.to_string();
            table.add(&row(["a1", "2026-01-05T07:00:00", &weight, "kg", ""])).unwrap();
            assert!(table.columns.iter().all(|column| column.given.len() < GROUP));
        }
        let bytes = table.finish().unwrap();
        assert_eq!(SerializedFileReader::new(bytes::Bytes::from(bytes.clone())).unwrap().num_row_groups(), 2);
        let rows = read(bytes);
        assert_eq!(
            (rows.len(), &rows[GROUP + 4][2]),
            (GROUP + 5, &Value::Double((GROUP + 4).to_string().parse().unwrap()))
        );
        let none = ParquetTable::new(Table::Children, Vec::new()).unwrap().finish().unwrap();
        assert_eq!(read(none).len(), 0);
    }

    #[test]
    fn what_the_disk_says_is_what_is_told() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut table = ParquetTable::new(Table::Weights, Full).unwrap();
        table.add(&row(["a1", "2026-01-05T07:00:00", "30", "kg", ""])).unwrap();
        assert!(table.finish().err().unwrap().to_string().contains("no storage space"));
    }
}
