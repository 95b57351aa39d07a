/**
 * One byte on the disk that says: pages may have left that are on no record.
 *
 * It is set while alerts are known to memory only. A process that dies then leaves incidents that nobody
 * would close, and the next one has to know of it. The byte is there from the first start and is
 * overwritten in its place, which works on a full disk, where the database takes nothing more.
 */
import { closeSync, existsSync, fdatasyncSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { attemptFileWork } from "./store-error.ts";

const MARK_FILE = "authspike.unrecorded";
const SET = Buffer.from("1");
const CLEAR = Buffer.from("0");

export class UnrecordedMark {
  readonly #file: number;
  #isSet: boolean;

  private constructor(file: number, isSet: boolean) {
    this.#file = file;
    this.#isSet = isSet;
  }

  /** At first as the last process left it. */
  get isSet(): boolean {
    return this.#isSet;
  }

  /** Throws a StoreError when the file can be neither read nor made. */
  static open(directory: string): UnrecordedMark {
    const path = join(directory, MARK_FILE);
    return attemptFileWork(`cannot open ${path}`, () => {
      const isNew = !existsSync(path);
      const file = openSync(path, isNew ? "w+" : "r+", 0o600);
      if (isNew) overwrite(file, CLEAR);
      const found = Buffer.alloc(1);
      readSync(file, found, 0, 1, 0);
      return new UnrecordedMark(file, found.equals(SET));
    });
  }

  /** On the disk when it returns. Throws a StoreError. */
  set(): void {
    this.#become(true);
  }

  clear(): void {
    this.#become(false);
  }

  close(): void {
    closeSync(this.#file);
  }

  #become(isSet: boolean): void {
    if (this.#isSet === isSet) return;
    attemptFileWork("cannot mark that alerts are on no record", () => overwrite(this.#file, isSet ? SET : CLEAR));
    this.#isSet = isSet;
  }
}

function overwrite(file: number, mark: Buffer): void {
  writeSync(file, mark, 0, 1, 0);
  fdatasyncSync(file);
}
