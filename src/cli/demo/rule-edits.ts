/**
 * The act in which a person edits a rule file while the alert fires: first with a slip, then right.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert } from "../../core/assert.ts";
import type { RulesView } from "../../web/views.ts";
import type { RuleEdits } from "./account.ts";
import type { StoryParts } from "./story.ts";

const EDITED_FILE = "login.yaml";
const EDITED_LINE = "    severity: critical\n";
const BAD_SETTING = "keep_firing_for: 15";
const GOOD_SETTING = "keep_firing_for: 15s";

export async function editRules(parts: StoryParts): Promise<RuleEdits> {
  const before = (await rulesOf(parts)).active.hash;
  const edit = editor(parts);
  const refused = await editBadly(parts, edit);
  await parts.spectator.linger(parts.pace.readingMs);
  const accepted = await editWell(parts, edit, before);
  await parts.spectator.linger(parts.pace.readingMs);
  return { refused: refused.text.split("\n")[0] ?? "", kept_old_rules: refused.inForce === before, accepted };
}

type Edit = (setting: string) => void;

/** Each edit begins from the file as it was shipped. */
function editor({ screen, stage }: StoryParts): Edit {
  const path = join(stage.rulesDirectory, EDITED_FILE);
  const shipped = readFileSync(path, "utf8");
  assert(shipped.includes(EDITED_LINE), "the shipped login rule has its severity");
  return (setting) => {
    writeFileSync(path, shipped.replace(EDITED_LINE, `${EDITED_LINE}    ${setting}\n`));
    screen.tell(`EDIT     rules/${EDITED_FILE}: + ${setting}`);
  };
}

async function editBadly(parts: StoryParts, edit: Edit): Promise<{ readonly text: string; readonly inForce: string }> {
  const { screen, spectator, stage } = parts;
  edit(BAD_SETTING);
  const { refusal, inForce } = await spectator.askUntil("the bad edit to be refused", async () => {
    const { active, refusal: current } = await rulesOf(parts);
    return current === null ? null : { refusal: current, inForce: active.hash };
  });
  const text = refusal.text.replaceAll(`${stage.directory}/`, "").trimEnd();
  screen.tell(
    screen.styled("warning", "REFUSED  the rules in force stay as they are:"),
    ...text.split("\n").map((line) => `  ${line}`),
  );
  return { text, inForce };
}

async function editWell(parts: StoryParts, edit: Edit, before: string): Promise<string> {
  const { screen, spectator } = parts;
  edit(GOOD_SETTING);
  const { history } = await spectator.askUntil("the good edit to be taken", async () => {
    const rules = await rulesOf(parts);
    return rules.active.hash === before ? null : rules;
  });
  const change = (history[0]?.diff ?? "").trim();
  screen.tell(
    screen.styled("good", "ACCEPTED without a restart, and the alert goes on"),
    screen.styled("faint", change),
  );
  return change;
}

function rulesOf({ stage }: StoryParts): Promise<RulesView> {
  return stage.ask<RulesView>("rules");
}
