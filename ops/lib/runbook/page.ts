/** The runbook of a stack: whom to call, what to do first, at each alert and by each procedure of both guides, with the stack's own names. */
import type { Command } from "commander";
import { PROCEDURES, type Procedure } from "../../../components/compliance/duties/guides/procedures";
import type { StackConfig } from "../../../components/config/schema";
import { INCIDENT_CLASSES } from "../../../components/config/sections/incidents";
import { SEVERITIES } from "../../../components/config/severity";
import type { Alert } from "../../../components/monitoring/alerts/alert";
import { alertMatrix } from "../../../components/monitoring/alerts/matrix";
import { RUNBOOK } from "../../../components/monitoring/alerts/runbook";
import { literal } from "../incidents/drafts";
import { table } from "../markdown";

/** Whether the command line has what a command asks for: its verb, the verb below that, and its options. */
export function isCommand(program: Command, command: string): boolean {
  const [name = "", ...words] = command.split(" ");
  const verb = program.commands.find((one) => one.name() === name);
  const below = verb?.commands.find((one) => one.name() === words[0]);
  const options = (below ?? verb)?.options.map(({ long }) => long) ?? [];
  return verb !== undefined && words.filter((word) => word.startsWith("--")).every((word) => options.includes(word));
}

/** The page. `generated` stands below its heading; `program` is the command line, of which only commands that there are are shown. */
export function runbookPage(config: StackConfig, stack: string, program: Command, generated: string): string {
  const first = config.hosts.find(({ role }) => role === "application") ?? config.hosts[0];
  const named = (command: string): string => command.replaceAll(/\bHOST\b/g, first?.name ?? "HOST");
  const there = (commands: readonly string[]): readonly string[] =>
    commands.filter((command) => isCommand(program, command)).map((command) => `npx phiward ${withStack(command, stack)}`);
  const shown = (commands: readonly string[]): readonly string[] => there(commands.map(named));
  return `${[
    `# Runbook of the stack ${stack}`,
    generated,
    "Words in capitals are yours to fill in. Open an incident before anything else: it costs nothing, and its clocks are the law's.",
    "## Whom to call",
    contacts(config),
    "## In which time",
    table(
      ["Class", "Taken on within", "Contained within", "Operations guide"],
      INCIDENT_CLASSES.map((name) => {
        const grade = Object.values(SEVERITIES).find(({ runbook }) => runbook === name) ?? SEVERITIES.critical;
        return [name, minutes(config.incidents.responses[name]), minutes(grade.containMinutes), grade.operationsGuide];
      }),
    ),
    "## What there is",
    hosts(config),
    "## The first 30 minutes",
    list(shown(FIRST)),
    "[incidents.md](incidents.md) has each step, and the clocks of the law.",
    "## At each alert",
    ...alertMatrix(config.monitoring).map((alert) => alertPart(alert, there)),
    ...(["operations guide", "security runbook"] as const).flatMap((guide) => [
      `## Procedures of the ${guide}`,
      ...PROCEDURES.filter((procedure) => procedure.guide === guide).map((procedure) => procedurePart(procedure, shown)),
    ]),
  ].join("\n\n")}\n`;
}

const FIRST = [
  "incident open --class P1 --host HOST --what WHAT",
  "isolate HOST",
  "evidence HOST",
  'incident note N --note "HOST is isolated" --done acknowledge,contain',
  "status",
  "investigate HOST",
  "incident status",
] as const;

/** A part of the page, as its test looks for it. */
export function procedureHeading({ section, title }: Procedure): string {
  return `### ${section}: ${title}`;
}

function procedurePart(procedure: Procedure, shown: (commands: readonly string[]) => readonly string[]): string {
  return [procedureHeading(procedure), procedure.says, list(shown(procedure.commands))].filter((part) => part !== "").join("\n\n");
}

function alertPart({ id, severity, summary, runbook }: Alert, shown: (commands: readonly string[]) => readonly string[]): string {
  const class_ = SEVERITIES[severity].runbook;
  const words = summary.replaceAll("{host}", "HOST").replaceAll("{what}", "…");
  const look = RUNBOOK[runbook].replace("npx phiward ", "").replaceAll("{host}", "HOST");
  const steps = [
    `acknowledge ${id} --why REASON`,
    look,
    ...(runbook === "a-clock-of-an-incident" ? [] : [`incident open --class ${class_} --host HOST --what WHAT`]),
  ];
  return [
    `### ${id}`,
    `${words}. ${class_}, within ${minutes(SEVERITIES[severity].responseMinutes)}; [what it means](operations.md#${runbook}). The last step where nobody can explain it.`,
    list(shown(steps)),
  ].join("\n\n");
}

function list(commands: readonly string[]): string {
  return commands.map((command, index) => `${String(index + 1)}. \`${command}\``).join("\n");
}

function contacts({ incidents: { contacts: all } }: StackConfig): string {
  if (all.length === 0) return "Nobody is declared under `incidents.contacts`.";
  return table(
    ["For", "Who", "Telephone", "Mail", "From class"],
    all.map(({ roles, name, phone = "", mail = "", from }) => [roles.join(", "), literal(name), phone, literal(mail), from]),
  );
}

function hosts({ hosts: all, people, services, sites }: StackConfig): string {
  const sudo = people.filter((person) => person.sudo).map(({ name }) => name);
  return [
    table(
      ["Host", "Role", "Address"],
      all.map((host) => [host.name, host.role, host.address ?? "`pulumi stack output hosts`"]),
    ),
    `May become root: ${sudo.join(", ")}. Services: ${services.map(({ name }) => name).join(", ") || "none"}. Sites: ${sites.map(({ name }) => name).join(", ") || "none"}. At the console, where nobody gets in by SSH: the break-glass account, whose password is among the stack's outputs, encrypted to the recovery key.`,
  ].join("\n\n");
}

// The default needs no word.
function withStack(command: string, stack: string): string {
  return stack === "prod" ? command : `${command} --stack ${stack}`;
}

function minutes(count: number): string {
  if (count % 1440 === 0) return count === 1440 ? "a day" : `${String(count / 1440)} days`;
  return count % 60 === 0 ? `${String(count / 60)} h` : `${String(count)} min`;
}
