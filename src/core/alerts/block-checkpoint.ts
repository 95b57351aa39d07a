/**
 * Some hundreds of series that have never failed, in the form that outlives the process.
 *
 * The numbers are stored as they are. Whose they are is a list beside them, in which names that rows have in
 * common stand once; it changes rarely, and is left out while it does not.
 */
import type { RowBlock, RowOwner } from "../detection/row-block.ts";
import { BLOCK_ROWS, NONE } from "../detection/row-block.ts";
import type { StoredBlock } from "../detection/series-rows.ts";
import type { Endpoint } from "../extraction/endpoint.ts";
import { protocolOf } from "../extraction/endpoint.ts";
import type { EndpointTable } from "../extraction/endpoint-table.ts";
import type { SeriesOwner } from "./endpoint-series.ts";
import type { ActiveRule } from "./watch-plan.ts";

export type BlockCheckpoint = {
  readonly kind: "block";
  readonly id: number;
  /** In the order of bytes of this machine. They go on changing: to be written at once, or copied. */
  readonly numbers: Uint8Array;
  /** null while they are as they were in the last checkpoint of the block. */
  readonly names: BlockNames | null;
};

export type BlockNames = {
  /** Numbers of another version would mean something else. */
  readonly version: number;
  /** Id and `per`. */
  readonly rules: readonly (readonly [id: string, per: readonly string[]])[];
  readonly services: readonly (readonly [environment: string, namespace: string, service: string, peer?: string])[];
  readonly endpoints: readonly (readonly [serviceIndex: number, method: string, route: string, isKept: 0 | 1])[];
  /** For each row the index of its endpoint and that of its rule, or -1 twice: nobody has it. */
  readonly rows: readonly number[];
};

const BLOCK_VERSION = 1;

/** What is needed to say whose a row is, and to find it again. */
export type BlockContext = {
  readonly endpoints: EndpointTable;
  ownerOf(owner: RowOwner): SeriesOwner | undefined;
  ruleById(id: string): ActiveRule | undefined;
};

export function blockCheckpointOf(block: RowBlock, context: BlockContext): BlockCheckpoint {
  const names = block.areNamesChanged ? namesOf(block, context) : null;
  return { kind: "block", id: block.id, numbers: block.numbers, names };
}

/** With the endpoints interned. Rows of rules that are gone, or group by other fields by now, have no owner. */
export function storedBlockOf({ id, names, numbers }: BlockCheckpoint, context: BlockContext): StoredBlock {
  if (names === null || names.version !== BLOCK_VERSION) return { id, numbers, owners: [] };
  const ruleNumbers = names.rules.map(([ruleId, per]) => {
    const active = context.ruleById(ruleId);
    return active !== undefined && active.rule.per.join() === per.join() ? active.number : NONE;
  });
  const endpointIds = names.endpoints.map(([service, method, route, isKept]) => {
    const [environment = "", namespace = "", serviceName = "", peer] = names.services[service] ?? [];
    const sender = { environment, namespace, service: serviceName, peer };
    const endpoint = { ...sender, method, route, protocol: protocolOf(method) };
    return context.endpoints.intern(endpoint, isKept === 1 ? "declared" : "observed").id;
  });
  const owners = Array.from({ length: names.rows.length / 2 }, (_, slot): RowOwner | null => {
    const endpointId = endpointIds[names.rows[2 * slot] ?? NONE];
    const ruleNumber = ruleNumbers[names.rows[2 * slot + 1] ?? NONE] ?? NONE;
    return endpointId === undefined || ruleNumber === NONE ? null : { endpointId, ruleNumber };
  });
  return { id, numbers, owners };
}

function namesOf(block: RowBlock, context: BlockContext): BlockNames {
  const rules = new Numbering<ActiveRule>();
  const endpoints = new Numbering<Endpoint>();
  const services = new Numbering<Endpoint>();
  const rows: number[] = [];
  for (let slot = 0; slot < BLOCK_ROWS; slot++) {
    const owner = block.isFree(slot) ? undefined : context.ownerOf(block.owner(slot));
    if (owner === undefined) rows.push(NONE, NONE);
    else rows.push(endpoints.of(owner.endpoint, owner.endpoint.id), rules.of(owner.active));
  }
  const listed = endpoints.items.map((endpoint): BlockNames["endpoints"][number] => {
    const { environment, method, namespace, peer = "", route, service } = endpoint;
    const isKept = context.endpoints.standingOf(endpoint) === "kept" ? 1 : 0;
    return [services.of(endpoint, `${environment}\0${namespace}\0${service}\0${peer}`), method, route, isKept];
  });
  return {
    version: BLOCK_VERSION,
    rules: rules.items.map(({ rule }) => [rule.id, rule.per]),
    services: services.items.map(({ environment, namespace, peer, service }) =>
      peer === undefined ? [environment, namespace, service] : [environment, namespace, service, peer],
    ),
    endpoints: listed,
    rows,
  };
}

/** Gives things numbers from 0 on, equal ones the same. */
class Numbering<Item> {
  readonly items: Item[] = [];
  readonly #numbers = new Map<unknown, number>();

  /** Things with the same key are equal. */
  of(item: Item, key: unknown = item): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.items.length);
    return this.items.push(item) - 1;
  }
}
