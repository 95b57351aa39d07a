/** Reads `test/fixtures/labelled/`, whose README describes the files. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SpanSketch } from "../core/extraction/span-requests.ts";

/** The part that the code was mended by, the one that was kept from sight until then, and what others had published. */
export const PARTS = ["tuning", "held-out", "public"] as const;
export type Part = (typeof PARTS)[number];

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
  readonly half: Exclude<Part, "public">;
  readonly place: string;
  readonly key?: string;
  readonly text: string;
  /** None of these may be left. */
  readonly secrets: readonly string[];
};

export function readLabelledRequests(part: Part): readonly LabelledRequest[] {
  return linesOf(`${part}.jsonl`).map((line) => JSON.parse(line) as LabelledRequest);
}

export function readCredentialPlacements(): readonly CredentialPlacement[] {
  return linesOf("credentials.jsonl").map((line) => JSON.parse(line) as CredentialPlacement);
}

function linesOf(file: string): readonly string[] {
  const path = fileURLToPath(new URL(`../fixtures/labelled/${file}`, import.meta.url));
  return readFileSync(path, "utf8").trimEnd().split("\n");
}
