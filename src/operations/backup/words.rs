//! What the rows of tables are, in the words of the person who reads of them.

use std::fmt::Write as _;

use crate::store::Dangling;

/// What is wrong with a database that another program changed, in words.
#[must_use]
pub fn dangling_text(rows: &[Dangling]) -> String {
    let mut text = String::new();
    for Dangling { table, parent, rows } in rows {
        let comma = if text.is_empty() { "" } else { ", " };
        let ((one, many), (parent, _)) = (words_of(table), words_of(parent));
        let who = if *rows == 1 { format!("1 {one} refers") } else { format!("{rows} {many} refer") };
        let article = if parent.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        // Writing to a String does not fail.
        let _ = write!(text, "{comma}{who} to {article} {parent} that is not there");
    }
    text
}

/// What the rows of a table are for a person.
#[must_use]
pub fn rows_of(table: &str) -> &str {
    words_of(table).1
}

/// What one row of a table is for a person, and several are. A table that another program made keeps its name.
fn words_of(table: &str) -> (&str, &str) {
    match table {
        "account" => ("user", "users"),
        "child" => ("child", "children"),
        "institution" => ("institution", "institutions"),
        "application" => ("application", "applications"),
        "family_child" => ("child of a family", "children of families"),
        "children_group" => ("group", "groups"),
        "group_member" => ("member of a group", "members of groups"),
        "tracked_child" => ("child with tracked data", "children with tracked data"),
        "physical_activity" => ("physical activity", "physical activities"),
        "day_totals" => ("day's total", "days' totals"),
        "sleep" => ("night", "nights"),
        "weight" => ("weight", "weights"),
        "body_fat" => ("body fat", "body fats"),
        "tracked_institution" => ("institution with tracked data", "institutions with tracked data"),
        "place" => ("place of measurement", "places of measurement"),
        "environment" => ("environment", "environments"),
        "audit" => ("row of the audit trail", "rows of the audit trail"),
        "revocation" => ("revocation of tokens", "revocations of tokens"),
        "erasure" => ("deleted user", "deleted users"),
        "token_key" => ("key for tokens", "keys for tokens"),
        "roster_source" => ("name in rosters", "names in rosters"),
        "store_state" => ("row of bookkeeping", "rows of bookkeeping"),
        "departure" => ("date of leaving", "dates of leaving"),
        "roster_batch" => ("import", "imports"),
        "wearable_batch" => ("import of a wearable's files", "imports of wearables' files"),
        "wearable_import" => ("part of such an import", "parts of such imports"),
        "wearable_row" => ("entry of a wearable", "entries of wearables"),
        "wearable_before" => ("value from before a wearable's import", "values from before wearables' imports"),
        "wearable_answer" => ("answer about a child's files", "answers about children's files"),
        "wearable_account" => ("child's account at a service", "children's accounts at services"),
        "wearable_seen" => ("entry that a service listed", "entries that services listed"),
        "roster_change" => ("change by an import", "changes by imports"),
        other => (other, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_words() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/migrations");
        let scripts =
            std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
        let scripts: Vec<_> = scripts.collect();
        let tables = scripts.iter().flat_map(|text| text.split("CREATE TABLE ").skip(1));
        let is_there = |name: &&str| !scripts.iter().any(|text| text.contains(&format!("ALTER TABLE {name} RENAME")));
        let names = tables.map(|table| table.split([' ', '\n', '(']).next().unwrap());
        let names: Vec<_> = names.filter(is_there).collect();
        assert!(names.len() > 20, "{names:?}");
        let without: Vec<_> = names.iter().filter(|name| rows_of(name) == **name).collect();
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn what_refers_to_nothing_is_counted_in_words() {
        let row =
            |table: &str, parent: &str, rows| Dangling { table: table.to_owned(), parent: parent.to_owned(), rows };
        let text =
            dangling_text(&[row("account", "institution", 1), row("group_member", "child", 3), row("x", "y", 2)]);
        assert_eq!(
            text,
            "1 user refers to an institution that is not there, 3 members of groups refer to a child that is not there, \
             2 x refer to a y that is not there"
        );
    }
}
