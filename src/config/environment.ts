/** The variables of the process, handed in: tests have their own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable counts as one that is not set, as OpenTelemetry has it. */
export function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === "" ? undefined : value;
}

/** What configuration is read against. Relative paths outside of files start at the working directory. */
export type Surroundings = { readonly environment: Environment; readonly workingDirectory: string };
