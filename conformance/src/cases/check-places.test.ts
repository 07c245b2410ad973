// `sluice check`: each fault of a config is one message with its line, its column and what was expected.
import assert from "node:assert/strict";
import { test } from "node:test";

import { sluice } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";

const scratch = await useScratch();

const HEADER = '_format_version: "3.0"\n';

const SERVICE = `services:
  - name: one
    url: http://127.0.0.1:8080
    routes:
      - name: one-route
        paths: [/one]
`;

interface Faulty {
  readonly what: string;
  readonly yaml: string;
  readonly line: number;
  readonly says: RegExp;
}

const FAULTY: readonly Faulty[] = [
  { what: "G1 a flow list that does not end", yaml: `${HEADER}services: [\n`, line: 3, says: /./ },
  {
    what: "G1 a tab as indentation",
    yaml: `${HEADER}services:\n\t- name: a\n`,
    line: 3,
    says: /tab/i,
  },
  { what: "G1 a second document", yaml: `${HEADER}---\n${HEADER}`, line: 2, says: /document/i },
  {
    what: "G1 a key twice",
    yaml: `${HEADER}services: []\nservices: []\n`,
    line: 3,
    says: /services|unique|duplicate/i,
  },
  {
    what: "G1 text in place of a config",
    yaml: "just text\n",
    line: 1,
    says: /object|mapping|expected/i,
  },
  { what: "G2 no _format_version", yaml: SERVICE, line: 1, says: /_format_version/ },
  {
    what: "G2 an unknown _format_version",
    yaml: '_format_version: "9.9"\n',
    line: 1,
    says: /9\.9|3\.0/,
  },
  {
    what: "G2 an unknown top-level key",
    yaml: `${HEADER}servises: []\n`,
    line: 2,
    says: /servises.*services/,
  },
  {
    what: "G2 an unknown key of a service, with the nearest one",
    yaml: `${HEADER}services:\n  - name: a\n    urll: http://a\n`,
    line: 4,
    says: /urll.*\burl\b/,
  },
  {
    what: "G2 an unknown key of a route",
    yaml: `${HEADER}services:\n  - url: http://a\n    routes:\n      - paths: [/a]\n        strip_paht: true\n`,
    line: 6,
    says: /strip_paht.*strip_path/,
  },
  {
    what: "G2 a wrong type",
    yaml: `${HEADER}services:\n  - name: a\n    host: h\n    port: eighty\n`,
    line: 5,
    says: /port.*(number|integer)/i,
  },
  {
    what: "G2 a number out of range",
    yaml: `${HEADER}services:\n  - name: a\n    host: h\n    port: 70000\n`,
    line: 5,
    says: /port.*65535/i,
  },
  {
    what: "G2 a URL that is none",
    yaml: `${HEADER}services:\n  - url: "not a url"\n`,
    line: 3,
    says: /url/i,
  },
  {
    what: "G2 a route to a service that does not exist",
    yaml: `${HEADER}routes:\n  - name: r\n    paths: [/r]\n    service: nowhere\n`,
    line: 5,
    says: /nowhere/,
  },
  {
    what: "G2 a plugin on a route that does not exist",
    yaml: `${HEADER}plugins:\n  - name: key-auth\n    route: nowhere\n`,
    line: 4,
    says: /nowhere/,
  },
  {
    what: "G2 a plugin on a consumer that does not exist",
    yaml: `${HEADER}plugins:\n  - name: rate-limiting\n    consumer: nobody\n    config: {minute: 5}\n`,
    line: 4,
    says: /nobody/,
  },
  {
    what: "G2 a route that matches nothing",
    yaml: `${HEADER}services:\n  - url: http://a\n    routes:\n      - name: r\n`,
    line: 5,
    says: /hosts|paths|methods|headers/,
  },
  {
    what: "G2 a path without a slash",
    yaml: `${HEADER}services:\n  - url: http://a\n    routes:\n      - paths: [a]\n`,
    line: 5,
    says: /path|slash|\//,
  },
  {
    what: "G2 two services of one name",
    yaml: `${HEADER}services:\n  - {name: a, url: "http://a"}\n  - {name: a, url: "http://b"}\n`,
    line: 4,
    says: /\ba\b/,
  },
  {
    what: "G2 two routes of one name",
    yaml: `${HEADER}services:\n  - url: http://a\n    routes:\n      - {name: r, paths: [/a]}\n      - {name: r, paths: [/b]}\n`,
    line: 6,
    says: /\br\b/,
  },
  {
    what: "G2 two consumers of one name",
    yaml: `${HEADER}consumers:\n  - username: u\n  - username: u\n`,
    line: 4,
    says: /\bu\b/,
  },
  {
    what: "G2 one key for two consumers",
    yaml: `${HEADER}consumers:\n  - username: u\n    keyauth_credentials: [{key: same}]\n  - username: v\n    keyauth_credentials: [{key: same}]\n`,
    line: 6,
    says: /key/,
  },
  {
    what: "G2 two upstreams of one name",
    yaml: `${HEADER}upstreams:\n  - name: u\n  - name: u\n`,
    line: 4,
    says: /\bu\b/,
  },
  {
    what: "G2 a weight out of range",
    yaml: `${HEADER}upstreams:\n  - name: u\n    targets:\n      - target: a:80\n        weight: 70000\n`,
    line: 6,
    says: /weight.*65535/i,
  },
  {
    what: "P11 a path regex that does not compile",
    yaml: `${HEADER}services:\n  - url: http://a\n    routes:\n      - paths: ["~/a(b"]\n`,
    line: 5,
    says: /a\(b|regular expression|regex/i,
  },
  {
    what: "a header regex that does not compile",
    yaml: `${HEADER}services:\n  - url: http://a\n    routes:\n      - headers: {x-a: ["~*("]}\n`,
    line: 5,
    says: /regular expression|regex|\(/i,
  },
  {
    what: "a plugin that does not exist, with the nearest name",
    yaml: `${HEADER}plugins:\n  - name: key-outh\n`,
    line: 3,
    says: /key-outh.*key-auth/,
  },
  {
    what: "an unknown field of a plugin's config",
    yaml: `${HEADER}plugins:\n  - name: key-auth\n    config:\n      key_namse: [k]\n`,
    line: 5,
    says: /key_namse.*key_names/,
  },
  {
    what: "a wrong type in a plugin's config",
    yaml: `${HEADER}plugins:\n  - name: key-auth\n    config:\n      hide_credentials: maybe\n`,
    line: 5,
    says: /hide_credentials.*(boolean|true or false)/i,
  },
  {
    what: "a value that a plugin's config does not allow",
    yaml: `${HEADER}plugins:\n  - name: rate-limiting\n    config:\n      minute: 5\n      limit_by: moon\n`,
    line: 6,
    says: /limit_by|moon/,
  },
  {
    what: "a rate-limiting without any window",
    yaml: `${HEADER}plugins:\n  - name: rate-limiting\n    config: {}\n`,
    line: 3,
    says: /second|minute|hour|limit/,
  },
  {
    what: "a plugin twice in one scope",
    yaml: `${HEADER}plugins:\n  - name: key-auth\n  - name: key-auth\n`,
    line: 4,
    says: /key-auth/,
  },
  {
    what: "G5 an unknown tag",
    yaml: `${HEADER}services:\n  - name: !!js/function "x"\n    url: http://a\n`,
    line: 3,
    says: /tag|js\/function/i,
  },
  {
    what: "G5 __proto__ as a key",
    yaml: `${HEADER}__proto__: {services: []}\n`,
    line: 2,
    says: /__proto__/,
  },
];

for (const { what, yaml, line, says } of FAULTY) {
  test(`check: ${what}: exit code 1, the place, and what is wrong`, async () => {
    const { code, text } = await check(yaml);
    assert.equal(code, 1, text);
    const message = text.split("\n").find((entry) => entry.includes(`faulty.yaml:${line}:`));
    assert.notEqual(message, undefined, text);
    assert.match(message ?? "", new RegExp(`faulty\\.yaml:${line}:\\d+`));
    assert.match(message ?? "", says);
    assert.doesNotMatch(text, /^\s+at /m);
  });
}

async function check(yaml: string): Promise<{ code: number | null; text: string }> {
  const path = await scratch.write("faulty.yaml", yaml);
  const { code, stdout, stderr } = await sluice(["check", path]);
  return { code, text: stdout + stderr };
}
