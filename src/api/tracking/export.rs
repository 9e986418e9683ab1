//! `/children/{child_id}/export`: everything that is stored about one child.

use std::io::{self, Write};
use std::sync::Arc;

use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::activities::ActivityBody;
use super::bodyfats::BodyFatBody;
use super::shapes::{LogDay, Number};
use super::sleep::SleepBody;
use super::weights::WeightBody;
use crate::api::access::auth::Auth;
use crate::api::directory::catalogue::Tag;
use crate::api::directory::children::ChildBody;
use crate::api::http::params::Path;
use crate::api::http::schema::{IdText, Time};
use crate::api::http::zipped::{JsonOrZip, WantsZip};
use crate::app::policy::ChildExport;
use crate::app::{App, ExportPiece, ExportedChild, Form, KnownService, Outlet, SectionPart, TrailRow, demo};
use crate::model::Child;
use crate::model::tracking::{DayTotals, StoredDay};

pub(in crate::api) struct ExportApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1/children", tag = "Tag::Children")]
impl ExportApi {
    /// Export what is stored about a child
    ///
    /// All of it, as one document: what a data protection officer is asked for. It is sent while it is read, and may be
    /// long: an answer that ends early is not whole, and neither JSON nor an archive. `Accept: application/zip` makes it
    /// much shorter. The audit trail names who asked, whether or not it names other reads.
    #[oai(path = "/:child_id/export", method = "get", operation_id = "child_export")]
    async fn child_export(
        &self,
        auth: Auth<ChildExport>,
        child_id: Path<Child>,
        zip: WantsZip,
    ) -> poem::Result<JsonOrZip<ChildExportBody>> {
        let permit = auth.permit(&self.0, child_id.data_of()?)?;
        JsonOrZip::put_out(self.0.child_export(permit).await?, FORM, "child.json", zip).await
    }
}

/// How the pieces become a [`ChildExportBody`].
pub(in crate::api) const FORM: Form<ExportPiece> = Form { open: "", between: "", close: "}", write };

fn write(piece: ExportPiece, out: &mut Outlet) -> io::Result<()> {
    match piece {
        ExportPiece::Child(head) => {
            let head = serde_json::to_vec(&Head::from(*head))?;
            // Sections follow in the same object.
            out.write_all(head.strip_suffix(b"}").unwrap_or(&head))
        }
        ExportPiece::Audit(part) => write_part::<_, AuditRow>("audit", part, out),
        ExportPiece::Logs(part) => write_part::<_, StoredDayBody>("logs", part, out),
        ExportPiece::PhysicalActivities(part) => write_part::<_, ActivityBody>("physicalactivities", part, out),
        ExportPiece::Sleep(part) => write_part::<_, SleepBody>("sleep", part, out),
        ExportPiece::Weights(part) => write_part::<_, WeightBody>("weights", part, out),
        ExportPiece::BodyFats(part) => write_part::<_, BodyFatBody>("bodyfats", part, out),
    }
}

fn write_part<M, T: From<M> + Serialize>(key: &str, part: SectionPart<M>, out: &mut Outlet) -> io::Result<()> {
    match part {
        SectionPart::Begin => write!(out, ",\"{key}\":["),
        SectionPart::First(item) => Ok(serde_json::to_writer(out, &T::from(item))?),
        SectionPart::Next(item) => {
            out.write_all(b",")?;
            Ok(serde_json::to_writer(out, &T::from(item))?)
        }
        SectionPart::End => out.write_all(b"]"),
    }
}

