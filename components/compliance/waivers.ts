/** Controls of the catalogue that are not followed on purpose. */
import type { ControlId } from "./controls";

/** A control that is not followed, and why. */
export interface Waiver {
  readonly control: ControlId;
  /** Why, and what stands in its place, as a sentence. */
  readonly reason: string;
}

const NO_PASSWORDS =
  "People have keys and no passwords; the one password, of the break-glass account, is created on the host from 32 random characters.";

/** All waivers; the generated page of controls lists them. */
export const WAIVERS: readonly Waiver[] = [
  { control: "SSH-28", reason: "Administrators have no password that sudo could ask for; each of them has a key and is logged by name." },
  { control: "SSH-32", reason: NO_PASSWORDS },
  { control: "SSH-33", reason: NO_PASSWORDS },
  { control: "KRN-08", reason: "Docker and the firewall load kernel modules after the host has started; unused ones are blocked by name." },
  {
    control: "KRN-09",
    reason: "Docker forwards packets to containers; the firewall drops forwarded packets unless Docker's own rules allow them.",
  },
  { control: "KRN-21", reason: "A virtual server restarts unattended; access to its console is guarded by the cloud account." },
  {
    control: "DKD-05",
    reason: "No container runs as root, and user-namespace remapping would change the owner of every volume: docs/adr/0008.",
  },
];
