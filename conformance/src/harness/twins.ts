// Two upstreams with one port, on two addresses of this machine: what a name or a registry can tell apart by address alone.
import { reply, startUpstream } from "./upstream.ts";
import type { Upstream } from "./upstream.ts";

/** They answer `one` and `two`. */
export async function startTwins(one: string, two: string): Promise<readonly [Upstream, Upstream]> {
  const first = await startUpstream(one);
  const second = await startUpstream(two, first.port);
  first.answer = (_request, connection) => connection.send(reply("200 OK", "one"));
  second.answer = (_request, connection) => connection.send(reply("200 OK", "two"));
  return [first, second];
}
