/** A disk of a few megabytes in the place of a directory, which can be filled up and emptied again. */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILL_STEPS = [1024 * 1024, 64 * 1024, 4096];

export class SmallDisk implements Disposable {
  readonly #directory: string;
  #fillerCount = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** null where mounting is not allowed. */
  static mount(directory: string, mebibytes: number): SmallDisk | null {
    mkdirSync(directory, { recursive: true });
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", directory], { stdio: "ignore" });
    } catch {
      return null;
    }
    return new SmallDisk(directory);
  }

  /** To the last page. */
  fill(): void {
    for (const byteCount of FILL_STEPS) while (this.#takes(byteCount));
  }

  empty(): void {
    for (let number = 0; number < this.#fillerCount; number++) rmSync(this.#filler(number), { force: true });
  }

  [Symbol.dispose](): void {
    // Lazily: after a failure the service may still have files open.
    execFileSync("umount", ["-l", this.#directory]);
  }

  #takes(byteCount: number): boolean {
    try {
      writeFileSync(this.#filler(this.#fillerCount++), Buffer.alloc(byteCount));
      return true;
    } catch {
      return false;
    }
  }

  #filler(number: number): string {
    return join(this.#directory, `filler-${number}`);
  }
}
