/** Which resource of a stack names which: by the outputs it was set from, or by its value once that is known. */
import type { StackResource } from "../engine/rule";
import { knownTexts } from "./cloud";
import type { Value } from "./value";

/** Says whether one of `holders` names the resource in `property`; undefined if that is not known yet. */
export function namedBy(holders: readonly StackResource[], property: string): (target: StackResource) => boolean | undefined {
  const urns = new Set(holders.flatMap((holder) => holder.references(property)));
  const values = holders.filter((holder) => holder.references(property).length === 0 && holder.args.has(property));
  const ids = values.flatMap((holder) => idsIn(holder.args.at(property)) ?? [undefined]);
  const known = new Set(ids);
  return (target) => {
    if (urns.has(target.urn)) return true;
    // Nothing names anything by a value: an id that is not known before the deploy has no part in it.
    if (known.size === 0) return false;
    const own = target.args.has("id") ? target.args.at("id").id() : "";
    if (own !== undefined && own !== "" && known.has(own)) return true;
    return own === undefined || known.has(undefined) ? undefined : false;
  };
}

// A property has one id or a list of them.
function idsIn(value: Value): readonly (string | undefined)[] | undefined {
  return value.isList() ? value.items()?.map((member) => member.id()) : [value.id()];
}

/** Says whether one of `holders` has a tag of the resource; undefined if that is not known yet. */
export function sharesTag(holders: readonly StackResource[], tags = "tags"): (target: StackResource, from?: Value) => boolean | undefined {
  const all = holders.map((holder) => tagsOf(holder, holder.args, tags));
  const known = new Set(all.flatMap(({ texts }) => texts));
  const isWhole = all.every((one) => one.isWhole);
  return (target, from = target.args) => {
    const own = tagsOf(target, from, "tags");
    if (own.texts.some((tag) => known.has(tag))) return true;
    return (isWhole || (own.texts.length === 0 && own.isWhole)) && (own.isWhole || known.size === 0) ? false : undefined;
  };
}

function tagsOf(resource: StackResource, args: Value, key: string): { readonly texts: readonly string[]; readonly isWhole: boolean } {
  const texts = knownTexts(args, key);
  const length = args.has(key) ? args.at(key).items()?.length : 0;
  return { texts: [...texts, ...resource.references(key)], isWhole: length === texts.length };
}
