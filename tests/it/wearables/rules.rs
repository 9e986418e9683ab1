//! What holds for files of every source: questions, longer exports, other sources, and what was changed since.

use jiff::civil::date;
use serde_json::{Value, json};

use super::made::{self, life, takeout, withings, zipped};
use super::{ATHENS, Wearables, counts, one, read_made, stores};
use ocariot_users::app::wearables::reading::{DayRead, NightRead, Reading, WeightRead};
use ocariot_users::app::wearables::records::{WearableCommand, WearableOutcome};

/// A reading of a source that was made up.
fn reading(source: &str) -> Reading {
    Reading { source: source.to_owned(), title: source.to_owned(), reader: 1, ..Reading::default() }
}

fn day(day: i64, steps: f64) -> DayRead {
    DayRead { day, totals: [Some(steps), None, None, None, None] }
}

fn night(key: i64, start: i64, minutes: u64) -> NightRead {
    let duration = minutes * 60_000;
    NightRead { key, day: start / 86_400_000, start, duration, stages: false, entries: vec![(start, 0, duration)] }
}

const MIDNIGHT: i64 = 19_000 * 86_400_000;

#[tokio::test]
async fn what_a_file_does_not_say_is_asked_with_its_rows_and_remembered_for_the_child() {
    let w = Wearables::new().await;
    let life = life(1, ATHENS.1, date(2022, 3, 10), 60);
    let csv = withings::csv(&life, "kg").replace("(kg)", "");
    let open = read_made(&one("weight.csv", csv.clone()), &[]).unwrap();
    let plan = w.plan(&open).await;
    let asked: Vec<_> = plan.open().map(|question| (question.question.as_str(), question.rows.len())).collect();
    assert_eq!(asked, [("zone", 3), ("weight-unit", 3)]);
    assert_eq!(stores(&plan), 0);
    let upload = w.send(&open).await;
    let refused = w.ask(WearableCommand::Apply { upload, child: w.child.clone(), import: None }).await;
    assert!(refused.err().unwrap().0.contains("--zone"));
    let answered = read_made(&one("weight.csv", csv), &[ATHENS, ("weight-unit", "kg")]).unwrap();
    let plan = w.plan(&answered).await;
    assert!(plan.open().next().is_none() && plan.questions.iter().all(|question| question.rows.len() == 3));
    assert_eq!(w.apply(&answered).await.created, stores(&plan));
    let WearableOutcome::Child(child) = w.ask(WearableCommand::Child { child: w.child.clone() }).await.unwrap() else {
        panic!("a child")
    };
    assert_eq!(json!(child.answers), json!({"withings": {"weight-unit": "kg", "zone": "Europe/Athens"}}));
    let nowhere = read_made(&one("weight.csv", withings::csv(&life, "kg")), &[("zone", "Europe/Nowhere")]);
    assert!(nowhere.err().unwrap().0.contains("no such time zone"));
}

#[tokio::test]
async fn a_later_longer_export_adds_what_is_new_and_changes_what_the_source_says_otherwise() {
    let w = Wearables::new().await;
    let answers = [("exercise-times", "local"), ("weight-unit", "kg")];
    let mut short = life(2, ATHENS.1, date(2022, 3, 10), 40);
    let long = life(2, ATHENS.1, date(2022, 3, 10), 70);
    // The last day was exported before it was over, and the watch thought of a night again.
    let last = short.days.iter_mut().rev().find(|day| day.worn).unwrap();
    last.steps.truncate(2);
    let last = last.date.to_string();
    short.nights[3].stages.push(("deep", 300));
    let zip = |life: &made::Life| one("takeout.zip", zipped(&takeout::fitbit(life, "Takeout/Fitbit/", "kg")));
    let first = w.apply(&read_made(&zip(&short), &answers).unwrap()).await.import.unwrap();
    let between = w.stored().await;
    let longer = read_made(&zip(&long), &answers).unwrap();
    let plan = w.plan(&longer).await;
    assert_eq!((counts(&plan, "steps").1, counts(&plan, "sleep").1), (1, 1), "{:?}", plan.counts);
    let changed: Vec<_> = plan.days.iter().filter(|run| run.kind == "steps" && run.what == "changed").collect();
    assert!(changed.len() == 1 && changed[0].from == last && changed[0].to == last, "{changed:?}");
    assert!(counts(&plan, "steps").0 > 20 && counts(&plan, "steps").2 > 30 && counts(&plan, "sleep").3 == 0);
    let second = w.apply(&longer).await.import.unwrap();
    let after = w.stored().await;
    assert_eq!(stores(&w.plan(&longer).await), 0);
    // The first one cannot be taken back whole while the second stands on it.
    let shown = w.ask(WearableCommand::Show { import: first }).await.unwrap();
    let WearableOutcome::Import(shown) = shown else { panic!("an import") };
    assert_eq!(shown.left_in_all, 3, "steps, calories and the night: {:?}", shown.left);
    assert_eq!(w.stored().await, after, "looking at it changes nothing");
    let undone = w.undo(second).await;
    assert_eq!((undone.put_back, undone.left_in_all), (3, 0), "{:?}", undone.left);
    assert_eq!(w.stored().await, between);
    assert_eq!(w.undo(first).await.left_in_all, 0);
    assert_eq!(w.stored().await["logs"], json!([]));
    assert_eq!(w.sql("SELECT count(*) FROM wearable_before"), 0);
}

