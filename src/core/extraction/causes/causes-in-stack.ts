/**
 * The exceptions beneath an exception, which frameworks wrap in one of their own: "401 Unauthorized" says
 * nothing, and the token library's exception within it all.
 *
 * Only the stack trace names them, as Java (`Caused by: `) and .NET (` ---> `) write it. Frames are passed over.
 */
export type StackCause = { readonly type: string; readonly message: string };

const CAUSES_MAX = 4;
const TEXT_MAX_LENGTH = 500;
const CAUSE_LINE = /^(?:Caused by: |\s*---> )([A-Za-z_][\w.$`+]*)(?:: (.*))?$/gm;

export function causesInStack(stack: string): readonly StackCause[] {
  const causes: StackCause[] = [];
  for (const [, type = "", message = ""] of stack.matchAll(CAUSE_LINE)) {
    causes.push({ type, message: message.trimEnd().slice(0, TEXT_MAX_LENGTH) });
    if (causes.length === CAUSES_MAX) break;
  }
  return causes;
}
