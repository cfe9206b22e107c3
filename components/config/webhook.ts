/** Where alerts may be posted to. */
import { isPrivate } from "./network";

/** Whether a text is an https address of that kind, whose path is all that there is behind the host. */
export function isHttps(text: string): boolean {
  return isWebhook(text) && text.startsWith("https:") && !/[?#]/.test(text);
}

/**
 * Whether a text is the address of a webhook whose token stays secret on its way: https, or plain http to an address, written as one,
 * that is private or of this machine. Names count for nothing, since whoever answers for one decides where it leads. The host is spelled
 * as the URL standard has it, so that every program reads the same one: `0x7f.1`, `127.1`, a backslash and the like are refused.
 */
export function isWebhook(text: string): boolean {
  if (!/^[!-~]+$/.test(text) || /[\\"<>^`{|}]/.test(text) || !URL.canParse(text)) return false;
  const { protocol, username, password, hostname } = new URL(text);
  if (username !== "" || password !== "") return false;
  const start = `${protocol}//${hostname}`;
  if (!text.toLowerCase().startsWith(start) || !/^(:\d+)?([/?#]|$)/.test(text.slice(start.length))) return false;
  return protocol === "https:" || (protocol === "http:" && isPrivate(hostname.replace(/^\[(.*)\]$/, "$1")));
}
