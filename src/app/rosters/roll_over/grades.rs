//! Grades in the names of classes: `3a`, `3º A`, `Class 10b`.

use std::ops::RangeInclusive;

/// The grades of schools.
pub(in crate::app::rosters) const GRADES: RangeInclusive<u32> = 1..=13;

/// The grade in the name of a class: its first number, if it is one of school.
pub(super) fn grade(class: &str) -> Option<u32> {
    let (_, digits, _) = parts(class)?;
    digits.parse().ok().filter(|grade| GRADES.contains(grade))
}

/// The class a year later.
pub(super) fn next(class: &str) -> Option<String> {
    let grade = grade(class)? + 1;
    let (before, digits, behind) = parts(class)?;
    // `03` stays as wide as it was.
    Some(format!("{before}{grade:0width$}{behind}", width = digits.len().min(2)))
}

/// What stands before the first number, the number, and what stands behind it.
fn parts(class: &str) -> Option<(&str, &str, &str)> {
    let begin = class.find(|c: char| c.is_ascii_digit())?;
    let length = class[begin..].find(|c: char| !c.is_ascii_digit()).unwrap_or(class.len() - begin);
    Some((&class[..begin], &class[begin..begin + length], &class[begin + length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_has_the_grade_of_its_first_number() {
        for (class, later) in [
            ("3a", "4a"),
            ("9b", "10b"),
            ("3º A", "4º A"),
            ("Class 10b", "Class 11b"),
            ("03A", "04A"),
            ("09A", "10A"),
            ("Α3", "Α4"),
            ("2", "3"),
        ] {
            assert_eq!(next(class).as_deref(), Some(later), "{class}");
        }
        for none in ["", "Chess", "2026", "0a", "14", "99999999999a"] {
            assert_eq!(grade(none), None, "{none}");
        }
    }
}
