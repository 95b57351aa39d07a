/**
 * What log records say about refused requests.
 *
 * The conventions move exceptions from spans to logs, and many services never wrote them anywhere else.
 * A record that names a span is looked at for what it states; the request it belongs to may have been
 * refused before, or may still come. Records are only read: they pass through as they came.
 */
import {
  ATTR_ERROR_MESSAGE,
  ATTR_ERROR_TYPE,
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_TYPE,
  ATTR_SERVICE_NAME,
} from "@opentelemetry/semantic-conventions/incubating";
import type { LogView } from "../../otlp/log-scanner.ts";
import { LogScanner } from "../../otlp/log-scanner.ts";
import { VALUE_STRING } from "../../otlp/span-view.ts";
import { readText } from "../../otlp/wire.ts";
import { mayBeAboutAuthentication } from "./authentication-words.ts";
import { TEXT_MAX_LENGTH } from "./cause-of-text.ts";
import { statementsOf } from "./inner-span.ts";
import type { RefusalEvidence } from "./refusal-evidence.ts";
import type { Told } from "./refusal-signs.ts";
import { statedSigns } from "./refusal-signs.ts";

const TYPE_KEYS = [ATTR_EXCEPTION_TYPE, ATTR_ERROR_TYPE];
const TEXT_KEYS = [ATTR_EXCEPTION_MESSAGE, ATTR_ERROR_MESSAGE, "error", "err"];
const RECORD_KEYS = [...TYPE_KEYS, ...TEXT_KEYS];
const RESOURCE_KEYS = [ATTR_SERVICE_NAME];
const SERVICE_NAME_SLOT = 0;

const SLOT_BY_KEY: ReadonlyMap<string, number> = new Map(RECORD_KEYS.map((key, slot) => [key, slot]));
const NONE: readonly Told[] = [];

const LOG_RECORD = "a log record";
const BODY = "body";

export class LogEvidence {
  /** Records that said something. */
  tellingCount = 0;
  readonly #evidence: RefusalEvidence;
  readonly #scanner = new LogScanner({ record: RECORD_KEYS, resource: RESOURCE_KEYS });

  constructor(evidence: RefusalEvidence) {
    this.#evidence = evidence;
  }

  /** The bytes of a logs request whose structure has been checked. */
  listenTo(bytes: Uint8Array): void {
    this.#scanner.scan(bytes, (view) => this.#listenToRecord(view));
  }

  #listenToRecord(view: LogView): void {
    const exceptionTypes = toldIn(view, TYPE_KEYS);
    const texts = [...toldIn(view, TEXT_KEYS), ...toldInBody(view)];
    if (exceptionTypes.length === 0 && texts.length === 0) return;
    const signs = statedSigns({ challenges: [], challengeSource: "", exceptionTypes, texts });
    const statements = statementsOf(signs, LOG_RECORD);
    if (statements.length === 0) return;
    this.tellingCount += 1;
    const place = this.#evidence.placeOfLog(view, SERVICE_NAME_SLOT);
    for (const statement of statements) this.#evidence.testify(place, statement);
  }
}

function toldIn({ attributes, bytes }: LogView, keys: readonly string[]): readonly Told[] {
  let told = NONE;
  for (const key of keys) {
    const slot = SLOT_BY_KEY.get(key) ?? -1;
    if (attributes.kind[slot] !== VALUE_STRING) continue;
    const start = attributes.start[slot] ?? 0;
    const end = Math.min(attributes.end[slot] ?? 0, start + TEXT_MAX_LENGTH);
    if (mayBeAboutAuthentication(bytes, start, end))
      told = [...told, { value: readText(bytes, start, end), source: key }];
  }
  return told;
}

/** Structured bodies are read as one text: names and values alike. */
function toldInBody({ bodyEnd, bodyStart, bytes }: LogView): readonly Told[] {
  const end = Math.min(bodyEnd, bodyStart + TEXT_MAX_LENGTH);
  if (!mayBeAboutAuthentication(bytes, bodyStart, end)) return NONE;
  return [{ value: readText(bytes, bodyStart, end), source: BODY }];
}
