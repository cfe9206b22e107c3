/** The resources of one host, one after the other: two changes of a host at once would wait for its lock anyway. */
import type * as pulumi from "@pulumi/pulumi";
import type { UnitSummary } from "./hostConcern";

/** A host unit as a resource. */
export type UnitResource = UnitSummary & pulumi.Resource;

/** Makes resources so that each waits for the one before it. */
export class Chain {
  readonly #units: UnitResource[] = [];
  #last: readonly pulumi.Resource[];

  /** `options` go to every resource; the first one waits for `before`. */
  constructor(
    private readonly options: Omit<pulumi.ComponentResourceOptions, "dependsOn">,
    before: readonly pulumi.Resource[],
  ) {
    this.#last = before;
  }

  /** The units so far, first to last. */
  get units(): readonly UnitResource[] {
    return this.#units;
  }

  /** Has the next resource wait for others too. */
  waitFor(others: readonly pulumi.Resource[]): void {
    this.#last = [...this.#last, ...others];
  }

  /** Makes a resource. */
  add<Made extends pulumi.Resource>(make: (options: pulumi.ComponentResourceOptions) => Made): Made {
    const made = make({ ...this.options, dependsOn: [...this.#last] });
    this.#last = [made];
    return made;
  }

  /** Makes a unit, which is verified at the end. */
  unit<Made extends UnitResource>(make: (options: pulumi.ComponentResourceOptions) => Made): Made {
    const made = this.add(make);
    this.#units.push(made);
    return made;
  }
}
