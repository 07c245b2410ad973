// A plugin's test gets the SDK that compiled the plugin, wherever it lies: also outside of any project.

// Sources run as they are; what is published is compiled.
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf("."));

/** URLs by what a test imports. */
export const SDK_MODULES: Readonly<Record<string, string>> = {
  "@sluice/plugin-sdk": new URL(`../index${EXTENSION}`, import.meta.url).href,
  "@sluice/plugin-sdk/testing": new URL(`../testing/index${EXTENSION}`, import.meta.url).href,
};