#[tokio::test]
async fn a_day_belongs_to_one_source_and_is_never_a_sum() {
    let w = Wearables::new().await;
    let mut one = reading("gadgetbridge");
    one.days = vec![day(19_000, 100.0), day(19_001, 50.0)];
    one.nights = vec![night(1, MIDNIGHT, 480)];
    w.apply(&one).await;
    let mut other = reading("apple_health");
    other.days = vec![day(19_000, 100.0), day(19_001, 70.0), day(19_002, 5.0)];
    other.days[1].totals[1] = Some(1500.0);
    other.nights = vec![night(2, MIDNIGHT + 60_000, 400), night(3, MIDNIGHT + 86_400_000, 400)];
    let plan = w.plan(&other).await;
    assert_eq!(counts(&plan, "steps"), (1, 0, 1, 1), "{:?}", plan.days);
    assert_eq!(counts(&plan, "calories"), (0, 0, 0, 1), "also what the first did not say");
    assert_eq!(counts(&plan, "sleep"), (1, 0, 0, 1));
    let why: Vec<_> = plan.days.iter().filter_map(|run| run.why.as_deref()).collect();
    assert!(why.iter().all(|why| why.starts_with("another source has")), "{why:?}");
    w.apply(&other).await;
    let stored = w.stored().await;
    assert_eq!(
        stored["logs"],
        json!([
            {"date": "2022-01-08", "steps": 100}, {"date": "2022-01-09", "steps": 50}, {"date": "2022-01-10", "steps": 5}
        ])
    );
    assert_eq!(stored["sleep"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_was_sent_or_changed_by_others_is_left_by_imports_and_by_undo() {
    let w = Wearables::new().await;
    let school = w.world.person("applications", &w.institution, &[]).await;
    let path = |collection: &str| format!("/v1/children/{}/{collection}", w.child);
    let log = |date: &str, value: f64| json!([{"date": date, "value": value}]);
    school.client.post(&path("logs/steps"), log("2022-01-08", 7.0)).await.is(207);
    let weight = json!({"timestamp": "2022-01-08T07:00:00", "value": 30, "unit": "kg"});
    school.client.post(&path("weights"), weight).await.is(201);
    let mut given = reading("withings");
    given.days = vec![day(19_000, 100.0), day(19_001, 50.0), day(19_002, 60.0)];
    let seven = MIDNIGHT + 7 * 3_600_000;
    let weighed = |key: i64, time: i64| WeightRead { key, day: 19_000, time, value: 31.5, body_fat: Some(20.0) };
    given.weights = vec![weighed(1, seven), weighed(2, seven + 60_000), weighed(3, seven + 120_000)];
    let plan = w.plan(&given).await;
    assert_eq!((counts(&plan, "steps"), counts(&plan, "weights")), ((2, 0, 0, 1), (2, 0, 0, 1)), "{:?}", plan.days);
    let import = w.apply(&given).await.import.unwrap();
    let bodyfats = w.stored().await["bodyfats"].as_array().unwrap().len();
    assert_eq!(bodyfats, 2, "a weight brings its body fat, as one that is posted");
    school.client.post(&path("logs/steps"), log("2022-01-09", 51.0)).await.is(207);
    let fat = w.stored().await["bodyfats"][0]["timestamp"].clone();
    let id = w.admin.get(&path(&format!("bodyfats?timestamp={}", fat.as_str().unwrap()))).await.body[0]["id"].clone();
    let educator = w.world.person("educators", &w.institution, &[]).await;
    educator.client.make_group(&format!("educators/{}", educator.id), &[w.child.as_str()]).await;
    educator.client.delete(&path(&format!("bodyfats/{}", id.as_str().unwrap()))).await.is(204);
    let undone = w.undo(import).await;
    assert_eq!(undone.left_in_all, 1, "{:?}", undone.left);
    assert_eq!((undone.left[0].sheet.as_str(), undone.left[0].id.as_str()), ("steps", "2022-01-09"));
    let stored = w.stored().await;
    assert_eq!(stored["logs"], json!([{"date": "2022-01-08", "steps": 7}, {"date": "2022-01-09", "steps": 51}]));
    assert_eq!(stored["weights"].as_array().unwrap().len(), 1, "what was there before");
    assert_eq!(stored["bodyfats"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_stored_by_the_rules_of_the_api_is_skipped_and_said() {
    let w = Wearables::new().await;
    let mut given = reading("gadgetbridge");
    given.days = vec![day(-200_000, 5.0), day(40_000, 5.0), day(19_000, -3.0), day(19_001, 4.0)];
    given.nights = vec![night(1, MIDNIGHT, 0), night(2, i64::MAX / 2, 5), night(3, MIDNIGHT, 480)];
    given.nights.push(NightRead { entries: vec![(MIDNIGHT, 9, 5)], ..night(4, MIDNIGHT + 86_400_000, 5) });
    let plan = w.plan(&given).await;
    assert_eq!((counts(&plan, "steps"), counts(&plan, "sleep")), ((1, 0, 0, 3), (1, 0, 0, 3)), "{:?}", plan.days);
    assert_eq!(w.apply(&given).await.created, 2);
}

#[tokio::test]
async fn what_is_deleted_is_forgotten_and_may_be_imported_again() {
    let w = Wearables::new().await;
    let mut given = reading("gadgetbridge");
    given.nights = vec![night(1, MIDNIGHT, 480)];
    given.days = vec![day(19_000, 100.0)];
    w.apply(&given).await;
    let educator = w.world.person("educators", &w.institution, &[]).await;
    educator.client.make_group(&format!("educators/{}", educator.id), &[w.child.as_str()]).await;
    let path = format!("/v1/children/{}/sleep", w.child);
    let id = educator.client.get(&path).await.body[0]["id"].as_str().unwrap().to_owned();
    educator.client.delete(&format!("{path}/{id}")).await.is(204);
    assert_eq!(w.sql("SELECT count(*) FROM wearable_row"), 1);
    assert_eq!(stores(&w.plan(&given).await), 1);
    w.apply(&given).await;
    w.admin.delete(&format!("/v1/users/{}", w.child)).await.is(204);
    for table in ["wearable_row", "wearable_before", "wearable_answer"] {
        assert_eq!(w.sql(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
}

#[tokio::test]
async fn one_list_numbers_imports_of_wearables_and_of_rosters() {
    use ocariot_users::app::imports::{ImportsCommand, ImportsOutcome};
    use ocariot_users::app::{OperatorCommand, Outcome};
    let w = Wearables::new().await;
    let mut given = reading("gadgetbridge");
    given.days = vec![day(19_000, 100.0)];
    let import = w.apply(&given).await.import.unwrap();
    let imports = |command: ImportsCommand| w.world.app.operate(OperatorCommand::Imports(command));
    let Outcome::Imports(ImportsOutcome::All(all)) = imports(ImportsCommand::List {}).await.unwrap() else {
        panic!("a list")
    };
    assert_eq!((all[0].import, all[0].format.as_str(), all[0].created), (import, "gadgetbridge", 1));
    let none = imports(ImportsCommand::Show { import: import + 1 }).await;
    assert!(none.err().unwrap().0.contains("no import of this number"));
    let undone = imports(ImportsCommand::Undo { import }).await.unwrap();
    assert!(matches!(undone, Outcome::Imports(ImportsOutcome::One(record)) if record.removed == 1));
    let again = imports(ImportsCommand::Undo { import }).await;
    assert!(again.err().unwrap().0.contains("taken back already"));
    let audited: Value = w.admin.get("/v1/children").await.body;
    assert_eq!(audited.as_array().unwrap().len(), 1);
    assert_eq!(w.sql("SELECT count(*) FROM audit WHERE action IN ('wearables_apply', 'wearables_undo')"), 2);
}

#[tokio::test]
async fn days_in_the_order_of_a_country_are_asked_for_only_if_they_may_be_either() {
    let month = |days: &[&str]| {
        let rows: String =
            days.iter().map(|day| format!("{day},\"1,850\",\"12,345\",8.1,10,\"700\",180,20,10,900\n")).collect();
        let head = "Date,Calories Burned,Steps,Distance,Floors,Minutes Sedentary,Minutes Lightly Active,Minutes Fairly Active,Minutes Very Active,Activity Calories";
        format!(
            "Body\nDate,Weight,BMI,Fat\n\"05-03-2019\",\"31.5\",\"16\",\"0\"\n\nActivities\n{head}\n{rows}\nSleep\nStart Time,End Time\n"
        )
    };
    let days = |reading: &Reading| {
        let days: Vec<_> = reading.days.iter().map(|day| (day.day, day.totals)).collect();
        days
    };
    let totals = [Some(12_345.0), Some(1850.0), Some(30.0), Some(180.0), Some(700.0)];
    let open = read_made(&one("fitbit_export.csv", month(&["05-03-2019"])), &[]).unwrap();
    assert!(open.days.is_empty() && open.questions[0].question == "date-order" && open.questions[0].answer.is_none());
    let answered = read_made(&one("fitbit_export.csv", month(&["05-03-2019"])), &[("date-order", "dmy")]).unwrap();
    assert_eq!(days(&answered), [(17_960, totals)]);
    let said = read_made(&one("fitbit_export.csv", month(&["05/03/2019", "28/03/2019"])), &[]).unwrap();
    assert_eq!(days(&said), [(17_960, totals), (17_983, totals)]);
    let american = read_made(&one("fitbit_export.csv", month(&["03/05/19", "03/28/19"])), &[]).unwrap();
    assert_eq!(days(&american), days(&said));
    let iso = read_made(&one("fitbit_export.csv", month(&["2019-03-05", "2019-03-28"])), &[]).unwrap();
    assert!(days(&iso) == days(&said) && iso.questions.is_empty());
}
