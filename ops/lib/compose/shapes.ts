/** What a Compose service says in a form that is not read: it is named, so that nothing is lost without a word. */
import { member, membersOf } from "../../../components/config/unknown";
import { textOf } from "./words";

const LIST = ["a list", (value: unknown): boolean => Array.isArray(value)] as const;
const MAP = ["an object", isMap] as const;
const MAP_OR_LIST = ["an object or a list", (value: unknown): boolean => isMap(value) || Array.isArray(value)] as const;

/** The forms that are read. */
const SHAPES = Object.entries({
  depends_on: MAP_OR_LIST,
  deploy: MAP,
  environment: MAP_OR_LIST,
  expose: LIST,
  healthcheck: MAP,
  ports: LIST,
  secrets: LIST,
  volumes: LIST,
});

/** Keys of a service that have another form than the Compose specification gives them, and its networks of others, with a sentence each. */
export function misshapen(service: unknown, networks: unknown): readonly (readonly [string, string])[] {
  if (!isMap(service)) return [["service", "found no object, allowed: an object with the keys of a service"]];
  const wrong = SHAPES.flatMap(([key, [form, isRight]]): readonly (readonly [string, string])[] => {
    const value = member(service, key);
    // A key without a value says nothing.
    return value === undefined || value === null || isRight(value) ? [] : [[key, `not taken over: allowed is ${form}`]];
  });
  return joinsOthers(member(service, "networks"), networks)
    ? [
        ...wrong,
        ["networks", "one of others is not taken over: a service reaches only the databases that it uses, and others by the Internet"],
      ]
    : wrong;
}

function joinsOthers(joined: unknown, networks: unknown): boolean {
  const names = Array.isArray(joined) ? joined.map(textOf) : Object.keys(membersOf(joined));
  return names.some((name) => {
    const external = member(member(networks, name), "external") ?? false;
    return external !== false;
  });
}

function isMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
