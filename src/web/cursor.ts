/** A place in a list as a text that survives in a URL. It is ours alone: clients hand it back unread. */
import type { EndpointCursor } from "./endpoint-page.ts";

export function cursorText({ rank, key }: EndpointCursor): string {
  return Buffer.from(JSON.stringify([rank, key])).toString("base64url");
}

/** undefined for anything that we have not made. */
export function readCursor(text: string): EndpointCursor | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    const [rank, key] = Array.isArray(value) ? (value as readonly unknown[]) : [];
    return typeof rank === "number" && typeof key === "string" ? { rank, key } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
