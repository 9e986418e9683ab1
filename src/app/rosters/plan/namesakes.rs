//! Users of a dump whose name another one has: the old platform could not keep names apart, because it encrypted each
//! differently.

use std::collections::HashSet;

use crate::app::rosters::read::Roster;
use crate::app::rosters::rows::{Line, Wrong};
use crate::model::rosters::{Column, Sheet};
use crate::model::{Error, Id, Username};
use crate::store::View;

/// Puts the end of a user's id behind its name, if another of its type is called so: here, or before it in the files.
///
/// # Errors
/// Those of the store.
pub(in crate::app::rosters) fn rename(view: &View<'_>, roster: &mut Roster) -> Result<(), Error> {
    for sheet in Sheet::WITH_ADMINISTRATORS {
        let (Some(role), Some(lines)) = (sheet.role(), roster.lines.get_mut(&sheet)) else { continue };
        let mut seen = HashSet::new();
        for line in lines {
            let Some((id, name)) = identity(line) else { continue };
            let holder = view.user_named(role, &Username::verbatim(name.clone()))?;
            if seen.insert(name.clone()) && holder.is_none_or(|holder| holder == id) {
                continue;
            }
            let another = format!("{name}-{}", &id.to_string()[18..]);
            seen.insert(another.clone());
            line.cells.replace(Column::Username, &another);
            let file = &roster.files[line.place.file].file;
            let message = "another one has this name: this one is called the same with the end of its id behind";
            roster.notices.notice(file, line.place, Column::Username, Wrong::refused(message));
        }
    }
    Ok(())
}

fn identity<K>(line: &Line) -> Option<(Id<K>, String)> {
    Some((line.get(Column::Id).and_then(Id::parse)?, line.get(Column::Username)?.to_owned()))
}
