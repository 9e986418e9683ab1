//! Everything that is stored about one child, for whoever has to tell it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::app::operator::refusal::{Refusal, refusal};
use crate::app::policy::{ChildExport, DataOf, Operation};
use crate::app::{App, KnownBackups, Permit, Reading, UserName};
use crate::model::tracking::{BodyFat, PhysicalActivity, Sleep, StoredDay, Weight};
use crate::model::{Child, ChildTies, Error, Id, Kind, Role, Unfit};
use crate::store::{Asker, Items, KnownService, Place, TrailRow, View};

/// A piece of the document, in its order: the child, then section after section, each with the newest first.
pub enum ExportPiece {
    /// The child, and what it belongs to.
    Child(Box<ExportedChild>),
    /// What the audit trail says of the child, its log-ins among it.
    Audit(SectionPart<TrailRow>),
    /// The totals of its days.
    Logs(SectionPart<StoredDay>),
    /// Its physical activities.
    PhysicalActivities(SectionPart<PhysicalActivity>),
    /// Its nights.
    Sleep(SectionPart<Sleep>),
    /// Its weights.
    Weights(SectionPart<Weight>),
    /// Its body fats.
    BodyFats(SectionPart<BodyFat>),
}

/// What the document begins with.
pub struct ExportedChild {
    /// When it was read.
    pub exported_at: Timestamp,
    /// The child.
    pub child: Child,
    /// What it belongs to.
    pub ties: ChildTies,
    /// What another program of the school knows it by.
    pub sourced_id: Option<String>,
    /// The imports of which it is remembered what they changed of it.
    pub imports: Vec<i64>,
    /// What was answered of files of its wearables: the source and the question, and the answer.
    pub file_answers: BTreeMap<(String, String), String>,
    /// The wearable services of which something is known.
    pub wearable_services: Vec<KnownService>,
    /// The backups that may hold it.
    pub backups: KnownBackups,
}

/// A part of a section.
pub enum SectionPart<T> {
    /// It begins.
    Begin,
    /// The first item.
    First(T),
    /// One more.
    Next(T),
    /// It ends.
    End,
}

impl App {
    /// What is stored about a child, to be read. The audit trail always names who asked for it.
    ///
    /// # Errors
    /// `Invalid` if there is no such child any more.
    pub async fn child_export(&self, permit: Permit<ChildExport>) -> Result<Reading<ExportPiece>, Error> {
        let (DataOf { id, given }, place) = (permit.target().clone(), self.place(&permit)?);
        self.record_deed(permit, Some(id.cast())).await?;
        Ok(self.export(place, id, Unfit::Unregistered(Kind::Child, given).into()).await)
    }

    /// As [`App::child_export`], for the machine's operator.
    ///
    /// # Errors
    /// If there is no such child, or there are several.
    pub async fn child_export_for_operator(&self, child: UserName) -> Result<Reading<ExportPiece>, Refusal> {
        let account = self.find_user(&UserName { role: Some(Role::Child.word().to_owned()), ..child })?;
        let place = self.store.reserve(Asker::Operator).map_err(refusal)?;
        let id = account.id;
        self.store.write(move |tx| tx.record_operated(ChildExport::ROW.id, Some(id))).await.map_err(refusal)?;
        Ok(self.export(place, id.cast(), Error::NotFound(Kind::Child)).await)
    }

    /// Reads it, or fails with `gone` if the child is not there any more.
    async fn export(&self, place: Place, child: Id<Child>, gone: Error) -> Reading<ExportPiece> {
        if let Err(error) = self.flush_refusals().await {
            tracing::warn!(%error, "The refusals of the last minute are not yet in the audit trail");
        }
        let (exported_at, backups) = (self.clock.now(), self.known_backups().await);
        Reading::new(place, move |view, out| {
            let known = view.child(child)?.ok_or(gone)?;
            let (ties, sourced_id) = (view.child_ties(child)?, view.source_of(child.cast())?);
            let imports = view.imports_of(child.cast())?;
            let file_answers = view.wearable_answers(child)?;
            let wearable_services = view.wearable_services(child)?;
            let head = ExportedChild {
                exported_at,
                child: known,
                ties,
                sourced_id,
                imports,
                file_answers,
                wearable_services,
                backups,
            };
            out.put(ExportPiece::Child(Box::new(head)))?;
            put_sections(view, child, out)
        })
    }
}

/// All sections. Whoever stores more about children adds it here.
fn put_sections(view: &View<'_>, child: Id<Child>, out: &mut Items<'_, ExportPiece>) -> Result<(), Error> {
    put(out, ExportPiece::Audit, |take| view.each_audit_of(child.cast(), take))?;
    put(out, ExportPiece::Logs, |take| view.each_stored_day(child, take))?;
    put(out, ExportPiece::PhysicalActivities, |take| view.each_activity(child, take))?;
    put(out, ExportPiece::Sleep, |take| view.each_night(child, take))?;
    put(out, ExportPiece::Weights, |take| view.each_weight(child, take))?;
    put(out, ExportPiece::BodyFats, |take| view.each_body_fat(child, take))
}

fn put<T>(
    out: &mut Items<'_, ExportPiece>,
    piece: fn(SectionPart<T>) -> ExportPiece,
    each: impl FnOnce(&mut dyn FnMut(T) -> Result<(), Error>) -> Result<(), Error>,
) -> Result<(), Error> {
    out.put(piece(SectionPart::Begin))?;
    let mut any = false;
    each(&mut |item| {
        let part = if any { SectionPart::Next(item) } else { SectionPart::First(item) };
        any = true;
        out.put(piece(part))
    })?;
    out.put(piece(SectionPart::End))
}
