// The routes of a company with many services: paths that share beginnings, as real ones do.

const TEAMS = words(
  "billing payments orders catalog search shipping accounts identity loyalty reviews returns pricing media " +
    "messages reports support inventory partners analytics fraud",
);
const RESOURCES = words(
  "invoices customers items carts refunds addresses sessions tokens coupons ratings labels quotes images threads " +
    "exports tickets stocks contracts events alerts plans taxes notes files rules",
);
const PARTS = words(
  "history summary lines status attachments comments audit totals settings links",
);
const VERSIONS = words("v1 v2");

/** All different; the first is `/`. Throws for more than there are combinations (10,001). */
export function routePaths(count: number): string[] {
  const paths = TEAMS.flatMap((team) =>
    VERSIONS.flatMap((version) =>
      RESOURCES.flatMap((resource) => {
        return PARTS.map((part) => `/${team}/${version}/${resource}/${part}`);
      }),
    ),
  );
  if (count > paths.length + 1)
    throw new RangeError(`only ${paths.length + 1} paths, not ${count}`);
  // With `/` the gateway also answers what asks whether it is up.
  return ["/", ...paths].slice(0, count);
}

/** A declarative config with one service for each team and one route for each path. */
export function gatewayConfig(routes: number, upstreamPort: number): unknown {
  const byTeam = Map.groupBy(routePaths(routes), (path) => path.split("/")[1] ?? "");
  const services = [...byTeam].map(([team, paths]) => ({
    name: team === "" ? "all" : team,
    url: `http://127.0.0.1:${upstreamPort}`,
    routes: paths.map((path) => {
      const name = path === "/" ? "all" : path.slice(1).replaceAll("/", "-");
      return { name, paths: [path], strip_path: false };
    }),
  }));
  return { _format_version: "3.0", services };
}

/** The same order each time, in which neighbours are far apart. */
export function shuffled(values: readonly string[]): string[] {
  // 7919 is a prime and divides no count here, so stepping by it meets every index once.
  return values.map((_, index) => values[(index * 7919) % values.length] ?? "");
}

function words(text: string): string[] {
  return text.split(" ");
}
