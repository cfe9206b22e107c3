/** The secrets of a stack for a person: a table for each host, then what is to be done. */
import { counted } from "../counted";
import { oneLine } from "../terminal";
import type { SecretStanding, SecretsReport } from "./report";

const HEAD = ["", "secret", "kind", "epoch", "since", "due", "escrow", "used by"];
// Of who uses one, so many are named: a line has to fit a terminal.
const MOST_USERS = 2;

/** All hosts; one that could not be asked is named, and of its secrets nothing is said but that they are declared. */
export function secretsText({ stack, unasked, secrets }: SecretsReport): string {
  const hosts = [...Map.groupBy(secrets, ({ host }) => host)].map(([host, own]) =>
    [host ?? "in the stack's file alone", ...table(own), ...own.flatMap((one) => notesOf(one, stack))].join("\n"),
  );
  return [
    ...hosts,
    ...unasked.map(({ host, why }) => oneLine(`! ${host} could not be asked, so since when it has its secrets is not known: ${why}`)),
    sum(secrets, stack),
  ].join("\n\n");
}

function table(secrets: readonly SecretStanding[]): readonly string[] {
  const rows = [HEAD, ...secrets.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(1, ...rows.map((row) => row[column]?.length ?? 0)));
  // The last column is as long as it likes.
  return rows.map((row) =>
    row
      .map((text, column) => (column < row.length - 1 ? text.padEnd(widths[column] ?? 0) : text))
      .join(" ")
      .trimEnd(),
  );
}

function rowOf(secret: SecretStanding): readonly string[] {
  const { name, kind, epoch, users, madeAt, due, escrow, overdue, former } = secret;
  const more = users.length - MOST_USERS;
  return [
    overdue || former.length > 0 ? "!" : " ",
    oneLine(name),
    kind,
    epoch === null ? "-" : String(epoch),
    madeAt?.slice(0, 10) ?? "?",
    due ?? "-",
    escrow === null ? "no" : "yes",
    `${users.slice(0, MOST_USERS).join(", ")}${more > 0 ? ` +${String(more)}` : ""}`,
  ];
}

function notesOf({ name, epoch, former, why, escrow }: SecretStanding, stack: string): readonly string[] {
  return [
    ...(former.length === 0
      ? []
      : [`! ${name}: epoch ${former.join(", ")} is still valid beside ${String(epoch)}: npx phiward up --stack ${stack} ends it`]),
    ...(why === null ? [] : [`  ${name} is not rotated: ${why}`]),
    ...(escrow === null ? [] : [`  ${name}: its escrow is the output ${escrow}`]),
  ];
}

function sum(secrets: readonly SecretStanding[], stack: string): string {
  const overdue = secrets.filter((secret) => secret.overdue);
  const brought = overdue.some(({ rotation }) => rotation === "bringing");
  const how = `npx phiward secrets rotate NAME --stack ${stack}${brought ? ", which also says how one that was brought is replaced" : ""}`;
  return `${counted(secrets.length, "secret")}, ${String(overdue.length)} overdue${overdue.length === 0 ? "" : `: ${how}`}`;
}
