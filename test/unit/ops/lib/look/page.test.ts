import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkedPage } from "../../../../../ops/lib/look/page";

// As the program on the vault made it in its own test.
const PAGE = readFileSync(join(__dirname, "../../../../../components/host/tests/monitor/golden/page.html"), "utf8");
const put = (text: string) => PAGE.replace("</p>", `</p>${text}`);

describe("the status page from the vault", () => {
  it("passes as its program writes it", () => {
    expect(checkedPage(PAGE)).toBe(PAGE);
  });

  it.each([
    ["a script", put("<script>alert(1)</script>")],
    ["an event", put('<p onclick="x">')],
    ["a picture", put('<img src="https://192.0.2.7/x"/>')],
    ["a link", put('<a href="https://192.0.2.7/">here</a>')],
    ["a form", put('<form action="https://192.0.2.7/"></form>')],
    ["a frame", put('<iframe srcdoc="x"></iframe>')],
    ["another head", put('<meta http-equiv="refresh" content="0;url=https://192.0.2.7/"/>')],
    ["a style of its own", put('<p style="color: red">')],
    ["a tag in capitals", put("<SCRIPT>")],
    ["a tag that does not end", put("<")],
    ["a comment", put("<!-- x -->")],
    ["another policy", PAGE.replace("default-src 'none'", "default-src *")],
    ["no policy", PAGE.replace(/<meta http-equiv[^>]*>\n/, "")],
    ["something before its head", `<script>x</script>${PAGE}`],
    ["an address in its style", PAGE.replace("color-scheme: light dark;", "background: url(//192.0.2.7);")],
    ["a style that brings another", PAGE.replace("<style>", "<style>@import '//192.0.2.7';")],
    ["an escape in its style", PAGE.replace("<style>", "<style>\\75rl(x)")],
    ["something after its end", `${PAGE}<script>x</script>`],
    ["nothing", ""],
  ])("is refused with %s, without its text", (_, page) => {
    expect(() => checkedPage(page)).toThrow(/^the vault's page: found something that its program does not write/);
    expect(() => checkedPage(page)).not.toThrow(/192\.0\.2\.7/);
  });
});
