/** Verbs of whoever is on call. A module is loaded when its verb is called. */
import type { Command } from "commander";
import type { DashboardOptions } from "../commands/dashboard";
import type { LogsOptions } from "../commands/logs";
import type { PsqlOptions } from "../commands/psql";
import type { ShellOptions } from "../commands/shell";
import type { SilenceOptions, SilenceTerms } from "../commands/silence";
import type { StatusOptions } from "../commands/status";
import type { UnbanOptions } from "../commands/unban";
import { as, host, json, type Runs, verb } from "./verb";

export function addOnCallVerbs(program: Command, runs: Runs): void {
  verb(
    program,
    "status",
    "concerns, pending confirmations, drift, containers, backups, bans and alerts on one screen",
    "status --stack prod --as alice",
  )
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: StatusOptions) => (await import("../commands/status.js")).statusCommand(options)));
  verb(
    program,
    "dashboard",
    "fetch the status page that the vault makes, for a browser; the reading is on record",
    "dashboard --stack prod --as alice",
  )
    .option("--output <file>", "file of the page, which is replaced (default: status-STACK.html)")
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: DashboardOptions) => (await import("../commands/dashboard.js")).dashboardCommand(options)));
  verb(program, "shell", "open a shell on a host as yourself; recorded there", 'shell web --stack prod --why "disk is full"')
    .argument("<host>", "host of the stack")
    .addOption(as())
    .option("--why <reason>", "the reason, for the host's journal")
    .action(runs(async (name: string, options: ShellOptions) => (await import("../commands/shell.js")).shellCommand(name, options)));
  verb(
    program,
    "logs",
    "read the log of a service or job of the stack, or of nginx, ssh, fail2ban, docker or backup",
    "logs api --stack prod --follow",
  )
    .argument("<service>", "service or job of the stack, or a service of the host's own")
    .addOption(host())
    .addOption(as())
    .option("--lines <number>", "lines from the end", "200")
    .option("--follow", "follow the log")
    .option("--init", "what the last init step of the service said")
    .action(runs(async (service: string, options: LogsOptions) => (await import("../commands/logs.js")).logsCommand(service, options)));
  verb(program, "unban", "lift the bans of an address, in every jail; recorded on the host", "unban 192.0.2.7 --stack prod --as alice")
    .argument("<address>", "the IPv4 or IPv6 address")
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(runs(async (address: string, options: UnbanOptions) => (await import("../commands/unban.js")).unbanCommand(address, options)));
  verb(
    program,
    "silence",
    "keep back alerts while work is planned; recorded at the vault",
    'silence --for 2h --why "new disk" --stack prod',
  )
    .requiredOption("--for <time>", "for how long: 30m, 2h or 1d, a week at most")
    .requiredOption("--why <reason>", "the reason, in words")
    .option("--alert <name>", "one alert; all of them without it")
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: SilenceOptions) => (await import("../commands/silence.js")).silenceCommand(options)));
  verb(
    program,
    "acknowledge",
    "take an alert on, so that it goes to no second contact; recorded at the vault",
    'acknowledge HOST_SILENT --why "disk is being replaced" --stack prod',
  )
    .argument("<alert>", "name of the alert, as its message has it")
    .requiredOption("--why <reason>", "what is being done, in words")
    .option("--for <time>", "after how long it is sent again where it lasts", "4h")
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(
      runs(async (alert: string, options: SilenceTerms) => (await import("../commands/acknowledge.js")).acknowledgeCommand(alert, options)),
    );
  verb(
    program,
    "psql",
    "open a database: to read where it is given to you under people, else as its owner, through sudo; recorded",
    'psql api --stack prod --why "ticket 4711"',
  )
    .argument("<database>", "database of the stack")
    .requiredOption("--why <reason>", "the reason, in words")
    .addOption(host())
    .addOption(as())
    .option("--owner", "as its owner also where you may read it by your own role")
    .action(runs(async (database: string, options: PsqlOptions) => (await import("../commands/psql.js")).psqlCommand(database, options)));
}
