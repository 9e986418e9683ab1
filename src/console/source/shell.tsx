// What surrounds every page: the way to the others, and what is wrong with the connection.

import type { ComponentChildren } from "preact";
import { trouble } from "./api";
import { type Key, t } from "./language";
import { AccountPage } from "./pages/account";
import { ChildPage } from "./pages/child";
import { ClassPage } from "./pages/class";
import { ClassesPage } from "./pages/classes";
import { CoveragePage } from "./pages/coverage";
import { FamilyPage } from "./pages/family";
import { ChangeGroupPage, GroupsPage, NewGroupPage } from "./pages/groups";
import { InstitutionPage, InstitutionsPage, NewInstitutionPage } from "./pages/institutions";
import { LogInAgain, LogInPage } from "./pages/log-in";
import { MyWeek } from "./pages/me";
import { OverviewPage } from "./pages/overview";
import { PeoplePage } from "./pages/people";
import { PersonPage } from "./pages/person";
import { RegisterPage } from "./pages/register";
import { RoomsPage } from "./pages/rooms";
import { SeptemberPage } from "./pages/september";
import { ServicePage } from "./pages/service";
import { UploadPage } from "./pages/upload";
import { WearablesPage } from "./pages/wearables";
import { isKind } from "./people";
import { Empty, Page } from "./parts/basics";
import { link, route } from "./route";
import { type Role, type Session, end, session } from "./session";
import { useStore } from "./store";

/** The first pages of each type of user, with the word that leads there. */
const WAYS: Record<Role, [string, Key][]> = {
  admin: [["overview", "overview"], ["people", "people"], ["classes", "classes"], ["institutions", "institutions"], ["september", "september"], ["wearables", "wearables"], ["service", "service"]],
  educator: [["groups", "my_groups"], ["rooms", "rooms"]],
  healthprofessional: [["groups", "my_groups"], ["rooms", "rooms"]],
  family: [["family", "my_children"], ["rooms", "rooms"]],
  child: [["me", "my_week"]],
  application: [["start", "start"]],
};

/** The page that the address names, if this user has it. */
function page(who: Session, [name = WAYS[who.role][0]![0], first, second, third, fourth]: string[]): ComponentChildren {
  const professional = who.role === "educator" || who.role === "healthprofessional";
  if (name === "account") return <AccountPage who={who} />;
  if (name === "start" && who.role === "application") return <StartPage />;
  if (name === "me" && who.role === "child") return <MyWeek who={who} date={first} />;
  if (name === "family" && who.role === "family") return <FamilyPage who={who} />;
  if (name === "child" && first && who.role !== "child") return <ChildPage key={first} who={who} id={first} span={second} date={third} />;
  if (name === "upload" && first && (who.role === "admin" || who.role === "educator" || who.role === "family")) return <UploadPage key={first} id={first} />;
  if (name === "coverage" && (first === "educators" || first === "healthprofessionals") && second && third && (who.role === "admin" || professional)) {
    return <CoveragePage key={third} owners={first} owner={second} group={third} date={fourth} />;
  }
  if (name === "rooms" && (professional || who.role === "family")) return <RoomsPage who={who} />;
  if (who.role === "admin") {
    if (name === "overview") return <OverviewPage />;
    if (name === "people") return people(first, second);
    if (name === "classes") return <ClassesPage />;
    if (name === "september") return <SeptemberPage />;
    if (name === "wearables") return <WearablesPage />;
    if (name === "service") return <ServicePage part={first} rest={[second, third].filter((one) => one !== undefined)} />;
    if (name === "institutions") {
      if (!first) return <InstitutionsPage />;
      if (second === "rooms") return <RoomsPage key={first} who={who} of={first} />;
      return first === "new" ? <NewInstitutionPage /> : <InstitutionPage key={first} id={first} />;
    }
  }
  if (name === "groups" && professional) {
    if (!first) return <GroupsPage who={who} />;
    if (first === "new") return <NewGroupPage who={who} />;
    if (second === "change") return <ChangeGroupPage who={who} id={first} />;
    return <ClassPage key={first} who={who} id={first} span={second} date={third} />;
  }
  return (
    <Page title={t("no_such_page")}>
      <Empty>
        <a class="button" href={link()}>{t("to_start")}</a>
      </Empty>
    </Page>
  );
}

function people(kind: string | undefined, which: string | undefined): ComponentChildren {
  const shown = isKind(kind) ? kind : "children";
  if (!which) return <PeoplePage key={shown} kind={shown} />;
  return which === "new" ? <RegisterPage key={shown} kind={shown} /> : <PersonPage key={which} kind={shown} id={which} />;
}

function StartPage() {
  return (
    <Page title={t("start")}>
      <Empty>
        <p>{t("start_lead")}</p>
        <a class="button" href="/v1/reference">{t("api_reference")}</a>
      </Empty>
    </Page>
  );
}

function Connection() {
  const now = useStore(trouble);
  return (
    <div role="status" class={now.kind === "none" ? "" : "trouble"}>
      {now.kind === "lost" ? t("connection_lost") : now.kind === "busy" ? t("service_busy", { seconds: now.seconds }) : ""}
    </div>
  );
}

function Top({ who, parts }: { who: Session; parts: string[] }) {
  const here = parts[0] ?? WAYS[who.role][0]![0];
  const ways = [...WAYS[who.role], ["account", "account"] as [string, Key]];
  return (
    <header class="top">
      <a class="name" href={link()}>OCARIoT</a>
      <nav aria-label={t("pages")}>
        {ways.map(([name, word]) => (
          <a key={name} href={link(name)} {...(here === name ? { "aria-current": "page" as const } : {})}>
            {t(word)}
          </a>
        ))}
      </nav>
      <button type="button" class="plain" onClick={end}>{t("log_out")}</button>
    </header>
  );
}

export function Shell() {
  const { current, expired } = useStore(session);
  const parts = useStore(route);
  if (!current) {
    return (
      <>
        <Connection />
        <LogInPage />
      </>
    );
  }
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), document.getElementById("main")?.focus())}>{t("skip")}</a>
      <Top who={current} parts={parts} />
      <Connection />
      <main id="main" tabIndex={-1} key={parts[0]}>
        {page(current, parts)}
      </main>
      {expired ? <LogInAgain /> : null}
    </>
  );
}
