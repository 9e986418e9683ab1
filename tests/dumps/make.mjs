// Writes the dumps beside this file: `npm ci && node make.mjs`. Salts and vectors are random, so each run writes others.
//
// Names are encrypted by mongoose-field-encryption 3.1.0 and passwords hashed by bcryptjs 2.4.3, as the old platform did;
// documents are written by bson 7.3.4 (what Compass writes with) and 4.7.2 (what its time wrote with). The forms that only
// mongoexport and mongodump write are made here, as their sources describe them.
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import bcrypt from "bcryptjs";
import * as bson from "bson";
import bson4 from "bson4";
import encryption from "mongoose-field-encryption";

const SECRET = "s3cr3tk3y";
const { EJSON, ObjectId, Double, Int32 } = bson;

const id = (number) => new ObjectId(`5de7a0f3c2a1b40012ab${number.toString(16).padStart(4, "0")}`);
const time = (text) => new Date(text);
const key = createHash("sha256").update(SECRET).digest("hex").substring(0, 32);

/** A user as the old platform stored it, with what mongoose puts into every one. */
function user(number, type, username, more = {}) {
  return {
    _id: id(number),
    children: [],
    children_groups: [],
    fitbit_status: "none",
    username: encryption.encrypt(username, key, () => randomBytes(16)),
    password: bcrypt.hashSync(`password of ${username}`, 10),
    type,
    institution: id(1),
    created_at: time("2019-12-04T12:00:00.000Z"),
    __enc_username: true,
    __v: new Int32(0),
    ...more,
  };
}

const institutions = [
  { _id: id(1), type: "School", name: "Escola São João", address: "Rua 1", latitude: "-7.2100766", longitude: "-35.8866973",
    created_at: time("2018-11-19T14:40:00.120Z"), __v: new Int32(0) },
  { _id: id(2), type: "Health Center", name: "Posto", created_at: time("2018-11-19T14:41:00.000Z"), __v: new Int32(0) },
];
const users = [
  user(16, "admin", "chief", { institution: null, scopes: ["users:readAll"] }),
  user(17, "child", "BR0001", { gender: "female", age: new Double(9), age_calc_date: "2019-12-01", nfc_tag: "04a22422dd6480",
    tag_ass_time: time("2021-02-03T10:20:30.500Z"), last_login: time("2020-02-01T08:00:00.120Z"), cve_status: "none",
    last_sync: time("2020-02-02T07:00:00.000Z"), fitbit_status: "valid_token" }),
  user(18, "child", "BR0002", { gender: "male", age: "11", scope: "users:read" }),
  user(19, "child", "EU0003", { gender: "male", age: "2010-05-05", institution: id(2) }),
  user(20, "educator", "Educadora Ângela", { children_groups: [id(32)] }),
  user(21, "healthprofessional", "saude1", { institution: id(2), children_groups: [id(33)] }),
  user(22, "family", "family1", { children: [id(17), id(18)] }),
  user(23, "application", "timetable", { application_name: "Timetable", institution: undefined }),
];
// Before August 2019 names were stored as they are.
users[2].username = "BR0002";
delete users[2].__enc_username;
delete users[7].institution;
const groups = [
  { _id: id(32), name: "3a", children: [id(17), id(18)], school_class: "3a", user_id: id(20),
    created_at: time("2020-02-10T09:00:00.250Z"), __v: new Int32(0) },
  { _id: id(33), name: "Follow-up", children: [id(19)], user_id: id(21), created_at: time("2020-02-11T09:00:00.000Z"),
    __v: new Int32(0) },
];
const collections = { institutions, users, childrengroups: groups };

