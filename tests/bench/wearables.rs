//! What is measured of files of wearables: they are made here as large as real ones are, and read by the verb.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::ToSpan;
use jiff::civil::Date;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::Failure;
use super::plan::{Bench, FEW};
use super::site::{Disk, Service, Site, peak_memory};
use super::table::Goal;

/// The days of files at their full size, which they have beside 100,000 children: three years.
const FULL_DAYS: usize = 1095;
const FULL_USERS: usize = 100_000;
/// A file of an archive that is of no use here, for each day.
const OF_NO_USE: usize = 800 << 10;
/// How many records an export of Apple Health has for each day: 2.5 GB in three years.
const RECORDS: usize = 7_000;

/// Makes a file.
type Make<'m> = &'m dyn Fn(&Path) -> Result<(), Failure>;
/// Reads it without the service, and says how much there was.
type Bare = fn(&Path) -> Result<u64, Failure>;

impl Bench<'_> {
    pub(super) fn wearables(&mut self) -> Result<(), Failure> {
        let days = (FULL_DAYS * self.scale.users / FULL_USERS).clamp(10, FULL_DAYS);
        let folder = tempfile::Builder::new().prefix("ocariot-bench-").tempdir()?;
        self.reading(
            format!("plan of {days} days of Takeout, time against unzipping and parsing what matters"),
            Goal::AtMost(2.0),
            (&folder.path().join("takeout.zip"), &|path| takeout(path, days), parse_takeout),
        )?;
        let days = days * 2 / 3;
        self.reading(
            format!("plan of {days} days of Health Connect, time against reading the same rows"),
            Goal::AtMost(2.0),
            (&folder.path().join("health.db"), &|path| health_connect(path, days), read_health_connect),
        )?;
        self.reading(
            format!("plan of {days} days of Apple Health, time against the bare streaming reader"),
            Goal::AtMost(1.3),
            (&folder.path().join("export.zip"), &|path| apple(path, days), stream_apple),
        )?;
        self.storing()
    }

    /// Reads a file by the verb, and by bare parts.
    fn reading(
        &mut self,
        name: String,
        goal: Goal,
        (path, make, bare): (&Path, Make<'_>, Bare),
    ) -> Result<(), Failure> {
        if !self.wanted(&name) {
            return Ok(());
        }
        make(path)?;
        let most = std::cell::Cell::new(0.0_f64);
        self.row(name.clone(), goal, |bench| {
            let start = Instant::now();
            let known = bare(path)?;
            let bare = start.elapsed();
            if known == 0 {
                return Err("the bare parts read nothing".into());
            }
            let (time, peak) = planned(bench.small().0.path(), path)?;
            most.set(most.get().max(peak));
            Ok((time.as_secs_f64() / bare.as_secs_f64(), None))
        })?;
        std::fs::remove_file(path)?;
        let size = name.split(", ").next().unwrap_or_default();
        self.table.fact(&format!("most memory of a {size}"), format!("{:.1} MiB", most.get()));
        Ok(())
    }

    /// Changes by others while a file of many years is stored, in a school of its own.
    fn storing(&mut self) -> Result<(), Failure> {
        let name = "p99 of a change while a file of a wearable is stored, against none";
        if !self.wanted(name) {
            return Ok(());
        }
        let site = Site::new(1000)?;
        let service = Service::start(site.path(), Disk::AsItIs)?;
        let school = (site, service);
        let folder = tempfile::Builder::new().prefix("ocariot-bench-").tempdir()?;
        let path = folder.path().join("takeout.zip");
        daily_takeout(&path)?;
        let mut next = 0;
        self.row(name, Goal::AtMost(3.0), |bench| {
            let changes = Self::renames(&school.0);
            let alone = bench.load(&school, FEW, &changes)?;
            let going = AtomicBool::new(true);
            let (seen, stored) = std::thread::scope(|scope| {
                let imports = scope.spawn(|| {
                    let mut stored = 0;
                    while going.load(Ordering::Relaxed) {
                        let child = &school.0.children[(next + stored) % school.0.children.len()];
                        applied(school.0.path(), &path, child).map_err(|error| error.to_string())?;
                        stored += 1;
                    }
                    Ok::<_, String>(stored)
                });
                let seen = bench.load(&school, FEW, &changes);
                going.store(false, Ordering::Relaxed);
                (seen, imports.join())
            });
            next += stored.map_err(|_| "the imports ended in a panic")??;
            let seen = seen?;
            Ok((seen.0.p99.as_secs_f64() / alone.0.p99.as_secs_f64(), Some(seen)))
        })
    }
}