/// What is stored about a child, but for its password, of which there is only a hash. Lists begin with the newest.
#[derive(Object)]
#[oai(rename = "ChildExport", example, skip_serializing_if_is_none)]
pub(super) struct ChildExportBody {
    /// When it was read.
    exported_at: Time,
    /// The child itself.
    child: ChildBody,
    /// When it was registered.
    registered_at: Time,
    /// The ids of the families that it is in.
    families: Vec<IdText>,
    /// The groups that it is in.
    groups: Vec<GroupOfChild>,
    /// What another program of the school knows it by, if one does.
    sourced_id: Option<String>,
    /// The numbers of the imports of which it is remembered what they changed of it, the newest first.
    imports: Vec<i64>,
    /// What was answered of files of its wearables, such as `withings zone: Europe/Athens`.
    file_answers: Vec<String>,
    /// The wearable services of which something is known.
    wearable_services: Vec<ServiceOfChild>,
    /// The backups that may hold it.
    backups: BackupsOfChild,
    /// What it did and what was done to it or to what belongs to it, its log-ins among it, as far as the audit trail is
    /// kept.
    audit: Vec<AuditRow>,
    /// The totals of its days.
    logs: Vec<StoredDayBody>,
    /// Its physical activities.
    physicalactivities: Vec<ActivityBody>,
    /// Its nights.
    sleep: Vec<SleepBody>,
    /// Its weights.
    weights: Vec<WeightBody>,
    /// Its body fats.
    bodyfats: Vec<BodyFatBody>,
}

impl Example for ChildExportBody {
    fn example() -> Self {
        let group =
            GroupOfChild { id: IdText::example(demo::EDUCATOR_GROUP), owner_id: IdText::example(demo::EDUCATOR) };
        Self {
            exported_at: Time::example("2026-01-10T08:00:00.000Z"),
            child: ChildBody::example(),
            registered_at: Time::example("2026-01-05T08:00:00.000Z"),
            families: vec![IdText::example(demo::FAMILY)],
            groups: vec![group],
            sourced_id: None,
            imports: Vec::new(),
            file_answers: Vec::new(),
            wearable_services: Vec::new(),
            backups: BackupsOfChild {
                folder: "/var/lib/ocariot-users/backups".to_owned(),
                files: Some(vec!["ocariot-users-20260109T030000.000Z.tar.zst.age".to_owned()]),
            },
            audit: vec![AuditRow::example()],
            logs: vec![StoredDayBody::example()],
            physicalactivities: vec![ActivityBody::example()],
            sleep: vec![SleepBody::example()],
            weights: vec![WeightBody::example()],
            bodyfats: vec![BodyFatBody::example()],
        }
    }
}

/// What the document begins with.
#[derive(Serialize)]
struct Head {
    exported_at: Time,
    child: ChildBody,
    registered_at: Time,
    families: Vec<IdText>,
    groups: Vec<GroupOfChild>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sourced_id: Option<String>,
    imports: Vec<i64>,
    file_answers: Vec<String>,
    wearable_services: Vec<ServiceOfChild>,
    backups: BackupsOfChild,
}

impl From<ExportedChild> for Head {
    fn from(head: ExportedChild) -> Self {
        let group = |(id, owner)| GroupOfChild { id: IdText::of(id), owner_id: IdText::of(owner) };
        let answer =
            |((source, question), answer): ((String, String), String)| format!("{source} {question}: {answer}");
        Self {
            exported_at: Time(head.exported_at),
            child: ChildBody::from(head.child),
            registered_at: Time(head.ties.registered_at),
            families: head.ties.families.into_iter().map(IdText::of).collect(),
            groups: head.ties.groups.into_iter().map(group).collect(),
            sourced_id: head.sourced_id,
            imports: head.imports,
            file_answers: head.file_answers.into_iter().map(answer).collect(),
            wearable_services: head.wearable_services.into_iter().map(Into::into).collect(),
            backups: BackupsOfChild {
                folder: head.backups.folder,
                files: head.backups.files.map(|files| files.into_iter().map(|backup| backup.file).collect()),
            },
        }
    }
}

/// A group that a child is in.
#[derive(Object, Serialize)]
struct GroupOfChild {
    /// The group.
    id: IdText,
    /// The educator or health professional whose it is.
    owner_id: IdText,
}

