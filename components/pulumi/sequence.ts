/** The resources of one host, one after the other: two changes of a host at once would wait for its lock anyway. */
import type * as pulumi from "@pulumi/pulumi";

/** Makes resources so that each waits for the one before it. */
export class Sequence {
  #last: readonly pulumi.Resource[];

  /** `options` go to every resource; the first one waits for `before`. */
  constructor(
    private readonly options: Omit<pulumi.ComponentResourceOptions, "dependsOn">,
    before: readonly pulumi.Resource[],
  ) {
    this.#last = before;
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
}
