// What `sluice plugin new` writes. The tests build it and run its test.

/** Contents by file name. */
export function templates(name: string): Readonly<Record<string, string>> {
  return {
    "plugin.ts": plugin(name),
    "plugin.test.ts": pluginTest(),
    "README.md": readme(name),
    "package.json": `${JSON.stringify(packageJson(name), undefined, 2)}\n`,
    "tsconfig.json": `${JSON.stringify(TSCONFIG, undefined, 2)}\n`,
  };
}

function plugin(name: string): string {
  return `// Lets requests pass only when a header names a known tenant.
import { definePlugin, s } from "@sluice/plugin-sdk";

export default definePlugin({
  name: "${name}",
  version: "0.1.0",
  // Plugins with a higher number run earlier: key-auth has 1250, rate-limiting 910.
  priority: 1000,

  config: s.object({
    header: s.string().nonEmpty().default("X-Tenant").describe("The header that names the tenant."),
    tenants: s.array(s.string()).default([]).describe("Who may pass; empty for everybody."),
  }),

  // Runs once for each entry of the gateway's config: prepare here what is the same for all requests.
  configure({ header, tenants }) {
    return { header, known: tenants.length === 0 ? undefined : new Set(tenants) };
  },

  onRequest(ctx, { header, known }) {
    const tenant = ctx.request.header(header);
    if (tenant === undefined) return ctx.error(400, \`The header \${header} is missing\`);
    if (known?.has(tenant) === false) return ctx.error(403, "This tenant may not pass");
    ctx.response.setHeader("X-Served-For", tenant);
  },
});
`;
}

function pluginTest(): string {
  return `// Runs the compiled plugin in an emulated gateway: sluice plugin test
import assert from "node:assert/strict";
import { test } from "node:test";
import { emulate } from "@sluice/plugin-sdk/testing";

const plugin = new URL("./plugin.ts", import.meta.url);

test("refuses a request without a tenant", async () => {
  const gateway = await emulate({ plugin });
  const response = await gateway.request({ path: "/orders" });
  assert.equal(response.status, 400);
  assert.equal(gateway.upstream.requests.length, 0);
});

test("refuses a tenant that is not on the list", async () => {
  const gateway = await emulate({ plugin, config: { tenants: ["blue"] } });
  const response = await gateway.request({ headers: { "X-Tenant": "red" } });
  assert.equal(response.status, 403);
});

test("lets a known tenant pass", async () => {
  const gateway = await emulate({
    plugin,
    config: { tenants: ["blue"] },
    upstream: () => ({ body: { orders: 3 } }),
  });
  const response = await gateway.request({ path: "/orders", headers: { "X-Tenant": "blue" } });
  assert.equal(response.status, 200);
  assert.deepEqual(response.json(), { orders: 3 });
  assert.equal(response.header("X-Served-For"), "blue");
});
`;
}

function readme(name: string): string {
  return `# ${name}

Lets requests pass only when a header names a known tenant.

\`\`\`yaml
plugins:
  - name: ${name}
    config:
      tenants: [blue, green]
\`\`\`

| field | default | meaning |
|---|---|---|
| \`header\` | \`X-Tenant\` | the header that names the tenant |
| \`tenants\` | \`[]\` | who may pass; empty for everybody |

## Commands

    sluice plugin test                  # runs plugin.test.ts against the compiled plugin
    sluice plugin build                 # writes ${name}.wasm
    sluice plugin build --watch -o DIR  # writes DIR/${name}.wasm after each change; a gateway with --plugins-dir DIR swaps it
    sluice plugin inspect ${name}.wasm  # what it asks for
`;
}

function packageJson(name: string): object {
  return {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    scripts: { build: "sluice plugin build", test: "sluice plugin test" },
    devDependencies: {
      "@sluice/plugin-sdk": "^0.1.0",
      "@sluice/runtime": "^0.1.0",
      "@types/node": ">=24",
    },
  };
}

/** For the editor; the build has what a plugin may use at run time. */
const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noUncheckedIndexedAccess: true,
    target: "es2024",
    lib: ["es2024"],
    types: ["node"],
    module: "nodenext",
    moduleResolution: "nodenext",
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    noEmit: true,
    skipLibCheck: true,
  },
  include: ["."],
};