/// What is known of a child at a wearable service. Its tokens are stored, too, and told where they belong.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none)]
struct ServiceOfChild {
    /// The service.
    service: String,
    /// What it thinks of the child's tokens; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// How many things of its last lists are remembered, by hashes of their ids.
    ids: usize,
}

impl From<KnownService> for ServiceOfChild {
    fn from(known: KnownService) -> Self {
        let KnownService { service, status, ids } = known;
        Self { service, status, ids }
    }
}

/// Backups that may hold a child. Copies of them elsewhere are not known to the service.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none)]
struct BackupsOfChild {
    /// The folder that backups go to.
    folder: String,
    /// What those in it are called; absent if the folder cannot be read, or its disk does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<Vec<String>>,
}

/// The totals of a day, as far as they are stored.
#[derive(Object, Serialize)]
#[oai(example, skip_serializing_if_is_none)]
struct StoredDayBody {
    /// The day.
    date: LogDay,
    /// Steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Number>,
    /// Burnt calories.
    #[serde(skip_serializing_if = "Option::is_none")]
    calories: Option<Number>,
    /// Minutes in which the child moved much.
    #[serde(skip_serializing_if = "Option::is_none")]
    active_minutes: Option<Number>,
    /// Minutes in which it moved a little.
    #[serde(skip_serializing_if = "Option::is_none")]
    lightly_active_minutes: Option<Number>,
    /// Minutes in which it did not move.
    #[serde(skip_serializing_if = "Option::is_none")]
    sedentary_minutes: Option<Number>,
}

impl Example for StoredDayBody {
    fn example() -> Self {
        let DayTotals { date, steps, calories, .. } = demo::day_totals(0, 0);
        StoredDay {
            date,
            steps: Some(steps),
            calories: Some(calories),
            active_minutes: None,
            lightly_active_minutes: None,
            sedentary_minutes: None,
        }
        .into()
    }
}

impl From<StoredDay> for StoredDayBody {
    fn from(day: StoredDay) -> Self {
        Self {
            date: LogDay(day.date),
            steps: day.steps.map(Number),
            calories: day.calories.map(Number),
            active_minutes: day.active_minutes.map(Number),
            lightly_active_minutes: day.lightly_active_minutes.map(Number),
            sedentary_minutes: day.sedentary_minutes.map(Number),
        }
    }
}

/// A row of the audit trail. It holds ids and no names.
#[derive(Object, Serialize)]
#[oai(example, skip_serializing_if_is_none)]
struct AuditRow {
    /// When.
    at: Time,
    /// The operation, or another word for what was done or asked.
    action: String,
    /// `ok`, or why not.
    outcome: String,
    /// How many requests the row stands for.
    count: i64,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<IdText>,
    /// The actor's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_type: Option<String>,
    /// What it was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<IdText>,
    /// The part of the target that it was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<IdText>,
    /// From where.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// The service's own id for the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Example for AuditRow {
    fn example() -> Self {
        Self {
            at: Time::example("2026-01-10T08:00:00.000Z"),
            action: "auth_login".to_owned(),
            outcome: "ok".to_owned(),
            count: 1,
            actor: Some(IdText::example(demo::CHILD)),
            actor_type: Some("child".to_owned()),
            target: Some(IdText::example(demo::CHILD)),
            part: None,
            address: Some("192.0.2.7".to_owned()),
            request_id: Some("5f0c3a9d1b2e4f60".to_owned()),
        }
    }
}

impl From<TrailRow> for AuditRow {
    fn from(row: TrailRow) -> Self {
        Self {
            at: Time(row.at),
            action: row.action,
            outcome: row.outcome,
            count: row.count,
            actor: row.actor.map(IdText::of),
            actor_type: row.actor_type,
            target: row.target.map(IdText::of),
            part: row.part.map(IdText::of),
            address: row.address,
            request_id: row.request_id,
        }
    }
}
