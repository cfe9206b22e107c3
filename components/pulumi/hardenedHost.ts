/** One host of the program: each part of it, one after the other, and its checks at the end. */

import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Sections } from "../config/readSections";
import type { HostConfig } from "../config/schema";
import type { StackModel } from "../containers/model";
import { handedSecrets } from "../plan/files";
import { plannedParts, plannedRemovals, plansOf } from "../registry";
import { broughtSecrets } from "./broughtSecrets";
import { ContainerGroup, dockerEngine } from "./containers";
import { HostConcern } from "./hostConcern";
import { HostPrograms } from "./hostPrograms";
import { HostRemoval } from "./hostRemoval";
import { HostVerify } from "./hostVerify";
import { keptSecret } from "./keptSecret";
import { placeHost } from "./placeHost";
import { Sequence } from "./sequence";

/** A host of the program. */
export interface HardenedHost {
  readonly name: string;
  readonly verify: HostVerify;
  /** What operators need of it: where it is, and the secrets that only the owner's recovery key opens. */
  readonly outputs: Readonly<Record<string, pulumi.Input<unknown>>>;
}

/**
 * Makes a host of the configuration, or finds it, and brings everything to it that applies. Its first backup waits for `vaults`. What
 * follows from a section of `secret` is a secret in Pulumi's state. A failure of a check in `accepted` fails no deploy.
 */
export function hardenHost(
  model: StackModel,
  entry: HostConfig,
  vaults: readonly HardenedHost[] = [],
  secret: Sections = new Set(),
  accepted: ReadonlySet<string> = new Set(),
): HardenedHost {
  const { name } = entry;
  const { host, options, before } = placeHost(model.config, entry, secret);
  const sequence = new Sequence(options, before);
  const parts = plannedParts(model, entry);
  sequence.add((after) => new HostPrograms(`${name}-programs`, { host, plans: plansOf(parts) }, after));
  const concerns: HostConcern[] = [];
  let engine: docker.Provider | undefined;
  for (const planned of parts)
    if (planned.kind === "concern") {
      if (planned.afterVaults) sequence.waitFor(vaults.map(({ verify }) => verify));
      const secrets = broughtSecrets(handedSecrets(planned.plan.files));
      concerns.push(
        sequence.add(
          (after) => new HostConcern(`${name}-${planned.name}`, { host, planned, secrets }, keptSecret(after, planned.sections, secret)),
        ),
      );
    } else {
      const provider = (engine ??= dockerEngine(`${name}-engine`, host, { parent: options.parent, dependsOn: concerns }));
      sequence.add(
        (after) =>
          new ContainerGroup(`${name}-${planned.name}`, { host, planned }, keptSecret({ ...after, provider }, planned.sections, secret)),
      );
    }
  const removals = plannedRemovals(parts);
  const removal = sequence.add((after) => new HostRemoval(`${name}-removal`, { host, removals }, after));
  const verify = sequence.add(
    (after) => new HostVerify(`${name}-verify`, { host, concerns, removed: removal.checked, accepted }, keptSecret(after, secret, secret)),
  );
  const escrow = pulumi
    .all(concerns.map((concern) => concern.escrow))
    .apply((all) => Object.fromEntries(all.flatMap((sealed) => Object.entries(sealed))));
  const { address, hostKey, port, user } = host;
  return { name, verify, outputs: { address, hostKey, port, user, escrow, verified: verify.counts } };
}
