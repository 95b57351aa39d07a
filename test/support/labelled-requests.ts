/** Reads `test/fixtures/labelled/`, whose README describes the files. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SpanSketch } from "../core/extraction/span-requests.ts";

/** Which half of the set: the one that was mended by, or the one that was kept from sight until then. */
export const HALVES = ["tuning", "held-out"] as const;
export type Half = (typeof HALVES)[number];

/** One request as a sender tells of it, and what a person says that it was. */
export type LabelledRequest = {
  readonly sender: string;
  /** `GET /users/{} unauthenticated`; null where no request is to be counted. */
  readonly is: string | null;
  /** Null where the spans do not tell. */
  readonly cause: string | null;
  readonly client: string | null;
  /** Each within the one before it. */
  readonly spans: readonly SpanSketch[];
};

/** A text with credentials in it, and where in a request it stands. */
export type CredentialPlacement = {
  readonly half: Half;
  readonly place: string;
  readonly key?: string;
  readonly text: string;
  /** None of these may be left. */
  readonly secrets: readonly string[];
};

export function readLabelledRequests(half: Half): readonly LabelledRequest[] {
  return linesOf(`${half}.jsonl`).map((line) => JSON.parse(line) as LabelledRequest);
}

export function readCredentialPlacements(): readonly CredentialPlacement[] {
  return linesOf("credentials.jsonl").map((line) => JSON.parse(line) as CredentialPlacement);
}

function linesOf(file: string): readonly string[] {
  const path = fileURLToPath(new URL(`../fixtures/labelled/${file}`, import.meta.url));
  return readFileSync(path, "utf8").trimEnd().split("\n");
}