fn verb(folder: &Path, file: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ocariot-users"));
    command.arg("import-health").arg(file).args(["--zone", "Europe/Athens", "--data-dir"]).arg(folder);
    command
}

/// How long the plan for a file takes, and the most memory that the program which reads it has, in MiB.
fn planned(folder: &Path, file: &Path) -> Result<(Duration, f64), Failure> {
    let start = Instant::now();
    let mut command = verb(folder, file);
    let mut child = command.args(["--child", "BR00000"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (mut peak, mut said) = (0.0_f64, String::new());
    let mut output = child.stdout.take().ok_or("no output")?;
    let reader = std::thread::spawn(move || output.read_to_string(&mut said).map(|_| said));
    let status = loop {
        // Its last moments are short, and are not those with the most.
        peak = peak.max(peak_memory(child.id()).unwrap_or_default());
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let time = start.elapsed();
    let said = reader.join().map_err(|_| "the output cannot be read")??;
    if !status.success() || !said.contains("steps") {
        return Err(format!("{command:?} found nothing: {status}, {said}").into());
    }
    Ok((time, peak))
}

fn applied(folder: &Path, file: &Path, child: &str) -> Result<(), Failure> {
    let output = verb(folder, file).args(["--child", child, "--apply"]).output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("nothing was stored: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

fn days(count: usize) -> impl Iterator<Item = Date> {
    let first = jiff::civil::date(2022, 1, 1);
    (0..count).map(move |number| first.saturating_add(i64::try_from(number).unwrap_or_default().days()))
}

/// An archive as Fitbit made it: steps and calories of each minute, and much that is of no use here.
fn takeout(path: &Path, count: usize) -> Result<(), Failure> {
    let mut zip = ZipWriter::new(BufWriter::new(File::create(path)?));
    let packed = SimpleFileOptions::default().compression_level(Some(1));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let noise: String = (0..OF_NO_USE).map(|at| char::from(b'a' + (at * 7919 % 23) as u8)).collect();
    for (number, month) in days(count).collect::<Vec<_>>().chunks(30).enumerate() {
        for (kind, minutes) in [("steps", 400..1360), ("calories", 0..1440)] {
            zip.start_file(format!("Takeout/Fitbit/Global Export Data/{kind}-{}.json", month[0]), packed)?;
            let all = month.iter().flat_map(|date| minutes.clone().map(move |minute| (date, minute)));
            let entries: Vec<_> = all
                .map(|(date, minute)| {
                    let time = format!("{} {:02}:{:02}:00", date.strftime("%m/%d/%y"), minute / 60, minute % 60);
                    format!(r#"{{"dateTime":"{time}","value":"{}"}}"#, 1 + minute * (number + 3) % 90)
                })
                .collect();
            write!(zip, "[{}]", entries.join(","))?;
        }
        for date in month {
            zip.start_file(format!("Takeout/Fitbit/Global Export Data/heart_rate-{date}.json"), stored)?;
            zip.write_all(noise.as_bytes())?;
        }
    }
    zip.finish()?.flush()?;
    Ok(())
}

/// Unzips and parses the entries that matter.
fn parse_takeout(path: &Path) -> Result<u64, Failure> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(path)?))?;
    let (mut entries, mut text) = (0, Vec::new());
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        if file.name()?.contains("heart_rate") {
            continue;
        }
        text.clear();
        file.read_to_end(&mut text)?;
        let parsed: Vec<serde_json::Value> = serde_json::from_slice(&text)?;
        entries += parsed.len() as u64;
    }
    Ok(entries)
}

/// Ten years of totals, one row a day: what is stored of a child in one go.
fn daily_takeout(path: &Path) -> Result<(), Failure> {
    let mut zip = ZipWriter::new(BufWriter::new(File::create(path)?));
    for (number, month) in days(3650).collect::<Vec<_>>().chunks(30).enumerate() {
        for kind in ["steps", "calories"] {
            zip.start_file(
                format!("Takeout/Fitbit/Global Export Data/{kind}-{}.json", month[0]),
                SimpleFileOptions::default(),
            )?;
            let entries: Vec<_> = month
                .iter()
                .map(|date| {
                    format!(r#"{{"dateTime":"{} 12:00:00","value":"{}"}}"#, date.strftime("%m/%d/%y"), 900 + number)
                })
                .collect();
            write!(zip, "[{}]", entries.join(","))?;
        }
    }
    zip.finish()?.flush()?;
    Ok(())
}

/// A database of Health Connect, with the steps of each minute.
fn health_connect(path: &Path, count: usize) -> Result<(), Failure> {
    let mut database = rusqlite::Connection::open(path)?;
    database.execute_batch(
        "CREATE TABLE application_info_table (row_id INTEGER PRIMARY KEY, package_name TEXT, app_name TEXT);
         INSERT INTO application_info_table VALUES (1, 'com.example.watch', 'Watch');
         CREATE TABLE steps_record_table (row_id INTEGER PRIMARY KEY, uuid BLOB, last_modified_time INTEGER,
             app_info_id INTEGER, start_time INTEGER, start_zone_offset INTEGER, end_time INTEGER,
             end_zone_offset INTEGER, count INTEGER);",
    )?;
    let transaction = database.transaction()?;
    for (day, minute) in days(count).flat_map(|day| (400..1360).map(move |minute| (day, minute))) {
        let start = jiff::tz::TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0))?.as_millisecond() + minute * 60_000;
        let sql = "INSERT INTO steps_record_table (uuid, last_modified_time, app_info_id, start_time,
                   start_zone_offset, end_time, end_zone_offset, count) VALUES (?1, ?2, 1, ?2, 7200, ?3, 7200, ?4)";
        let uuid = u128::try_from(start).unwrap_or_default().to_be_bytes();
        transaction.prepare_cached(sql)?.execute((uuid, start, start + 59_000, minute % 90))?;
    }
    transaction.commit()?;
    Ok(())
}

