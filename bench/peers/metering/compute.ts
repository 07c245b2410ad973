// A policy that only computes: strings, a map, a regular expression, sorting, hashing by hand, JSON.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin } from "@sluice/plugin-sdk";

const plugin: Plugin = definePlugin({
  name: "compute",
  version: "1.0.0",
  priority: 1,
  config: s.object({}),

  onRequest(ctx) {
    const counts: Record<string, number> = {};
    let text = "";
    for (let index = 0; index < 300; index++) {
      const word = `w${(index * 7919) % 97}`;
      counts[word] = (counts[word] ?? 0) + 1;
      text += `${word},`;
    }
    const words = text
      .split(",")
      .filter((word) => /^w\d+$/.test(word))
      .map((word) => word.slice(1))
      .sort();
    let hash = 0;
    for (const word of words) {
      for (let at = 0; at < word.length; at++) hash = (hash * 31 + word.charCodeAt(at)) | 0;
    }
    ctx.response.setHeader("x-result", JSON.stringify({ hash, words: Object.keys(counts).length }));
  },
});

export default plugin;
