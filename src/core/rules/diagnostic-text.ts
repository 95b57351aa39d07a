/**
 * Diagnostics of a bundle as people read them, with the line of the file under each.
 *
 * A routing key that stands in a file in clear text is covered, and so are the user and password of an
 * address, since this text reaches logs, the API and the screens of continuous integration.
 */
import type { Diagnostic } from "../diagnostic.ts";
import { renderDiagnostic } from "../diagnostic.ts";
import type { SourceFile } from "../text/yaml-document.ts";

/** One text per diagnostic, in their order. */
export function renderRuleDiagnostics(
  diagnostics: readonly Diagnostic[],
  files: readonly SourceFile[],
): readonly string[] {
  const covered = new Map<string, string>();
  return diagnostics.map((diagnostic) => {
    const { file } = diagnostic;
    const text = covered.get(file) ?? coverSecrets(files.find(({ path }) => path === file)?.text ?? "");
    covered.set(file, text);
    return renderDiagnostic(diagnostic, text === "" ? undefined : text);
  });
}

/** Asterisks of the same length, so that every place in the text stays where it is. */
export function coverSecrets(text: string): string {
  return text
    .replace(SECRET_VALUE, (_whole, before: string, secret: string) => before + "*".repeat(secret.length))
    .replace(USER_INFO, (userInfo) => "*".repeat(userInfo.length));
}

/** A routing key that is not a reference: `${…}` gives nothing away. */
const SECRET_VALUE = /(\brouting_key["']?[ \t]*:[ \t]*["']?)(?!["']?\$\{)([^\s"'#,}]+)/g;
const USER_INFO = /(?<=:\/\/)[^\s/@"']+(?=@)/g;
