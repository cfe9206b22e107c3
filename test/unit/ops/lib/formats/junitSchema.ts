/**
 * JUnit XML as far as GitLab (https://docs.gitlab.com/ci/testing/unit_test_reports/) and Jenkins' xUnit plugin describe what they read; no
 * package has a schema of it. Elements come as Python's parser reads them, which refuses what is not well-formed.
 */
import { z } from "zod";
import { outputOf } from "../../../../../ops/lib/process";

const READER = `
import json, sys
from xml.etree import ElementTree
def plain(element):
    return {"tag": element.tag, "attributes": element.attrib, "text": (element.text or "").strip(), "children": [plain(child) for child in element]}
json.dump([plain(ElementTree.fromstring(text.encode())) for text in json.load(sys.stdin)], sys.stdout)
`;

const count = z.string().regex(/^\d+$/);
const totals = {
  name: z.string().min(1),
  tests: count,
  failures: count,
  errors: count,
  skipped: count,
  time: z.string().regex(/^\d+(\.\d+)?$/),
};
const nothing = z.array(z.never());

const outcome = z.discriminatedUnion("tag", [
  z.strictObject({
    tag: z.literal("failure"),
    attributes: z.strictObject({ message: z.string(), type: z.string().min(1) }),
    text: z.string(),
    children: nothing,
  }),
  z.strictObject({ tag: z.literal("skipped"), attributes: z.strictObject({ message: z.string() }), text: z.string(), children: nothing }),
]);
const testcase = z.strictObject({
  tag: z.literal("testcase"),
  attributes: z.strictObject({ name: z.string().min(1), classname: z.string().min(1), file: z.string().optional(), time: totals.time }),
  text: z.literal(""),
  children: z.array(outcome).max(1),
});
const output = z.strictObject({ tag: z.literal("system-out"), attributes: z.strictObject({}), text: z.string(), children: nothing });
const timestamp = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);

const documents = z.array(
  z.strictObject({
    tag: z.literal("testsuites"),
    attributes: z.strictObject(totals),
    text: z.literal(""),
    children: z.tuple([
      z.strictObject({
        tag: z.literal("testsuite"),
        attributes: z.strictObject({ ...totals, timestamp }),
        text: z.literal(""),
        children: z.array(z.discriminatedUnion("tag", [testcase, output])),
      }),
    ]),
  }),
);

/** Reads documents. Throws where one is not well-formed, or not of the form. */
export function readJunit(texts: readonly string[]): z.infer<typeof documents> {
  return documents.parse(JSON.parse(outputOf(["python3", "-I", "-c", READER], { input: JSON.stringify(texts) })));
}
