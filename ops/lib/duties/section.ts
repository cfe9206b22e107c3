/** The part of docs/operations.md that says what does each row of both guides' lists; written by ops/commands/docs.ts. */

import { DUTIES, isAttested, LISTED_DUTIES } from "../../../components/compliance/duties/duties";
import { type Duty, INTERVALS } from "../../../components/compliance/duties/duty";
import { GUIDE_LISTS } from "../../../components/compliance/duties/guides/lists";
import type { Does } from "../../../components/compliance/duties/guides/row";
import { cell, table } from "../markdown";

const BEGIN = "<!-- Generated from components/compliance/duties/ by ops/commands/docs.ts; edit there, up to the end of the part. -->";
const END = "<!-- The end of the part. -->";

/** The page with its generated part as it has to be. Throws Error where the page lacks one of the two marks. */
export function withDuties(page: string): string {
  const [head, tail] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (head < 0 || tail < head) throw new Error("docs/operations.md: found no part of duties, allowed: one, between its two marks");
  return `${page.slice(0, head)}${BEGIN}\n\n${dutiesPart()}\n\n${page.slice(tail)}`;
}

function dutiesPart(): string {
  const duties = table(
    ["Duty", "When", "What is so then", "Done by", "Supports"],
    LISTED_DUTIES.map(({ id, every, title, done, law }) => [
      `\`${id}\``,
      INTERVALS[every].words,
      title,
      cell(doneText(id, done)),
      law.join(", "),
    ]),
  );
  const lists = (["operations guide", "security runbook"] as const).map((guide) =>
    [
      `What does each row of the ${guide}'s lists:`,
      "",
      table(
        ["List", "Row", "Done by"],
        GUIDE_LISTS.filter((list) => list.guide === guide).flatMap(({ heading, rows }) =>
          rows.map(([row, ...does]) => [heading, cell(row), cell(does.map(doesText).join("; "))]),
        ),
      ),
    ].join("\n"),
  );
  return [duties, ...lists].join("\n\n");
}

function doneText(id: string, done: Duty["done"]): string {
  switch (done.by) {
    case "timer":
      return `timer \`${done.unit}\`; check \`${done.check}\``;
    case "command":
      return `\`npx phiward ${done.command}\``;
    case "person": {
      const help = done.command === undefined ? "" : ` (\`npx phiward ${done.command}\`)`;
      return `people: ${done.what}${help}; \`npx phiward attest ${id}\``;
    }
  }
}

function doesText(does: Does): string {
  if ("command" in does) return `\`npx phiward ${does.command}\``;
  if ("check" in does) return `check \`${does.check}\``;
  if ("alert" in does) return `alert where \`${does.alert}\` fails`;
  return isAttested(does.duty) ? `\`${does.duty}\`, attested` : `\`${does.duty}\`, ${doneShort(DUTIES[does.duty].done)}`;
}

function doneShort(done: Duty["done"]): string {
  return done.by === "timer" ? `timer \`${done.unit}\`` : done.by === "command" ? `\`npx phiward ${done.command}\`` : "attested";
}
