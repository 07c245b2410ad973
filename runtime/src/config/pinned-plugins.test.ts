import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { faultsOf } from "./config.testing.ts";
import { pinnedPlugins } from "./pinned-plugins.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);
const HEADER = '_format_version: "3.0"\n';
const FILE = "/etc/sluice/kong.yaml";

describe("the plugins that a config pins", () => {
  test("are found wherever their entries stand", () => {
    const text = `${HEADER}services:
- url: http://a.test
  plugins:
  - name: one
    wasm: { url: "file:one.wasm", sha256: ${A} }
  routes:
  - paths: [/]
    plugins:
    - { name: two, enabled: false, wasm: { url: "https://a.test/two.wasm", sha256: ${B} } }
    - { name: three }
`;
    const pinned = pinnedPlugins(text, FILE).toSorted((a, b) => a.source.line - b.source.line);
    assert.deepEqual(pinned, [
      {
        name: "one",
        wasm: { url: "file:///etc/sluice/one.wasm", sha256: A, signature: undefined },
        isMandatory: true,
        source: { path: "services[0].plugins[0]", line: 5, column: 5 },
      },
      {
        name: "two",
        wasm: { url: "https://a.test/two.wasm", sha256: B, signature: undefined },
        isMandatory: false,
        source: { path: "services[0].routes[0].plugins[0]", line: 10, column: 7 },
      },
    ]);
  });

  test("are needed when any entry of the plugin is enabled", () => {
    const text = `${HEADER}plugins:
- { name: p, enabled: false, wasm: { url: "file:p.wasm", sha256: ${A} } }
- { name: p, service: s }
`;
    const [pin, ...more] = pinnedPlugins(text, FILE);
    assert.deepEqual([pin?.isMandatory, more.length], [true, 0]);
  });

  test("are none where the config is broken, pins nothing, or pins wrongly", () => {
    const texts = [
      "sha256: [",
      "sha256",
      HEADER,
      `${HEADER}plugins: sha256`,
      `${HEADER}plugins: [{ name: p, wasm: { sha256: ${A} } }]`,
      `${HEADER}plugins: [{ name: p, wasm: { url: "ftp://a", sha256: ${A} } }]`,
    ];
    for (const text of texts) assert.deepEqual(pinnedPlugins(text, FILE), [], text);
  });
});

describe("two entries of one plugin", () => {
  const entries = (
    first: string,
    second: string,
  ): string => `${HEADER}services: [{ name: s, url: "http://a.test" }]
plugins:
- name: key-auth
  wasm: { url: "file:a.wasm", sha256: ${first} }
- name: key-auth
  service: s
  wasm: { url: "https://a.test/b.wasm", sha256: ${second} }
`;

  test("may have one module in two places", () => {
    assert.deepEqual(faultsOf(entries(A, A.toUpperCase())), []);
  });

  test("cannot have two modules", () => {
    assert.deepEqual(faultsOf(entries(A, B)), [
      '8:9: plugins[1].wasm: the plugin "key-auth" has another module in plugins[0]: expected one for all of its entries',
    ]);
  });
});
