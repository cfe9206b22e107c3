/** `phiward block ADDRESS` and `phiward unblock ADDRESS`: a network is dropped before every other rule, for a time or until it is undone. */
import { isIP } from "node:net";
import { canonicalAddress } from "../../components/config/network";
import { type EverywhereOptions, everywhere } from "../lib/containment/everywhere";
import { OperatorError } from "../lib/errors";
import { secondsOf } from "./silence";

/** Options of `phiward block`. */
export interface BlockOptions extends EverywhereOptions {
  /** For how long: `30m`, `2h`, `1d`; until it is undone without it. */
  readonly for?: string;
}

/** The network that a text names, as hosts write it. Throws OperatorError for what is none. */
export function blockedNetwork(text: string): string {
  const [address = "", length, ...rest] = text.split("/");
  const bits = isIP(address) === 4 ? 32 : 128;
  const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits);
  if (isIP(address) !== 0 && !address.includes("%") && isLength && rest.length === 0)
    return `${canonicalAddress(address)}/${length ?? String(bits)}`;
  throw new OperatorError("ADDRESS: found something else, allowed: an address or a network, such as 192.0.2.7 or 2001:db8::/48", 2);
}

/** `phiward block ADDRESS`. */
export function blockCommand(text: string, options: BlockOptions): Promise<number> {
  const what = blockedNetwork(text);
  const seconds = options.for === undefined ? {} : { seconds: secondsOf(options.for) };
  return everywhere(options, () => ({ verb: "block", what, ...seconds, words: `${what} is blocked` }));
}

/** `phiward unblock ADDRESS`. */
export function unblockCommand(text: string, options: EverywhereOptions): Promise<number> {
  const what = blockedNetwork(text);
  return everywhere(options, () => ({ verb: "unblock", what, words: `${what} is not blocked` }));
}
