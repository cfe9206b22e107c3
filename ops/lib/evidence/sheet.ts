/** A page for people: one file, which runs nothing, fetches nothing and can be printed. */
import { createHash } from "node:crypto";
import { html, Markup } from "./markup";

/** The page of a title and what stands in its body. */
export function sheet(title: string, body: Markup): string {
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${STYLE_HASH}'"/>
<meta name="viewport" content="width=device-width"/>
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
${body}
</body>
</html>
`;
  return page.text;
}

const STYLE = `
body { font: 14px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #111; background: #fff; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; border-bottom: 2px solid #111; } h3 { margin: 1.4rem 0 .3rem; font-size: 1rem; }
h3 span { font-weight: normal; }
table { border-collapse: collapse; width: 100%; } th, td { border: 1px solid #999; padding: .25rem .5rem; text-align: left; vertical-align: top; }
td, li { overflow-wrap: anywhere; } thead { display: table-header-group; } tr { break-inside: avoid; } ul { margin: 0; padding-left: 1.1rem; }
.facts th { width: 12rem; } .result { margin: .2rem 0; font-weight: bold; }
.state { width: 9rem; font-weight: bold; border-left: 6px solid #777; }
.failed, .refused { border-left-color: #b00020; } .advised, .not-verified, .outdated, .waived, .unknown { border-left-color: #b26a00; }
.verified, .judged { border-left-color: #1b6e2c; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } a { color: inherit; text-decoration: none; } h3 { break-after: avoid; } }
`;
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");
