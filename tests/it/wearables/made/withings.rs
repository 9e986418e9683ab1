use std::fmt::Write as _;

use super::Life;

/// Local times without a zone, fat as a mass, in the unit that the header names.
pub fn csv(life: &Life, unit: &str) -> String {
    let mut text = format!(
        "Date,\"Weight ({unit})\",\"Fat mass ({unit})\",\"Bone mass ({unit})\",\"Muscle mass ({unit})\",\"Hydration ({unit})\",Comments\n"
    );
    let size = if unit == "lb" { 0.453_592_37 } else { 1.0 };
    for weighing in life.weights.iter().rev() {
        let time = life.zone.to_datetime(weighing.time);
        let weight = f64::from(weighing.grams) / 1000.0 / size;
        let fat = weighing.fat.map(|fat| format!("{:.4}", weight * f64::from(fat) / 1000.0)).unwrap_or_default();
        writeln!(text, "\"{}\",{weight:.4},{fat},,,,Anna's scale", time.strftime("%Y-%m-%d %H:%M:%S")).unwrap();
    }
    text
}
