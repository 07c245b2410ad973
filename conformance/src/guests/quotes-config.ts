// A policy that refuses its config with a message that quotes it.
import { ConfigError, definePlugin, s } from "@sluice/plugin-sdk";
import type { Plugin } from "@sluice/plugin-sdk";

const plugin: Plugin = definePlugin({
  name: "quotes-config",
  version: "1.0.0",
  priority: 50,
  config: s.object({ token: s.string() }),
  configure({ token }) {
    throw new ConfigError(`must not be ${token}`, "token");
  },
  onRequest() {},
});

export default plugin;
