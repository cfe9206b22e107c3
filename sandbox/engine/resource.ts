/** What the embedded engine is handed: a resource of the program. */

/** A resource as the program registered it, secrets unwrapped. */
export interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Inputs of the provider that it was given, if it was given one. */
  readonly provider?: Readonly<Record<string, unknown>>;
}

/** A resource that could not be performed; the message names it and holds no secret. */
export class ResourceFailed extends Error {
  override name = "ResourceFailed";
}
