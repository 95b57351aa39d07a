/**
 * Diagnostics of the configuration as people read them. A variable or flag has no line to show, so it
 * is named alone; secrets in a line of a file are covered.
 */
import type { Diagnostic } from "../core/diagnostic.ts";
import { renderDiagnostic } from "../core/diagnostic.ts";
import type { SourceFile } from "../core/text/yaml-document.ts";
import { readYamlDocument } from "../core/text/yaml-document.ts";
import { clearTextSecrets, coverPlaces, coverUserInfo } from "./secret-places.ts";

/** One text per diagnostic, in their order. */
export function renderConfigDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: readonly SourceFile[],
): readonly string[] {
  const covered = new Map(sources.map((source) => [source.path, coverSecrets(source)]));
  return diagnostics.map((diagnostic) => {
    const { file, severity, code, message } = diagnostic;
    const text = covered.get(file);
    return text === undefined ? `${file}: ${severity} ${code}: ${message}` : renderDiagnostic(diagnostic, text);
  });
}

function coverSecrets(source: SourceFile): string {
  const { root } = readYamlDocument(source, () => {});
  const places = root === null ? [] : clearTextSecrets(root).map(({ place }) => place);
  return coverUserInfo(coverPlaces(source.text, places));
}
