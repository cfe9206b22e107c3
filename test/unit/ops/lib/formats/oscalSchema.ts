/**
 * OSCAL assessment results, version 1.1.3, as far as we write them: after the model that NIST publishes
 * (https://pages.nist.gov/OSCAL-Reference/models/v1.1.3/assessment-results/json-definitions/), for which no package has a schema.
 * Nothing that the model does not name is allowed, and no list is empty.
 */
import { z } from "zod";

const uuid = z.string().regex(/^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$/);
const token = z.string().regex(/^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$/u);
const line = z.string().regex(/^\S(.*\S)?$/);
const prose = z.string().min(1);
const dateTime = z.iso.datetime({ offset: true });
const uri = z.string().regex(/^[a-zA-Z][a-zA-Z0-9+.-]+:\S+$/);

const list = <Entry extends z.ZodType>(entry: Entry): z.ZodArray<Entry> => z.array(entry).min(1);

const property = z.strictObject({ name: token, ns: uri, value: line });
const props = list(property).optional();
const component = z.strictObject({
  uuid,
  type: line,
  title: prose,
  description: prose,
  props,
  status: z.strictObject({ state: z.enum(["under-development", "operational", "disposition", "other"]) }),
});
const observation = z.strictObject({
  uuid,
  title: prose.optional(),
  description: prose,
  props,
  methods: list(z.enum(["EXAMINE", "INTERVIEW", "TEST", "UNKNOWN"])),
  types: list(token).optional(),
  origins: list(
    z.strictObject({ actors: list(z.strictObject({ type: z.enum(["tool", "assessment-platform", "party"]), "actor-uuid": uuid })) }),
  ).optional(),
  subjects: list(z.strictObject({ "subject-uuid": uuid, type: token, title: prose.optional() })).optional(),
  "relevant-evidence": list(z.strictObject({ href: z.string().optional(), description: prose })).optional(),
  collected: dateTime,
  expires: dateTime.optional(),
  remarks: prose.optional(),
});
const finding = z.strictObject({
  uuid,
  title: prose,
  description: prose,
  props,
  target: z.strictObject({
    type: z.enum(["statement-id", "objective-id"]),
    "target-id": token,
    status: z.strictObject({ state: z.enum(["satisfied", "not-satisfied"]), reason: token.optional(), remarks: prose.optional() }),
  }),
  "related-observations": list(z.strictObject({ "observation-uuid": uuid })).optional(),
});
const selection = z.union([
  z.strictObject({ "include-controls": list(z.strictObject({ "control-id": token })) }),
  z.strictObject({ "include-all": z.strictObject({}) }),
]);
const result = z.strictObject({
  uuid,
  title: prose,
  description: prose,
  start: dateTime,
  end: dateTime.optional(),
  props,
  "local-definitions": z.strictObject({ components: list(component) }).optional(),
  "reviewed-controls": z.strictObject({ "control-selections": list(selection) }),
  observations: list(observation).optional(),
  findings: list(finding).optional(),
});

/** A document. */
export const oscalSchema = z.strictObject({
  "assessment-results": z.strictObject({
    uuid,
    metadata: z.strictObject({
      title: prose,
      "last-modified": dateTime,
      version: line,
      "oscal-version": z.literal("1.1.3"),
      remarks: prose.optional(),
    }),
    "import-ap": z.strictObject({ href: z.string().min(1), remarks: prose.optional() }),
    results: list(result),
    "back-matter": z.strictObject({ resources: list(z.strictObject({ uuid, title: prose, description: prose })) }).optional(),
  }),
});
