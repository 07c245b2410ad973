// What the compiler says of a metric's labels. This file is only type-checked.
import { counter, gauge, histogram } from "./index.ts";

const hits = counter("hits", { help: "Hits", labels: ["route", "kind"] });
hits.increment({ route: "a", kind: 5 });
hits.add(2, { route: "a", kind: "b" });
// @ts-expect-error -- a label has no value
hits.increment({ route: "a" });
// @ts-expect-error -- there is no such label
hits.increment({ route: "a", kind: "b", other: "c" });
// @ts-expect-error -- the labels are missing
hits.increment();

const level = gauge("level", { help: "Level" });
level.set(1);
// @ts-expect-error -- it has no labels
level.set(1, { route: "a" });

const sizes = histogram("sizes", { help: "Sizes", buckets: [1, 2], labels: ["route"] });
sizes.observe(1, { route: "a" });
// @ts-expect-error -- values are numbers
sizes.observe("1", { route: "a" });
