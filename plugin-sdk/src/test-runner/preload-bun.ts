// Loaded before a plugin's tests by `bun test --preload`. Bun asks no plugin where a package lies, so that each
// module of the SDK is defined here.
import { fileURLToPath } from "node:url";
import { plugin } from "bun";
import { SDK_MODULES } from "./sdk-modules.ts";

plugin({
  name: "sluice",
  setup(build) {
    for (const [specifier, url] of Object.entries(SDK_MODULES)) {
      build.module(specifier, async () => {
        // Whatever it exports is what the test shall get.
        const exports = (await import(fileURLToPath(url))) as Record<string, unknown>;
        return { exports, loader: "object" };
      });
    }
  },
});
