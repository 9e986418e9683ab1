// The types of users that administrators look after, and what is known of a user.

import { get } from "./api";
import type { Key } from "./language";
import { type Loaded, useLoad } from "./load";

export type Kind = "children" | "families" | "educators" | "healthprofessionals" | "applications";
export const KINDS: Kind[] = ["children", "families", "educators", "healthprofessionals", "applications"];

/** One of them, and all of them. */
export const ONE: Record<Kind, Key> = { children: "child", families: "family", educators: "educator", healthprofessionals: "health_professional", applications: "application" };
export const ALL: Record<Kind, Key> = { children: "children", families: "families", educators: "educators", healthprofessionals: "health_professionals", applications: "applications" };

export const isKind = (name: string | undefined): name is Kind => KINDS.includes(name as Kind);

export interface Child {
  id: string;
  username: string;
  gender: "male" | "female";
  age: string;
  institution_id?: string;
  last_login?: string;
  last_sync?: string;
  nfc_tag?: string;
}

export interface User {
  id: string;
  username: string;
  institution_id?: string;
  last_login?: string;
  gender?: "male" | "female";
  age?: string;
  nfc_tag?: string;
  application_name?: string;
  children?: Child[];
  deactivated_at?: string;
}

export interface Institution {
  id: string;
  type: string;
  name: string;
  address?: string;
}

/** An educator or health professional. */
export interface Professional {
  id: string;
  username: string;
  children_groups: { id: string; name: string; school_class?: string; children: Child[] }[];
}

/** All institutions, by their names. */
export function useInstitutions(): Loaded<Institution[]> {
  return useLoad(async (signal) => (await get<Institution[]>("/institutions?sort=name&limit=1000", signal)).body, []);
}

/** A password that can be read out and typed: no letter that looks like another, in four groups. */
export function madeUpPassword(): string {
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  const values = crypto.getRandomValues(new Uint32Array(12));
  const word = [...values].map((value) => letters[value % letters.length]).join("");
  return word.replace(/(.{4})(?=.)/g, "$1-");
}
