// Operators put circuit breakers into a state: those of an upstream, or that of one of its targets or routes.
import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { BreakerScope } from "../upstream/breaker/breakers.ts";
import { SETTABLE_STATES } from "../config/upstream-model.ts";
import type { SettableState } from "../config/upstream-model.ts";

/** In all threads; false when there is no such upstream, or none of the scope has a circuit breaker. */
export type SetBreakers = (
  upstream: string,
  scope: BreakerScope,
  state: SettableState,
) => Promise<boolean>;

const MAX_BYTES = 1024;

export function addCircuitBreakers(app: Hono, setBreakers: SetBreakers): void {
  const limit = bodyLimit({
    maxSize: MAX_BYTES,
    onError: (c) => c.json({ message: `expected at most ${MAX_BYTES} bytes` }, 413),
  });
  const put = async (c: Context, upstream: string, scope: BreakerScope): Promise<Response> => {
    const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
    if (type !== "application/json") {
      return c.json({ message: "expected Content-Type application/json" }, 415);
    }
    const state = stateOf(await c.req.text());
    if (state === undefined) {
      return c.json(
        { message: `expected {"state": …} with one of ${SETTABLE_STATES.join(", ")}` },
        400,
      );
    }
    if (await setBreakers(upstream.toLowerCase(), scope, state)) return c.body(null, 204);
    const whose = JSON.stringify({ upstream, ...scope });
    return c.json({ message: `there is no circuit breaker of ${whose}` }, 404);
  };
  app.put("/upstreams/:upstream/circuit_breaker", limit, (c) =>
    put(c, c.req.param("upstream"), {}),
  );
  app.put("/upstreams/:upstream/targets/:target/circuit_breaker", limit, (c) => {
    const { upstream, target } = c.req.param();
    return put(c, upstream, { target });
  });
  app.put("/upstreams/:upstream/routes/:route/circuit_breaker", limit, (c) => {
    const { upstream, route } = c.req.param();
    return put(c, upstream, { route });
  });
}

/** In small letters, as /upstreams shows it, or in capitals, as Resilience4j writes it. */
function stateOf(text: string): SettableState | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null || !("state" in body)) return undefined;
    return SETTABLE_STATES.find((state) => state === String(body.state).toLowerCase());
  } catch {
    return undefined;
  }
}
