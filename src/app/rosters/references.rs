//! What cells refer to: things that are there, and things that the same files bring.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use crate::app::rosters::rows::{Place, Wrong};
use crate::model::rosters::{Sheet, Thing};
use crate::model::{Error, Id, Username};
use crate::store::View;

/// What is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::app::rosters) enum Target {
    /// A thing that is there.
    There(Id<Thing>),
    /// One that the item of this number makes.
    New(usize),
}

/// What a thing is known by: its name, or, of groups, its owner's and its own.
pub(in crate::app::rosters) type Name = (Option<Target>, String);

/// How rows refer to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::app::rosters) enum Referring {
    /// By id, by name, or by what another program knows a thing by, as somebody wrote it.
    #[default]
    ByAnyWord,
    /// By what the other program knows a thing by; by an id where it is known here alone.
    BySource,
}

/// What the files say so far of who bears which name.
#[derive(Default)]
pub(in crate::app::rosters) struct Names {
    referring: Referring,
    /// By what it is to be called from now on.
    named: HashMap<(Sheet, Name), (Place, Target)>,
    /// By what another program knows it by.
    sourced: HashMap<(Sheet, String), (Place, Target)>,
    /// By the ids that new things are to have.
    identified: HashMap<(Sheet, Id<Thing>), (Place, Target)>,
    /// The children that are to hold tags.
    tags: HashMap<String, Place>,
    /// The institutions that words refer to, as far as that was asked: many rows name the same few.
    institutions: RefCell<HashMap<String, Target>>,
    /// Things that get another name: the old one leads to nobody any more.
    renamed: HashSet<Id<Thing>>,
}

impl Names {
    /// Nobody has been named yet.
    pub(in crate::app::rosters) fn new(referring: Referring) -> Self {
        Self { referring, ..Self::default() }
    }

    /// How rows refer to each other.
    pub(in crate::app::rosters) fn referring(&self) -> Referring {
        self.referring
    }

    /// Notes how a thing is to be called; returns the row that calls another one so.
    pub(in crate::app::rosters) fn name(
        &mut self,
        sheet: Sheet,
        name: Name,
        place: Place,
        target: Target,
    ) -> Option<Place> {
        self.named.insert((sheet, name), (place, target)).map(|(first, _)| first)
    }

    /// Notes which id a new thing is to have; returns the row that gives it to another one.
    pub(in crate::app::rosters) fn identify(
        &mut self,
        sheet: Sheet,
        id: Id<Thing>,
        place: Place,
        target: Target,
    ) -> Option<Place> {
        self.identified.insert((sheet, id), (place, target)).map(|(first, _)| first)
    }

    /// Notes what another program knows a thing by; returns the row that says so of another one.
    pub(in crate::app::rosters) fn source(
        &mut self,
        sheet: Sheet,
        source: &str,
        place: Place,
        target: Target,
    ) -> Option<Place> {
        self.sourced.insert((sheet, source.to_owned()), (place, target)).map(|(first, _)| first)
    }

    /// Notes that a row gives a tag to a child; returns the row that gives it to another one.
    pub(in crate::app::rosters) fn tag(&mut self, tag: &str, place: Place) -> Option<Place> {
        self.tags.insert(tag.to_owned(), place)
    }

    /// Notes that a thing gets another name.
    pub(in crate::app::rosters) fn rename(&mut self, id: Id<Thing>) {
        self.renamed.insert(id);
    }

    /// What a word in a cell refers to: by id, by name, or by what another program knows it by.
    ///
    /// # Errors
    /// Those of the store; inside, why the word refers to nothing, or to several.
    pub(in crate::app::rosters) fn resolve(
        &self,
        view: &View<'_>,
        sheets: &[Sheet],
        word: &str,
    ) -> Result<Result<Target, Wrong>, Error> {
        let is_institution = sheets == [Sheet::Institutions];
        if let Some(known) = self.institutions.borrow().get(word).filter(|_| is_institution) {
            return Ok(Ok(*known));
        }
        let found = self.look_up(view, sheets, word)?;
        if let (Ok(target), true) = (&found, is_institution) {
            self.institutions.borrow_mut().insert(word.to_owned(), *target);
        }
        Ok(found)
    }

    /// The institutions that are there, each by a word that was found to mean it.
    pub(in crate::app::rosters) fn meant(self) -> Vec<(String, Id<Thing>)> {
        let there = |(word, target)| match target {
            Target::There(id) => Some((word, id)),
            Target::New(_) => None,
        };
        self.institutions.into_inner().into_iter().filter_map(there).collect()
    }

    fn look_up(&self, view: &View<'_>, sheets: &[Sheet], word: &str) -> Result<Result<Target, Wrong>, Error> {
        let nouns: Vec<_> = sheets.iter().map(|sheet| sheet.noun()).collect();
        let noun = nouns.join(" or ");
        if self.referring == Referring::BySource {
            for sheet in sheets {
                let in_files = self.sourced.get(&(*sheet, word.to_owned())).map(|(_, target)| *target);
                if let Some(target) = in_files.or(view.sourced(*sheet, word)?.map(Target::There)) {
                    return Ok(Ok(target));
                }
            }
        }
        if let Some(id) = Id::parse(word) {
            for sheet in sheets {
                if let Some((_, target)) = self.identified.get(&(*sheet, id)) {
                    return Ok(Ok(*target));
                }
                if view.is_on_sheet(*sheet, id)? {
                    return Ok(Ok(Target::There(id)));
                }
            }
        }
        if self.referring == Referring::BySource {
            return Ok(Err(Wrong::refused(format!(
                "there is no {noun} of this id, neither here nor in these files: export both at once"
            ))));
        }
        // What another program knows things by may look like an id.
        let mut found = Vec::new();
        for sheet in sheets {
            found.extend(self.candidates(view, *sheet, word)?);
        }
        found.sort_unstable();
        found.dedup();
        Ok(match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(Wrong::refused(format!(
                "there is no {noun} of this name or id, neither here nor in these files: see how it is written, or add it"
            ))),
            _ => Err(Wrong::conflict(format!("several are called so: give the id of the {noun} that is meant"))),
        })
    }

    fn candidates(&self, view: &View<'_>, sheet: Sheet, word: &str) -> Result<Vec<Target>, Error> {
        let in_files = self.named.get(&(sheet, (None, word.to_owned()))).into_iter();
        let in_files = in_files.chain(self.sourced.get(&(sheet, word.to_owned()))).map(|(_, target)| *target);
        let named = named(view, sheet, None, word)?.filter(|id| !self.renamed.contains(id));
        let there = named.into_iter().chain(view.sourced(sheet, word)?).map(Target::There);
        Ok(in_files.chain(there).collect())
    }
}

/// The thing of a sheet that bears a name now.
///
/// # Errors
/// Those of the store.
pub(in crate::app::rosters) fn named(
    view: &View<'_>,
    sheet: Sheet,
    owner: Option<Id<Thing>>,
    name: &str,
) -> Result<Option<Id<Thing>>, Error> {
    match (sheet.role(), sheet, owner) {
        (Some(role), ..) => view.user_named(role, &Username::verbatim(name.to_owned())),
        (None, Sheet::Groups, Some(owner)) => view.group_named(owner, name),
        (None, Sheet::Groups, None) => Ok(None),
        (None, ..) => view.institution_named(name),
    }
}
