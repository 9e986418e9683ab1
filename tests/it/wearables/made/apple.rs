use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::Life;

/// Times with the offset that the phone had at the end; a phone beside the watch; names of people; an attribute that
/// stands twice; a zone in metadata where the child was elsewhere.
pub fn xml(life: &Life) -> String {
    let offset = Offset::constant(2);
    let shown = |time: Timestamp| format!("{} +0200", offset.to_datetime(time).strftime("%Y-%m-%d %H:%M:%S"));
    let watch = r#"sourceName="Anna’s Watch" sourceVersion="9.0" device="&lt;&lt;HKDevice: 0x1&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,2, software:9.0&gt;""#;
    let phone = r#"sourceName="Anna’s iPhone" sourceVersion="16.0" sourceVersion="16.0""#;
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE HealthData [\n<!ELEMENT HealthData (ExportDate,Me,Record*)>\n\
         <!ATTLIST HealthData locale CDATA #REQUIRED>\n]>\n<HealthData locale=\"el_GR\">\n <ExportDate value=\"2023-12-31 10:00:00 +0200\"/>\n \
         <Me HKCharacteristicTypeIdentifierDateOfBirth=\"2013-01-02\"/>\n",
    );
    let mut record = |kind: &str, who: &str, unit: &str, (start, end): (Timestamp, Timestamp), value: &str| {
        let (start, end) = (shown(start), shown(end));
        writeln!(text, " <Record type=\"{kind}\" {who} unit=\"{unit}\" creationDate=\"{end}\" startDate=\"{start}\" endDate=\"{end}\" value=\"{value}\"/>").unwrap();
    };
    let minute = jiff::SignedDuration::from_secs(59);
    for day in &life.days {
        for (time, steps) in &day.steps {
            record("HKQuantityTypeIdentifierStepCount", watch, "count", (*time, *time + minute), &steps.to_string());
        }
        if let Some((time, steps)) = day.steps.get(1) {
            let span = (*time, *time + minute);
            record("HKQuantityTypeIdentifierStepCount", phone, "count", span, &steps.to_string());
            record("HKQuantityTypeIdentifierHeartRate", watch, "count/min", span, "88");
            record("HKQuantityTypeIdentifierBasalEnergyBurned", watch, "kcal", span, "1200");
            record(
                "HKQuantityTypeIdentifierActiveEnergyBurned",
                watch,
                "kJ",
                span,
                &format!("{:.3}", day.total() * 0.04 * 4.184),
            );
        }
    }
    for night in &life.nights {
        record(
            "HKCategoryTypeIdentifierSleepAnalysis",
            phone,
            "",
            (night.start, night.end()),
            "HKCategoryValueSleepAnalysisInBed",
        );
        for (begins, stage, seconds) in night.parts() {
            let value = match stage {
                "deep" => "AsleepDeep",
                "light" => "AsleepCore",
                "rem" => "AsleepREM",
                _ => "Awake",
            };
            let span = (begins, begins + jiff::SignedDuration::from_secs(seconds));
            record(
                "HKCategoryTypeIdentifierSleepAnalysis",
                watch,
                "",
                span,
                &format!("HKCategoryValueSleepAnalysis{value}"),
            );
        }
    }
    for weighing in &life.weights {
        let pounds = format!("{:.6}", f64::from(weighing.grams) / 453.592_37);
        record("HKQuantityTypeIdentifierBodyMass", phone, "lb", (weighing.time, weighing.time), &pounds);
        if let Some(fat) = weighing.fat {
            let fraction = format!("{:.3}", f64::from(fat) / 1000.0);
            record("HKQuantityTypeIdentifierBodyFatPercentage", phone, "%", (weighing.time, weighing.time), &fraction);
        }
    }
    for (number, workout) in life.workouts.iter().enumerate() {
        let end = workout.start + jiff::SignedDuration::from_mins(workout.minutes);
        let (start, end) = (shown(workout.start), shown(end));
        let (calories, kilometres) = (workout.calories, f64::from(workout.metres) / 1000.0);
        let head = format!(
            " <Workout workoutActivityType=\"HKWorkoutActivityTypeRunning\" duration=\"{}\" durationUnit=\"min\" {watch} creationDate=\"{end}\" startDate=\"{start}\" endDate=\"{end}\"",
            workout.minutes
        );
        if number % 2 == 0 {
            writeln!(text, "{head} totalDistance=\"{kilometres}\" totalDistanceUnit=\"km\" totalEnergyBurned=\"{calories}\" totalEnergyBurnedUnit=\"kcal\"/>").unwrap();
        } else {
            writeln!(
                text,
                "{head}>\n  <MetadataEntry key=\"HKIndoorWorkout\" value=\"0\"/>\n  <WorkoutStatistics type=\"HKQuantityTypeIdentifierActiveEnergyBurned\" startDate=\"{start}\" endDate=\"{end}\" sum=\"{calories}\" unit=\"Cal\"/>\n  \
                 <WorkoutStatistics type=\"HKQuantityTypeIdentifierDistanceWalkingRunning\" startDate=\"{start}\" endDate=\"{end}\" sum=\"{kilometres}\" unit=\"km\"/>\n  <WorkoutRoute><FileReference path=\"/workout-routes/route.gpx\"/></WorkoutRoute>\n </Workout>"
            )
            .unwrap();
        }
    }
    text += "</HealthData>\n";
    text
}