/** A value as mongoexport of the present writes it: no zeros at the end of fractions, doubles as Go prints them. */
function exported(value) {
  if (value instanceof ObjectId) return `{"$oid":"${value.toHexString()}"}`;
  if (value instanceof Date) return `{"$date":"${value.toISOString().replace(/\.?0+Z$/, "Z")}"}`;
  if (value instanceof Double) return Number.isInteger(value.value) ? `${value.value}.0` : `${value.value}`;
  if (value instanceof Int32) return `${value.value}`;
  if (Array.isArray(value)) return `[${value.map(exported).join(",")}]`;
  return JSON.stringify(value);
}

/** And as it wrote before: dates as numbers. */
function older(value) {
  if (value instanceof Date) return `{ "$date" : ${value.getTime()} }`;
  if (value instanceof ObjectId) return `{ "$oid" : "${value.toHexString().toUpperCase()}" }`;
  if (Array.isArray(value)) return `[ ${value.map(older).join(", ")} ]`;
  return exported(value);
}

const object = (document, write) =>
  `{${Object.entries(document).filter(([, value]) => value !== undefined).map(([name, value]) => `"${name}":${write(value)}`).join(",")}}`;

function write(folder, name, content) {
  mkdirSync(new URL(folder, import.meta.url), { recursive: true });
  writeFileSync(new URL(`${folder}/${name}`, import.meta.url), content);
}

for (const [name, documents] of Object.entries(collections)) {
  write("mongoexport", `${name}.json`, documents.map((document) => `${object(document, exported)}\n`).join(""));
  write("mongoexport-array", `${name}.json`, `[${documents.map((document) => object(document, exported)).join(",")}]\n`);
  write("mongoexport-old", `${name}.json`, documents.map((document) => `${object(document, older)}\n`).join(""));
  const pretty = (document) => `${JSON.stringify(JSON.parse(EJSON.stringify(document, { relaxed: false })), null, "\t")}\n`;
  write("canonical-pretty", `${name}.json`, documents.map(pretty).join(""));
  write("compass", `account.${name}.json`, EJSON.stringify(documents, null, 2, { relaxed: true }));
  write("dump/account", `${name}.bson.gz`, gzipSync(Buffer.concat(documents.map((document) => plain(document)))));
  write("dump/account", `${name}.metadata.json.gz`, gzipSync(`{"indexes":[],"collectionName":"${name}","type":"collection"}`));
}
write("dump", "prelude.json", '{"ServerVersion":"4.2.24","ToolVersion":"100.18.0"}');

/** A document as bson 4.7.2 serialises it. */
function plain(document) {
  return Buffer.from(bson4.serialize(bson4.EJSON.parse(EJSON.stringify(document, { relaxed: false }), { relaxed: false })));
}

/** An archive of mongodump: what there is, then pieces of the collections in turn, each ended, and the end of each. */
function archive() {
  const end = Buffer.from([0xff, 0xff, 0xff, 0xff]);
  const parts = [Buffer.from([0x6d, 0xe2, 0x99, 0x81])];
  const add = (document) => parts.push(Buffer.from(bson4.serialize(document)));
  add({ concurrent_collections: 4, version: "0.1", server_version: "4.2.24", tool_version: "100.18.0" });
  for (const collection of [...Object.keys(collections), "sessions"]) {
    add({ db: "account", collection, metadata: '{"indexes":[]}', size: 0, type: "collection" });
  }
  parts.push(end);
  const piece = (collection, documents) => {
    add({ db: "account", collection, EOF: false, CRC: bson4.Long.fromNumber(0) });
    parts.push(...documents.map(plain), end);
  };
  piece("users", users.slice(0, 3));
  piece("sessions", [{ _id: id(99) }]);
  piece("institutions", institutions);
  piece("users", users.slice(3));
  piece("childrengroups", groups);
  for (const collection of [...Object.keys(collections), "sessions"]) {
    add({ db: "account", collection, EOF: true, CRC: bson4.Long.fromNumber(0) });
    parts.push(end);
  }
  return Buffer.concat(parts);
}
write(".", "dump.archive.gz", gzipSync(archive()));
