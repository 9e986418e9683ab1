// The air of a school's rooms: what was measured last in each, and what is usual there.

import { get } from "../api";
import { median } from "../days";
import { moment, number, t } from "../language";
import { useLoad } from "../load";
import { Empty, Page, Shown } from "../parts/basics";
import { link } from "../route";
import type { Role, Session } from "../session";

interface Environment {
  timestamp: string;
  location: { local: string; room: string };
  measurements: { type: string; value: number; unit: string }[];
}

/** A room: when it was measured last, and of each thing the last figure and the median of those that were read. */
interface Room {
  name: string;
  at: string;
  figures: Map<string, { last: string; usual: string }>;
}

/** Where those are who see rooms. */
const PROFILES: Partial<Record<Role, string>> = { educator: "educators", healthprofessional: "healthprofessionals", family: "families" };

/** So many of the newest are read. */
const READ = 500;

/** The rooms of one's own institution, or of this one. */
export function RoomsPage({ who, of }: { who: Session; of?: string }) {
  const rooms = useLoad(async (signal) => {
    const institution = of ?? (await get<{ institution_id?: string }>(`/${PROFILES[who.role]}/${who.id}`, signal)).body.institution_id;
    if (!institution) return [];
    const found = await get<Environment[]>(`/institutions/${institution}/environments?sort=-timestamp&limit=${READ}`, signal);
    return roomsOf(found.body);
  }, [who.id, of]);
  return (
    <Page title={t("rooms")} lead={t("rooms_lead")} actions={of ? <a class="button" href={link("institutions", of)}>{t("institution")}</a> : null}>
      <Shown of={rooms}>{(found) => (found.length ? <Rooms rooms={found} /> : <Empty>{t("no_rooms")}</Empty>)}</Shown>
    </Page>
  );
}

function roomsOf(newestFirst: Environment[]): Room[] {
  const byRoom = new Map<string, Environment[]>();
  for (const one of newestFirst) {
    const name = `${one.location.room} · ${one.location.local}`;
    byRoom.set(name, [...(byRoom.get(name) ?? []), one]);
  }
  const rooms = [...byRoom].map(([name, all]) => ({ name, at: all[0]!.timestamp, figures: figures(all) }));
  return rooms.sort((a, b) => a.name.localeCompare(b.name));
}

function figures(all: Environment[]): Room["figures"] {
  const found = new Map<string, { values: number[]; unit: string }>();
  for (const { type, value, unit } of all.flatMap((one) => one.measurements)) {
    const known = found.get(type) ?? { values: [], unit };
    known.values.push(value);
    found.set(type, known);
  }
  const write = (value: number, unit: string) => `${number(value, 1)} ${unit}`;
  return new Map([...found].map(([type, { values, unit }]) => [type, { last: write(values[0]!, unit), usual: write(median(values)!, unit) }]));
}

/** Things that are measured in most schools have a word in each language; others have the sensor's own. */
function named(type: string): string {
  switch (type) {
    case "temperature":
      return t("temperature");
    case "humidity":
      return t("humidity");
    default:
      return type.toUpperCase();
  }
}

function Rooms({ rooms }: { rooms: Room[] }) {
  const types = [...new Set(rooms.flatMap((room) => [...room.figures.keys()]))];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("rooms")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("room")}</th>
            <th scope="col">{t("measured_at")}</th>
            {types.map((type) => <th key={type} scope="col" class="number">{named(type)}</th>)}
          </tr>
        </thead>
        <tbody>
          {rooms.map((room) => (
            <tr key={room.name}>
              <th scope="row">{room.name}</th>
              <td>{moment(room.at)}</td>
              {types.map((type) => {
                const figure = room.figures.get(type);
                return (
                  <td key={type} class="number">
                    {figure ? <><strong>{figure.last}</strong><br /><span class="note">{t("usually", { value: figure.usual })}</span></> : "–"}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
