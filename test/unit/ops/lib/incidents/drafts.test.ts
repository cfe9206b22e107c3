/** Drafts of notices: what is known is in them, what is not is named, and what a person wrote stays text. */
import { describe, expect, it } from "vitest";
import { FACT_NAMES } from "../../../../../components/compliance/incidents";
import { parseConfig } from "../../../../../components/config/faults";
import { literal, NOTICES, type NoticeName, noticeDraft } from "../../../../../ops/lib/incidents/drafts";
import { incidentOf } from "../../../../../ops/lib/incidents/state";
import { complete } from "../../../components/examples";

const { incidents: SETTINGS } = parseConfig(complete());
const AWARE = "2026-11-29T08:00:00.000Z";
const NOW = new Date("2026-11-30T08:00:00Z");
const OPENED: Parameters<typeof incidentOf>[0][number] = {
  ...{ stack: "prod", incident: 7, at: AWARE, of: AWARE, by: "alice", says: "A laptop was stolen", aware: AWARE },
  kind: "opened",
  class: "P1",
};
const draft = (name: NoticeName, more: object = {}): string => noticeDraft(name, incidentOf([{ ...OPENED, ...more }]), SETTINGS, NOW);

describe("a draft of a notice", () => {
  it.each(Object.keys(NOTICES) as readonly NoticeName[])("to %s names all that is not known yet", (name) => {
    const text = draft(name);
    expect(text).toContain(`DRAFT: notice to ${NOTICES[name].to}`);
    expect(text.match(/^NOT KNOWN YET$/gm)?.length).toBe(NOTICES[name].facts.length + 2);
    expect(text).toContain("Example Clinic");
    expect(text).toContain("Whether patients' data is concerned: not known yet.");
    const facts = Object.fromEntries(FACT_NAMES.map((fact) => [fact, `what is known of ${fact}`]));
    const known = draft(name, { facts, began: AWARE, persons: 12, data: "patients" });
    expect(known).not.toContain("NOT KNOWN YET");
    expect(known).toContain("Nothing that the law asks for is missing.");
    for (const fact of NOTICES[name].facts) expect(known).toContain(`what is known of ${fact}`);
  });

  it("asks the authority's notice for the reason where it comes late", () => {
    const late = noticeDraft("authority", incidentOf([OPENED]), SETTINGS, new Date("2026-12-05T08:00:00Z"));
    expect(late).toContain("Why the notice comes later than 72 hours");
    expect(draft("authority")).not.toContain("later than 72 hours");
  });

  it("leaves what people wrote text: no link, image, heading, HTML or escape sequence", () => {
    const hostile = "![x](http://evil.example/a) <script>alert(1)</script> # head | cell \u001b[2J \u202e";
    const text = draft("authority", { facts: { nature: hostile } });
    expect(text).not.toContain("![x](");
    expect(text).not.toContain("<script>");
    expect(text).not.toMatch(/[\u001b\u202e]/);
    expect(literal("a|b")).toBe("a\\|b");
  });
});
