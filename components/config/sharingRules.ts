/** Rules about what two services may not have in common. They run on invalid values too. */
import { type ContainerUser, declaredUser, derivedUser } from "./containerIds";
import { asText, type Disallowed, each, type Found, inside, repeated } from "./paths";
import { DATABASE_KINDS } from "./sections/databaseKinds";
import { lastingNameOf } from "./serviceNames";
import { member } from "./unknown";

/** Databases of a kind that keeps its users apart from each other too little, and that several services use. */
export function sharedDatabases(stack: unknown): readonly Disallowed[] {
  const kinds = new Map(each(stack, ["services", "*"]).map(({ value }) => [member(value, "name"), asText(member(value, "kind"))]));
  const uses = each(stack, ["services", "*"]).flatMap((service) => {
    const names = inside([service], ["uses", "*"]);
    return names.filter(({ value }, index) => names.findIndex((other) => other.value === value) === index);
  });
  return Object.entries(DATABASE_KINDS).flatMap(([kind, { title, unshared }]) =>
    unshared === undefined
      ? []
      : repeated(
          uses.filter(({ value }) => kinds.get(value) === kind),
          `a ${title} that no other service uses: ${unshared}; declare one more service of kind ${kind} for it`,
          asText,
        ),
  );
}

/** Services with a number in common: to the kernel they are one user, with each other's secrets. Another's group is as bad. */
export function sharedUsers(stack: unknown): readonly Disallowed[] {
  const owners = new Map<number, Found>();
  return each(stack, ["services", "*"]).flatMap((service): readonly Disallowed[] => {
    const user = userOf(service);
    if (user === undefined) return [];
    // Of one name twice there is another message.
    const isOther = (owner: Found | undefined): owner is Found =>
      owner !== undefined && member(owner.value, "name") !== member(service.value, "name");
    const other = [user.uid, user.gid].map((id) => owners.get(id)).find(isOther);
    for (const id of [user.uid, user.gid]) owners.set(id, owners.get(id) ?? service);
    const declared = member(service.value, "user") !== undefined;
    return other === undefined
      ? []
      : [
          {
            path: [...service.path, declared ? "user" : "name"],
            message: `${declared ? "numbers" : "a name whose numbers are"} no other service's; already used by ${other.path.join(".")}${declared ? "" : ", so take another name, or declare `user`"}`,
          },
        ];
  });
}

function userOf({ value }: Found): ContainerUser | undefined {
  const [declared, name] = [member(value, "user"), lastingNameOf(value)];
  if (declared !== undefined) return typeof declared === "string" ? declaredUser(declared) : undefined;
  return name === undefined ? undefined : derivedUser(name);
}
