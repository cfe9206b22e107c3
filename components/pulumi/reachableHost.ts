/** Where a host is and how it is reached; the same for every unit of the host. */
import type { Input } from "@pulumi/pulumi";

/** A host that concerns can be applied to. */
export interface ReachableHost {
  /** Name in the stack's configuration. */
  readonly name: string;
  /** Address or host name. */
  readonly address: Input<string>;
  readonly port: number;
  readonly user: string;
  /** Type and base64 of the pinned SSH host key. */
  readonly hostKey: Input<string>;
}
