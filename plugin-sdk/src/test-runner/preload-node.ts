// Loaded before a plugin's tests by `node --import`.
import { registerHooks } from "node:module";
import { SDK_MODULES } from "./sdk-modules.ts";

registerHooks({
  resolve(specifier, context, nextResolve) {
    const url = SDK_MODULES[specifier];
    return url === undefined
      ? nextResolve(specifier, context)
      : nextResolve(url, { ...context, importAttributes: {} });
  },
});
