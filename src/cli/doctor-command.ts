/** The command that looks at both: a running authspike, and recordings. */
import { Option } from "commander";
import type { RecordingFormat } from "../io/recordings/recorded-item.ts";
import { RECORDING_FORMATS } from "../io/recordings/recorded-item.ts";
import type { CommandRegistry } from "./command-line.ts";
import { collect } from "./recording-commands.ts";
import type { ServerOptions } from "./server-options.ts";
import { addServerOptions } from "./server-options.ts";

type DoctorFlags = ServerOptions & {
  readonly instrumentation?: true;
  readonly service?: string;
  readonly format?: RecordingFormat;
  readonly config?: readonly string[];
  readonly strict?: true;
};

export function addDoctorCommand({ program, context, action }: CommandRegistry): void {
  const command = program
    .command("doctor")
    .description("what is wrong with a running authspike, and with what services send it")
    .argument("[recordings...]", "OTLP files to look at in place of a running authspike; - is standard input")
    .option("--instrumentation", "only what is missing or misleading in what services send")
    .option("--service <name>", "only findings of this service")
    .option("--strict", "exit with 3 when there are warnings")
    .addOption(
      new Option("--format <format>", "what the recordings are; left out, it is told by the content").choices(
        RECORDING_FORMATS,
      ),
    )
    .addOption(
      new Option(
        "-c, --config <file>",
        "read recordings as the service with this configuration does; repeatable, the later one wins [AUTHSPIKE_CONFIG]",
      ).argParser(collect),
    );
  addServerOptions(command, context).action(
    action(async (inputs: readonly string[], given: DoctorFlags) => {
      const { runDoctor } = await import("./doctor.ts");
      const { config = [], format = null, instrumentation, output, service = null, strict, url } = given;
      return runDoctor(
        {
          inputs,
          url,
          output,
          format,
          config,
          service,
          scope: instrumentation === true ? "instrumentation" : "everything",
          strictness: strict === true ? "strict" : "lenient",
        },
        context,
      );
    }),
  );
}
