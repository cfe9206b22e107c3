/** The sandbox's whole stack on real hosts, deployed once: what its hosts let in and refuse, and then what may befall it. */
import { describe } from "vitest";
import { baseSystemTests } from "./baseSystem";
import { fullStackTests } from "./fullStack";
import { servedMetricsTests } from "./servedMetrics";
import { useStack } from "./useStack";

const useIt = useStack();

describe("make sandbox", () => {
  baseSystemTests(useIt);
});

describe("databases and the web server", () => {
  servedMetricsTests(useIt);
});

// Last, for it leaves the hosts changed.
describe("the whole job", () => {
  fullStackTests(useIt);
});
