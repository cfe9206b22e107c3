/** The status page on its way from the vault into a browser: whoever holds the vault gets nothing into that but words. */
import { OperatorError } from "../errors";

// As phiward_host/monitor/page.py begins it: a browser then runs and fetches nothing, whatever follows.
const HEAD =
  /^<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"\/>\n<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='"\/>\n<meta name="viewport" content="width=device-width"\/>\n<title>Status of the hosts<\/title>\n<style>([^<\\@]|@media )*<\/style>\n<\/head>\n<body>\n/;
const END = "</body>\n</html>\n";
// Without a link, a form, a picture, an address or a style of its own.
const TAG = /^<\/?(?:h1|h2|p|table|thead|tbody|tr|th|td|code)(?: (?:class="[a-z ]{1,40}"|scope="(?:col|row)"))?>/;

/** The page, where it has nothing in it but what the program on the vault writes. Throws OperatorError. */
export function checkedPage(text: string): string {
  const head = HEAD.exec(text)?.[0];
  const isWhole = head !== undefined && text.endsWith(END) && !/url\(|expression/i.test(head);
  const body = isWhole ? text.slice(head.length, -END.length) : "<";
  const tags = body.match(/<[^<]*/g) ?? [];
  if (tags.every((tag) => TAG.test(tag))) return text;
  throw new OperatorError(
    "the vault's page: found something that its program does not write, allowed: headings, tables and words; nothing was written. Does it have this version? npx phiward up brings it. Otherwise treat the vault as compromised",
    1,
  );
}
