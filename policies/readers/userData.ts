/** What is in a droplet's user data, which every process on the droplet can read from the metadata service. */
import { looksSecret, secretWord } from "./secretTexts";

// Long lines are looked at piece by piece, so that the time is linear; what is looked for is shorter than the overlap.
const PIECE = 2000;
const OVERLAP = 400;

// `NAME=value`, `"name": "value"`, `- name: value`, `--name value`: what follows is the value's beginning.
const ASSIGNED = /(?<![\w-])["']?(?:--?)?([A-Za-z][\w-]{1,60})["']?\s{0,4}(?:=|:\s|\s)\s{0,4}["']?(?=([^\s"',}]{1,60}))/g;
// A reference, a command, a file, or a word of configuration instead of a value.
const NO_VALUE = /^([$<{[(/|>&;!*-]|%\(|(true|false|null|none|yes|no|on|off|disabled|enabled|required|file|from)$)/i;
const PASSWORDS =
  /\bchpasswd\b|\bplain_text_passwd\b|\bhashed_passwd\b|"?\bpasswd"?:\s*\S|\buseradd\b[^\n]{0,200}\s-p\s|\bpasswd --stdin\b/;
const BEARER = /\b(?:bearer|basic)\s+[A-Za-z0-9+/=._-]{16}/i;
// cloud-init's own place for the host's first key, which the host replaces once it is reached.
const HOST_KEY =
  /"?(?:rsa|ecdsa|ed25519)_private"?:\s*(?:"|\|[-+]?\s+)\s*-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*-----END [A-Z ]*PRIVATE KEY-----/g;
const DOWNLOAD =
  /\b(?:curl|wget|fetch)\b[^\n|;]{0,400}\|\s*(?:sudo\s+(?:-\S+\s+)*)?(?:\/\S*\/)?(?:(?:ba|z|da|k)?sh|python[0-9.]*|perl|node)\b/;
const SUBSHELL = /\b(?:(?:ba|z|da)?sh\s+(?:-c\s+)?|eval\s+|source\s+|\.\s+)["']?(?:<\(|\$\(|`)\s*(?:curl|wget)\b/;

/** What a text of user data gives away, in words that repeat nothing of it; undefined if nothing. */
export function secretInUserData(text: string): string | undefined {
  const plain = decoded(text).replaceAll(HOST_KEY, "");
  for (const piece of pieces(plain)) {
    const kind = looksSecret(piece) ?? (PASSWORDS.test(piece) ? "a password of an account" : undefined);
    if (kind !== undefined) return kind;
    if (BEARER.test(piece)) return "a token of a request";
    for (const [, name = "", value = ""] of piece.matchAll(ASSIGNED)) {
      const word = /_?FILE$/i.test(name) ? undefined : secretWord(name.replaceAll("-", "_"));
      if (word !== undefined && !NO_VALUE.test(value)) return `a value after a name with ${word} in it`;
    }
  }
  return undefined;
}

/** Whether user data runs what it has just downloaded, without looking what it is. */
export function runsDownload(text: string): boolean {
  return pieces(decoded(text)).some((piece) => DOWNLOAD.test(piece) || SUBSHELL.test(piece));
}

// cloud-init takes base64 as well.
function decoded(text: string): string {
  const isBase64 = text.length >= 16 && /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text) && !/[ ]/.test(text.trim());
  return isBase64 ? Buffer.from(text, "base64").toString("latin1") : text;
}

function pieces(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const found: string[] = [];
    for (let from = 0; from === 0 || from + OVERLAP < line.length; from += PIECE) found.push(line.slice(from, from + PIECE + OVERLAP));
    return found;
  });
}
