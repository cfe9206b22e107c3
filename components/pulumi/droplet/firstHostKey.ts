/** The private half of a droplet's first SSH host key: a secret of the stack's configuration. */
import * as pulumi from "@pulumi/pulumi";
import { namesOf } from "../../config/names";
import type { DropletConfig, StackConfig } from "../../config/schema";
import { secretTexts } from "../broughtSecrets";

const HEAD = "openssh-key-v1\0";

/**
 * Refuses to begin a deploy without the private half of each droplet's first host key, with RunError, which has no stack trace. A
 * preview needs none, and only says so.
 */
export function requireFirstHostKeys(config: StackConfig): void {
  const faults = missingFirstHostKeys(config);
  if (faults.length === 0) return;
  if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError(faults.join("\n"));
  for (const fault of faults) void pulumi.log.warn(fault);
}

/** What is missing, a sentence for each droplet. */
export function missingFirstHostKeys({ hosts, firstHostKeys }: StackConfig): readonly string[] {
  return hosts
    .filter((host) => host.kind === "droplet" && !namesOf(host).some((name) => firstHostKeys.includes(name)))
    .map(({ name }) => `firstHostKeys.${name}: found nothing, allowed: the private half of its firstHostKey; ${howTo(name)}`);
}

/**
 * The secret half, still as a secret; of a preview without it, nothing. Fails with RunError, which has no stack trace, if it is missing or is not the other half of
 * `firstHostKey`; no message repeats it.
 */
export function firstHostKey({ name, formerly, firstHostKey: publicKey }: DropletConfig): pulumi.Output<string> {
  return secretTexts("firstHostKeys").apply((textOf) => {
    const found = namesOf({ name, formerly })
      .map(textOf)
      .find((text) => text !== undefined);
    if (found === undefined && pulumi.runtime.isDryRun()) return "";
    const fault = found === undefined ? "nothing" : privateKeyFault(found, publicKey);
    if (found === undefined || fault !== undefined)
      throw new pulumi.RunError(`firstHostKeys.${name}: found ${fault}, allowed: the private half of its firstHostKey; ${howTo(name)}`);
    return found;
  });
}

/** Says what is wrong with a text as the private half of an Ed25519 pair in OpenSSH's format (PROTOCOL.key); never repeats it. */
export function privateKeyFault(text: string, publicKey: string): string | undefined {
  const base64 = /^-----BEGIN OPENSSH PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----\s*$/.exec(text)?.[1];
  const blob = Buffer.from(base64 ?? "", "base64");
  if (blob.subarray(0, HEAD.length).toString("latin1") !== HEAD) return "no private key in OpenSSH format";
  const cipher = fieldAt(blob, HEAD.length);
  if (cipher.value.toString("latin1") !== "none") return "a private key with a passphrase, which cannot be entered during a deploy";
  // Cipher, key derivation, its options, the number of keys, then the public half in the clear.
  const options = fieldAt(blob, fieldAt(blob, cipher.end).end);
  const half = fieldAt(blob, options.end + 4).value;
  return half.length > 0 && half.toString("base64") === publicKey.split(" ")[1] ? undefined : "the private half of another key pair pair";
}

function fieldAt(blob: Buffer, offset: number): { readonly value: Buffer; readonly end: number } {
  if (offset + 4 > blob.length) return { value: Buffer.alloc(0), end: blob.length };
  const end = offset + 4 + blob.readUInt32BE(offset);
  return { value: blob.subarray(offset + 4, end), end };
}

function howTo(name: string): string {
  return `create a key pair with ssh-keygen -t ed25519 -N '' -C '' -f first, then: pulumi config set --secret --path 'firstHostKeys.${name}' < first`;
}
