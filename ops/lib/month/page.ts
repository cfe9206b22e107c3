/** The month's report as a page that can be printed. */
import { html, type Markup } from "../evidence/markup";
import { sheet } from "../evidence/sheet";
import type { MonthFacts } from "./facts";
import { recommendations, type Section, sectionsOf } from "./rows";

/** The page, whole: of measured facts alone. */
export function monthPage(facts: MonthFacts): string {
  const { stack, month, date, by } = facts;
  const open = recommendations(facts);
  const until = month.isOver ? "the whole month" : `until ${date}; the month goes on`;
  return sheet(
    `Security report of ${stack}, ${month.name}`,
    html`<h1>Security report of the stack ${stack}, ${month.name}</h1>
<p>Counts are of ${until}, from the record that the vault keeps. Checks and policies are as they were when the report was made, ${date}.
What could not be measured is said to be so.</p>
${sectionsOf(facts).map(section)}
<h2>What is to be done</h2>
${open.length === 0 ? html`<p>Nothing of what was measured.</p>` : html`<ul>${open.map((text) => html`<li>${text}</li>`)}</ul>`}
<h2>Who made and read it</h2>
<table class="facts"><tbody>
<tr><th scope="row">Prepared by</th><td>npx phiward report month, run by ${by}</td></tr>
<tr><th scope="row">Reviewed by</th><td>whoever attests it: npx phiward attest compliance-reviewed</td></tr>
</tbody></table>`,
  );
}

function section({ heading, rows }: Section): Markup {
  return html`<h2>${heading}</h2>
<table class="facts"><tbody>
${rows.map(({ about, said }) => html`<tr><th scope="row">${about}</th><td>${said}</td></tr>\n`)}</tbody></table>
`;
}
