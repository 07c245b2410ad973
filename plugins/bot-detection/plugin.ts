// Refuses bots by their User-Agent, as Kong's bot-detection does.
import { definePlugin, s } from "@sluice/plugin-sdk";

import { compilePattern, matches } from "../parts/patterns.ts";
import { KNOWN_BOTS } from "./known-bots.ts";

const patterns = s.array(s.string().nonEmpty()).default([]);

const config = s.object({
  allow: patterns.describe("Regexes; a client that one of them matches is no bot."),
  deny: patterns.describe("Regexes; a client that one of them matches is a bot."),
});

/** Of verdicts that an instance remembers; a client can send as many names as it likes. */
const MAX_REMEMBERED = 1000;
const MAX_REMEMBERED_CHARACTERS = 512;

export default definePlugin({
  name: "bot-detection",
  version: "1.0.0",
  priority: 2500,
  config,

  configure({ allow, deny }) {
    return {
      allowed: allow.map((source, index) => compilePattern(source, `allow[${index}]`)),
      denied: [
        ...deny.map((source, index) => compilePattern(source, `deny[${index}]`)),
        ...KNOWN_BOTS,
      ],
      verdicts: new Map<string, boolean>(),
    };
  },

  onRequest(ctx, settings) {
    const [agent, another] = ctx.request.headers("user-agent");
    if (another !== undefined) return ctx.error(400, "Only one User-Agent header allowed");
    if (agent === undefined || !isBot(agent, settings)) return ctx.remember();
    return ctx.error(403, "Forbidden");
  },
});

interface Settings {
  readonly allowed: readonly RegExp[];
  readonly denied: readonly RegExp[];
  readonly verdicts: Map<string, boolean>;
}

function isBot(agent: string, { allowed, denied, verdicts }: Settings): boolean {
  const known = verdicts.get(agent);
  if (known !== undefined) return known;
  const text = agent.trim();
  const matchesAgent = (pattern: RegExp): boolean => matches(pattern, text);
  const verdict = !allowed.some(matchesAgent) && denied.some(matchesAgent);
  if (verdicts.size >= MAX_REMEMBERED) verdicts.clear();
  if (agent.length <= MAX_REMEMBERED_CHARACTERS) verdicts.set(agent, verdict);
  return verdict;
}
