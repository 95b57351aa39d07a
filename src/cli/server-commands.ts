/** Commands that ask a running authspike through its API. */
import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { AlertsListOptions } from "./alerts-list.ts";
import type { CommandRegistry } from "./command-line.ts";
import type { DeliveriesListOptions } from "./deliveries-list.ts";
import type { EndpointsListOptions } from "./endpoints-list.ts";
import type { ServerOptions } from "./server-options.ts";
import { addServerOptions, addUrlOption } from "./server-options.ts";

const LIMIT_MAX = 1000;

export function addServerCommands({ program, context, action }: CommandRegistry): void {
  const list = (commands: Command, what: string): Command =>
    addServerOptions(commands.command("list").description(what), context).addOption(
      new Option("--limit <count>", "at most this many").argParser(parseLimit).default(50),
    );

  const alerts = program.command("alerts").description("alerts of a running authspike");
  list(alerts, "alerts, the last changed first")
    .addOption(new Option("--state <state>", "only these").choices(["pending", "firing", "resolved"]))
    .action(
      action(async (options: AlertsListOptions) => (await import("./alerts-list.ts")).runAlertsList(options, context)),
    );

  addServerOptions(
    alerts
      .command("show")
      .description("one alert: since when, how bad, and what speaks for it")
      .argument("<id>", "as `alerts list` prints it"),
    context,
  ).action(
    action(async (id: string, options: ServerOptions) =>
      (await import("./alerts-show.ts")).runAlertsShow({ ...options, id }, context),
    ),
  );

  const endpoints = program.command("endpoints").description("endpoints that a running authspike watches");
  list(endpoints, "endpoints with their usual and present rates")
    .addOption(
      new Option("--sort <order>", "order").choices(["deviation", "rate", "requests", "name"]).default("deviation"),
    )
    .option("--service <name>", "only this service")
    .option("--rule <id>", "only as this rule sees them")
    .action(
      action(async (options: EndpointsListOptions) =>
        (await import("./endpoints-list.ts")).runEndpointsList(options, context),
      ),
    );

  const deliveries = program.command("deliveries").description("pages of a running authspike and their fate");
  list(deliveries, "pages, newest first")
    .addOption(new Option("--state <state>", "only these").choices(["pending", "delivered", "dead", "superseded"]))
    .action(
      action(async (options: DeliveriesListOptions) =>
        (await import("./deliveries-list.ts")).runDeliveriesList(options, context),
      ),
    );

  addUrlOption(
    program.command("healthcheck").description("exit with 0 when a running authspike is ready"),
    context,
  ).action(
    action(async (options: { readonly url: string }) =>
      (await import("./healthcheck.ts")).runHealthcheck(options, context),
    ),
  );
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new InvalidArgumentError(`It is a whole number from 1 to ${LIMIT_MAX}.`);
}
