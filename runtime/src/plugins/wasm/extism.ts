// Loads Extism when the first plugin needs it.
import type createPlugin from "@extism/extism";

type CreatePlugin = typeof createPlugin;

let loading: Promise<CreatePlugin> | undefined;

/** Extism's createPlugin. */
export function loadExtism(): Promise<CreatePlugin> {
  loading ??= importQuietly();
  return loading;
}

/** Extism imports node:wasi, which no plugin here may use, and Node warns of it on every start. */
async function importQuietly(): Promise<CreatePlugin> {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (String(warning).includes("WASI")) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return (await import("@extism/extism")).default;
  } finally {
    process.emitWarning = emitWarning;
  }
}
