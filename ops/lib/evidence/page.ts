/** The evidence as a page for an auditor: one file, which runs nothing, fetches nothing and can be printed. */
import { answers, type Clause, type Support } from "./clauses";
import type { ControlRecord, Evidence, Origin } from "./evidence";
import { html, type Markup } from "./markup";
import { sheet } from "./sheet";
import { STATES, type State } from "./states";
import { sentences, tally, when } from "./words";

/** The page, whole. */
export function evidencePage(evidence: Evidence): string {
  const byId = new Map(evidence.controls.map((record) => [record.control, record]));
  return sheet(
    `Evidence of ${evidence.stack}`,
    html`<h1>Evidence of the stack ${evidence.stack}</h1>
${summary(evidence)}
<h2 id="clauses">By clause of the law</h2>
<p>A control supports a clause: it is one fact that helps to fulfil it. No fact alone fulfils a clause, and this page does not say that one is
fulfilled. What a clause asks of people, contracts and procedures is left to the operator, who attests it, and to providers.</p>
${evidence.clauses.map((clause) => clauseSection(clause, byId, evidence))}
<h2 id="controls">By control</h2>
${evidence.controls.map((record) => controlSection(record, evidence))}`,
  );
}

function summary(evidence: Evidence): Markup {
  const { stack, date, hosts, unanswered, programs, policy, verify, controls, maxAgeDays, unasked } = evidence;
  const rows: readonly (readonly [string, string])[] = [
    ["Stack", stack],
    ["Hosts", hosts.join(", ")],
    ["Report made", when({ date, outdated: false })],
    ["Before deploy", `policies: ${origin(policy)}`],
    ["On the running hosts", `verify: ${origin(verify)}; version of its agent ${programs}`],
    ["Did not answer", unanswered.join(", ") || "none"],
    ["Counts for", `${String(maxAgeDays)} days; what is older, or has no date, shows nothing`],
    ["Controls", tally(controls.map(({ state }) => state))],
    ...(unasked === 0 ? [] : [["Left out", `${String(unasked)} answers to checks that these hosts are not asked`] as const]),
  ];
  return html`<table class="facts"><tbody>
${rows.map(([name, text]) => html`<tr><th scope="row">${name}</th><td>${text}</td></tr>\n`)}</tbody></table>`;
}

function origin(of: Origin): string {
  return `${when(of)}${of.sha256 === undefined ? "" : `; read from a file with SHA-256 ${of.sha256}`}`;
}

function clauseSection(clause: Clause, byId: ReadonlyMap<string, ControlRecord>, evidence: Evidence): Markup {
  const { place, heading, kind, supportedBy } = clause;
  const rows = supportedBy.flatMap((support) => {
    const record = byId.get(support.control);
    return record === undefined ? [] : [{ record, support }];
  });
  return html`<section><h3>${place.startsWith("GDPR") ? place : `45 CFR ${place}`} <span>${heading} (${kind})</span></h3>
${rows.length === 0 ? html`` : clauseTable(rows, evidence)}${answers(clause).map((text) => html`<p>${text}</p>`)}</section>
`;
}

interface Row {
  readonly record: ControlRecord;
  readonly support: Support;
}

function clauseTable(rows: readonly Row[], evidence: Evidence): Markup {
  return html`<p class="result">${tally(rows.map(({ record }) => record.state))}</p>
<table><thead><tr><th>Control</th><th>What supports it</th><th>How it was tested, and when</th><th>Result</th></tr></thead><tbody>
${rows.map((row) => clauseRow(row, evidence))}</tbody></table>
`;
}

function clauseRow({ record, support: { direct, why } }: Row, { policy, verify }: Evidence): Markup {
  const { control, title, state } = record;
  const reason = why === undefined ? "" : `: ${why}`;
  return html`<tr><td><a href="#${control}">${control}</a></td><td>${title}${direct ? reason : ` (helps with it${reason})`}</td><td>${tested(record, policy, verify)}</td>${stateCell(state)}</tr>
`;
}

/** By which means, with the day: the details are under the control. */
function tested({ places }: ControlRecord, policy: Origin, verify: Origin): string {
  const rules = new Set(places.flatMap((place) => place.rules.map(({ rule }) => rule)));
  const answered = places.flatMap((place) => place.checks.filter(({ status }) => status !== "not-verified"));
  const methods = [
    ...(rules.size === 0 ? [] : [`examined before deploy by ${[...rules].join(", ")}: ${when(policy)}`]),
    ...(answered.length === 0
      ? []
      : [`tested on the running host by ${[...new Set(answered.map(({ check }) => check))].join(", ")}: ${when(verify)}`]),
  ];
  return methods.join("; ") || "not tested";
}

function controlSection(record: ControlRecord, evidence: Evidence): Markup {
  return html`<section id="${record.control}"><h3>${record.control} <span>${record.title}</span></h3>
<table><tbody><tr>${stateCell(record.state)}<td><ul>${sentences(record, evidence).map((text) => html`<li>${text}</li>`)}</ul></td></tr></tbody></table></section>
`;
}

function stateCell(state: State): Markup {
  return html`<td class="state ${state}">${STATES[state]}</td>`;
}
