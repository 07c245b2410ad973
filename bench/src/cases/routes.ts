// What 10,000 routes cost: the same requests with one route for all of them, and with a route for each.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LoadCase } from "../load-case.ts";
import { coreEach, SMALL_GET_CONNECTIONS } from "../load-case.ts";
import { sluice } from "../peer-list.ts";
import type { ProxySpec } from "../proxies.ts";
import type { Runtime } from "../sluice.ts";
import { RUNTIMES } from "../sluice.ts";
import { findFaults } from "../verify.ts";
import { gatewayConfig, routePaths, shuffled } from "./route-paths.ts";

const ROUTES = 10_000;

export const routesCase: LoadCase = {
  id: "routes",
  title: "Routes",
  proxies: RUNTIMES.flatMap((runtime) => [spec(runtime, 1), spec(runtime, ROUTES)]),
  base: { title: "1 route", rowId: ({ peer }) => `${peer}-1` },
  warmsUpEachTurn: false,
  placement: coreEach,
  load: (lab) => {
    const pathsFile = join(lab.runDir, "paths.txt");
    const paths = shuffled(routePaths(ROUTES)).map((path) => `${path}/4711`);
    writeFileSync(pathsFile, `${paths.join("\n")}\n`);
    const script = lab.render("wrk-paths.lua", { pathsFile });
    return { path: "/", connections: SMALL_GET_CONNECTIONS, script };
  },
  verify: (_, proxy) => findFaults(proxy),
};

function spec(runtime: Runtime, routes: number): ProxySpec {
  const base = sluice(runtime, {
    variant: `-${routes}`,
    writeConfig: (path, upstreamPort) => {
      // YAML 1.2 contains JSON.
      writeFileSync(path, JSON.stringify(gatewayConfig(routes, upstreamPort)));
    },
  });
  const count = routes === 1 ? "1 route" : `${routes.toLocaleString("en")} routes`;
  return { ...base, title: `${base.title}, ${count}` };
}
