/** Where a host is and how it is reached; the same for every unit of the host. */
import type { Input } from "@pulumi/pulumi";

/** The account every deploy uses: root-equivalent by sudo, one key per person in its authorized keys. */
export const DEPLOY_USER = "deploy";
/** Port of the SSH server. */
export const SSH_PORT = 22;

/** A host that units can be applied to. */
export interface HostPlace {
  /** Name in the stack's configuration. */
  readonly name: string;
  /** Address or host name. */
  readonly address: Input<string>;
  readonly port: number;
  readonly user: string;
  /** Type and base64 of the pinned SSH host key. */
  readonly hostKey: Input<string>;
}
