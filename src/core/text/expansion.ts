/**
 * `${env:NAME}`, `${env:NAME:-default}` and `${file:path}` inside values, as the OpenTelemetry
 * Collector writes them.
 *
 * The core reads neither environment nor files: both arrive as functions. `$$` stands for a dollar
 * sign. What a value expands to is never expanded again.
 */
export type ExpansionSources = {
  readonly environment: (name: string) => string | undefined;
  /** The file's text, or why it cannot be had. */
  readonly file: (
    path: string,
  ) => { readonly kind: "ok"; readonly text: string } | { readonly kind: "failed"; readonly problem: string };
};

export type Expansion =
  | { readonly kind: "ok"; readonly text: string; readonly isExpanded: boolean }
  /** `fragment` is the part of the value that the problem is about. */
  | { readonly kind: "failed"; readonly problem: string; readonly fragment: string; readonly isUnset: boolean };

const PLACE = /\$\$|\$\{([^}]*)\}|\$\{/g;

export function expandText(text: string, sources: ExpansionSources): Expansion {
  let expanded = "";
  let position = 0;
  let isExpanded = false;
  for (const match of text.matchAll(PLACE)) {
    const [fragment, inner] = match;
    expanded += text.slice(position, match.index);
    position = match.index + fragment.length;
    if (fragment === "$$") {
      expanded += "$";
      continue;
    }
    const filled = fill(inner, sources);
    if (filled.kind === "failed") return { ...filled, fragment };
    expanded += filled.text;
    isExpanded = true;
  }
  return { kind: "ok", text: expanded + text.slice(position), isExpanded };
}

type Filled =
  | { readonly kind: "ok"; readonly text: string }
  | { readonly kind: "failed"; readonly problem: string; readonly isUnset: boolean };

function fill(inner: string | undefined, sources: ExpansionSources): Filled {
  if (inner === undefined) return failed(`a "\${" without its "}"`);
  const [, name, fallback] = /^env:([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/.exec(inner) ?? [];
  if (name !== undefined) return fillFromEnvironment(name, fallback, sources);
  if (inner.startsWith("file:")) return fillFromFile(inner.slice("file:".length), sources);
  return failed(`expected \${env:NAME}, \${env:NAME:-default} or \${file:path}; a dollar sign itself is written $$`);
}

/** An empty variable takes the default too, as in a shell. */
function fillFromEnvironment(name: string, fallback: string | undefined, sources: ExpansionSources): Filled {
  const value = sources.environment(name);
  if (fallback !== undefined) return { kind: "ok", text: value === undefined || value === "" ? fallback : value };
  if (value !== undefined) return { kind: "ok", text: value };
  return {
    kind: "failed",
    isUnset: true,
    problem: `the environment variable ${name} is not set; \${env:${name}:-default} gives a default`,
  };
}

/** Files of secrets end in a newline that is not part of the secret. */
function fillFromFile(path: string, sources: ExpansionSources): Filled {
  const file = sources.file(path);
  return file.kind === "ok" ? { kind: "ok", text: file.text.trim() } : failed(`cannot read ${path}: ${file.problem}`);
}

function failed(problem: string): Filled {
  return { kind: "failed", problem, isUnset: false };
}
