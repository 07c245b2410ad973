// Which cases and which peers a run is about: the terms of --only.

export const CASE_IDS = [
  "get",
  "response-64k",
  "response-1m",
  "upload-1m",
  "latency",
  "workers",
  "routes",
  "idle",
  "start",
  "instance",
  "plugin-call",
  "metering",
  "policies",
  "each-policy",
  "targets",
  "failover",
] as const;
export type CaseId = (typeof CASE_IDS)[number];

export const PEER_IDS = [
  "nginx",
  "haproxy",
  "sluice-bun",
  "sluice-node",
  "caddy",
  "http-proxy",
  "fast-proxy",
  "fastify-http-proxy",
  "httpxy",
  "hono-node",
  "hono-bun",
  "nginx-lua",
  "sluice-bun-policies",
  "sluice-node-policies",
] as const;
export type PeerId = (typeof PEER_IDS)[number];

export interface Selection {
  wantsCase(id: CaseId): boolean;
  wantsPeer(id: PeerId): boolean;
}

/**
 * A term is part of an id, or `=` and the whole id. Terms that match cases choose among the cases, the others among
 * the peers; without a term of a kind all of that kind are chosen. Throws at a term that matches nothing.
 */
export function parseSelection(terms: readonly string[]): Selection {
  const cases = new Set<string>();
  const peers = new Set<string>();
  for (const term of terms) {
    const matchedCases = CASE_IDS.filter((id) => matches(id, term));
    const matchedPeers = PEER_IDS.filter((id) => matches(id, term));
    if (matchedCases.length > 0) matchedCases.forEach((id) => cases.add(id));
    else if (matchedPeers.length > 0) matchedPeers.forEach((id) => peers.add(id));
    else throw new Error(`--only: "${term}" is neither a case nor a peer`);
  }
  return {
    wantsCase: (id) => cases.size === 0 || cases.has(id),
    wantsPeer: (id) => peers.size === 0 || peers.has(id),
  };
}

function matches(id: string, term: string): boolean {
  return term.startsWith("=") ? id === term.slice(1) : id.includes(term);
}