/// Reads what is needed of each row.
fn read_health_connect(path: &Path) -> Result<u64, Failure> {
    let database = rusqlite::Connection::open(path)?;
    let mut statement = database.prepare(
        "SELECT uuid, app_info_id, start_time, start_zone_offset, end_time, end_zone_offset, count
         FROM steps_record_table",
    )?;
    let (mut rows, mut steps) = (statement.query([])?, 0);
    while let Some(row) = rows.next()? {
        let uuid: [u8; 16] = row.get(0)?;
        let [program, start, first, end, last, count]: [i64; 6] =
            [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?];
        std::hint::black_box((uuid, program, start, first, end, last));
        steps += u64::try_from(count)?;
    }
    Ok(steps)
}

/// An export of Apple Health, nearly all of it heart rates.
fn apple(path: &Path, count: usize) -> Result<(), Failure> {
    let mut zip = ZipWriter::new(BufWriter::new(File::create(path)?));
    zip.start_file(
        "apple_health_export/export.xml",
        SimpleFileOptions::default().compression_level(Some(1)).large_file(true),
    )?;
    let mut text = BufWriter::with_capacity(1 << 20, &mut zip);
    text.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<HealthData locale=\"en_GB\">\n")?;
    for date in days(count) {
        for number in 0..RECORDS {
            let second = number * 12;
            let time = format!("{date} {:02}:{:02}:{:02} +0200", second / 3600, second / 60 % 60, second % 60);
            let (kind, unit) = match number % 10 {
                0 => ("StepCount", "count"),
                _ => ("HeartRate", "count/min"),
            };
            writeln!(
                text,
                " <Record type=\"HKQuantityTypeIdentifier{kind}\" sourceName=\"Watch\" sourceVersion=\"9.0\" \
                 device=\"&lt;&lt;HKDevice: 0x1&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, \
                 hardware:Watch6,2, software:9.0&gt;\" unit=\"{unit}\" creationDate=\"{time}\" startDate=\"{time}\" \
                 endDate=\"{time}\" value=\"{}\"/>",
                60 + number % 80
            )?;
        }
    }
    text.write_all(b"</HealthData>\n")?;
    drop(text);
    zip.finish()?.flush()?;
    Ok(())
}

/// Streams through all of it.
fn stream_apple(path: &Path) -> Result<u64, Failure> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(path)?))?;
    let mut reader = quick_xml::Reader::from_reader(BufReader::with_capacity(1 << 16, archive.by_index(0)?));
    let (mut buffer, mut elements) = (Vec::new(), 0);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            quick_xml::events::Event::Eof => return Ok(elements),
            event => elements += u64::from(!std::hint::black_box(event).is_empty()),
        }
    }
}
